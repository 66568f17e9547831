//! GraphQL, as much of it as flyctl and the autoscaler ask. What is not known is refused by its name.

use serde_json::{Map, Value, json};

use super::release::Release;
use super::{Ended, Fly};
use crate::act::Call;
use crate::config::Image;
use crate::graphql::{Field, read};
use crate::machine::State;
use crate::refusal::Refusal;

impl Fly {
    /// Always 200: what is wrong stands in the answer, as GraphQL has it.
    pub(super) fn graph(&self, call: &Call) -> Ended {
        let query = call.body.get("query").and_then(Value::as_str).unwrap_or_default();
        let variables = call.body.get("variables").cloned().unwrap_or_default();
        match read(query, &variables).and_then(|fields| self.resolve(&fields)) {
            Ok(data) => (200, json!({ "data": data })),
            Err(error) => (200, json!({ "data": null, "errors": [{ "message": error }] })),
        }
    }

    fn resolve(&self, fields: &[Field]) -> Result<Value, String> {
        let mut data = Map::new();
        for field in fields {
            let value = match field.name.as_str() {
                "app" => self.app_node(field)?,
                "canPerformBluegreenDeployment" => json!(true),
                other => return Err(not_kept(other)),
            };
            data.insert(field.alias.clone(), value);
        }
        Ok(Value::Object(data))
    }

    fn app_node(&self, asked: &Field) -> Result<Value, String> {
        let name = asked.argument("name").and_then(Value::as_str).unwrap_or_default();
        let app = self.apps.get(name).ok_or_else(|| format!("Could not find App {name:?}"))?;
        let deployed = self.machines.values().any(|machine| machine.app == name && machine.state != State::Destroyed);
        let current = app.releases.last().map(Release::node);
        let mut node = json!({
            "id": name,
            "internalNumericId": app.number,
            "name": name,
            "hostname": format!("{name}.fly.dev"),
            "cnameTarget": "",
            "deployed": deployed,
            "network": null,
            "status": if deployed { "deployed" } else { "pending" },
            "appUrl": format!("https://{name}.fly.dev"),
            "platformVersion": "machines",
            "organization": {
                "id": "organization-1",
                "internalNumericId": "42",
                "slug": "stand-in",
                "rawSlug": "stand-in",
                "name": "Stand-in",
                "paidPlan": true,
            },
            "role": null,
            "egressIpAddresses": { "nodes": [] },
            "currentRelease": current,
            "currentReleaseUnprocessed": current,
        });
        for field in &asked.fields {
            let found = match field.name.as_str() {
                "image" => self.image_node(field),
                "releases" | "releasesUnprocessed" => releases(&app.releases, field),
                _ => continue,
            };
            node[&field.name] = found;
        }
        asked.of(&node)
    }

    /// None, where it is not to be found.
    fn image_node(&self, asked: &Field) -> Value {
        let reference = asked.argument("ref").and_then(Value::as_str).unwrap_or_default();
        let image = Image::parse(reference);
        if self.behaviours.of(&[], &[reference, &image.digest, &image.tag]).image_missing {
            return Value::Null;
        }
        let id: String = image.digest.chars().filter(char::is_ascii_alphanumeric).skip(6).take(12).collect();
        json!({
            "id": format!("img_{id}"),
            "digest": image.digest,
            "ref": reference,
            "compressedSize": "12345678",
            "compressedSizeFull": "12345678",
            "manifest": null,
        })
    }
}

fn releases(all: &[Release], asked: &Field) -> Value {
    let limit = asked.argument("first").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
    let nodes: Vec<Value> = all.iter().rev().take(limit.unwrap_or(usize::MAX)).map(Release::node).collect();
    json!({ "nodes": nodes })
}

fn not_kept(name: &str) -> String {
    Refusal::not_kept(&format!("GraphQL's {name}")).body["error"].as_str().unwrap_or_default().to_owned()
}

impl Field {
    /// As much of a value as was asked for, by the names that it was asked by.
    fn of(&self, value: &Value) -> Result<Value, String> {
        match value {
            Value::Array(values) => values.iter().map(|value| self.of(value)).collect(),
            Value::Object(known) if !self.fields.is_empty() => {
                let mut found = Map::new();
                for field in &self.fields {
                    let value =
                        known.get(&field.name).ok_or_else(|| not_kept(&format!("{}.{}", self.name, field.name)))?;
                    found.insert(field.alias.clone(), field.of(value)?);
                }
                Ok(Value::Object(found))
            }
            other => Ok(other.clone()),
        }
    }
}
