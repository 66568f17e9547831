//! Workers by what waits: real ones, woken and stopped by the autoscaler's own calls, with a deploy in between.
//!
//! The real autoscaler, where there is one, does the same: `superfly/fly-autoscaler` at v0.3.2, built with `APIBaseURL` in its
//! `main.go` set to `http://api.fly.test`, which no setting does.
//! `FLY_AUTOSCALER=/path/to/it cargo test -p boardctl --test rehearsals -- --ignored the_real_autoscaler`

mod autoscaler;
mod prometheus;

use std::time::Duration;

use boardctl::rehearse::Stage;
use serde_json::{Value, json};
use testbed::board::{Part, app};
use testbed::wait;

use self::autoscaler::{Autoscaler, TURN, Turn};
use self::prometheus::Prometheus;
use super::rig::stage;

const WORKER: Part = Part::EmailWorker;
/// The functions count what waits each 15 s, however fast Fly goes here.
const PATIENCE: Duration = Duration::from_secs(120);
/// By `fly/fleet.toml`.
const MACHINES: usize = 3;

/// Mails that nobody has claimed, and batches that somebody has.
const LEFT: &str = "SELECT count(*) FROM outbox WHERE state = 'queued' AND batch_id IS NULL";
const HELD: &str = "SELECT count(*) FROM mail_batches WHERE leased_until > clock_timestamp()";

/// What wakes and stops workers.
enum Scaler {
    Ours(Autoscaler),
    /// It goes by itself.
    Real(testbed::process::Process),
}

impl Scaler {
    async fn turn(&self) -> Turn {
        let turn = match self {
            Self::Ours(ours) => ours.turn().await,
            Self::Real(real) => {
                assert!(real.is_running(), "{}", real.output());
                Turn::Still
            }
        };
        tokio::time::sleep(TURN).await;
        turn
    }
}

/// Mails, workers and who scales them.
struct Play {
    stage: Stage,
    prometheus: Prometheus,
    scaler: Scaler,
    mails: Vec<String>,
}

impl Play {
    /// All workers run, and nothing waits.
    async fn begun(scaler: impl FnOnce(&Stage, &Prometheus) -> Scaler) -> Self {
        let mut stage = stage().await;
        stage.deployed(Part::Applications).await.expect("a first release");
        stage.deployed(WORKER).await.expect("a first release");
        // A worker sends some 300 a second, then.
        let url = format!("{}/control/behaviour", stage.board().url(Part::ResendStandIn));
        let slow = reqwest::Client::new().post(url).json(&json!({ "latency_ms": 2_500 })).send().await.expect("sent");
        assert!(slow.status().is_success());
        let prometheus = Prometheus::start(&stage);
        let both = async || prometheus.told().0 == 2;
        wait::until(PATIENCE, "both machines are asked", both).await.expect("they are");
        let scaler = scaler(&stage, &prometheus);
        Self { stage, prometheus, scaler, mails: Vec::new() }
    }

    async fn write(&mut self, many: i32) {
        self.mails.extend(self.stage.write_mails(many).await.expect("written"));
    }

    /// The workers, as Fly has them.
    async fn workers(&self) -> Vec<Value> {
        let state = self.stage.site().control().state().await.expect("it answers");
        let all = state["machines"].as_array().cloned().unwrap_or_default();
        all.into_iter().filter(|it| it["app"] == app("email-worker") && it["state"] != "destroyed").collect()
    }

    async fn started(&self) -> usize {
        self.workers().await.iter().filter(|it| it["state"] == "started").count()
    }

    async fn all_started(&self) {
        let all = async || self.started().await == MACHINES;
        wait::until(PATIENCE, "all are awake", all).await.expect("they are");
    }

    /// Waits until each mail is in a batch that some worker has claimed.
    async fn all_in_hand(&self) {
        let client = self.stage.board().client().await.expect("a connection");
        let claimed = async || client.query_one(LEFT, &[]).await.is_ok_and(|row| row.get::<_, i64>(0) == 0);
        wait::until(PATIENCE, "all are claimed", claimed).await.expect("they are");
        assert!(client.query_one(HELD, &[]).await.expect("told").get::<_, i64>(0) > 16, "more than two have in hand");
    }

    /// Goes on until so many run, and as many sleep as are left; what turns did.
    async fn until(&self, wanted: usize) -> Vec<Turn> {
        let until = tokio::time::Instant::now() + PATIENCE;
        let mut turns = Vec::new();
        loop {
            let workers = self.workers().await;
            let of = |state: &str| workers.iter().filter(|it| it["state"] == state).count();
            if (of("started"), of("stopped")) == (wanted, MACHINES - wanted) {
                return turns;
            }
            assert!(tokio::time::Instant::now() < until, "{turns:?} {:?}", self.prometheus.told());
            turns.push(self.scaler.turn().await);
        }
    }

    /// Another release, while it goes on: what turns did meanwhile.
    async fn deploys(&mut self) -> Vec<Turn> {
        let release = self.stage.another(WORKER).await.expect("a release");
        let before: Vec<Value> = self.workers().await.into_iter().map(|it| it["id"].clone()).collect();
        let (mut turns, deploy) = (Vec::new(), self.stage.deploy(WORKER, &release));
        let mut deploy = std::pin::pin!(deploy);
        let came = loop {
            tokio::select! {
                came = &mut deploy => break came.expect("it ends"),
                turn = self.scaler.turn() => turns.push(turn),
            }
        };
        assert_eq!(came.code, Some(0), "{}\n{}", came.told, came.lines.join("\n"));
        let after = self.workers().await;
        assert_eq!(after.len(), MACHINES, "one colour, whole");
        assert!(after.iter().all(|it| it["digest"] == release.digest() && !before.contains(&it["id"])), "{after:?}");
        turns
    }

