//! Requests through the front.

use std::time::Duration;

use deploy::machines::{MachineId, State};
use serde_json::{Value, json};
use testbed::http::Answer;
use testbed::load::{Arrivals, Ask, Lost, Plan, Report, Script, Steady};

use super::{PATIENCE, Rig, config, guest, options};

/// Longer than any lag at a tenth.
const SILENCE: Duration = Duration::from_millis(600);

async fn get(rig: &Rig, path: &str, header: (&str, &str)) -> Answer {
    Answer::to(rig.ask().request(reqwest::Method::GET, path).header(header.0, header.1)).await
}

#[tokio::test]
async fn machines_see_flys_headers_and_no_word_of_a_callers_in_flys_name() {
    let rig = Rig::new().await;
    rig.serving("a", config(json!({}))).await;
    let request = rig.ask().request(reqwest::Method::GET, "/head");
    let request = request.header("fly-client-ip", "9.9.9.9").header("fly-region", "syd").header("fly-odd", "x");
    let answer = Answer::to(request.header("x-forwarded-for", "203.0.113.7")).await;
    let id = answer.header("fly-request-id").to_owned();
    for line in [
        "fly-client-ip: 127.0.0.1",
        "fly-region: ams",
        "fly-forwarded-port: 443",
        "x-forwarded-proto: https",
        "x-forwarded-port: 443",
        "x-forwarded-ssl: on",
        "x-forwarded-for: 203.0.113.7, 127.0.0.1",
        &format!("fly-request-id: {id}"),
    ] {
        assert_eq!(answer.text.lines().filter(|its| *its == line).count(), 1, "{line}: {}", answer.text);
    }
    assert!(!answer.text.contains("9.9.9.9") && !answer.text.contains("fly-odd"), "{}", answer.text);
    let told = get(&rig, "/head", ("stand-in-client-ip", "198.51.100.4")).await.text;
    assert!(told.contains("fly-client-ip: 198.51.100.4") && !told.contains("stand-in"), "{told}");
}

#[tokio::test]
async fn a_request_that_names_a_machine_goes_there_or_nowhere() {
    let rig = Rig::new().await;
    let (one, two) = (rig.serving("a", config(json!({}))).await, rig.serving("b", config(json!({}))).await);
    for id in [&one, &one, &one, &two, &two] {
        let answer = get(&rig, "/", ("fly-force-instance-id", id.as_str())).await;
        assert_eq!((answer.text.as_str(), answer.header("stand-in-machine")), (id.as_str(), id.as_str()));
    }
    rig.machines.cordon(&one).await.expect("cordoned");
    rig.routed(&one, false).await;
    let refused = async || get(&rig, "/", ("fly-force-instance-id", one.as_str())).await.status == 502;
    testbed::wait::until(PATIENCE, "it is refused", refused).await.expect("it is");
    assert_eq!(get(&rig, "/", ("fly-force-instance-id", "148e")).await.status, 502);
    assert_eq!(rig.ask().get("/").await.text, two.as_str());
}

#[tokio::test]
async fn a_machine_that_was_named_and_is_dead_is_not_replaced_by_another() {
    let rig = Rig::with(lagging()).await;
    let (one, _) = (rig.serving("a", config(json!({}))).await, rig.serving("b", config(json!({}))).await);
    rig.site.control().signal("a", "SIGKILL").await.expect("sent");
    rig.sees(&one, "it has stopped", |machine| machine.state == State::Stopped).await;
    for _ in 0..3 {
        assert_eq!(get(&rig, "/", ("fly-force-instance-id", one.as_str())).await.status, 503);
    }
}

/// Proxies that hear of everything 3 s late.
fn lagging() -> fly_stand_in::site::Options {
    let settings = fly_stand_in::Settings { gossip: Duration::from_secs(30), ..Default::default() };
    options().program(guest()).settings(settings)
}

#[tokio::test]
async fn a_connection_that_is_refused_is_tried_at_another_machine() {
    let rig = Rig::with(lagging()).await;
    let (one, two) = (rig.serving("a", config(json!({}))).await, rig.serving("b", config(json!({}))).await);
    rig.site.control().signal("a", "SIGKILL").await.expect("sent");
    rig.sees(&one, "it has stopped", |machine| machine.state == State::Stopped).await;
    for _ in 0..10 {
        assert_eq!(rig.ask().get("/").await.text, two.as_str());
    }
    let routed = rig.site.control().routed("web").await.expect("told");
    assert_eq!(routed.len(), 2, "the proxies have not heard of it yet");
}

