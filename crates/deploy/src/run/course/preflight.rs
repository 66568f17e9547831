//! What is looked at before anything is done, and the release record.

use std::time::Duration;

use crate::machines::{Error, Machine, Meaning, Transport};
use crate::run::reader::group;
use crate::run::{Asked, Course, Happened, NewRecord, Order, Outcome, Proxy, RecordEnd, RecordError, Records};
use crate::ship::{Colour, Commit, Fleet, Place, Plan, Release, fingerprint, machine_name};

/// A courtesy holds nothing up for longer.
const PATIENCE: Duration = Duration::from_secs(15);

/// So far back it is looked for records that dead runs left running.
const NEWEST: usize = 10;

impl<T: Transport, P: Proxy, R: Records> Course<'_, '_, T, P, R> {
    /// Whether it can be done at all, by all that can be known before; of a release, what it is.
    pub(in crate::run) async fn preflight(&mut self) -> Result<(), Outcome> {
        let machines = self.deployer.machines;
        let app = self.patiently(async || machines.app().await).await.map_err(|error| self.stopped(&error))?;
        self.counted = app.machine_count.unwrap_or_default();
        let Order::Release(asked) = self.order else { return Ok(()) };
        if let Some(wrong) = self.misfit(asked) {
            let todo = "Nothing was touched: give it as it is wanted, and run this again.".to_owned();
            return Err(Outcome::NeedsPerson { what: wrong, todo });
        }
        let secrets = self.patiently(async || machines.secrets().await).await.map_err(|error| self.stopped(&error))?;
        let fingerprint = fingerprint(asked.image.digest(), &asked.config, &secrets, &asked.salt);
        self.release = Some(Release { fingerprint, first: asked.first });
        Ok(())
    }

    /// What is wrong with what is asked for.
    fn misfit(&self, asked: &Asked) -> Option<String> {
        let app = &self.deployer.machines.app;
        let Asked { image, commit, first: Plan { started, all }, .. } = asked;
        if !image.is_of(app) {
            return Some(format!(
                "the image lies in {}: wanted one in the app's own repository, {app}",
                image.repository()
            ));
        }
        if Commit::of(commit).is_none() {
            return Some(format!("the commit is {commit:?}: wanted at least 7 hex digits"));
        }
        if *started == 0 || started > all {
            return Some(format!("{started} of {all} machines are to run: wanted at least one, and no more than all"));
        }
        let last = Place { index: u8::MAX, again: 1 };
        machine_name(app, self.run, last)
            .err()
            .map(|wrong| format!("the app's name leaves no room for a machine's: {wrong}"))
    }

    /// Whether machines are missing that Fly counts: none was ever listed, and this run has made none. A deploy would take
    /// that for a first one, and make a second fleet beside the first.
    pub(in crate::run) fn is_unlisted(&self) -> bool {
        self.counted > 0 && !self.reader.has_found()
    }

    /// What to say when it stays so.
    pub(in crate::run) fn unlisted(&self) -> Outcome {
        let app = &self.deployer.machines.app;
        Outcome::NeedsPerson {
            what: format!("Fly counts {} machines of {app}, and lists none", self.counted),
            todo: format!(
                "Nothing was touched. See whether they are there (fly machine list --app {app}) and what status.flyio.net \
                 says, and run this again."
            ),
        }
    }

    /// Machines of another process group are none that this deploys, and none that it may leave.
    pub(in crate::run) fn others(&self, fleet: &[Machine]) -> Option<Outcome> {
        let Order::Release(asked) = self.order else { return None };
        let ours = asked.config.metadata.get("fly_process_group").map_or("app", String::as_str);
        let other = fleet.iter().find(|machine| machine.config().is_some() && group(machine) != ours)?;
        Some(Outcome::NeedsPerson {
            what: format!("machine {} is of the process group {:?}, and this deploys {ours:?}", other.id, group(other)),
            todo: format!(
                "{}Remove it (fly machine destroy {}), or move it to an app of its own.",
                if self.memory.wrote { "" } else { "Nothing was touched. " },
                other.id
            ),
        })
    }

