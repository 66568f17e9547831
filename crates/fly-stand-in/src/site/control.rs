//! A stand-in told things and asked, over HTTP: whether it is in this process or another is all the same.

use std::time::Duration;

use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Doors, Error};
use crate::fault::Fault;
use crate::guests::Guest;
use crate::programs::Program;

/// It answers within milliseconds; a busy machine takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Speaks to a stand-in's control surface.
#[derive(Clone)]
pub struct Control {
    client: reqwest::Client,
    url: String,
    token: String,
}

impl Control {
    /// Of the stand-in that is met there.
    ///
    /// # Errors
    /// When there is no HTTP stack.
    pub fn new(doors: &Doors) -> Result<Self, Error> {
        let client = platform::http::client::builder().timeout(PATIENCE).build();
        let client = client.map_err(|error| Error::Silent(error.to_string()))?;
        Ok(Self { client, url: format!("{}/control", doors.api), token: doors.token.clone() })
    }

    /// All there is, without any lag: `GET /control/state`.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn state(&self) -> Result<Value, Error> {
        self.ask(Method::GET, "/state", None).await
    }

    /// The machines of an app that requests go to now, by what the proxies have heard.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn routed(&self, app: &str) -> Result<Vec<String>, Error> {
        let routed: Value = self.ask(Method::GET, &format!("/routed?name={app}"), None).await?;
        let ids = routed["routed"].as_array().into_iter().flatten();
        Ok(ids.filter_map(|id| id.as_str().map(str::to_owned)).collect())
    }

    /// What runs for each machine.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn guests(&self) -> Result<Vec<Guest>, Error> {
        self.ask(Method::GET, "/guests", None).await
    }

    /// Sends a machine's process a signal, such as `SIGKILL`, `SIGSTOP` (frozen), `SIGCONT` (thawed). The machine is by
    /// id or name.
    ///
    /// # Errors
    /// When none runs for it.
    pub async fn signal(&self, machine: &str, signal: &str) -> Result<(), Error> {
        self.tell("/signal", json!({ "machine": machine, "signal": signal })).await
    }

    /// Adds a program, or puts it in the place of the one for the same image.
    ///
    /// # Errors
    /// When it does not answer, or nothing real runs there.
    pub async fn program(&self, program: &Program) -> Result<(), Error> {
        self.tell("/programs", json!([program])).await
    }

    /// Plans calls that go wrong.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn plan(&self, faults: &[Fault]) -> Result<(), Error> {
        self.tell("/faults", json!(faults)).await
    }

    async fn tell(&self, path: &str, body: Value) -> Result<(), Error> {
        self.ask::<Value>(Method::POST, path, Some(body)).await.map(drop)
    }

    async fn ask<T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<Value>) -> Result<T, Error> {
        let silent = |error: reqwest::Error| Error::Silent(error.to_string());
        let request = self.client.request(method, format!("{}{path}", self.url));
        let request = request.header("authorization", format!("Bearer {}", self.token));
        let request = body.into_iter().fold(request, |request, body| request.json(&body));
        let response = request.send().await.map_err(silent)?;
        if !response.status().is_success() {
            return Err(Error::Refused(response.text().await.map_err(silent)?));
        }
        response.json().await.map_err(silent)
    }
}
