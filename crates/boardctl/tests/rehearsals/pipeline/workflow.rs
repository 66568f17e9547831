//! A workflow's file, as far as ours go. What is not known here is refused, so that no key of ours is left out in silence.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Workflow {
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "on")]
    pub(super) on: Value,
    #[serde(rename = "permissions")]
    _permissions: Value,
    pub(super) jobs: BTreeMap<String, Job>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Job {
    #[serde(default)]
    needs: Option<Needs>,
    #[serde(default, rename = "if")]
    pub(super) condition: Option<String>,
    #[serde(default)]
    pub(super) uses: Option<String>,
    #[serde(default)]
    pub(super) outputs: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) environment: Option<String>,
    #[serde(default)]
    pub(super) concurrency: Option<Concurrency>,
    #[serde(default)]
    pub(super) strategy: Option<Strategy>,
    #[serde(default)]
    pub(super) steps: Vec<Step>,
    #[serde(default, rename = "runs-on")]
    _runs_on: Value,
    #[serde(default, rename = "timeout-minutes")]
    _timeout_minutes: Value,
    #[serde(default, rename = "permissions")]
    _permissions: Value,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Needs {
    One(String),
    All(Vec<String>),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Concurrency {
    pub(super) group: String,
    #[serde(default)]
    pub(super) cancel_in_progress: bool,
}

/// Of one dimension, and never fast to fail.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Strategy {
    pub(super) fail_fast: bool,
    pub(super) matrix: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    #[serde(default)]
    pub(super) id: Option<String>,
    #[serde(default, rename = "if")]
    pub(super) condition: Option<String>,
    #[serde(default)]
    pub(super) uses: Option<String>,
    #[serde(default)]
    pub(super) with: BTreeMap<String, Value>,
    #[serde(default)]
    pub(super) run: Option<String>,
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    #[serde(default, rename = "shell")]
    _shell: Option<String>,
}

/// A composite action's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Action {
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "description")]
    _description: String,
    pub(super) inputs: BTreeMap<String, Input>,
    pub(super) runs: Runs,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    #[serde(rename = "description")]
    _description: String,
    #[serde(default)]
    pub(super) required: bool,
    #[serde(default)]
    pub(super) default: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Runs {
    #[serde(rename = "using")]
    _using: String,
    pub(super) steps: Vec<Step>,
}

impl Job {
    pub(super) fn needs(&self) -> Vec<&str> {
        match &self.needs {
            None => Vec::new(),
            Some(Needs::One(one)) => vec![one],
            Some(Needs::All(all)) => all.iter().map(String::as_str).collect(),
        }
    }
}

/// Reads a file of YAML.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> T {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
