//! What flyctl and the autoscaler ask besides the Machines API: the questions as flyctl was recorded to write them.

use std::time::Duration;

use deploy::machines::{self, Transport};
use fly_stand_in::{Act, Behaviour, Fault, Instead, Rate, Whose};
use serde_json::{Value, json};

use super::rig::{Rig, config, new};

const IMAGE: &str = "registry.fly.io/web:deployment-1@sha256:11";

/// As they are written, with what their variables are beside the app's name, and a part of the answer.
const QUESTIONS: [(&str, &str, &str, &str); 8] = [
    (
        "query ($appName: String!) { appcompact:app(name: $appName) { id internalNumericId name hostname cnameTarget \
         deployed network status appUrl platformVersion organization { id internalNumericId slug paidPlan } \
         postgresAppRole: role { name } } }",
        r#"{}"#,
        "/data/appcompact/status",
        r#""deployed""#,
    ),
    (
        "query ($appName: String!, $imageRef: String!) { app(name: $appName) { id image(ref: $imageRef) { id digest ref \
         compressedSize: compressedSizeFull manifest } } }",
        r#"{"imageRef": "registry.fly.io/web:deployment-1@sha256:11"}"#,
        "/data/app/image/ref",
        r#""registry.fly.io/web:deployment-1@sha256:11""#,
    ),
    (
        "query ($appName: String!) { app(name: $appName) { egressIpAddresses { nodes { id ip version region updatedAt } } } }",
        r#"{}"#,
        "/data/app/egressIpAddresses/nodes",
        r#"[]"#,
    ),
    (
        "query ($appName: String!) { canPerformBluegreenDeployment(name: $appName) }",
        r#"{}"#,
        "/data/canPerformBluegreenDeployment",
        r#"true"#,
    ),
    (
        "query ($appName: String!) { app(name:$appName) { currentRelease:currentReleaseUnprocessed { version } } }",
        r#"{}"#,
        "/data/app/currentRelease",
        r#"{"version": 1}"#,
    ),
    (
        "query($appName: String!, $limit: Int!) { app(name: $appName) { releases: releasesUnprocessed(first: $limit) { \
         nodes { id version description reason status imageRef stable user { id email name } createdAt } } } }",
        r#"{"limit": 25}"#,
        "/data/app/releases/nodes/0/imageRef",
        r#""registry.fly.io/web:deployment-1@sha256:11""#,
    ),
    (
        "\nquery FlyctlConfigCurrentRelease ($appName: String!) {\n\tapp(name: $appName) {\n\t\tcurrentReleaseUnprocessed \
         {\n\t\t\tconfigDefinition\n\t\t}\n\t}\n}\n",
        r#"{}"#,
        "/data/app/currentReleaseUnprocessed/configDefinition/deploy/strategy",
        r#""bluegreen""#,
    ),
    (
        "\nquery LatestImage ($appName: String!) {\n\tapp(name: $appName) {\n\t\tcurrentReleaseUnprocessed {\n\t\t\tid\n\t\t\t\
         version\n\t\t\timageRef\n\t\t}\n\t}\n}\n",
        r#"{}"#,
        "/data/app/currentReleaseUnprocessed/imageRef",
        r#""registry.fly.io/web:deployment-1@sha256:11""#,
    ),
];