    /// A take-back is of the newest release that has no verdict.
    pub(in crate::run) fn taken_back(&mut self) {
        if !matches!(self.order, Order::TakeBack) || self.release.is_some() {
            return;
        }
        let members = Fleet::read(&self.fleet).members;
        let verdict = |colour| members.iter().any(|one| one.colour == colour && (one.passed || one.failed.is_some()));
        let ours = members.iter().filter_map(|one| if let Colour::Ours(key) = one.colour { Some(key) } else { None });
        let newest = ours.filter(|key| !verdict(Colour::Ours(*key))).max_by_key(|key| key.id);
        let first = Plan { started: 1, all: 1 };
        self.release = newest.map(|key| Release { fingerprint: key.fingerprint, first });
        self.memory.interrupted |= newest.is_some();
    }

    /// A read that is repeated while nobody answers.
    async fn patiently<A>(&self, ask: impl AsyncFn() -> Result<A, Error>) -> Result<A, Error> {
        let begun = tokio::time::Instant::now();
        loop {
            match ask().await {
                Err(error) if !ends(&error.meaning) && begun.elapsed() < self.deployer.times.step => {
                    self.tell(Happened::Refused { why: error.to_string() });
                    tokio::time::sleep(self.deployer.times.again).await;
                }
                other => return other,
            }
        }
    }

    /// Has a record, before the first machine is made: one of this image that a dead run left running, or a new one. It is
    /// tried once, since it takes its time while nobody answers there.
    pub(in crate::run) async fn open_record(&mut self) {
        let (Order::Release(asked), Some(records), false) = (self.order, self.deployer.records, self.recorded) else {
            return;
        };
        self.recorded = true;
        let newest = self.courteously(records.newest(1)).await.and_then(|all| all.into_iter().next());
        let image = asked.image.as_str();
        let left = newest.filter(|one| one.is_running() && one.image_ref.as_deref() == Some(image));
        self.record = match left {
            Some(left) => Some(left),
            None => {
                let new = NewRecord { image: image.to_owned(), definition: asked.definition.clone() };
                let made = self.courteously(records.open(&new)).await;
                self.record_is_ours = made.is_some();
                made
            }
        };
    }

    /// Says in the record how it ended. Those that dead runs left running are ended, too, or an autoscaler would wait for
    /// ever: by whoever has all leases to the end.
    pub(in crate::run) async fn close_record(&mut self, end: RecordEnd, error: &str) {
        let Some(records) = self.deployer.records else { return };
        let own = self.record.take();
        if let Some(own) = &own {
            let stands = self.stands(own.image_ref.as_deref());
            let end = if end == RecordEnd::Complete && !stands { RecordEnd::Failed } else { end };
            if self.courteously(records.close(&own.id, end, error)).await.is_none() {
                return;
            }
        }
        if end == RecordEnd::Interrupted {
            return;
        }
        let newest = self.courteously(records.newest(NEWEST)).await.unwrap_or_default();
        let own = own.map(|own| own.id);
        for left in newest.iter().filter(|one| one.is_running() && Some(&one.id) != own.as_ref()) {
            let stands = self.stands(left.image_ref.as_deref());
            let end = if stands { RecordEnd::Complete } else { RecordEnd::Failed };
            let told = if stands { "" } else { "the run that began it ended before its verdict" };
            self.courteously(records.close(&left.id, end, told)).await;
        }
    }

    /// Whether what stands is what a record names.
    fn stands(&self, image: Option<&str>) -> bool {
        let digest = image.and_then(|image| image.split_once('@')).map(|(_, digest)| digest);
        digest.is_none() || self.fleet.iter().any(|machine| machine.image_ref.digest.as_deref() == digest)
    }

    async fn courteously<A>(&self, call: impl Future<Output = Result<A, RecordError>>) -> Option<A> {
        let done = tokio::time::timeout(PATIENCE, call).await;
        let done = done.unwrap_or_else(|_| Err(RecordError("a release record: no answer".to_owned())));
        done.map_err(|error| self.tell(Happened::Unrecorded { why: error.to_string() })).ok()
    }
}

/// Whether no time mends it: a person has to look.
pub(in crate::run) fn is_final(meaning: &Meaning) -> bool {
    matches!(meaning, Meaning::Unreadable(_) | Meaning::Unauthorized(_) | Meaning::Forbidden(_))
}

/// The same of the first calls, which tell whether the app is there.
fn ends(meaning: &Meaning) -> bool {
    is_final(meaning) || matches!(meaning, Meaning::NotFound(_))
}
