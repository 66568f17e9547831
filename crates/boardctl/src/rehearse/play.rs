//! How a rehearsal goes: a good release stands, people ask, a deploy comes, something goes wrong or nothing does, and in the
//! end one colour stands alone.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testbed::board::Part;
use testbed::load::{Arrivals, Plan, Script, Steady};

use super::fault::{Fault, Moment};
use super::mails::Writing;
use super::meters::Meters;
use super::release::{Flaw, Release, app, factor};
use super::report::{Report, Requests};
use super::run::Came;
use super::scene::Scene;
use super::scripts::{Applications, Board, Own};
use super::stage::Stage;
use super::timeline::{Look, Watch};
use super::{RehearseError, breakage, meters};
use crate::ship::exit::Exit;

/// How many ask at a time.
const CLIENTS: u32 = 16;
const PEOPLE: i32 = 400;

/// No request is slow here: what takes longer is lost. A request that wakes a machine takes longest.
const PATIENCE: Duration = Duration::from_secs(20);

/// Before the first run, and after the last, in real times.
const CALM: Duration = Duration::from_secs(20);

/// Until as many people have asked as are wanted.
const ENOUGH: Duration = Duration::from_secs(600);

/// When a release that exits does, in real times.
const EXITS_AFTER: f64 = 5.0;

/// What is to be rehearsed.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Of which function.
    pub part: Part,
    /// What goes wrong.
    pub fault: Option<Fault>,
    /// So many deploys in a row.
    pub times: u32,
    /// How often people ask, in a second. Two cores bear some 500 beside all else in a build without optimization.
    pub rate: f64,
    /// So many requests, or mails, at least: they go on after the last deploy until there were.
    pub least: usize,
    /// Hears of each change of who serves.
    pub tell: fn(&Look),
}

/// What a run must end with.
const DONE: Exit = Exit::Done;
const TAKEN_BACK: Exit = Exit::TakenBack;
const BOTH_ILL: Exit = Exit::BothIll;

/// People, or mails, or what a worker does by itself.
enum Load {
    People(Steady),
    Mails(Writing),
    Rounds,
    /// Nobody asks, so that machines may sleep.
    Nobody,
}

/// A rehearsal that is under way.
struct Play<'a> {
    stage: &'a mut Stage,
    wanted: Wanted,
    /// What stood before.
    first: Release,
    runs: Vec<Came>,
    wrong: Vec<String>,
}

impl Stage {
    /// Rehearses.
    ///
    /// # Errors
    /// When something does not do what a rehearsal rests on. What is not as it must be is in the [`Report`].
    pub async fn rehearse(&mut self, wanted: Wanted) -> Result<Report, RehearseError> {
        let Wanted { part, fault, .. } = wanted;
        let first = self.deployed(part).await?;
        let (began, control) = (Instant::now(), self.control().clone());
        let watch = Watch::start(control.clone(), app(part), began, wanted.tell);
        let meters = Meters::start(control, app(part), self.http.clone());
        let load = self.load(wanted).await?;
        let calm = CALM.mul_f64(factor(self.scale));
        tokio::time::sleep(calm).await;
        let mut play = Play { stage: self, wanted, first, runs: Vec::new(), wrong: Vec::new() };
        let begun = Instant::now();
        let last = play.act().await?;
        let ended = Instant::now();
        play.stands_alone(&last, "in the end").await?;
        let Play { runs, wrong, .. } = play;
        let mut report = Report {
            function: part.name(),
            fault: fault.map(Fault::name),
            runs,
            requests: None,
            mails: None,
            rounds: None,
            breaker_transitions: 0,
            seconds: 0.0,
            wrong,
            timeline: Vec::new(),
        };
        let goes_round = matches!(load, Load::Rounds);
        self.judge(&mut report, load, wanted, (began, begun, ended)).await?;
        report.measured(meters.end(), goes_round);
        report.seconds = began.elapsed().as_secs_f64();
        report.timeline = watch.end();
        if fault.is_none() && report.breaker_transitions > 0 {
            report.wrong.push(format!("{} transitions of breakers in a clean deploy", report.breaker_transitions));
        }
        Ok(report)
    }

