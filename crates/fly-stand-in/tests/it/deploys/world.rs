//! A Fly with a fleet on it, and runs against it, in virtual time.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use deploy::config::{FlyToml, GoDuration};
use deploy::machines::Machines;
use deploy::run::{Asked, Deployer, Ended, Gate, Image, Order, Outcome, Survey, Times, Told};
use deploy::ship::Plan;
use fly_stand_in::{Fly, Settings, Shared, State, View};
use platform::clock::Clock;
use serde_json::json;
use tokio::sync::watch;

use super::judge::Judge;
use super::way::{Dies, Edge, Shelf, Way};
use crate::it::rig::BEGAN;

const TOML: &str = r#"
app = "web"
primary_region = "ams"
kill_signal = "SIGTERM"
kill_timeout = "30s"
[processes]
app = ""
[env]
LISTEN = "[::]:8080"
[http_service]
internal_port = 8080
auto_stop_machines = "stop"
auto_start_machines = true
min_machines_running = 2
[[http_service.checks]]
interval = "2s"
timeout = "2s"
grace_period = "1s"
method = "GET"
path = "/routable"
[checks.ready]
type = "http"
port = 8080
interval = "15s"
timeout = "5s"
grace_period = "10s"
method = "GET"
path = "/readyz?steady=10s"
[[restart]]
policy = "always"
"#;

/// The image of this tag.
pub(super) fn image(tag: u8) -> Image {
    let digest = format!("{tag:02x}").repeat(32);
    format!("registry.fly.io/web:deployment-{tag}@sha256:{digest}").parse().expect("an image")
}

/// That release, on so many machines where there are none.
pub(super) fn release(tag: u8, machines: u8) -> Order {
    let toml = FlyToml::parse(TOML).expect("a fly.toml");
    let image = image(tag);
    Order::Release(Box::new(Asked {
        config: toml.machine_config(image.as_str(), &BTreeMap::new()),
        image,
        commit: format!("{tag:07}"),
        leaves: None,
        salt: String::new(),
        first: Plan { started: machines, all: machines },
        region: "ams".parse().expect("a region"),
        gate: Gate::Strict,
        definition: json!({"app": "web", "deploy": {"strategy": "bluegreen"}}),
    }))
}

/// The same, changed.
pub(super) fn changed(order: Order, change: impl FnOnce(&mut Asked)) -> Order {
    let Order::Release(mut asked) = order else { return order };
    change(&mut asked);
    Order::Release(asked)
}

/// The same, with checks that are asked for more often: with [`quick`] times a search has fewer calls to go through, and as
/// many of each kind.
pub(super) fn quickly(order: Order) -> Order {
    changed(order, |asked| {
        let ready = asked.config.checks.get_mut("ready").expect("a check");
        (ready.interval, ready.grace_period) = (GoDuration::parse("4s"), GoDuration::parse("2s"));
    })
}

/// Margins that are still longer than what the proxies lag behind.
pub(super) fn quick() -> Times {
    let seconds = Duration::from_secs;
    Times { margin: seconds(4), sight: seconds(5), soak: seconds(8), ..Times::real() }
}

/// A Fly, and all that watches it.
pub(super) struct World {
    pub(super) fly: Arc<Shared>,
    pub(super) judge: Rc<Judge>,
    pub(super) edge: Edge,
    pub(super) shelf: Shelf,
    pub(super) told: RefCell<Vec<Told>>,
    pub(super) public: bool,
    pub(super) times: Times,
}

impl World {
    /// Of this Fly, with room for both colours of so many machines.
    pub(super) fn of(fly: Fly, machines: usize) -> Self {
        let now = fly.state()["now"].as_str().expect("a time").to_owned();
        let format = time::format_description::well_known::Rfc3339;
        let began = time::OffsetDateTime::parse(&now, &format).expect("a time");
        let fly = Arc::new(Shared::new(fly, began));
        let judge = Rc::new(Judge::default());
        judge.most.set(2 * machines);
        let edge = Edge { fly: Arc::clone(&fly), sick: RefCell::default(), asked: 0.into() };
        let (shelf, told) = (Shelf::default(), RefCell::default());
        Self { fly, judge, edge, shelf, told, public: true, times: Times::real() }
    }

