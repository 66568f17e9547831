//! Over HTTP, at the app's public address.

use std::time::Duration;

use platform::telemetry::log::chain;
use reqwest::header::HeaderName;
use url::Url;

use super::{Proxy, Reply, Unreached};
use crate::machines::MachineId;

const FORCE: HeaderName = HeaderName::from_static("fly-force-instance-id");

/// A gate answers at once: later than this is a process, or a proxy, that hangs.
const PATIENCE: Duration = Duration::from_secs(5);

/// A report of all checks is about 1 kB.
const LONGEST: usize = 16 << 10;

/// Fly's proxy at the app's public address.
#[derive(Clone, Debug)]
pub struct HttpProxy {
    client: reqwest::Client,
    address: Url,
}

impl HttpProxy {
    /// At this address: `https://APP.fly.dev`.
    ///
    /// # Errors
    /// When the system's part of the HTTP stack cannot be set up.
    pub fn new(address: Url) -> reqwest::Result<Self> {
        let builder = platform::http::client::builder().timeout(PATIENCE).retry(reqwest::retry::never());
        Ok(Self { client: builder.build()?, address })
    }

    async fn reply(&self, machine: &MachineId, path: &str) -> reqwest::Result<Reply> {
        let url = format!("{}{path}", self.address.as_str().trim_end_matches('/'));
        let mut response = self.client.get(url).header(FORCE, machine.as_str()).send().await?;
        let (status, mut body) = (response.status().as_u16(), Vec::new());
        while let Some(chunk) = response.chunk().await?.filter(|_| body.len() < LONGEST) {
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, body: String::from_utf8_lossy(&body).into_owned() })
    }
}

impl Proxy for HttpProxy {
    async fn ask(&self, machine: &MachineId, path: &str) -> Result<Reply, Unreached> {
        self.reply(machine, path).await.map_err(|error| Unreached(chain(&error.without_url())))
    }
}