    async fn load(&self, Wanted { part, fault, rate, least, .. }: Wanted) -> Result<Load, RehearseError> {
        if part == Part::EmailWorker {
            return Ok(Load::Mails(Writing::start(&self.board, least, factor(self.scale)).await?));
        }
        if !part.serves() {
            return Ok(Load::Rounds);
        }
        if fault == Some(Fault::Asleep) { Ok(Load::Nobody) } else { Ok(Load::People(self.people(part, rate).await?)) }
    }

    async fn people(&self, part: Part, rate: f64) -> Result<Steady, RehearseError> {
        let scene = async || Scene::make(&self.board, PEOPLE).await;
        let script: Box<dyn Script> = match part {
            Part::Applications => Box::new(Applications(scene().await?)),
            Part::Other(name) => Box::new(Own(name)),
            _ => Box::new(Board(scene().await?)),
        };
        let (address, arrivals) = (self.front(part)?, Arrivals::Rate(rate));
        Ok(Steady::start(Plan { address, clients: CLIENTS, arrivals, patience: PATIENCE }, script)?)
    }

    /// Waits for the last of it, and looks whether anybody lost anything.
    async fn judge(
        &self,
        report: &mut Report,
        load: Load,
        wanted: Wanted,
        (began, begun, ended): (Instant, Instant, Instant),
    ) -> Result<(), RehearseError> {
        let calm = CALM.mul_f64(factor(self.scale));
        let load = match load {
            Load::Mails(writing) => {
                tokio::time::sleep(calm).await;
                let (mails, until) = writing.arrived(&self.board).await?;
                if until < ended {
                    report.wrong.push("no mail was written any more in the last run".to_owned());
                }
                if mails.arrived != mails.written || mails.doubled > 0 {
                    report
                        .wrong
                        .push(format!("of {} mails {} arrived, {} twice", mails.written, mails.arrived, mails.doubled));
                }
                report.mails = Some(mails);
                return Ok(());
            }
            Load::Rounds => {
                let all = async || meters::all_go_round(self.control(), &app(wanted.part), &self.http).await;
                return Ok(testbed::wait::until(PATIENCE, "each machine goes round", all).await?);
            }
            Load::People(load) => load,
            Load::Nobody => self.people(wanted.part, wanted.rate).await?,
        };
        tokio::time::sleep(calm).await;
        testbed::wait::until(ENOUGH, "enough have asked", async || load.count() >= wanted.least).await?;
        let load = load.finish(PATIENCE * 2).await?;
        let verdict = report.runs.iter().find_map(|run| run.verdict);
        let requests = Requests::of(&load, began, (begun, ended), verdict);
        let felt = wanted.fault.is_some_and(Fault::is_felt);
        if requests.failed > 0 && !felt {
            report.wrong.push(format!("{} of {} requests failed", requests.failed, requests.sent));
        }
        report.requests = Some(requests);
        Ok(())
    }
}