#[tokio::test]
async fn a_request_waits_while_no_machine_is_there() {
    let rig = Rig::new().await;
    let client = rig.ask();
    let mut asked = Box::pin(client.get("/"));
    assert!(tokio::time::timeout(SILENCE, &mut asked).await.is_err(), "it was answered");
    let id = rig.made("a", config(json!({}))).await;
    assert_eq!(tokio::time::timeout(PATIENCE, asked).await.expect("it is answered").text, id.as_str());
}

#[tokio::test]
async fn what_a_machine_has_to_do_is_told_and_an_idle_one_put_to_sleep() {
    let settings = fly_stand_in::Settings { autostop: Duration::from_secs(10), ..Default::default() };
    let rig = Rig::with(options().program(guest()).settings(settings)).await;
    let mut config = config(json!({"WORK_MS": "4000", "ON_TERM": "cut"}));
    config["services"][0]["autostop"] = json!(true);
    let id = rig.serving("a", config).await;
    let client = rig.ask();
    let asked = tokio::spawn(async move { client.get("/").await });
    let busy = async || {
        let state = rig.site.control().state().await.expect("told");
        state["machines"][0]["load"] == json!(1)
    };
    testbed::wait::until(PATIENCE, "its load is told", busy).await.expect("it is");
    let answer = asked.await.expect("no panic");
    assert_eq!(answer.text, id.as_str(), "it was not put to sleep meanwhile");
    rig.sees(&id, "it sleeps", |machine| machine.state == State::Stopped).await;
}

/// Every answer is a machine's name.
struct Served;

impl Script for Served {
    fn ask(&self, _: u64) -> Ask {
        Ask::get("/")
    }

    fn judge(&self, _: u64, answer: Result<&Answer, &Lost>) -> Result<&'static str, String> {
        match answer {
            Ok(answer) if answer.status == 200 => Ok("served"),
            Ok(answer) => Err(format!("{} {}", answer.status, answer.text)),
            Err(lost) => Err(format!("{lost:?}")),
        }
    }
}

pub(super) fn load(rig: &Rig) -> Steady {
    let plan = Plan { address: rig.public(), clients: 8, arrivals: Arrivals::Rate(150.0), patience: PATIENCE };
    Steady::start(plan, Served).expect("it begins")
}

/// Blue serves under load; green is made beside it and then left alone by this deploy.
async fn replaced(rig: &Rig, env: Value, deploy: impl AsyncFnOnce(&MachineId)) -> Report {
    let blue = rig.serving("blue", config(env)).await;
    let load = load(rig);
    load.wait_until(PATIENCE, "it serves", |seen| seen.count("served") > 30).await.expect("it does");
    rig.serving("green", config(json!({}))).await;
    // Only requests at blue can be lost by what happens to it.
    deploy(&blue).await;
    let before = load.count();
    load.wait_until(PATIENCE, "it goes on", |seen| seen.0.len() > before + 100).await.expect("it does");
    load.finish(PATIENCE).await.expect("it ends")
}

#[tokio::test]
async fn a_blue_that_is_cordoned_stopped_and_destroyed_in_order_loses_no_request() {
    let rig = Rig::new().await;
    let seen = replaced(&rig, json!({}), async |blue| {
        rig.machines.cordon(blue).await.expect("cordoned");
        rig.routed(blue, false).await;
        rig.stop(blue).await;
        rig.is(blue, State::Stopped).await;
        rig.machines.destroy(blue, false).await.expect("destroyed");
    });
    let seen = seen.await;
    assert_eq!(seen.count("WRONG"), 0, "{:?}", seen.wrongs(std::time::Instant::now()));
}

#[tokio::test]
async fn a_blue_that_is_stopped_while_requests_go_to_it_loses_them() {
    let rig = Rig::new().await;
    let seen = replaced(&rig, json!({"ON_TERM": "cut", "WORK_MS": "200"}), async |blue| {
        rig.stop(blue).await;
        rig.is(blue, State::Stopped).await;
    });
    assert_ne!(seen.await.count("WRONG"), 0, "what was under way was cut");
}

#[tokio::test]
async fn a_blue_that_is_destroyed_while_requests_go_to_it_loses_them() {
    let rig = Rig::new().await;
    let seen = replaced(&rig, json!({"WORK_MS": "200"}), async |blue| {
        rig.machines.destroy(blue, true).await.expect("destroyed");
    });
    assert_ne!(seen.await.count("WRONG"), 0, "what was under way was cut");
}