    pub(super) fn empty() -> Fly {
        let mut fly = Fly::new(7, Settings::default(), BEGAN);
        fly.app("web");
        fly
    }

    pub(super) async fn run(&self, order: &Order) -> Ended {
        self.run_by(order, &self.way(None), false).await.expect("it does not die")
    }

    pub(super) fn way(&self, dies: Option<Dies>) -> Way {
        Way::new(&self.fly, &self.judge, dies)
    }

    /// Runs, taken back from the beginning or not; none, if it died.
    pub(super) async fn run_by(&self, order: &Order, way: &Way, back: bool) -> Option<Ended> {
        self.run_until(order, way, watch::channel(back).1).await
    }

    pub(super) async fn run_until(&self, order: &Order, way: &Way, stop: watch::Receiver<bool>) -> Option<Ended> {
        let machines = Machines::with_limits(way.clone(), "web".parse().expect("a name"), self.times.limits);
        let tell = |told: &Told| self.told.borrow_mut().push(told.clone());
        let deployer = self.deployer(&machines, &tell);
        tokio::select! {
            ended = deployer.run(order, stop) => Some(ended),
            () = way.dead.notified() => None,
            never = self.judge.watch(&self.fly) => match never {},
        }
    }

    pub(super) fn deployer<'a>(
        &'a self,
        machines: &'a Machines<Way>,
        tell: &'a dyn Fn(&Told),
    ) -> Deployer<'a, Way, Edge, Shelf> {
        let fly = Arc::clone(&self.fly);
        Deployer {
            machines,
            proxy: self.public.then_some(&self.edge),
            records: Some(&self.shelf),
            times: self.times,
            clock: Clock::from_fn(move || fly.now()),
            chance: self.told.borrow().len() as u64,
            tell,
        }
    }

    pub(super) async fn survey(&self, order: Option<&Order>) -> Result<Survey, Outcome> {
        let way = self.way(None);
        let machines = Machines::with_limits(way, "web".parse().expect("a name"), self.times.limits);
        self.deployer(&machines, &|_| {}).survey(order).await
    }

    /// All that are there.
    pub(super) fn living(&self) -> Vec<View> {
        let there = |view: &View| !matches!(view.state, State::Destroyed | State::Destroying);
        self.fly.with(|fly, _| fly.machines().filter(there).collect())
    }

    /// That colour of this tag, of so many machines, is all there is, serves, and says so.
    #[track_caller]
    pub(super) fn assert_alone(&self, tag: u8, machines: usize, what: &str) {
        let all = self.living();
        let whole = |view: &View| view.state == State::Started && !view.cordoned && view.leased_until.is_none();
        let named = |view: &View| view.config["image"] == image(tag).as_str();
        let alone = all.len() == machines && all.iter().all(|view| whole(view) && named(view));
        assert!(alone, "{what}: {}\n{}", shown(&all), self.story());
        self.assert_sound(what);
    }

    /// Nothing was seen that never may be.
    #[track_caller]
    pub(super) fn assert_sound(&self, what: &str) {
        let wrong = self.judge.wrong.borrow();
        assert!(wrong.is_empty(), "{what}: {wrong:#?}\n{}", self.story());
    }

    pub(super) fn story(&self) -> String {
        let told = self.told.borrow();
        let lines: Vec<String> =
            told.iter().map(|told| format!("{:8.2} {}", told.at.as_secs_f64(), told.what)).collect();
        lines.join("\n")
    }
}

pub(super) fn shown(all: &[View]) -> String {
    let line = |view: &View| {
        format!(
            "{} {:?} cordoned {} leased {:?} {}",
            view.name, view.state, view.cordoned, view.leased_until, view.config["metadata"]
        )
    };
    all.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// In a time of its own, which stands still.
pub(super) fn timeless<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(work)
}

/// A Fly on which release 1 stands, on so many machines.
pub(super) fn settled(machines: u8) -> Fly {
    timeless(async {
        let world = World::of(World::empty(), usize::from(machines));
        let ended = world.run(&release(1, machines)).await;
        assert_eq!(ended.outcome, Outcome::Done, "{}", world.story());
        world.assert_alone(1, usize::from(machines), "a first deploy");
        world.fly.with(|fly, _| fly.clone())
    })
}