impl Play<'_> {
    /// All runs; the release that must stand in the end.
    async fn act(&mut self) -> Result<Release, RehearseError> {
        let (part, fault) = (self.wanted.part, self.wanted.fault);
        match fault {
            None => {
                for _ in 1..self.wanted.times {
                    self.good().await?;
                }
                self.good().await
            }
            Some(Fault::Killed(moment)) => self.killed(moment).await,
            Some(Fault::Asleep) => {
                self.sleep().await?;
                self.good().await
            }
            Some(Fault::RedisGone) => {
                self.redis_gone().await?;
                self.good().await
            }
            Some(fault) => {
                let flaw = breakage::flaw(&self.stage.board, part, Some(fault)).await?;
                let flaw = match fault {
                    Fault::Exits => Flaw { exits_after: Some(EXITS_AFTER * factor(self.stage.scale)), ..flaw },
                    _ => flaw,
                };
                self.bad(fault, &flaw).await?;
                self.good().await
            }
        }
    }

    /// A release with nothing wrong.
    async fn good(&mut self) -> Result<Release, RehearseError> {
        let release = self.stage.release(self.wanted.part, &Flaw::default()).await?;
        let came = self.stage.deploy(self.wanted.part, &release).await?;
        self.note(came, Some(DONE), "a good release");
        Ok(release)
    }

    /// One that must be taken back.
    async fn bad(&mut self, fault: Fault, flaw: &Flaw) -> Result<(), RehearseError> {
        let (part, stage) = (self.wanted.part, &mut *self.stage);
        if fault == Fault::Critical {
            breakage::break_reads(&stage.board).await?;
        }
        let release = stage.release(part, flaw).await?;
        let run = stage.begin(part, &release)?;
        if fault == Fault::Soak {
            run.until(Moment::Soaking, stage.patience()).await?;
            breakage::break_reads(&stage.board).await?;
        }
        let came = run.end(stage.patience()).await?;
        if matches!(fault, Fault::Critical | Fault::Soak) {
            breakage::mend_reads(&stage.board).await?;
        }
        self.note(came, Some(TAKEN_BACK), "a release that must not stand");
        self.first_stands().await
    }

    /// Whoever deploys is killed; the next run, of the same, goes on from there.
    async fn killed(&mut self, moment: Moment) -> Result<Release, RehearseError> {
        let part = self.wanted.part;
        let release = self.stage.release(part, &Flaw::default()).await?;
        let run = self.stage.begin(part, &release)?;
        run.until(moment, self.stage.patience()).await?;
        let came = run.kill();
        self.note(came, None, "a run that is killed");
        let came = self.stage.deploy(part, &release).await?;
        self.note(came, Some(DONE), "the run after it");
        Ok(release)
    }

    /// Fly puts all machines to sleep, since nobody asks.
    async fn sleep(&mut self) -> Result<(), RehearseError> {
        let part = self.wanted.part;
        for machine in self.stage.living(part).await? {
            let id = machine["id"].as_str().unwrap_or_default();
            self.stage.post(part, &format!("/machines/{id}/stop"), &json!({})).await?;
        }
        let asleep = async || {
            let living = self.stage.living(part).await.unwrap_or_default();
            !living.is_empty() && living.iter().all(|machine| machine["state"] == "stopped")
        };
        testbed::wait::until(PATIENCE * 2, "every machine sleeps", asleep).await?;
        Ok(())
    }

    async fn redis_gone(&mut self) -> Result<(), RehearseError> {
        let part = self.wanted.part;
        let release = self.stage.release(part, &Flaw::default()).await?;
        let run = self.stage.begin(part, &release)?;
        run.until(Moment::Soaking, self.stage.patience()).await?;
        if let Some(redis) = self.stage.board.servers.redis.own() {
            redis.kill();
        }
        let came = run.end(self.stage.patience()).await?;
        if let Some(redis) = self.stage.board.servers.redis.own_mut() {
            redis.start_again().await?;
        }
        self.note(came, Some(BOTH_ILL), "a deploy without Redis");
        self.first_stands().await
    }

    /// After a release that does not stand all is as before.
    async fn first_stands(&mut self) -> Result<(), RehearseError> {
        let first = self.first.clone();
        self.stands_alone(&first, "after that").await
    }

    fn note(&mut self, came: Came, exit: Option<Exit>, what: &str) {
        let code = exit.map(|exit| exit.code().into());
        if came.code != code {
            let told = format!("{what} ended with {:?}, wanted {code:?}: {}", came.code, came.told);
            self.wrong.push(format!("{told}\n    {}", came.lines.join("\n    ")));
        }
        self.runs.push(came);
    }

    /// One colour stands, alone and whole, of this release.
    async fn stands_alone(&mut self, release: &Release, when: &str) -> Result<(), RehearseError> {
        let living = self.stage.living(self.wanted.part).await?;
        let is = |machine: &Value| machine["digest"] == release.digest();
        let open = |machine: &Value| machine["cordoned"] == false;
        let whole = living.len() == self.stage.machines(self.wanted.part)?
            && living.iter().all(|machine| is(machine) && open(machine));
        if !whole {
            let words =
                |machine: &Value| format!("{} {} cordoned: {}", machine["name"], machine["state"], machine["cordoned"]);
            let all: Vec<String> = living.iter().map(words).collect();
            self.wrong.push(format!("{when} {} does not stand alone, but {}", release.tag(), all.join(", ")));
        }
        Ok(())
    }
}
