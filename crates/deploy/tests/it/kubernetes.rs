//! The manifests: as a snapshot, held against Kubernetes' own types, against its rules that no type says, and against
//! kube-score's checks.

mod refused;
mod rules;
mod score;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use deploy::kubernetes::{Cluster, manifests, text};
use deploy::rules::functions;
use serde_json::Value;
use testbed::board::Part;

use super::rules::{files, read};

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
        postgres_port: 5432,
        redis_port: 6379,
        images: functions(&files()).into_keys().map(image).collect(),
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
    let (files, mut cluster) = (read(), cluster());
    cluster.images.retain(|name, _| functions(&files).contains_key(name.as_str()));
    insta::assert_snapshot!("manifests", text(&manifests(&files, &cluster).expect("they fit")));
}

#[test]
fn each_function_has_what_its_kind_needs() {
    let names = |kind: &str| of_kind(kind).into_keys().collect::<Vec<_>>();
    assert_eq!(names("Namespace"), ["board"]);
    let all_functions = Part::functions().into_iter();
    let sorted = |parts: &mut dyn Iterator<Item = Part>| BTreeSet::from_iter(parts.map(Part::name));
    let (functions, served) = (sorted(&mut all_functions.clone()), sorted(&mut all_functions.filter(|it| it.serves())));
    assert!(names("Deployment").iter().eq(&functions), "{:?}", names("Deployment"));
    assert!(names("PodDisruptionBudget").iter().eq(&functions));
    assert!(names("Service").iter().eq(&served), "nobody calls a worker");
    assert!(names("NetworkPolicy").iter().eq(functions.iter().chain(&["migrate"]).collect::<BTreeSet<_>>()));
    assert!(names("Job").iter().map(|job| &job[..8]).eq(["migrate-"]), "{:?}", names("Job"));
    let kinds: Vec<_> = all().iter().map(|document| document["kind"].as_str().map(str::to_owned)).collect();
    let first = |kind: &str| kinds.iter().position(|it| it.as_deref() == Some(kind));
    assert!(first("Job") < first("Deployment"), "the database is brought forward first");
}

/// A Job never changes, so one of the same name would not run the new image.
#[test]
fn two_images_of_one_function_are_two_jobs_however_alike_they_are() {
    let job = |tag: &str| {
        let mut cluster = cluster();
        let image = format!("registry.example/board-migrate:{tag}").parse().expect("an image");
        cluster.images.insert("migrate".to_owned(), image);
        let mut all = manifests(&files(), &cluster).expect("they fit").into_iter();
        all.find_map(|it| (it["kind"] == "Job").then(|| it["metadata"]["name"].to_string())).expect("a job")
    };
    let tags = [COMMIT, "deployment-0123456-1", "deployment-0123456-2", "deployment-0123457-1", "c0ffee", "C0FFEE"];
    let names: std::collections::BTreeSet<_> = tags.into_iter().map(job).collect();
    assert_eq!(names.len(), tags.len(), "{names:?}");
    assert_eq!(job(COMMIT), job(COMMIT));
}

#[test]
fn the_ports_of_databases_are_the_clusters_own() {
    let opened = |postgres_port, redis_port| {
        let cluster = Cluster { postgres_port, redis_port, ..cluster() };
        let all = manifests(&files(), &cluster).expect("they fit").into_iter();
        let policies = all.filter(|document| document["kind"] == "NetworkPolicy");
        let ports = |policy: &Value| -> Vec<u64> {
            let called = policy["spec"]["egress"].as_array().expect("a list").iter();
            called.filter_map(|rule| rule["ports"][0]["port"].as_u64()).collect()
        };
        policies.map(|it| (it["metadata"]["name"].as_str().expect("a name").to_owned(), ports(&it))).collect()
    };
    let (usual, own): (BTreeMap<_, _>, BTreeMap<_, _>) = (opened(5432, 6379), opened(6432, 6380));
    assert_eq!((&usual["applications"], &own["applications"]), (&vec![53, 5432, 6379], &vec![53, 6432, 6380]));
    assert_eq!((&usual["migrate"], &own["migrate"]), (&vec![53, 5432], &vec![53, 6432]));
}

#[test]
fn spans_may_leave_by_the_port_of_their_own_endpoint() {
    let opened = |more: Option<(&str, &str)>| {
        let mut cluster = cluster();
        let more = more.map(|(name, value)| (("api".to_owned(), name.to_owned()), value.to_owned()));
        cluster.settings.extend(more);
        let is_apis = |it: &Value| it["kind"] == "NetworkPolicy" && it["metadata"]["name"] == "api";
        let policy = manifests(&files(), &cluster).expect("they fit").into_iter().find(is_apis).expect("there is one");
        let called = policy["spec"]["egress"].as_array().expect("a list").clone();
        called.iter().filter_map(|rule| rule["ports"][0]["port"].as_u64()).collect::<Vec<_>>()
    };
    assert_eq!(opened(None), [53, 5432, 4318]);
    let own = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://otlp.example/in");
    assert_eq!(opened(Some(own)), [53, 5432, 443]);
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
fn nobody_is_told_an_address_within_flys_private_network() {
    assert!(!text(&all()).contains(".internal"), "whoever keeps traces there sets its address");
}

#[test]
fn probes_and_times_are_those_of_the_checklist() {
    let fleet = deploy::rules::Fleet::parse(&files()[deploy::rules::FLEET]).expect("understood");
    for (name, deployment) in of_kind("Deployment") {
        let spec = &deployment["spec"];
        let machines = fleet.apps[&name].machines;
        assert_eq!((&spec["replicas"], &spec["minReadySeconds"]), (&machines.into(), &10.into()), "{name}");
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

/// `maxSurge` counts no pod that ends: all old ones may still drain while all new ones are there.
#[test]
fn a_rollout_has_no_more_pods_than_a_deploy_on_fly_has_machines() {
    let fleet = deploy::rules::Fleet::parse(&files()[deploy::rules::FLEET]).expect("understood");
    for (name, deployment) in of_kind("Deployment") {
        let most = 2 * deployment["spec"]["replicas"].as_u64().expect("a number");
        assert_eq!(most, u64::from(2 * fleet.apps[&name].machines), "{name}");
    }
}
