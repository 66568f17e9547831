//! A check looked at: whether a machine answers as its configuration wants.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::config::{Asks, Configured};
use crate::shared::Shared;
use crate::site::Error;

/// How much of an answer is told.
const OUTPUT: usize = 500;

/// Each look is a connection of its own, and a redirect is no pass.
pub(super) fn client() -> Result<reqwest::Client, Error> {
    let client = platform::http::client::builder().redirect(Policy::none()).pool_max_idle_per_host(0).no_proxy();
    client.build().map_err(|error| Error::Silent(error.to_string()))
}

/// Looks from `first` on, and again after each interval, as long as the machine is in this boot.
pub(super) async fn keep_looking(
    fly: Arc<Shared>,
    client: reqwest::Client,
    (machine, boots): (String, u64),
    (check, address): (Configured, Ipv4Addr),
    first: Duration,
) {
    sleep(first).await;
    loop {
        let seen = look(&client, &check, address).await;
        let (passing, output) = (seen.is_ok(), seen.unwrap_or_else(|output| output));
        if !fly.with(|fly, now| fly.seen(now, (&machine, boots), &check.name, (passing, &output))) {
            return;
        }
        sleep(check.interval).await;
    }
}

/// What is told of a check that passes, or else of one that does not.
async fn look(client: &reqwest::Client, check: &Configured, address: Ipv4Addr) -> Result<String, String> {
    let at = SocketAddr::from((address, check.port));
    let late = |_| "context deadline exceeded".to_owned();
    match &check.asks {
        Asks::Tcp => {
            let connected = timeout(check.timeout, TcpStream::connect(at)).await.map_err(late)?;
            connected.map(|_| "Success".to_owned()).map_err(|error| format!("connect: {}", error.kind()))
        }
        Asks::Http { method, path, headers, tls } => {
            let scheme = if *tls { "https" } else { "http" };
            let method = method.parse().map_err(|_| format!("no method: {method}"))?;
            let request = client.request(method, format!("{scheme}://{at}{path}"));
            let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
            let answered = timeout(check.timeout, async {
                let answer = request.send().await.map_err(|error| refused(&error))?;
                let status = answer.status();
                let body = answer.text().await.map_err(|error| refused(&error))?;
                Ok::<_, String>((status, body))
            });
            let (status, body) = answered.await.map_err(late)??;
            let body: String = body.chars().take(OUTPUT).collect();
            if status.is_success() { Ok(body) } else { Err(format!("{status}: {body}")) }
        }
    }
}

fn refused(error: &reqwest::Error) -> String {
    if error.is_connect() { "connect: connection refused".to_owned() } else { "the connection was cut".to_owned() }
}
