//! The calls that are kept, and how each is told from its request.

mod central;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::form_urlencoded;

use crate::refusal::Refusal;

/// A call, as it comes.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method, in capitals.
    pub method: String,
    /// The path with its query, from `/v1`, `/api/v1` or `/graphql` on.
    pub path: String,
    /// The header `fly-machine-lease-nonce`.
    pub nonce: Option<String>,
    /// The JSON body, where there is one.
    pub body: Option<Value>,
}

/// What a call does.
#[derive(Clone, Copy, Debug, Deserialize, Hash, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the word that Fly has for it")]
pub enum Act {
    App,
    Secrets,
    SetSecrets,
    List,
    Create,
    Get,
    Update,
    Destroy,
    Start,
    Stop,
    Suspend,
    Wait,
    Cordon,
    Uncordon,
    Metadata,
    SetMetadata,
    DropMetadata,
    Events,
    ReadLease,
    Lease,
    Release,
    Processes,
    Volumes,
    Addresses,
    NewAddress,
    Organization,
    Build,
    FinishBuild,
    NewRelease,
    MarkRelease,
    Releases,
    CurrentRelease,
    Graph,
}

impl Act {
    /// Whether it is refused, without the nonce, while the machine is leased.
    pub(crate) fn respects_lease(self) -> bool {
        use Act::*;
        matches!(self, Update | Destroy | Start | Stop | Suspend | Cordon | Uncordon)
    }

    /// Whether it is one of api.fly.io's, which the pace of the Machines API does not bind.
    pub(crate) fn is_central(self) -> bool {
        use Act::*;
        let releases = matches!(self, NewRelease | MarkRelease | Releases | CurrentRelease);
        releases || matches!(self, Organization | Build | FinishBuild | Graph)
    }

    /// Whether, being refused so, it does not say so but hangs until the lease ends, and is done then.
    pub(crate) fn hangs(self) -> bool {
        matches!(self, Self::Stop | Self::Destroy)
    }

    /// Whether it has to reach the machine's host.
    pub(crate) fn needs_host(self) -> bool {
        use Act::*;
        let others = matches!(self, Wait | Metadata | SetMetadata | DropMetadata | Lease);
        self.respects_lease() || others
    }
}

/// A call that was understood.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) act: Act,
    pub(crate) app: String,
    pub(crate) machine: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) body: Value,
    query: Vec<(String, String)>,
}

impl Call {
    pub(crate) fn read(request: &Request) -> Result<Self, Refusal> {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let not_kept = || Refusal::not_kept(&format!("{} {path}", request.method));
        let body = request.body.clone().unwrap_or_default();
        let nonce = request.nonce.clone();
        let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        if let Some((act, app, key)) = central::read(&request.method, path, &body) {
            let (app, key) = (app.to_owned(), key.map(str::to_owned));
            return Ok(Self { act, app, machine: None, key, nonce, body, query });
        }
        let rest = path.strip_prefix("/v1/apps/").ok_or_else(not_kept)?;
        let parts: Vec<&str> = rest.split('/').collect();
        let (app, machine, key) = match parts[..] {
            [app] | [app, _] => (app, None, None),
            [app, "machines", id] | [app, "machines", id, _] => (app, Some(id), None),
            [app, "machines", id, _, key] => (app, Some(id), Some(key)),
            _ => return Err(not_kept()),
        };
        let act = act(&request.method, &parts[1..]).ok_or_else(not_kept)?;
        Ok(Self {
            act,
            app: app.to_owned(),
            machine: machine.map(str::to_owned),
            key: key.map(str::to_owned),
            nonce,
            body,
            query,
        })
    }

    /// All values of a name of the query, those joined by commas apart.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let named = self.query.iter().filter(|(key, _)| key == name);
        named.flat_map(|(_, value)| value.split(',')).filter(|value| !value.is_empty()).collect()
    }

    pub(crate) fn one(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn says(&self, name: &str) -> bool {
        self.one(name) == Some("true")
    }

    /// What is asked for of metadata: each `metadata.KEY=VALUE`.
    pub(crate) fn metadata(&self) -> impl Iterator<Item = (&str, &str)> {
        self.query.iter().filter_map(|(key, value)| Some((key.strip_prefix("metadata.")?, value.as_str())))
    }
}

fn act(method: &str, path: &[&str]) -> Option<Act> {
    Some(match (method, path) {
        ("GET", []) => Act::App,
        ("GET", ["secrets"]) => Act::Secrets,
        ("POST", ["secrets"]) => Act::SetSecrets,
        ("GET", ["volumes"]) => Act::Volumes,
        ("GET", ["ip_assignments"]) => Act::Addresses,
        ("POST", ["ip_assignments"]) => Act::NewAddress,
        ("GET", ["machines"]) => Act::List,
        ("POST", ["machines"]) => Act::Create,
        ("GET", ["machines", _]) => Act::Get,
        ("POST", ["machines", _]) => Act::Update,
        ("DELETE", ["machines", _]) => Act::Destroy,
        ("POST", ["machines", _, "start"]) => Act::Start,
        ("POST", ["machines", _, "stop"]) => Act::Stop,
        ("POST", ["machines", _, "suspend"]) => Act::Suspend,
        ("GET", ["machines", _, "wait"]) => Act::Wait,
        ("POST", ["machines", _, "cordon"]) => Act::Cordon,
        ("POST", ["machines", _, "uncordon"]) => Act::Uncordon,
        ("GET", ["machines", _, "metadata"]) => Act::Metadata,
        ("POST", ["machines", _, "metadata", _]) => Act::SetMetadata,
        ("DELETE", ["machines", _, "metadata", _]) => Act::DropMetadata,
        ("GET", ["machines", _, "events"]) => Act::Events,
        ("GET", ["machines", _, "ps"]) => Act::Processes,
        ("GET", ["machines", _, "lease"]) => Act::ReadLease,
        ("POST", ["machines", _, "lease"]) => Act::Lease,
        ("DELETE", ["machines", _, "lease"]) => Act::Release,
        _ => return None,
    })
}
