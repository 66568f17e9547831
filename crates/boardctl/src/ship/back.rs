//! `boardctl rollback`: what is in mid-deploy is taken back, or a release that ran before runs again.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use deploy::registry::Registry;
use deploy::run::{Gate, Image, Order, Record, Records as _, Standing, Survey, Told};
use deploy::ship::keys;
use platform::telemetry::log::chain;

use super::exit::Exit;
use super::forward::{commit, gate};
use super::order::Release;
use super::say::{LastWord, Say};
use super::settings::ShipSettings;
use super::tag::Tag;
use super::target::Target;
use super::tree::{self, Files, Wanted};
use super::{ShipError, both, ended, help, plan, running, settings};

/// As many release records are looked at.
const RECORDS: usize = 50;

/// Options of `boardctl rollback`.
#[derive(clap::Args, Debug)]
#[command(after_help = help())]
pub struct Options {
    /// Which function, by the name of its file in fly/.
    pub function: String,
    /// Back to the image of this commit, and to its files in fly/. Without it: while a deploy is under way, that is taken
    /// back; else the release before the one that runs.
    #[arg(long, value_parser = commit)]
    pub to: Option<String>,
    /// Only if this commit runs, or is in mid-deploy: a second try, or one beside another, goes back no further.
    #[arg(long, value_parser = commit, conflicts_with = "to")]
    pub from: Option<String>,
    /// As of `deploy`: routable does not wait for a dependency that is away.
    #[arg(long, default_value = "strict", value_parser = gate)]
    pub gate: Gate,
    /// Touch nothing: say what stands there, and what would be done.
    #[arg(long)]
    pub plan: bool,
    /// One JSON object a line, the last of them the outcome.
    #[arg(long)]
    pub json: bool,
}

/// Does it.
pub async fn run(options: &Options) -> ExitCode {
    let say = Say::new(options.json);
    let done = match Rollback::of(options, say) {
        Ok(rollback) => rollback.done().await,
        Err(error) => Err(error),
    };
    let last = done.unwrap_or_else(LastWord::from);
    say.end(&last);
    last.exit.into()
}

/// A rollback whose every part has been understood.
struct Rollback<'a> {
    options: &'a Options,
    say: Say,
    root: PathBuf,
    settings: ShipSettings,
    /// As it is today.
    wanted: Wanted,
    target: Target,
    /// In full, where one was named.
    to: Option<String>,
    /// Likewise.
    from: Option<String>,
}

/// Where to go back to, or why that is not known.
type Found = Result<(Image, String), LastWord>;

impl<'a> Rollback<'a> {
    fn of(options: &'a Options, say: Say) -> Result<Self, ShipError> {
        let root = tree::root()?;
        let app = || Ok(Files::here(&root)?.read(&options.function)?);
        let full = |named: &Option<String>| Ok(named.as_deref().map(|it| tree::commit(&root, it)).transpose()?);
        let commits = both(full(&options.to), full(&options.from));
        let ((wanted, (to, from)), settings) = both(both(app(), commits), settings())?;
        if wanted.is_one_off() {
            let why = "what it has done is undone by a migration of its own";
            return Err(ShipError::Arguments(format!("{} runs once to its end: {why}", wanted.name)));
        }
        let target = Target::of(&wanted, &settings)?;
        Ok(Self { options, say, root, settings, wanted, target, to, from })
    }

    async fn done(&self) -> Result<LastWord, ShipError> {
        let mut survey = match self.survey().await {
            Ok(survey) => survey,
            Err(last) => return Ok(last),
        };
        // What a cancelled run was about to take back, say: who says what is bad wants it gone, whoever began.
        if self.from.is_some() && coming(&survey).is_none() && is_left_over(&survey) {
            let last = self.act(&self.wanted, &Order::Mend).await?;
            if last.exit != Exit::Done || self.options.plan {
                return Ok(last);
            }
            survey = match self.survey().await {
                Ok(survey) => survey,
                Err(last) => return Ok(last),
            };
        }
        let (kept, coming) = (kept(&survey), coming(&survey));
        let is_from = |machine: Option<&Standing>| {
            let from = self.from.as_deref();
            from.is_none_or(|from| machine.and_then(|it| it.commit.as_deref()).is_some_and(|it| from.starts_with(it)))
        };
        if let Some(from) = self.from.as_deref().filter(|_| !is_from(kept) && !is_from(coming)) {
            self.refuse(&survey, from).await;
            let (function, from) = (&self.wanted.name, ended::short(from));
            let told =
                format!("{function}: {from} neither runs nor is in mid-deploy: there is nothing to go back from.");
            return Ok(LastWord::new(Exit::Done, told));
        }
        let found = match &self.to {
            None if coming.is_some() && is_from(coming) => return self.act(&self.wanted, &Order::TakeBack).await,
            None => self.before(kept).await?,
            Some(to) => self.image_of(to).await?,
        };
        let (image, commit) = match found {
            Ok(found) => found,
            Err(last) => return Ok(last),
        };
        self.say.warn(&format!("going back to {} ({})", ended::short(&commit), image.tag()));
        let then = self.then(&commit)?;
        let leaves = kept.and_then(|kept| self.leaves(kept)).filter(|leaves| *leaves != commit);
        let release = Release { image, commit, leaves, again: false, gate: self.options.gate };
        self.act(&then, &release.order(&then, self.settings.scale)?).await
    }

