//! Checks that are really made.

use deploy::machines::{CheckStatus, Machine, NewMachine};
use serde_json::json;

use super::{ROUTABLE, Rig, config, new};

#[tokio::test]
async fn checks_are_made_while_a_machine_is_cordoned() {
    let rig = Rig::new().await;
    let id = rig.machines.create(&NewMachine { cordoned: true, ..new("a", config(json!({}))) }).await.expect("made");
    let passes = |machine: &Machine| machine.checks().any(|check| check.status == CheckStatus::Passing);
    let machine = rig.sees(&id, "a check passes", passes).await;
    assert_eq!((machine.cordoned, &*rig.checks(&id).await[0]["name"].to_string()), (true, &*format!("{ROUTABLE:?}")));
    assert!(rig.site.control().routed("web").await.expect("told").is_empty());
    rig.machines.uncordon(&id).await.expect("uncordoned");
    rig.routed(&id, true).await;
}

#[tokio::test]
async fn a_machine_that_answers_503_is_not_routed_to_until_it_is_well() {
    let rig = Rig::new().await;
    let id = rig.serving("a", config(json!({}))).await;
    rig.site.control().signal("a", "SIGUSR1").await.expect("sent");
    rig.routed(&id, false).await;
    let check = rig.checks(&id).await.remove(0);
    assert_eq!((&check["status"], &check["output"]), (&json!("critical"), &json!("503 Service Unavailable: unwell")));
    rig.site.control().signal("a", "SIGUSR1").await.expect("sent");
    rig.routed(&id, true).await;
}

#[tokio::test]
async fn a_machine_that_is_frozen_is_late_and_not_routed_to() {
    let rig = Rig::new().await;
    let mut config = config(json!({}));
    config["services"][0]["checks"][0]["timeout"] = json!("200ms");
    let id = rig.serving("a", config).await;
    rig.site.control().signal(id.as_str(), "SIGSTOP").await.expect("sent");
    rig.routed(&id, false).await;
    rig.site.control().signal(id.as_str(), "SIGCONT").await.expect("sent");
    rig.routed(&id, true).await;
}

#[tokio::test]
async fn a_check_asks_as_it_is_configured() {
    let rig = Rig::new().await;
    let mut config = config(json!({}));
    let often = json!({"interval": "100ms", "timeout": "2s", "grace_period": "0s"});
    let check = |more: serde_json::Value| {
        let mut check = often.clone();
        more.as_object().into_iter().flatten().for_each(|(key, value)| check[key] = value.clone());
        check
    };
    config["checks"] = json!({
        "asks": check(json!({"type": "http", "port": 8080, "method": "post", "path": "/head",
            "headers": [{"name": "x-who", "values": ["fly"]}]})),
        "connects": check(json!({"type": "tcp", "port": 8080})),
        "refused": check(json!({"type": "tcp", "port": 81})),
    });
    let id = rig.made("a", config).await;
    let passing = |machine: &Machine| machine.checks().filter(|check| check.status == CheckStatus::Passing).count();
    rig.sees(&id, "all were looked at", |machine| (machine.checks().count(), passing(machine)) == (4, 3)).await;
    let checks = rig.checks(&id).await;
    let output = |name: &str| {
        let check = checks.iter().find(|check| check["name"] == name).expect("it is there");
        (check["status"] == "passing", check["output"].as_str().unwrap_or_default().to_owned())
    };
    let (passing, asked) = output("asks");
    assert!(passing && asked.starts_with("POST /head HTTP/1.1") && asked.contains("x-who: fly"), "{asked}");
    assert_eq!(output("connects"), (true, "Success".to_owned()));
    assert_eq!(output("refused"), (false, "connect: connection refused".to_owned()));
}
