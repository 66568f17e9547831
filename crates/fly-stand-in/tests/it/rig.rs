//! A Fly with the real client before it: in this process in virtual time, or over HTTP in real time. What a rule's test
//! sees must not hang on how long things take, so machines here do nothing by themselves: the test tells each step.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{App, HttpServer, rt};
use deploy::machines::{
    self, Config, FlySettings, Http, Limits, Lost, Machine, MachineId, Machines, Meaning, NewMachine, Transport,
};
use fly_stand_in::{Behaviour, Door, Fault, Fly, Happening, Local, Settings, Shared, Token, View, Whose, routes};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;

pub(super) const BEGAN: OffsetDateTime = datetime!(2026-08-07 10:00:00 UTC);
pub(super) const HOUR: Duration = Duration::from_secs(3_600);
const TOKEN: &str = "fm2_c3RhbmQtaW4";

/// Either way to Fly.
#[derive(Clone)]
pub(super) enum Way {
    Here(Local),
    Http(Http),
}

impl Transport for Way {
    async fn send(&self, request: machines::Request) -> Result<machines::Answer, Lost> {
        match self {
            Self::Here(local) => local.send(request).await,
            Self::Http(http) => http.send(request).await,
        }
    }
}

pub(super) struct Rig {
    pub(super) fly: Arc<Shared>,
    pub(super) machines: Machines<Way>,
    pub(super) way: Way,
    pub(super) url: String,
}

/// No lag, no limit, and whatever else takes time takes for ever or none.
fn still() -> Settings {
    let none = Duration::ZERO;
    Settings {
        list_lag: none,
        get_lag: none,
        gossip: none,
        still_active: none,
        destroys: none,
        suspends: none,
        remembers: HOUR,
        autostop: HOUR,
        rate: None,
        look_rate: None,
        ..Settings::default()
    }
}

/// The client's bounds: a hanging call is given up soon, and nothing waits for its turn.
pub(super) fn limits() -> Limits {
    let (call, interval) = (Duration::from_secs(3), Duration::from_millis(1));
    let lag = Duration::from_millis(100);
    Limits { call, interval, look_interval: interval, list_interval: interval, lag }
}

fn shared(settings: Settings) -> Arc<Shared> {
    let mut fly = Fly::new(7, settings, BEGAN);
    fly.app("web");
    fly.behave(Whose::All, Behaviour::told());
    Arc::new(Shared::new(fly, BEGAN))
}

fn rig(fly: Arc<Shared>, way: Way, url: String) -> Rig {
    let machines = Machines::with_limits(way.clone(), "web".parse().expect("a name"), limits());
    Rig { fly, machines, way, url }
}

impl Rig {
    pub(super) fn here() -> Self {
        Self::with(still())
    }

    pub(super) fn with(settings: Settings) -> Self {
        let fly = shared(settings);
        rig(Arc::clone(&fly), Way::Here(Local(fly)), String::new())
    }

    /// It ends with the test's runtime.
    pub(super) fn http() -> Self {
        let fly = shared(still());
        let door = Door { fly: Arc::clone(&fly), token: Token(TOKEN.to_owned()) };
        let server = HttpServer::new(move || {
            let door = door.clone();
            App::new().configure(move |config| routes(config, door))
        });
        let server = server.workers(1).h1_allow_half_closed(false).disable_signals().bind(("127.0.0.1", 0));
        let server = server.expect("a port");
        let url = format!("http://{}", server.addrs()[0]);
        rt::spawn(server.run());
        let token = machines::Token::parse(TOKEN).expect("a token");
        let settings = FlySettings { address: url.parse().expect("an address"), token };
        rig(fly, Way::Http(Http::new(&settings).expect("an HTTP stack")), url)
    }

    /// Somebody else, with another idea of how often to call.
    pub(super) fn somebody(&self) -> Machines<Way> {
        Machines::with_limits(self.way.clone(), "web".parse().expect("a name"), limits())
    }

    pub(super) fn set(&self, change: impl FnOnce(&mut Settings)) {
        self.fly.with(|fly, _| {
            let mut settings = fly.settings().clone();
            change(&mut settings);
            fly.set(settings);
        });
    }

