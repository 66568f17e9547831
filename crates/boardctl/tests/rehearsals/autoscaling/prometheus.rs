//! As much of Fly's Prometheus as the autoscaler asks: what the machines of one app export, by one query.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use boardctl::rehearse::Stage;
use hyper::{Response, Uri};
use serde_json::json;
use testbed::board::app;
use testbed::site::Site;
use tokio::task::JoinHandle;

/// The one that is in `fly/autoscaler.toml`.
pub(super) fn query() -> String {
    format!("max(board_outbox_depth{{app=\"{}\"}})", app("applications"))
}

/// A tenth of Fly's 15 s.
const SCRAPE: Duration = Duration::from_millis(1_500);
/// By `METRICS_LISTEN` of its file.
const PORT: u16 = 9091;

/// What was exported last, by each machine.
type Scraped = Arc<Mutex<Vec<f64>>>;

/// It ends with this value.
pub(super) struct Prometheus {
    site: Site,
    scraped: Scraped,
    scraping: JoinHandle<()>,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        self.scraping.abort();
    }
}

impl Prometheus {
    /// Scrapes what the stage runs.
    pub(super) fn start(stage: &Stage) -> Self {
        let (scraped, control) = (Scraped::default(), stage.site().control().clone());
        let kept = Arc::clone(&scraped);
        let http = platform::http::client::stack().expect("an HTTP stack");
        let scraping = tokio::spawn(async move {
            loop {
                let mut depths = Vec::new();
                for guest in control
                    .guests()
                    .await
                    .unwrap_or_default()
                    .into_iter()
                    .filter(|guest| guest.app == app("applications"))
                {
                    let url = format!("http://{}/metrics", SocketAddr::from((guest.address, PORT)));
                    let Ok(answer) = http.get(url).send().await else { continue };
                    depths.extend(answer.text().await.ok().as_deref().and_then(depth));
                }
                *kept.lock().unwrap_or_else(PoisonError::into_inner) = depths;
                tokio::time::sleep(SCRAPE).await;
            }
        });
        let site = serve(Arc::clone(&scraped));
        Self { site, scraped, scraping }
    }

    /// One that says so, for as many machines.
    pub(super) fn telling(depths: &[f64]) -> Self {
        let scraped: Scraped = Arc::new(Mutex::new(depths.to_vec()));
        Self { site: serve(Arc::clone(&scraped)), scraped, scraping: tokio::spawn(async {}) }
    }

    pub(super) fn url(&self) -> String {
        self.site.url()
    }

    /// How many machines told something, and the most that they told.
    pub(super) fn told(&self) -> (usize, Option<f64>) {
        let scraped = self.scraped.lock().unwrap_or_else(PoisonError::into_inner);
        (scraped.len(), most(&scraped))
    }
}

fn serve(scraped: Scraped) -> Site {
    let page = move |uri: &Uri| {
        let query = uri.query().unwrap_or_default();
        let asked = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "query");
        let known = uri.path() == "/api/v1/query" && asked.is_some_and(|(_, query)| query == self::query());
        let most = most(&scraped.lock().unwrap_or_else(PoisonError::into_inner));
        // Nobody exports it: an empty answer, which is none of zero.
        let result: Vec<_> = most.into_iter().map(|it| json!({ "metric": {}, "value": [0, it.to_string()] })).collect();
        let data = json!({ "status": "success", "data": { "resultType": "vector", "result": result } });
        let answer =
            Response::builder().status(if known { 200 } else { 400 }).header("content-type", "application/json");
        answer.body(data.to_string()).expect("a response")
    };
    Site::start(testbed::port::free_port(), page).expect("a site")
}

fn most(depths: &[f64]) -> Option<f64> {
    depths.iter().copied().reduce(f64::max)
}

fn depth(metrics: &str) -> Option<f64> {
    metrics.lines().find_map(|line| line.strip_prefix("board_outbox_depth ")?.parse().ok())
}
