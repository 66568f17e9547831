//! Real processes for machines, and HAProxy before them, as the real client and real requests meet them.

mod checks;
mod flyctl;
mod life;
mod program;
mod proxy;
mod told;
mod wakes;

use std::net::SocketAddr;
use std::time::Duration;

use deploy::machines::{
    Config, FlySettings, Http, Limits, Machine, MachineId, Machines, NewMachine, Signal, State, Token,
};
use fly_stand_in::site::{Options, Site};
use fly_stand_in::{Guest, Program};
use serde_json::{Value, json};
use testbed::http::Client;

pub(super) const PATIENCE: Duration = Duration::from_secs(30);
pub(super) const IMAGE: &str = "registry.fly.io/web:deployment-1@sha256:11";
pub(super) const SECRET: &str = "a-word-that-nobody-may-see";

/// The program of tests, as the image `sha256:11`.
pub(super) fn guest() -> Program {
    Program::new("sha256:11", testbed::cargo::example("guest").expect("built"))
}

pub(super) fn options() -> Options {
    Options::new(["web"]).scale(0.1)
}

/// A site, and the client of its one app.
pub(super) struct Rig {
    pub(super) site: Site,
    pub(super) machines: Machines<Http>,
}

impl Rig {
    pub(super) async fn new() -> Self {
        Self::with(options().program(guest())).await
    }

    pub(super) async fn with(options: Options) -> Self {
        let site = Site::start(options).await.expect("it starts");
        let machines = client(&site.doors().api, &site.doors().token);
        Self { site, machines }
    }

    /// Its public address.
    pub(super) fn public(&self) -> SocketAddr {
        self.site.doors().public["web"]
    }

    /// One question to that.
    pub(super) fn ask(&self) -> Client {
        let http = platform::http::client::builder().pool_max_idle_per_host(0).build().expect("an HTTP stack");
        Client::new(http, format!("http://{}", self.public()))
    }

    pub(super) async fn made(&self, name: &str, config: Value) -> MachineId {
        self.machines.create(&new(name, config)).await.expect("made")
    }

    pub(super) async fn is(&self, id: &MachineId, state: State) {
        self.machines.wait(id, &state, None, PATIENCE).await.expect("it comes to be so");
    }

    /// A machine that requests go to.
    pub(super) async fn serving(&self, name: &str, config: Value) -> MachineId {
        let id = self.made(name, config).await;
        self.routed(&id, true).await;
        id
    }

    /// Waits until requests go to it, or do not.
    pub(super) async fn routed(&self, id: &MachineId, so: bool) {
        let control = self.site.control();
        let look = async || control.routed("web").await.expect("told").contains(&id.to_string()) == so;
        testbed::wait::until(PATIENCE, &format!("routed: {so}"), look).await.expect("it is so");
    }

    pub(super) async fn guest(&self, id: &MachineId) -> Guest {
        let guests = self.site.control().guests().await.expect("told");
        guests.into_iter().find(|guest| guest.machine == id.as_str()).expect("it is there")
    }

    /// Waits until it is seen to be so.
    pub(super) async fn sees(&self, id: &MachineId, what: &str, so: impl Fn(&Machine) -> bool) -> Machine {
        let look = async || self.machines.get(id).await.ok().filter(|machine| so(machine));
        testbed::wait::until_some(PATIENCE, what, look).await.expect("it comes to be so")
    }

    /// Its checks, as an answer has them.
    pub(super) async fn checks(&self, id: &MachineId) -> Vec<Value> {
        let state = self.site.control().state().await.expect("told");
        let machines = state["machines"].as_array().cloned().unwrap_or_default();
        let machine = machines.into_iter().find(|machine| machine["id"] == id.as_str()).expect("it is there");
        machine["checks"].as_array().cloned().unwrap_or_default()
    }

    /// Starts it, which is refused just after a stop.
    pub(super) async fn start(&self, id: &MachineId) {
        let started = async || self.machines.start(id).await.is_ok();
        testbed::wait::until(PATIENCE, "it may be started", started).await.expect("it may");
    }

    pub(super) async fn stop(&self, id: &MachineId) {
        self.machines.stop(id, Signal::Term, Duration::from_secs(10)).await.expect("told");
    }
}

/// The real client, which calls as often as it likes.
pub(super) fn client(api: &str, token: &str) -> Machines<Http> {
    let settings =
        FlySettings { address: api.parse().expect("an address"), token: Token::parse(token).expect("a token") };
    let interval = Duration::from_millis(100);
    let limits = Limits {
        call: Duration::from_secs(15),
        interval,
        look_interval: interval,
        list_interval: interval,
        lag: PATIENCE,
    };
    Machines::with_limits(Http::new(&settings).expect("an HTTP stack"), "web".parse().expect("a name"), limits)
}

pub(super) fn new(name: &str, config: Value) -> NewMachine {
    NewMachine {
        name: name.parse().expect("a name"),
        region: "ams".parse().expect("a region"),
        config: Config::new(config),
        skip_launch: false,
        cordoned: false,
    }
}

/// A web machine's configuration with this environment.
pub(super) fn config(env: Value) -> Value {
    let mut config = json!({
        "image": IMAGE,
        "env": {"LISTEN": "[::]:8080", "PRIMARY_REGION": "ams"},
        "metadata": {"fly_process_group": "app"},
        "services": [{
            "protocol": "tcp",
            "internal_port": 8080,
            "autostop": false,
            "autostart": true,
            "checks": [
                {"type": "http", "interval": "100ms", "timeout": "2s", "grace_period": "0s", "path": "/routable"},
            ],
        }],
        "restart": {"policy": "no"},
        "stop_config": {"signal": "SIGTERM", "timeout": "10s"},
    });
    for (name, value) in env.as_object().into_iter().flatten() {
        config["env"][name] = value.clone();
    }
    config
}

pub(super) const ROUTABLE: &str = "servicecheck-00-http-8080";
