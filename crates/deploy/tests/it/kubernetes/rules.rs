//! What Kubernetes refuses that its types take.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{all, of_kind, pods};

fn is_name(text: &str, most: usize) -> bool {
    let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    !text.is_empty() && text.len() <= most && text.chars().all(fits) && !text.starts_with('-') && !text.ends_with('-')
}

/// `QUANTITY` of the resources: a number, and a unit.
fn is_quantity(text: &str) -> bool {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = &text[digits.len()..];
    digits.parse::<u64>().is_ok_and(|number| number > 0) && ["", "m", "Ki", "Mi", "Gi"].contains(&unit)
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

#[test]
fn names_labels_and_annotations_are_such() {
    for document in all() {
        let metadata = &document["metadata"];
        assert!(is_name(metadata["name"].as_str().expect("a name"), 63), "{metadata}");
        for (key, value) in entries(&metadata["labels"]) {
            let (prefix, name) = key.split_once('/').expect("a prefix");
            assert!(prefix.split('.').all(|part| is_name(part, 63)) && is_name(&name.replace('.', "-"), 63), "{key}");
            assert!(is_name(value.as_str().expect("text"), 63), "{key}: {value}");
        }
    }
    for (name, pod) in pods() {
        for (key, value) in entries(&pod["metadata"]["annotations"]) {
            assert!(value.is_string(), "{name}: {key} is text: {value}");
        }
    }
}

#[test]
fn no_two_documents_are_one() {
    let of = |document: &Value| (document["kind"].to_string(), document["metadata"]["name"].to_string());
    let all = all();
    assert_eq!(all.iter().map(of).collect::<BTreeSet<_>>().len(), all.len());
}

#[test]
fn every_selector_finds_the_pods_of_its_function_and_no_others() {
    let selectors = [("Deployment", "selector"), ("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector")];
    for (kind, field) in selectors {
        for (name, document) in of_kind(kind) {
            let wanted = &document["spec"][field]["matchLabels"];
            assert_eq!(found(wanted), std::slice::from_ref(&name), "{kind} {name}");
        }
    }
    for (name, service) in of_kind("Service") {
        assert_eq!(found(&service["spec"]["selector"]), [name]);
    }
}

/// The functions whose pods have all of these labels.
fn found(labels: &Value) -> Vec<String> {
    assert!(entries(labels).count() > 0, "a selector of nothing finds everything");
    let has_all = |pod: &Value| entries(labels).all(|(key, value)| pod["metadata"]["labels"][key] == *value);
    let found = pods().into_values().filter(has_all);
    found.map(|pod| pod["spec"]["containers"][0]["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn ports_have_names_and_whoever_names_one_means_one_that_is_there() {
    for (name, pod) in pods() {
        let container = &pod["spec"]["containers"][0];
        let ports = container["ports"].as_array().expect("a list");
        let names: BTreeSet<&str> = ports.iter().filter_map(|port| port["name"].as_str()).collect();
        assert_eq!(names.len(), ports.len(), "{name}: each has one of its own");
        assert!(names.iter().all(|name| is_name(name, 15)), "{names:?}");
        for probe in ["livenessProbe", "readinessProbe"] {
            if let Some(port) = container[probe]["httpGet"]["port"].as_str() {
                assert!(names.contains(port), "{name}: {probe}");
            }
        }
        let function = container["name"].as_str().expect("a name");
        let policy = &of_kind("NetworkPolicy")[function];
        let told = policy["spec"]["ingress"].as_array().expect("a list").iter();
        for port in told.filter_map(|rule| rule["ports"][0]["port"].as_str()) {
            assert!(names.contains(port), "{name}: {port} of its policy");
        }
        if let Some(service) = of_kind("Service").get(function) {
            assert!(names.contains(service["spec"]["ports"][0]["targetPort"].as_str().expect("a name")), "{name}");
        }
    }
}

#[test]
fn environments_have_each_name_once_and_resources_are_quantities() {
    for (name, pod) in pods() {
        let container = &pod["spec"]["containers"][0];
        let variables = container["env"].as_array().expect("a list");
        let names: BTreeSet<&str> = variables.iter().filter_map(|variable| variable["name"].as_str()).collect();
        assert_eq!(names.len(), variables.len(), "{name}");
        for variable in variables {
            let one = variable["value"].is_string() != variable["valueFrom"].is_object();
            assert!(one, "{name}: either text or a reference: {variable}");
        }
        for kind in ["limits", "requests"] {
            for (what, quantity) in entries(&container["resources"][kind]) {
                assert!(is_quantity(quantity.as_str().expect("text")), "{name}: {what} {quantity}");
            }
        }
    }
}

#[test]
fn only_a_job_ends_and_only_a_deployment_goes_on() {
    for (name, job) in of_kind("Job") {
        assert_eq!(job["spec"]["template"]["spec"]["restartPolicy"], "Never", "{name}");
    }
    for (name, deployment) in of_kind("Deployment") {
        assert_eq!(deployment["spec"]["template"]["spec"]["restartPolicy"], "Always", "{name}");
        let rolling = &deployment["spec"]["strategy"]["rollingUpdate"];
        assert_eq!((&rolling["maxUnavailable"], &rolling["maxSurge"]), (&0.into(), &1.into()), "{name}: never both 0");
        let (steady, deadline) =
            (&deployment["spec"]["minReadySeconds"], &deployment["spec"]["progressDeadlineSeconds"]);
        assert!(steady.as_u64() < deadline.as_u64(), "{name}");
    }
}
