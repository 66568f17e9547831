//! Calls whose answers are looked at as they come, without the client that a deploy uses: it would read its own assumptions
//! into them.

use std::time::Duration;

use deploy::machines::{Answer, AppName, FlySettings, Http, Machines, Request, Transport};
use deploy::registry::Registry;
use deploy::run::{HttpProxy, HttpRecords};
use platform::telemetry::log::chain;
use reqwest::Method;
use serde_json::Value;

use crate::ship::ShipError;
use crate::ship::settings::ShipSettings;
use crate::ship::target::front;
use crate::ship::tree::Wanted;

/// As for any call of a deploy.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);

/// Asks Fly.
pub(super) struct Asker {
    /// The app.
    pub(super) app: AppName,
    /// The client that a deploy uses, for what it must be able to do.
    pub(super) machines: Machines<Http>,
    /// Release records.
    pub(super) records: HttpRecords,
    /// Where its images are; a stand-in has none.
    pub(super) registry: Option<Registry>,
    /// The app's public address, where it has one.
    pub(super) proxy: Option<HttpProxy>,
    http: Http,
    api: Http,
}

/// An answer as it came.
pub(super) struct Said {
    /// The status.
    pub(super) status: u16,
    /// The body, if it is JSON.
    pub(super) body: Value,
    /// Whether `fly-request-id` came with it.
    pub(super) has_request_id: bool,
    /// `retry-after`.
    pub(super) retry_after: Option<String>,
}

impl Said {
    /// The status, and Fly's own words.
    pub(super) fn words(&self) -> String {
        let text = ["message", "error"].iter().find_map(|key| self.body[*key].as_str());
        let text: String = text.unwrap_or_default().chars().take(200).collect();
        format!("{} {text}", self.status).trim_end().to_owned()
    }
}

impl Asker {
    pub(super) fn of(wanted: &Wanted, settings: &ShipSettings) -> Result<Self, ShipError> {
        let no_http = |error: reqwest::Error| ShipError::System(chain(&error));
        let named = wanted.toml.app.parse();
        let app: AppName = named.map_err(|wrong| ShipError::Misnamed(wanted.name.clone(), "app", wrong))?;
        let token = settings.fly.token.clone();
        let there = FlySettings { address: settings.records.clone(), token: token.clone() };
        let http = Http::new(&settings.fly).map_err(no_http)?;
        let registry = settings.own_registry().cloned();
        let registry = registry.map(|address| Registry::new(address, token.clone(), app.clone()));
        let proxy = match &wanted.toml.http_service {
            Some(_) => Some(HttpProxy::new(front(wanted, settings)?).map_err(no_http)?),
            None => None,
        };
        Ok(Self {
            machines: Machines::new(http.clone(), app.clone()),
            records: HttpRecords::new(settings.records.clone(), token, app.clone()).map_err(no_http)?,
            registry: registry.transpose().map_err(no_http)?,
            proxy,
            api: Http::new(&there).map_err(no_http)?,
            http,
            app,
        })
    }

    /// GET of a path below the app.
    pub(super) async fn get(&self, path: &str) -> Result<Said, String> {
        self.call(Method::GET, path, None).await
    }

    /// Any call of a path below the app, without a lease.
    pub(super) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Said, String> {
        let path = format!("/v1/apps/{}{path}", self.app);
        said(self.http.send(Request { method, path, nonce: None, body })).await
    }

    /// Any call of `api.fly.io`.
    pub(super) async fn api(&self, method: Method, path: &str, body: Option<Value>) -> Result<Said, String> {
        said(self.api.send(Request { method, path: path.to_owned(), nonce: None, body })).await
    }
}

async fn said(sent: impl Future<Output = Result<Answer, deploy::machines::Lost>>) -> Result<Said, String> {
    let answer = tokio::time::timeout(PATIENCE, sent).await.map_err(|_| "no answer within 15 s".to_owned())?;
    let answer = answer.map_err(|lost| format!("no answer: {lost:?}"))?;
    Ok(Said {
        status: answer.status,
        body: serde_json::from_slice(&answer.body).unwrap_or_default(),
        has_request_id: answer.request_id.is_some(),
        retry_after: answer.retry_after,
    })
}