    async fn survey(&self) -> Result<Survey, LastWord> {
        let tell = |_: &Told| {};
        let survey = self.target.deployer(&tell).survey(None).await;
        survey.map_err(|outcome| ended::undone(&self.wanted.name, outcome, &Order::TakeBack))
    }

    /// What no push is to bring back by the way: the newest of what runs and what was refused beside it.
    fn leaves(&self, kept: &Standing) -> Option<String> {
        let runs = kept.commit.clone()?;
        let newer = kept.refused.clone().filter(|refused| tree::holds(&self.root, refused, &runs));
        Some(newer.unwrap_or(runs))
    }

    /// Writes on what serves that this commit is refused, unless something newer is.
    async fn refuse(&self, survey: &Survey, from: &str) {
        let Ok(key) = keys::REFUSED.parse() else { return };
        for kept in survey.machines.iter().filter(|machine| machine.part == "kept" && !self.options.plan) {
            let newest = self.leaves(kept).filter(|newest| newest != from && tree::holds(&self.root, from, newest));
            let (Some(_), Some(id)) = (newest, &kept.machine.id) else { continue };
            if let Err(error) = self.target.machines.set_metadata(id, &key, from).await {
                self.say.warn(&format!("that {} is refused could not be written down: {error}", ended::short(from)));
            }
        }
    }

    async fn act(&self, wanted: &Wanted, order: &Order) -> Result<LastWord, ShipError> {
        if self.options.plan {
            return Ok(plan::told(wanted, &self.target, order).await);
        }
        running::run(wanted, &self.target, order, self.say).await
    }

    /// The function as its files had it. Rules that came later are told, and hold up nobody who goes back.
    fn then(&self, commit: &str) -> Result<Wanted, ShipError> {
        let files = Files::of(&self.root, commit)?;
        let wanted = files.read(&self.wanted.name)?;
        for broken in files.broken() {
            self.say.warn(&format!("of {}, and no hindrance: {broken}", ended::short(commit)));
        }
        if wanted.toml.app != self.wanted.toml.app {
            let (then, now) = (&wanted.toml.app, &self.wanted.toml.app);
            return Err(ShipError::Arguments(format!(
                "{commit} has the app {then}, and today it is {now}: wanted one app"
            )));
        }
        Ok(wanted)
    }

    /// The release before the one that runs, by the records.
    async fn before(&self, kept: Option<&Standing>) -> Result<Found, ShipError> {
        let records = match self.target.records.newest(RECORDS).await {
            Ok(records) => records,
            Err(error) => return Ok(Err(self.unknown(&format!("the release records cannot be read: {error}")))),
        };
        let running = kept.and_then(|kept| kept.tag.as_deref());
        let Some((record, tag)) = before(&records, running) else {
            return Ok(Err(self.unknown("the release records have none before the one that runs")));
        };
        let Some(commit) = tag.commit() else {
            return Ok(Err(self.unknown(&format!("the release before ran {tag}, which names no commit"))));
        };
        let commit = tree::commit(&self.root, commit)?;
        // A record of ours has the digest, too.
        match record.parse() {
            Ok(image) => Ok(Ok((image, commit))),
            Err(_) => self.image(&tag, commit).await,
        }
    }

    /// The newest image that was built from a commit.
    async fn image_of(&self, commit: &str) -> Result<Found, ShipError> {
        let tags = match self.registry()?.tags().await {
            Ok(tags) => tags,
            Err(error) => return Ok(Err(self.unknown(&chain(&error)))),
        };
        match newest(&tags, commit) {
            Some(tag) => self.image(&tag, commit.to_owned()).await,
            None => Ok(Err(self.unknown(&format!(
                "the repository of {} has no image of {}: build it and deploy it with --image",
                self.target.app,
                ended::short(commit)
            )))),
        }
    }

    async fn image(&self, tag: &Tag, commit: String) -> Result<Found, ShipError> {
        match self.registry()?.digest(tag.as_str()).await {
            Ok(digest) => {
                let image = format!("registry.fly.io/{}:{tag}@{digest}", self.target.app).parse()?;
                Ok(Ok((image, commit)))
            }
            Err(error) => Ok(Err(self.unknown(&chain(&error)))),
        }
    }

    fn registry(&self) -> Result<Registry, ShipError> {
        let missing = "FLY_REGISTRY_URL is missing, and the Machines API is on this machine: wanted its registry";
        let address = self.settings.own_registry().ok_or_else(|| ShipError::Arguments(missing.to_owned()))?;
        let registry = Registry::new(address.clone(), self.settings.fly.token.clone(), self.target.app.clone());
        registry.map_err(|error| ShipError::System(chain(&error)))
    }