async fn ask(rig: &Rig, method: &str, path: &str, body: Value) -> (u16, Value) {
    let (method, body) = (method.parse().expect("a method"), Some(body).filter(|body| !body.is_null()));
    let request = machines::Request { method, path: path.to_owned(), nonce: None, body };
    let answer = rig.way.send(request).await.expect("an answer");
    (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
}

async fn graph(rig: &Rig, query: &str, more: Value) -> Value {
    let mut variables = json!({"appName": "web"});
    more.as_object().into_iter().flatten().for_each(|(name, value)| variables[name] = value.clone());
    let (status, answer) = ask(rig, "POST", "/graphql", json!({"query": query, "variables": variables})).await;
    assert_eq!(status, 200);
    answer
}

async fn released(rig: &Rig, tag: u64) -> Value {
    let image = format!("registry.fly.io/web:deployment-{tag}@sha256:{tag}{tag}");
    let definition = json!({"app": "web", "deploy": {"strategy": "bluegreen"}});
    let body =
        json!({"app_name": "web", "build_id": 101, "definition": definition, "image": image, "strategy": "BLUEGREEN"});
    let (status, answer) = ask(rig, "POST", "/api/v1/releases", body).await;
    assert_eq!(status, 201, "{answer}");
    answer["release"].clone()
}

async fn mark(rig: &Rig, release: &Value, status: &str) -> (u16, Value) {
    let path = format!("/api/v1/releases/{}", release["id"].as_str().unwrap_or_default());
    ask(rig, "PATCH", &path, json!({"metadata": null, "status": status})).await
}

#[tokio::test(start_paused = true)]
async fn each_question_that_flyctl_was_seen_to_ask_is_answered() {
    let rig = Rig::here();
    released(&rig, 1).await;
    rig.made(&new("a")).await;
    for (query, more, pointer, wanted) in QUESTIONS {
        let json = |text| serde_json::from_str::<Value>(text).expect("JSON");
        let answer = graph(&rig, query, json(more)).await;
        assert_eq!((answer.get("errors"), answer.pointer(pointer)), (None, Some(&json(wanted))), "{query}: {answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_that_is_not_known_is_refused_by_its_name() {
    let rig = Rig::here();
    for (query, name) in [
        ("mutation { validateWireGuardPeers(input: $input) { invalidPeerIps } }", "validateWireGuardPeers"),
        ("query ($appName: String!) { app(name: $appName) { certificates { nodes { id } } } }", "app.certificates"),
        ("query ($appName: String!) { app(name: $appName) { organization { billables } } }", "organization.billables"),
    ] {
        let answer = graph(&rig, query, json!({})).await;
        let error = answer["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(error.contains(name) && error.contains("is not kept by this stand-in"), "{query}: {answer}");
    }
    let answer = graph(&rig, "{ app(name: \"other\") { id } }", json!({})).await;
    assert_eq!(answer["errors"][0]["message"], "Could not find App \"other\"");
    let (status, refused) = ask(&rig, "GET", "/api/v1/apps/web/logs", Value::Null).await;
    assert!(status == 501 && refused["error"].as_str().is_some_and(|error| error.contains("/api/v1/apps/web/logs")));
}

#[tokio::test(start_paused = true)]
async fn a_release_is_pending_then_what_it_is_marked_and_the_newest_is_the_current_one() {
    let rig = Rig::here();
    let current = async || ask(&rig, "GET", "/api/v1/apps/web/releases/current", Value::Null).await;
    assert_eq!(current().await.0, 404);
    let (first, second) = (released(&rig, 1).await, released(&rig, 2).await);
    assert_eq!(
        (&first["status"], &first["in_progress"], &second["version"]),
        (&json!("pending"), &json!(true), &json!(2))
    );
    // An autoscaler waits while it is so.
    assert_eq!(mark(&rig, &second, "running").await.1["in_progress"], json!(true));
    let asked =
        "query ($appName: String!) { app(name: $appName) { currentRelease: currentReleaseUnprocessed { id status } } }";
    assert_eq!(graph(&rig, asked, json!({})).await["data"]["app"]["currentRelease"]["status"], "running");
    let (status, complete) = mark(&rig, &second, "complete").await;
    assert_eq!((status, &complete["stable"], &complete["in_progress"]), (200, &json!(true), &json!(false)));
    assert_eq!(current().await.1["id"], second["id"]);
    let (_, list) = ask(&rig, "GET", "/api/v1/apps/web/releases?limit=1", Value::Null).await;
    let versions: Vec<_> = list["releases"].as_array().into_iter().flatten().map(|it| it["version"].clone()).collect();
    assert_eq!(versions, [json!(2)]);
    assert_eq!(mark(&rig, &second, "done").await.0, 422);
    assert_eq!(mark(&rig, &json!({"id": "rel0"}), "complete").await.0, 404);
    let missing = json!({"app_name": "other", "image": IMAGE});
    assert_eq!(ask(&rig, "POST", "/api/v1/releases", missing).await.0, 404);
}

#[tokio::test(start_paused = true)]
async fn an_image_that_is_not_there_is_not_found_by_graphql_either() {
    let rig = Rig::here();
    let missing = Behaviour { image_missing: true, ..Behaviour::told() };
    rig.fly.with(|fly, _| fly.behave(Whose::Image("deployment-2".to_owned()), missing));
    let query =
        "query ($appName: String!, $imageRef: String!) { app(name: $appName) { image(ref: $imageRef) { ref } } }";
    for (tag, found) in [(1, true), (2, false)] {
        let image = json!({"imageRef": format!("registry.fly.io/web:deployment-{tag}@sha256:{tag}")});
        assert_eq!(graph(&rig, query, image).await["data"]["app"]["image"].is_object(), found, "deployment-{tag}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_pace_of_the_machines_api_does_not_bind_it_and_faults_befall_it() {
    let rig = Rig::here();
    rig.set(|settings| settings.rate = Some(Rate { interval: Duration::from_secs(1), burst: 1 }));
    let lost = Instead::Status { status: 503, body: None, retry_after_s: None };
    rig.plan(Fault { call: Some(Act::NewRelease), nth: 3, answer: lost, ..Fault::default() });
    let body = json!({"app_name": "web", "image": IMAGE});
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.push(ask(&rig, "POST", "/api/v1/releases", body.clone()).await.0);
    }
    assert_eq!(answers, [201, 201, 503, 201]);
}

#[tokio::test(start_paused = true)]
async fn what_else_a_deploy_of_flyctls_asks_is_answered() {
    let rig = Rig::here();
    let (_, organization) = ask(&rig, "GET", "/api/v1/organizations/stand-in", Value::Null).await;
    assert_eq!(organization["organization"]["slug"], "stand-in");
    let (_, build) = ask(&rig, "POST", "/api/v1/builds", json!({"app_name": "web", "builder_type": "depot.dev"})).await;
    let finish = json!({"app_name": "web", "build_id": build["id"], "status": "completed"});
    let (status, finished) = ask(&rig, "POST", "/api/v1/builds/finish", finish).await;
    assert_eq!((status, &finished["status"], &finished["id"]), (200, &json!("completed"), &build["id"]));
    assert_eq!(rig.ask("GET", "/volumes", None).await, (200, json!([])));
    let (_, v4) = rig.ask("POST", "/ip_assignments", Some(json!({"type": "shared_v4"}))).await;
    let (_, v6) = rig.ask("POST", "/ip_assignments", Some(json!({"type": "v6"}))).await;
    assert_eq!((&v4["shared"], &v6["ip"]), (&json!(true), &json!("2001:db8::2")));
    assert_eq!(rig.ask("GET", "/ip_assignments", None).await.1, json!({"ips": [v4, v6]}));
    let id = rig.started("a").await;
    let (_, processes) = rig.ask("GET", &format!("/machines/{id}/ps"), None).await;
    assert_eq!(processes[0]["listen_sockets"], json!([{"proto": "tcp", "address": "[::]:8080"}]));
    assert_eq!(config()["services"][0]["internal_port"], 8080);
}