    pub(super) fn behave(&self, behaviour: Behaviour) {
        self.fly.with(|fly, _| fly.behave(Whose::All, behaviour));
    }

    pub(super) fn plan(&self, fault: Fault) {
        self.fly.with(|fly, _| fly.plan(fault));
    }

    #[track_caller]
    pub(super) fn happen(&self, id: &MachineId, happening: Happening) {
        let happened = self.fly.with(|fly, now| fly.happen(now, id.as_str(), &happening));
        happened.unwrap_or_else(|not_now| panic!("{happening:?}: {not_now}: {:?}", self.view(id)));
    }

    /// Looks until it is so; by tokio's clock, which may stand still.
    pub(super) async fn until(&self, what: &str, so: impl Fn() -> bool) {
        for _ in 0..1_000 {
            if so() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{what}: not within ten seconds");
    }

    /// As it is, without any lag.
    #[track_caller]
    pub(super) fn view(&self, id: &MachineId) -> View {
        self.fly.with(|fly, _| fly.machines().find(|view| view.id == id.as_str())).expect("it is there")
    }

    pub(super) async fn look(&self, id: &MachineId) -> Machine {
        self.machines.get(id).await.expect("it is shown")
    }

    pub(super) async fn made(&self, new: &NewMachine) -> MachineId {
        self.machines.create(new).await.expect("made")
    }

    /// A started machine.
    pub(super) async fn started(&self, name: &str) -> MachineId {
        let id = self.made(&new(name)).await;
        self.happen(&id, Happening::LaidOut);
        self.happen(&id, Happening::Booted);
        id
    }

    /// A machine that was stopped.
    pub(super) async fn stopped(&self, name: &str) -> MachineId {
        let id = self.made(&NewMachine { skip_launch: true, ..new(name) }).await;
        self.happen(&id, Happening::LaidOut);
        id
    }

    /// One call, as it stands.
    pub(super) async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let method = method.parse().expect("a method");
        let request = machines::Request { method, path: format!("/v1/apps/web{path}"), nonce: None, body };
        let answer = self.way.send(request).await.expect("an answer");
        assert!(answer.request_id.is_some_and(|id| id.ends_with("-ams")), "every answer has a fly-request-id");
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
    }
}

pub(super) fn config() -> Value {
    json!({
        "image": "registry.fly.io/web:deployment-1@sha256:11",
        "metadata": {"ship_release": "42.f.d"},
        "services": [{
            "protocol": "tcp",
            "internal_port": 8080,
            "autostop": true,
            "autostart": true,
            "checks": [{"type": "http", "interval": "2s", "timeout": "2s", "grace_period": "5s", "path": "/routable"}],
        }],
        "checks": {"ready": {"type": "http", "port": 8080, "interval": "15s", "grace_period": "10s"}},
        "stop_config": {"signal": "SIGTERM", "timeout": "30s"},
    })
}

/// The first service check's name.
pub(super) const ROUTABLE: &str = "servicecheck-00-http-8080";

pub(super) fn new(name: &str) -> NewMachine {
    with_config(name, config())
}

pub(super) fn with_config(name: &str, config: Value) -> NewMachine {
    NewMachine {
        name: name.parse().expect("a name"),
        region: "ams".parse().expect("a region"),
        config: Config::new(config),
        skip_launch: false,
        cordoned: false,
    }
}

/// What a call that failed means.
#[track_caller]
pub(super) fn meaning<T: std::fmt::Debug>(outcome: Result<T, machines::Error>) -> Meaning {
    outcome.expect_err("it is refused").meaning
}

/// Each rule, both ways.
macro_rules! rules {
    ($($rule:ident),+ $(,)?) => {
        mod here {
            $(#[tokio::test(start_paused = true)]
            async fn $rule() {
                super::$rule($crate::it::rig::Rig::here()).await;
            })+
        }
        mod over_http {
            $(#[actix_web::test]
            async fn $rule() {
                super::$rule($crate::it::rig::Rig::http()).await;
            })+
        }
    };
}
pub(super) use rules;
