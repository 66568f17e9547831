//! `boardctl deploy`: a release goes out, or what a dead run left is mended.

use std::path::Path;
use std::process::ExitCode;

use deploy::run::{Gate, Image, Order};
use deploy::ship::Commit;

use super::order::Release;
use super::say::{LastWord, Say};
use super::scale::Scale;
use super::target::Target;
use super::tree::{self, Files, Wanted};
use super::{ShipError, help, once, plan, running, secrets, settings};

/// Options of `boardctl deploy`.
#[derive(clap::Args, Debug)]
#[command(after_help = help())]
pub struct Options {
    /// What to deploy, by the name of its file in fly/. An app without checks, such as migrate, is run once to its end.
    pub function: String,
    /// What it is to run: registry.fly.io/APP:TAG@sha256:DIGEST, in the app's own repository. The digest says what runs, and
    /// by the tag flyctl tells releases apart.
    #[arg(long, required_unless_present = "mend", conflicts_with = "mend")]
    pub image: Option<Image>,
    /// The commit that the image was built from, 7 or more hex digits. Without it, the one that is checked out.
    #[arg(long, value_parser = commit, conflicts_with = "mend")]
    pub commit: Option<String>,
    /// Another release of the same, though nothing has changed.
    #[arg(long, conflicts_with = "mend")]
    pub again: bool,
    /// What new machines have to show: strict, that every check passes; routable, that they can be routed to, so that
    /// it does not wait for a dependency that is away.
    #[arg(long, default_value = "strict", value_parser = gate)]
    pub gate: Gate,
    /// No release: undo or finish what a dead run left, also one of flyctl's, so that one colour stands alone.
    #[arg(long)]
    pub mend: bool,
    /// Touch nothing: say what stands there, and what would be done.
    #[arg(long)]
    pub plan: bool,
    /// One JSON object a line, the last of them the outcome.
    #[arg(long)]
    pub json: bool,
}

pub(crate) fn commit(text: &str) -> Result<String, String> {
    match Commit::of(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err("wanted 7 or more hex digits of a commit".to_owned()),
    }
}

pub(super) fn gate(text: &str) -> Result<Gate, String> {
    match text {
        "strict" => Ok(Gate::Strict),
        "routable" => Ok(Gate::Routable),
        _ => Err("wanted strict or routable".to_owned()),
    }
}

/// Does it, from whatever stands there.
pub async fn run(options: &Options) -> ExitCode {
    let say = Say::new(options.json);
    let done = match prepared(options, say) {
        Ok(ready) => ready.done(options, say).await,
        Err(error) => Err(error),
    };
    let last = done.unwrap_or_else(LastWord::from);
    say.end(&last);
    last.exit.into()
}

/// A command whose every part has been understood.
struct Ready {
    wanted: Wanted,
    target: Target,
    commit: String,
    scale: Scale,
}

/// Reads all that can be wrong, and tells all of it at once.
fn prepared(options: &Options, say: Say) -> Result<Ready, ShipError> {
    let (wanted, settings) = super::both(app(&options.function), settings())?;
    let target = Target::of(&wanted, &settings)?;
    let root = tree::root()?;
    let commit = match (&options.commit, options.mend) {
        (Some(commit), _) => commit.clone(),
        (None, true) => String::new(),
        (None, false) => checked_out(&root, say)?,
    };
    fits(options, &wanted, &target)?;
    Ok(Ready { wanted, target, commit, scale: settings.scale })
}

/// The function as the files here have it.
fn app(function: &str) -> Result<Wanted, ShipError> {
    Ok(Files::here(&tree::root()?)?.app(function)?)
}

fn checked_out(root: &Path, say: Say) -> Result<String, ShipError> {
    if !tree::is_clean(root)? {
        say.warn("fly/ has changes that are not committed: a later rollback to this commit will be without them");
    }
    Ok(tree::commit(root, "HEAD")?)
}

fn fits(options: &Options, wanted: &Wanted, target: &Target) -> Result<(), ShipError> {
    let Options { function, .. } = options;
    if let Some(image) = options.image.as_ref().filter(|image| !image.is_of(&target.app)) {
        let (repository, app) = (image.repository(), &target.app);
        let why = "a token of one app may pull from no other's";
        return Err(ShipError::Arguments(format!(
            "--image is in {repository}: wanted the repository of {app}, since {why}"
        )));
    }
    if wanted.is_one_off() && (options.mend || options.again || options.plan || options.gate != Gate::Strict) {
        let wanted = "wanted --image, --commit and --json alone";
        return Err(ShipError::Arguments(format!("{function} runs once to its end: {wanted}")));
    }
    Ok(())
}

impl Ready {
    async fn done(self, options: &Options, say: Say) -> Result<LastWord, ShipError> {
        let Self { wanted, target, commit, .. } = self;
        let Some(image) = options.image.clone() else {
            return match options.plan {
                true => Ok(plan::told(&wanted, &target, &Order::Mend).await),
                false => running::run(&wanted, &target, &Order::Mend, say).await,
            };
        };
        if let Some(missing) = secrets::missing(&wanted, &target).await {
            return Ok(missing);
        }
        let release = Release { image, commit, leaves: None, again: options.again, gate: options.gate };
        if wanted.is_one_off() {
            return once::run(&wanted, &target, release, say).await;
        }
        let order = release.order(&wanted, self.scale)?;
        match options.plan {
            true => Ok(plan::told(&wanted, &target, &order).await),
            false => running::run(&wanted, &target, &order, say).await,
        }
    }
}
