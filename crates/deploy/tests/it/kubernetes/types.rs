//! Kubernetes' own types: what they do not know is lost when a document goes through them, and what they demand is added.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Namespace, Service};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::all;

fn through<T: DeserializeOwned + Serialize>(document: &Value) -> Result<Value, serde_json::Error> {
    serde_json::from_value::<T>(document.clone()).and_then(serde_json::to_value)
}

/// The document as Kubernetes understands it.
fn understood(document: &Value) -> Result<Value, serde_json::Error> {
    match document["kind"].as_str() {
        Some("Deployment") => through::<Deployment>(document),
        Some("Job") => through::<Job>(document),
        Some("Namespace") => through::<Namespace>(document),
        Some("NetworkPolicy") => through::<NetworkPolicy>(document),
        Some("PodDisruptionBudget") => through::<PodDisruptionBudget>(document),
        Some("Service") => through::<Service>(document),
        other => panic!("{other:?} is no kind that was thought of"),
    }
}

#[test]
fn every_field_is_one_that_kubernetes_knows_and_none_is_missing() {
    for document in all() {
        assert_eq!(understood(&document).expect("understood"), document);
    }
}

#[test]
fn a_field_that_kubernetes_does_not_know_is_found_and_so_is_one_of_another_type_or_that_is_missing() {
    let mut deployment = all().into_iter().find(|document| document["kind"] == "Deployment").expect("one");
    let right = deployment.clone();
    deployment["spec"]["template"]["spec"]["containers"][0]["livenessProbe"]["periodSecond"] = 10.into();
    assert_ne!(understood(&deployment).expect("it is left out"), deployment);
    let mut deployment = right.clone();
    deployment["spec"]["replicas"] = "3".into();
    assert!(understood(&deployment).is_err());
    let mut deployment = right;
    deployment["spec"].as_object_mut().expect("a table").remove("selector");
    assert_ne!(understood(&deployment).ok(), Some(deployment));
}