    /// Each was sent, once.
    async fn all_arrived(&self) {
        let mails = self.stage.arrived(&self.mails).await.expect("they leave");
        println!("{mails:?}");
        assert_eq!((mails.arrived, mails.doubled), (self.mails.len(), 0), "{mails:?}");
    }

    /// Waits until those who count have seen that nothing waits: what they counted before would wake somebody yet.
    async fn nothing_is_told(&self) {
        let nothing = async || self.prometheus.told() == (2, Some(0.0));
        wait::until(PATIENCE, "nothing is counted any more", nothing).await.expect("it is so");
    }

    /// Nobody who was stopped was killed.
    async fn stopped_by_themselves(&self) {
        for machine in self.workers().await.iter().filter(|it| it["state"] == "stopped") {
            let id = machine["id"].as_str().expect("an id");
            let exit = self.exit(id).await;
            assert!(exit.get("exit_code").is_none() && exit["requested_stop"] == true, "{id}: {exit}");
        }
    }

    /// How a machine's process ended last.
    async fn exit(&self, id: &str) -> Value {
        let doors = self.stage.site().doors();
        let url = format!("{}/v1/apps/{}/machines/{id}/events", doors.api, app("email-worker"));
        let told = reqwest::Client::new().get(url).bearer_auth(&doors.token).send().await.expect("sent");
        let events: Vec<Value> = told.json().await.expect("events");
        let exit = events.iter().find(|event| event["type"] == "exit").unwrap_or_else(|| panic!("{id}: {events:?}"));
        exit["request"]["exit_event"].clone()
    }
}

#[tokio::test]
#[ignore = "minutes long: scripts/test rehearsals runs it"]
async fn ten_thousand_mails_wake_workers_which_a_deploy_replaces_and_an_empty_outbox_stops() {
    let mut play = Play::begun(|stage, prometheus| Scaler::Ours(Autoscaler::new(stage, prometheus))).await;
    let turns = play.until(1).await;
    assert!(turns.contains(&Turn::Stops(2)), "nothing waits: {turns:?}");

    play.write(10_000).await;
    let turns = play.until(MACHINES).await;
    assert!(turns.contains(&Turn::Starts(2)), "{turns:?}");

    play.write(3_000).await;
    let turns = play.deploys().await;
    assert!(turns.contains(&Turn::Rests), "{turns:?}");
    assert!(!turns.iter().any(|turn| matches!(turn, Turn::Starts(_))), "{turns:?}");
    play.all_arrived().await;

    // It is stopped by what was counted before: whoever is stopped has mails in hand, and drains.
    let Scaler::Ours(ours) = &play.scaler else { unreachable!("see above") };
    if play.started().await < MACHINES {
        assert!(matches!(ours.scale(10_000.0).await, Ok(Turn::Starts(_))));
        play.all_started().await;
    }
    let more = play.stage.write_mails(2_000).await.expect("written");
    play.mails.extend(more);
    play.all_in_hand().await;
    assert_eq!(ours.scale(0.0).await, Ok(Turn::Stops(2)));
    play.all_arrived().await;
    play.nothing_is_told().await;
    play.until(1).await;
    play.stopped_by_themselves().await;

    // What sleeps is replaced asleep, and can be woken.
    play.deploys().await;
    assert_eq!(play.started().await, 1, "as before");
    let Scaler::Ours(ours) = &play.scaler else { unreachable!("see above") };
    assert_eq!(ours.scale(10_000.0).await, Ok(Turn::Starts(2)));
    play.all_started().await;
}

#[tokio::test]
#[ignore = "needs a fly-autoscaler: FLY_AUTOSCALER is its path"]
async fn the_real_autoscaler_makes_of_the_expressions_what_ours_does() {
    for waiting in [0.0, 1.0, 999.0, 1_000.0, 2_999.0, 3_000.0, 10_000.0] {
        let prometheus = Prometheus::telling(&[waiting, 0.0]);
        let said = autoscaler::real("eval", "http://127.0.0.1:9", "fm2_none", &prometheus).run().expect("it tells");
        let told: Value = serde_json::from_str(&said).expect("JSON");
        let (least, most) = autoscaler::wanted(waiting);
        let got = ["min", "max"].map(|name| told["started"][name].as_f64());
        assert_eq!(got, [Some(least), Some(most)], "{waiting}: {said}");
    }
}

#[tokio::test]
#[ignore = "needs a fly-autoscaler: FLY_AUTOSCALER is its path"]
async fn the_real_autoscaler_wakes_and_stops_workers_around_a_deploy() {
    let mut play = Play::begun(|stage, prometheus| {
        let doors = stage.site().doors();
        Scaler::Real(autoscaler::real("serve", &doors.api, &doors.token, prometheus).start().expect("it starts"))
    })
    .await;
    play.until(1).await;
    play.write(10_000).await;
    play.until(MACHINES).await;
    play.write(3_000).await;
    play.deploys().await;
    play.all_arrived().await;
    play.nothing_is_told().await;
    play.until(1).await;
    play.stopped_by_themselves().await;
    play.deploys().await;
    let Scaler::Real(real) = &play.scaler else { unreachable!("see above") };
    assert!(real.output().contains("release in progress, skipping reconciliation"), "{}", real.output());
    println!("{}", real.output());
}
