//! What kube-score calls critical, of its checks that are on by default and of kinds that are here. Where it is installed, it
//! is asked itself.

use std::io::Write as _;
use std::process::{Command, Stdio};

use deploy::kubernetes::text;
use serde_json::Value;

use super::{all, of_kind, pods};

/// kube-score's own border between what belongs to a host and what does not.
const USERS_FROM: u64 = 10_000;

fn containers() -> Vec<(String, Value)> {
    let of = |(name, pod): (String, Value)| (name, pod["spec"]["containers"][0].clone());
    pods().into_iter().map(of).collect()
}

#[test]
fn every_container_has_bounds() {
    for (name, container) in containers() {
        for kind in ["limits", "requests"] {
            for what in ["cpu", "memory", "ephemeral-storage"] {
                assert!(container["resources"][kind][what].is_string(), "{name} has no {what} in its {kind}");
            }
        }
    }
}

#[test]
fn every_image_is_the_same_tomorrow_and_is_asked_for() {
    for (name, container) in containers() {
        let image = container["image"].as_str().expect("an image");
        assert!(image.rsplit_once(':').is_some_and(|(_, tag)| tag != "latest"), "{name}: {image}");
        assert_eq!(container["imagePullPolicy"], "Always", "{name}");
    }
}

#[test]
fn nobody_is_root_or_may_become_it_or_write() {
    for (name, container) in containers() {
        let context = &container["securityContext"];
        for kind in ["runAsUser", "runAsGroup"] {
            assert!(context[kind].as_u64().is_some_and(|id| id >= USERS_FROM), "{name}: {kind}");
        }
        assert_eq!(
            (&context["privileged"], &context["readOnlyRootFilesystem"]),
            (&false.into(), &true.into()),
            "{name}"
        );
        // And what the namespace's own standard wants, which is restricted.
        assert_eq!(context["allowPrivilegeEscalation"], false, "{name}");
        assert_eq!(context["capabilities"]["drop"], serde_json::json!(["ALL"]), "{name}");
        assert_eq!(context["runAsNonRoot"], true, "{name}");
    }
    for (name, pod) in pods() {
        assert_eq!(pod["spec"]["securityContext"]["seccompProfile"]["type"], "RuntimeDefault", "{name}");
    }
}

#[test]
fn readiness_and_liveness_are_two_questions() {
    for (name, deployment) in of_kind("Deployment") {
        let container = &deployment["spec"]["template"]["spec"]["containers"][0];
        let [alive, ready] = ["livenessProbe", "readinessProbe"].map(|kind| &container[kind]["httpGet"]);
        assert!(alive.is_object() && ready.is_object() && alive != ready, "{name}");
    }
}

#[test]
fn every_deployment_has_a_budget_and_every_pod_a_policy_for_both_ways() {
    for name in of_kind("Deployment").keys() {
        let spec = &of_kind("PodDisruptionBudget")[name]["spec"];
        assert!(spec["maxUnavailable"].is_u64() && spec["minAvailable"].is_null(), "{name}: one of the two");
    }
    for (name, policy) in of_kind("NetworkPolicy") {
        assert_eq!(policy["spec"]["policyTypes"], serde_json::json!(["Ingress", "Egress"]), "{name}");
    }
    for (name, container) in containers() {
        let function = container["name"].as_str().expect("a name");
        assert!(of_kind("NetworkPolicy").contains_key(function), "{name}");
    }
}

#[test]
fn no_service_opens_a_port_of_every_node() {
    assert!(of_kind("Service").values().all(|service| service["spec"]["type"] == "ClusterIP"));
}

#[test]
fn pods_are_apart_where_they_can_be() {
    for (name, deployment) in of_kind("Deployment") {
        let pod = &deployment["spec"]["template"]["spec"];
        let apart = &pod["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"][0];
        assert_eq!(apart["podAffinityTerm"]["topologyKey"], "kubernetes.io/hostname", "{name}");
        let spread = &pod["topologySpreadConstraints"][0];
        assert!(spread["labelSelector"].is_object() && spread["maxSkew"] == 1, "{name}");
    }
}

/// Runs a checker that reads manifests from its standard input, if it is here.
fn asked(program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        eprintln!("{program} is not installed: only the rules above were held");
        return None;
    };
    child.stdin.take().expect("a pipe").write_all(text(&all()).as_bytes()).expect("written");
    let output = child.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {told}");
    Some(told)
}

#[test]
fn kube_score_finds_nothing_where_it_is_installed() {
    if let Some(told) = asked("kube-score", &["score", "--exit-one-on-warning", "--output-format=ci", "-"]) {
        assert!(!told.contains("[CRITICAL]") && !told.contains("[WARNING]"), "{told}");
    }
}

#[test]
fn kubeconform_finds_nothing_where_it_and_its_schemas_are() {
    // It fetches schemas, unless it is told of a folder of them.
    let Ok(schemas) = std::env::var("KUBERNETES_SCHEMAS") else {
        eprintln!("KUBERNETES_SCHEMAS is not set: kubeconform was not asked");
        return;
    };
    let told = asked("kubeconform", &["-strict", "-summary", "-schema-location", &schemas, "-"]);
    assert!(told.is_some(), "KUBERNETES_SCHEMAS is set for a kubeconform that is not installed");
}