    fn unknown(&self, why: &str) -> LastWord {
        let function = &self.wanted.name;
        let how = "Name the commit with --to, or the image with `boardctl deploy --image`.";
        LastWord::new(Exit::NeedsAPerson, format!("{function}: nothing was changed, since {why}.\n{how}"))
    }
}

/// The newest of the tags that were built from a commit.
fn newest(tags: &BTreeSet<String>, commit: &str) -> Option<Tag> {
    let own = tags.iter().filter_map(|tag| tag.parse::<Tag>().ok()).filter(|tag| tag.is_of(commit));
    // Ids are numbers that are counted up, or times: of two the longer one is the later.
    own.max_by(|one, other| one.id().map(|id| (id.len(), id)).cmp(&other.id().map(|id| (id.len(), id))))
}

fn kept(survey: &Survey) -> Option<&Standing> {
    survey.machines.iter().find(|machine| machine.part == "kept")
}

/// One of a release that has no verdict yet, beside what serves.
fn coming(survey: &Survey) -> Option<&Standing> {
    kept(survey)?;
    survey.machines.iter().find(|machine| machine.ours && machine.part != "kept" && machine.verdict.is_none())
}

/// Whether something that has its verdict stands beside what serves.
fn is_left_over(survey: &Survey) -> bool {
    kept(survey).is_some() && survey.machines.iter().any(|machine| machine.ours && machine.part != "kept")
}

/// The image of the release before the one that runs, and its tag. Of records, newest first: those that failed never ran, and
/// what runs may have come back since: what was before it when it came first is the release before.
fn before<'a>(records: &'a [Record], running: Option<&str>) -> Option<(&'a str, Tag)> {
    let complete = records.iter().filter(|record| record.status == "complete");
    let images = complete.filter_map(|record| record.image_ref.as_deref());
    let tags: Vec<(&str, Tag)> = images.filter_map(|image| Some((image, tag(image)?))).collect();
    let runs = |(_, tag): &(&str, Tag)| Some(tag.as_str()) == running;
    let from = tags.iter().rposition(runs).unwrap_or_default();
    tags.into_iter().skip(from).find(|other| !runs(other))
}

/// Of `registry.fly.io/APP:TAG`, with or without a digest.
fn tag(image: &str) -> Option<Tag> {
    let name = image.split('@').next()?;
    name.rsplit_once(':')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(status: &str, tag: &str) -> Record {
        let image_ref = Some(format!("registry.fly.io/web:{tag}@sha256:{}", "0".repeat(64)));
        Record { id: tag.to_owned(), version: 1, status: status.to_owned(), image_ref, created_at: None }
    }

    fn found(records: &[Record], running: Option<&str>) -> Option<String> {
        before(records, running).map(|(_, tag)| tag.to_string())
    }

    #[test]
    fn the_release_before_is_the_newest_that_was_complete_before_the_one_that_runs() {
        let records = ["running d", "failed c", "complete b", "complete b", "failed x", "complete a", "complete 0"];
        let records = records.map(|text| text.split_once(' ').map(|(status, tag)| record(status, tag)).expect("two"));
        assert_eq!(found(&records, Some("b")).as_deref(), Some("a"));
        assert_eq!(found(&records, Some("a")).as_deref(), Some("0"));
        assert_eq!(found(&records, Some("0")), None);
        assert_eq!(found(&records, Some("by-hand")).as_deref(), Some("b"), "what runs was never recorded");
        assert_eq!(found(&[], Some("b")), None);
    }

    #[test]
    fn what_an_earlier_way_back_has_left_is_no_way_back() {
        let tags = ["deployment-aaaaaaa-1", "deployment-bbbbbbb-2", "deployment-aaaaaaa-1", "deployment-ccccccc-0"];
        let records = tags.map(|tag| record("complete", tag));
        assert_eq!(found(&records, Some(tags[0])).as_deref(), Some(tags[3]));
    }

    #[test]
    fn of_a_commits_tags_the_newest_is_the_one_with_the_highest_number() {
        let tags = ["deployment-0123abc-9", "deployment-0123abc-10", "deployment-7654321-11", "latest"];
        let tags = tags.map(str::to_owned).into();
        assert_eq!(newest(&tags, "0123abcdef").map(|tag| tag.to_string()).as_deref(), Some("deployment-0123abc-10"));
        assert_eq!(newest(&tags, "89abcde"), None);
    }

    #[test]
    fn a_tag_is_read_from_an_image_with_or_without_a_digest() {
        assert_eq!(tag("registry.fly.io/web:deployment-1").map(|tag| tag.to_string()).as_deref(), Some("deployment-1"));
        assert_eq!(tag("registry.fly.io/web"), None);
        assert_eq!(tag("localhost:5000/web@sha256:22"), None);
    }
}
