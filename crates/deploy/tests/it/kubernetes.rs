//! The manifests: as a snapshot, held against Kubernetes' own types, against its rules that no type says, and against
//! kube-score's checks.

mod refused;
mod rules;
mod score;
mod types;

use std::collections::BTreeMap;

use deploy::kubernetes::{Cluster, manifests, text};
use serde_json::Value;

use super::rules::files;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn cluster() -> Cluster {
    let image = |name: &str| {
        let reference = format!("registry.example/board-{name}:{COMMIT}");
        (name.to_owned(), reference.parse().expect("an image"))
    };
    let setting = |name: &str, value: &str| (("api".to_owned(), name.to_owned()), value.to_owned());
    Cluster {
        namespace: "board".to_owned(),
        ingress_namespace: "ingress-nginx".to_owned(),
        metrics_namespace: "monitoring".to_owned(),
        images: ["api", "applications", "email-worker", "migrate"].map(image).into(),
        settings: BTreeMap::from([
            setting("APPLICATIONS_URL", "https://apply.example.com"),
            setting("OTEL_EXPORTER_OTLP_ENDPOINT", "http://traces.monitoring.svc:4318"),
        ]),
    }
}

fn all() -> Vec<Value> {
    manifests(&files(), &cluster()).expect("they fit")
}

/// Those of this kind, by name.
fn of_kind(kind: &str) -> BTreeMap<String, Value> {
    let all = all().into_iter().filter(|document| document["kind"] == kind);
    all.map(|document| (document["metadata"]["name"].as_str().expect("a name").to_owned(), document)).collect()
}

/// The pods that anything makes, by what makes them.
fn pods() -> BTreeMap<String, Value> {
    let makers = of_kind("Deployment").into_iter().chain(of_kind("Job"));
    makers.map(|(name, document)| (name, document["spec"]["template"].clone())).collect()
}

#[test]
fn the_manifests_are_these() {
    insta::assert_snapshot!("manifests", text(&all()));
}

#[test]
fn each_function_has_what_its_kind_needs() {
    let names = |kind: &str| of_kind(kind).into_keys().collect::<Vec<_>>();
    assert_eq!(names("Namespace"), ["board"]);
    assert_eq!(names("Deployment"), ["api", "applications", "email-worker"]);
    assert_eq!(names("PodDisruptionBudget"), ["api", "applications", "email-worker"]);
    assert_eq!(names("Service"), ["api", "applications"], "nobody calls a worker");
    assert_eq!(names("NetworkPolicy"), ["api", "applications", "email-worker", "migrate"]);
    assert_eq!(names("Job"), ["migrate-0123456789ab"]);
    let kinds: Vec<_> = all().iter().map(|document| document["kind"].as_str().map(str::to_owned)).collect();
    let first = |kind: &str| kinds.iter().position(|it| it.as_deref() == Some(kind));
    assert!(first("Job") < first("Deployment"), "the database is brought forward first");
}

#[test]
fn a_secret_is_referred_to_and_never_written() {
    for (name, pod) in pods() {
        let environment = pod["spec"]["containers"][0]["env"].as_array().cloned().expect("a list");
        for variable in environment {
            let name_of = variable["name"].as_str().expect("a name");
            let is_secret =
                ["_KEY", "_KEYS", "TOKEN", "DATABASE_URL", "REDIS_URL"].iter().any(|it| name_of.ends_with(it));
            if is_secret {
                assert!(variable["value"].is_null(), "{name} has {name_of} written down");
                let reference = &variable["valueFrom"]["secretKeyRef"];
                assert!(name.starts_with(reference["name"].as_str().expect("a name")), "{name} reads its own alone");
                assert_eq!(reference["key"], name_of);
            }
        }
    }
}

#[test]
fn nobody_believes_a_header_that_flys_proxy_alone_writes() {
    let text = text(&all());
    assert!(!text.contains("CLIENT_ADDRESS"), "peer is the default");
}

#[test]
fn probes_and_times_are_those_of_the_checklist() {
    for (name, deployment) in of_kind("Deployment") {
        let spec = &deployment["spec"];
        assert_eq!((&spec["replicas"], &spec["minReadySeconds"]), (&3.into(), &10.into()), "{name}");
        let pod = &spec["template"]["spec"];
        assert_eq!(pod["terminationGracePeriodSeconds"], 30, "{name}");
        let probe = |kind: &str| {
            let probe = &pod["containers"][0][kind];
            let number = |key: &str| probe[key].as_u64().expect("a number");
            let path = probe["httpGet"]["path"].as_str().expect("a path").to_owned();
            (path, number("initialDelaySeconds"), number("periodSeconds"), number("failureThreshold"))
        };
        assert_eq!(probe("livenessProbe"), ("/healthz".to_owned(), 5, 10, 3), "{name}");
        assert_eq!(probe("readinessProbe"), ("/readyz".to_owned(), 10, 5, 2), "{name}");
    }
}

/// Its replicas and the one more of a rollout want no more connections than both colours on Fly.
#[test]
fn a_rollout_has_no_more_pods_than_a_deploy_on_fly_has_machines() {
    let fleet = deploy::rules::Fleet::parse(&files()[deploy::rules::FLEET]).expect("understood");
    for (name, deployment) in of_kind("Deployment") {
        let number = |value: &Value| value.as_u64().expect("a number");
        let surge = &deployment["spec"]["strategy"]["rollingUpdate"]["maxSurge"];
        let most = number(&deployment["spec"]["replicas"]) + number(surge);
        assert_eq!(most, u64::from(2 * fleet.apps[&name].machines), "{name}");
    }
}
