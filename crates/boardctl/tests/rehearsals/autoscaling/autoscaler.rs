//! fly-autoscaler 0.3.2, call by call, as its source has them; and the real one, where there is one.

use std::collections::BTreeMap;
use std::time::Duration;

use boardctl::rehearse::Stage;
use serde_json::{Value, json};
use testbed::process::Process;

use super::super::rig::root;
use super::prometheus::{Prometheus, query};

/// A tenth of `FAS_INTERVAL`.
pub(super) const TURN: Duration = Duration::from_millis(1_500);
/// `FAS_TIMEOUT`.
const TIMEOUT: Duration = Duration::from_secs(30);
/// A question about what an app runs.
const RELEASE: &str = "query ($appName: String!) { app(name: $appName) { currentRelease: currentReleaseUnprocessed \
                       { id version description reason status imageRef stable user { id email name } createdAt } } }";

/// `[env]` of `fly/autoscaler.toml`.
pub(super) fn settings() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(root().join("fly/autoscaler.toml")).expect("it is there");
    let file: toml::Table = text.parse().expect("TOML");
    let all = file["env"].as_table().expect("settings");
    all.iter().map(|(name, value)| (name.clone(), value.as_str().expect("a text").to_owned())).collect()
}

/// How many are to be started, at least and at most: what the expressions of `fly/autoscaler.toml` come to. They are an
/// expression language's, which the real one alone reads.
pub(super) fn wanted(waiting: f64) -> (f64, f64) {
    let least = (1.0 + waiting / 2_000.0).min(3.0).round();
    (least, if waiting == 0.0 { 1.0 } else { 3.0 })
}
/// Those expressions.
const EXPRESSIONS: [(&str, &str); 2] = [
    ("FAS_MIN_STARTED_MACHINE_COUNT", "min(3, 1 + waiting / 2000)"),
    ("FAS_MAX_STARTED_MACHINE_COUNT", "waiting == 0 ? 1 : 3"),
];

/// What a turn did.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// A release is under way.
    Rests,
    /// As many as are wanted run.
    Still,
    Starts(usize),
    Stops(usize),
    /// What it asked was not answered.
    Fails(String),
}

/// The one that is used here.
pub(super) struct Autoscaler {
    app: String,
    group: String,
    http: reqwest::Client,
    api: String,
    token: String,
    prometheus: String,
}

impl Autoscaler {
    pub(super) fn new(stage: &Stage, prometheus: &Prometheus) -> Self {
        let settings = settings();
        assert_eq!(settings["FAS_PROMETHEUS_QUERY"], query());
        assert_eq!(EXPRESSIONS.map(|(name, _)| settings[name].as_str()), EXPRESSIONS.map(|(_, text)| text));
        let http = platform::http::client::builder().timeout(TIMEOUT).build().expect("an HTTP stack");
        let (doors, of) = (stage.site().doors(), |name: &str| settings[name].clone());
        let (api, token) = (doors.api.clone(), format!("FlyV1 {}", doors.token));
        Self { app: of("FAS_APP_NAME"), group: of("FAS_PROCESS_GROUP"), http, api, token, prometheus: prometheus.url() }
    }

    /// One turn.
    pub(super) async fn turn(&self) -> Turn {
        match self.tried().await {
            Ok(turn) => turn,
            Err(error) => Turn::Fails(error),
        }
    }

    async fn tried(&self) -> Result<Turn, String> {
        let asked = json!({ "query": RELEASE, "variables": { "appName": self.app } });
        let told = self.call("POST", "/graphql", Some(asked)).await?;
        let release = &told["data"]["app"]["currentRelease"];
        // The real one ends here, for good.
        assert!(release.is_object(), "an app without a release: {told}");
        if release["status"] == "running" {
            return Ok(Turn::Rests);
        }
        self.scale(self.waiting().await?).await
    }

    async fn waiting(&self) -> Result<f64, String> {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("query", &query()).finish();
        let url = format!("{}/api/v1/query?{query}", self.prometheus);
        let told = self.http.get(url).send().await.map_err(|error| error.to_string())?;
        let told: Value = told.json().await.map_err(|error| error.to_string())?;
        let first = told["data"]["result"][0]["value"][1].as_str().ok_or("empty prometheus result")?;
        first.parse().map_err(|_| "no number".to_owned())
    }

    /// Starts, or stops, what is too few or too many for so many that wait.
    pub(super) async fn scale(&self, waiting: f64) -> Result<Turn, String> {
        let (least, most) = wanted(waiting);
        let machines = self.call("GET", &format!("/v1/apps/{}/machines", self.app), None).await?;
        let own = |machine: &&Value| {
            machine["host_status"] == "ok" && machine["config"]["metadata"]["fly_process_group"] == self.group
        };
        let all: Vec<&Value> = machines.as_array().into_iter().flatten().filter(own).collect();
        let of = |state: &str| {
            let ids = all.iter().filter(|machine| machine["state"] == state).filter_map(|it| it["id"].as_str());
            let mut ids: Vec<String> = ids.map(str::to_owned).collect();
            ids.sort_unstable();
            ids
        };
        let (started, stopped) = (of("started"), of("stopped"));
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let runs = started.len() as f64;
        if runs < least {
            Ok(Turn::Starts(self.each(&stopped, least - runs, "start").await))
        } else if runs > most {
            Ok(Turn::Stops(self.each(&started, runs - most, "stop").await))
        } else {
            Ok(Turn::Still)
        }
    }

    /// The first that can be, of as many as are wanted; how many could.
    async fn each(&self, machines: &[String], many: f64, what: &str) -> usize {
        let mut done = 0_u32;
        for id in machines {
            if f64::from(done) >= many {
                break;
            }
            let body = (what == "stop").then(|| json!({ "id": id, "timeout": "0s" }));
            let path = format!("/v1/apps/{}/machines/{id}/{what}", self.app);
            match self.call("POST", &path, body).await {
                Ok(_) => done += 1,
                // It is tried again with the next turn.
                Err(error) => println!("{what} {id}: {error}"),
            }
        }
        done as usize
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value, String> {
        let method = method.parse().expect("a method");
        let request = self.http.request(method, format!("{}{path}", self.api)).header("authorization", &self.token);
        let request = body.iter().fold(request, |request, body| request.json(body));
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let (status, text) = (answer.status(), answer.text().await.map_err(|error| error.to_string())?);
        if !status.is_success() {
            return Err(format!("{status}: {text}"));
        }
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }
}

/// The real one, with this command.
pub(super) fn real(word: &str, api: &str, token: &str, prometheus: &Prometheus) -> testbed::process::Command {
    let program = std::env::var("FLY_AUTOSCALER").expect("FLY_AUTOSCALER is the path of a fly-autoscaler");
    let command = Process::command(program).clean_env().arg(word);
    let command = settings().into_iter().fold(command, |command, (name, value)| command.env(name, value));
    // GraphQL alone goes by the proxy: Go keeps what is on this machine out of it.
    let here = [
        ("FAS_INTERVAL", "1500ms"),
        ("FAS_PROMETHEUS_ADDRESS", &prometheus.url()),
        ("FAS_API_TOKEN", token),
        ("FAS_PROMETHEUS_TOKEN", "FlyV1 fm2_read"),
        ("FLY_FLAPS_BASE_URL", api),
        ("HTTP_PROXY", api),
    ];
    here.into_iter().fold(command, |command, (name, value)| command.env(name, value))
}
