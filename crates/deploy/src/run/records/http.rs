//! Over HTTP, at `api.fly.io`, as flyctl was seen to do it.

use std::time::Duration;

use platform::telemetry::log::chain;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{NewRecord, Record, RecordEnd, RecordError, Records};
use crate::machines::{ApiAddress, AppName, Token};

/// A courtesy must not hold a deploy for longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Release records at `api.fly.io`. No promise of Fly's: it is what flyctl calls.
#[derive(Clone, Debug)]
pub struct HttpRecords {
    client: reqwest::Client,
    address: ApiAddress,
    token: Token,
    app: AppName,
}

#[derive(Deserialize)]
struct Made {
    release: Record,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Listed {
    Bare(Vec<Record>),
    Named { releases: Vec<Record> },
}

impl HttpRecords {
    /// Where Fly keeps them.
    pub const FLY: &str = "https://api.fly.io";

    /// Of this app.
    ///
    /// # Errors
    /// When the system's part of the HTTP stack cannot be set up.
    pub fn new(address: ApiAddress, token: Token, app: AppName) -> reqwest::Result<Self> {
        let builder = platform::http::client::builder().timeout(PATIENCE).retry(reqwest::retry::never());
        Ok(Self { client: builder.build()?, address, token, app })
    }

    async fn call<A: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<A, RecordError> {
        let (told, url) = (format!("{method} {path}"), self.address.join(path));
        let lost = |error: reqwest::Error| RecordError(format!("{told}: {}", chain(&error.without_url())));
        let mut request = self.client.request(method, url).header(AUTHORIZATION, self.token.bearer());
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let response = request.send().await.map_err(lost)?;
        let status = response.status();
        if !status.is_success() {
            return Err(RecordError(format!("{told}: status {}", status.as_u16())));
        }
        let body = response.bytes().await.map_err(lost)?;
        serde_json::from_slice(&body).map_err(|_| RecordError(format!("{told}: the answer cannot be read")))
    }
}

impl Records for HttpRecords {
    async fn open(&self, new: &NewRecord) -> Result<Record, RecordError> {
        let NewRecord { image, definition } = new;
        let body = json!({
            "app_name": self.app, "definition": definition, "image": image, "strategy": "BLUEGREEN",
        });
        let Made { release } = self.call(Method::POST, "/api/v1/releases", Some(body)).await?;
        let body = json!({ "metadata": null, "status": "running" });
        self.call::<Value>(Method::PATCH, &format!("/api/v1/releases/{}", release.id), Some(body)).await?;
        Ok(release)
    }

    async fn close(&self, id: &str, end: RecordEnd, error: &str) -> Result<(), RecordError> {
        let version = env!("CARGO_PKG_VERSION");
        let info = json!({ "flyctl_version": format!("boardctl {version}"), "error": error });
        let body = json!({ "metadata": { "post_deployment_info": info }, "status": end.as_str() });
        self.call::<Value>(Method::PATCH, &format!("/api/v1/releases/{id}"), Some(body)).await.map(|_| ())
    }

    async fn newest(&self, limit: usize) -> Result<Vec<Record>, RecordError> {
        let path = format!("/api/v1/apps/{}/releases?limit={limit}", self.app);
        Ok(match self.call(Method::GET, &path, None).await? {
            Listed::Bare(releases) | Listed::Named { releases } => releases,
        })
    }
}
