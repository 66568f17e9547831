//! A board of a test's own, to be harmed.

use testbed::board::{Board as Whole, Part};
use testbed::http::Client;
use testbed::postgres::Postgres;
use testbed::process::Process;

use super::board::{PATIENCE, Someone};

/// A board of a test's own.
pub(super) struct Own {
    pub(super) whole: Whole,
    pub(super) process: Process,
    pub(super) api: Client,
    pub(super) ada: Someone,
}

impl Own {
    pub(super) async fn start(settings: &[(&str, &str)]) -> Self {
        Self::on(Whole::temporary().await.expect("a board"), settings).await
    }

    pub(super) async fn on(whole: Whole, settings: &[(&str, &str)]) -> Self {
        let command = whole.command(Part::Api).expect("a binary");
        let command = settings.iter().fold(command, |command, (name, value)| command.env(*name, *value));
        let process = command.start().expect("it starts");
        let ready = format!("{}/readyz", whole.url(Part::Api));
        process.wait_until_ok(&ready, PATIENCE).await.expect("it is ready");
        let api = Client::new(platform::http::client::stack().expect("an HTTP stack"), whole.url(Part::Api));
        let rows = whole.client().await.expect("a connection");
        let person = whole.person(&rows, Some("Ada Lovelace")).await.expect("somebody");
        let ada = Someone { api: api.with_token(&person.token), person };
        Self { whole, process, api, ada }
    }

    pub(super) fn postgres(&self) -> &Postgres {
        self.whole.servers.postgres.own().expect("a server of our own")
    }

    pub(super) async fn lose(&self) {
        self.postgres().stop().await.expect("it stops");
    }

    pub(super) async fn restore(&mut self) {
        let server = self.whole.servers.postgres.own_mut().expect("a server of our own");
        server.start_again().await.expect("it starts again");
    }

    /// A metric, summed over its labels that contain this text.
    pub(super) async fn metric(&self, name: &str, labels: &str) -> f64 {
        metric(&self.whole, name, labels).await
    }
}

/// A metric of this board's `api`, summed over its labels that contain this text.
pub(super) async fn metric(whole: &Whole, name: &str, labels: &str) -> f64 {
    let address = format!("http://127.0.0.1:{}", whole.ports(Part::Api).metrics);
    let metrics = Client::new(platform::http::client::stack().expect("an HTTP stack"), address);
    let text = metrics.get("/metrics").await.text;
    let lines = text.lines().filter(|line| line.starts_with(name) && line.contains(labels));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}
