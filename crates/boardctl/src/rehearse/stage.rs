//! What a rehearsal stands on: the stand-in with a fleet of each function, PostgreSQL, Redis, Resend's stand-in.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use fly_stand_in::Settings;
use fly_stand_in::site::{Control, Options, Site};
use nix::sys::signal::Signal;
use serde_json::{Map, Value, json};
use testbed::board::{Board, Part, RESEND_KEY, Secrets, Servers};
use testbed::postgres;
use testbed::process::{Command, Process};

use super::RehearseError;
use super::fault::Moment;
use super::release::{Flaw, Release, app, factor};
use super::run::{Came, Run};
use crate::ship::exit::Exit;
use crate::ship::scale::Scale;
use crate::ship::tree::Files;

/// What a deploy may take on a busy machine, in real times and in a tenth of them.
const DEPLOYED: [Duration; 2] = [Duration::from_secs(1_800), Duration::from_secs(240)];

/// What a run says once it has heard of a first signal.
const HEARD: &str = "a second signal ends it at once";

/// Bound for whatever starts.
const READY: Duration = Duration::from_secs(60);

/// Where a rehearsal is held. Dropping it ends it all.
pub struct Stage {
    pub(super) site: Site,
    pub(super) board: Board,
    /// It ends with the stage.
    _resend: Process,
    pub(super) scale: Scale,
    root: PathBuf,
    binaries: fn(&str) -> Result<PathBuf, testbed::Error>,
    pub(super) http: reqwest::Client,
    last_release: u32,
    registry: Option<String>,
}

impl Stage {
    /// Sets it up in this tree. `binaries` tells where a binary is; `real` has everything take as long as in production.
    ///
    /// # Errors
    /// When something does not start.
    pub async fn set(
        root: PathBuf,
        binaries: fn(&str) -> Result<PathBuf, testbed::Error>,
        real: bool,
    ) -> Result<Self, RehearseError> {
        let scale = if real { Scale::Real } else { Scale::Tenth };
        // Both colours of all functions.
        let options = postgres::Options::temporary().setting("max_connections", "300");
        let servers = Servers::temporary_with(options).await?;
        let board = Board::migrated(servers, Secrets::generate(), binaries, |_| 0).await?;
        let resend = board.command(Part::ResendStandIn)?.env("API_KEY", RESEND_KEY).start()?;
        resend.wait_until_ok(&format!("{}/readyz", board.url(Part::ResendStandIn)), READY).await?;
        // Nothing sleeps unless a rehearsal is of that.
        let settings = Settings { autostop: Duration::from_secs(1_000_000), ..Settings::default() };
        let options = Options::new(Part::functions().into_iter().map(app)).scale(factor(scale)).settings(settings);
        let site = Site::start(options).await?;
        let http = platform::http::client::stack()?;
        let stage = Self { site, board, _resend: resend, scale, root, binaries, http, last_release: 0, registry: None };
        for part in Part::functions() {
            stage.set_secrets(part, &stage.board.secrets_of(part)).await?;
        }
        Ok(stage)
    }

    /// Sets secrets of a function's app, as `fly secrets set --stage` does.
    pub(super) async fn set_secrets(&self, part: Part, values: &[(&str, String)]) -> Result<(), RehearseError> {
        let values: Map<String, Value> =
            values.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        self.post(part, "/secrets", &json!({ "values": values })).await
    }

    /// Has Fly do something to a machine that no deploy asked for.
    pub(super) async fn post(&self, part: Part, path: &str, body: &Value) -> Result<(), RehearseError> {
        let doors = self.site.doors();
        let url = format!("{}/v1/apps/{}{path}", doors.api, app(part));
        let sent = self.http.post(url).bearer_auth(&doors.token).json(body).send().await?;
        sent.error_for_status()?;
        Ok(())
    }

    /// Another release of a function, with nothing wrong.
    ///
    /// # Errors
    /// When the stand-in does not take it.
    pub async fn another(&mut self, part: Part) -> Result<Release, RehearseError> {
        self.release(part, &Flaw::default()).await
    }

    /// Fly's stand-in.
    #[must_use]
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// The board beside it.
    #[must_use]
    pub fn board(&self) -> &Board {
        &self.board
    }

    /// From now on commands look images up there.
    pub fn registry_at(&mut self, url: String) {
        self.registry = Some(url);
    }

    /// Another release of a function.
    pub(super) async fn release(&mut self, part: Part, flaw: &Flaw) -> Result<Release, RehearseError> {
        self.last_release += 1;
        let release = Release::new(part, self.last_release);
        let program = release.program((self.binaries)(part.name())?, &self.board, flaw);
        self.control().program(&program).await?;
        Ok(release)
    }

    /// Begins to deploy a release.
    pub(super) fn begin(&self, part: Part, release: &Release) -> Result<Run, RehearseError> {
        let (image, commit) = (release.image(), release.commit());
        self.boardctl(part, ["deploy", part.name(), "--image", &image, "--commit", &commit, "--json"])
    }

    /// Deploys a release, to its end.
    ///
    /// # Errors
    /// When it does not start, or does not end.
    pub async fn deploy(&self, part: Part, release: &Release) -> Result<Came, RehearseError> {
        self.begin(part, release)?.end(self.patience()).await
    }

    fn boardctl<const N: usize>(&self, part: Part, arguments: [&str; N]) -> Result<Run, RehearseError> {
        Run::start(&self.command(part)?.args(arguments))
    }

    /// Runs a command of `boardctl` about a function to its end.
    ///
    /// # Errors
    /// When it does not start, or does not end.
    pub async fn ended(&self, part: Part, arguments: &[&str]) -> Result<Came, RehearseError> {
        Run::start(&self.command(part)?.args(arguments.iter().copied()))?.end(self.patience()).await
    }

    /// The same, for all that it says.
    ///
    /// # Errors
    /// As [`Stage::ended`].
    pub async fn said(&self, part: Part, arguments: &[&str]) -> Result<String, RehearseError> {
        Run::start(&self.command(part)?.args(arguments.iter().copied()))?.output(self.patience()).await
    }

    /// A first release of a function stands.
    ///
    /// # Errors
    /// When it does not.
    pub async fn deployed(&mut self, part: Part) -> Result<Release, RehearseError> {
        let first = self.release(part, &Flaw::default()).await?;
        let came = self.deploy(part, &first).await?;
        let told = || {
            RehearseError::Late(format!("the first release does not stand: {}\n{}", came.told, came.lines.join("\n")))
        };
        if came.code == Some(Exit::Done.code().into()) { Ok(first) } else { Err(told()) }
    }

    /// Begins to deploy another release, and sends these signals once it has come to a moment.
    ///
    /// # Errors
    /// When it does not come there, or does not end.
    pub async fn interrupted(&mut self, part: Part, moment: Moment, signals: &[Signal]) -> Result<Came, RehearseError> {
        let release = self.release(part, &Flaw::default()).await?;
        let run = self.begin(part, &release)?;
        run.until(moment, self.patience()).await?;
        for (sent, signal) in signals.iter().enumerate() {
            if sent > 0 {
                run.says(HEARD, self.patience()).await?;
            }
            run.signal(*signal)?;
        }
        run.end(self.patience()).await
    }

    /// The colours that there are, by their ids.
    ///
    /// # Errors
    /// When the stand-in does not answer.
    pub async fn colours(&self, part: Part) -> Result<BTreeSet<String>, RehearseError> {
        let living = self.living(part).await?;
        let key =
            |machine: &Value| machine["config"]["metadata"]["ship_release"].as_str().unwrap_or_default().to_owned();
        Ok(living.iter().map(key).collect())
    }

    /// The images that run.
    ///
    /// # Errors
    /// When the stand-in does not answer.
    pub async fn digests(&self, part: Part) -> Result<BTreeSet<String>, RehearseError> {
        let living = self.living(part).await?;
        Ok(living.iter().map(|machine| machine["digest"].as_str().unwrap_or_default().to_owned()).collect())
    }

    /// Gives a secret of a function another value, one that its machines take.
    ///
    /// # Errors
    /// When it is not taken.
    pub async fn change_a_secret(&self, part: Part) -> Result<(), RehearseError> {
        let url = self.board.database_url(part);
        self.set_secrets(part, &[("DATABASE_URL", format!("{url}&application_name=changed"))]).await
    }

    /// The machines of a function that are not gone.
    pub(super) async fn living(&self, part: Part) -> Result<Vec<Value>, RehearseError> {
        let state = self.control().state().await?;
        let all = state["machines"].as_array().cloned().unwrap_or_default();
        let own = |machine: &Value| machine["app"] == app(part) && machine["state"] != "destroyed";
        Ok(all.into_iter().filter(own).collect())
    }

    /// How many machines a function has, by `fly/fleet.toml`.
    pub(super) fn machines(&self, part: Part) -> Result<usize, RehearseError> {
        let files = Files::here(&self.root).and_then(|files| files.read(part.name()));
        let app = files.map_err(|error| RehearseError::Tree(error.to_string()))?.app;
        Ok(usize::try_from(app.machines).unwrap_or(usize::MAX))
    }

    fn command(&self, part: Part) -> Result<Command, RehearseError> {
        let doors = self.site.doors();
        let environment = [
            ("FLY_FLAPS_BASE_URL", doors.api.clone()),
            ("FLY_API_BASE_URL", doors.api.clone()),
            ("FLY_API_TOKEN", doors.token.clone()),
            ("FLY_APP_URL", format!("http://{}", self.front(part)?)),
            ("DEPLOY_TIMES", self.scale.as_str().to_owned()),
        ];
        let command = Run::command((self.binaries)("boardctl")?, self.root.clone(), &environment);
        Ok(match &self.registry {
            Some(url) => command.env("FLY_REGISTRY_URL", url.clone()),
            None => command,
        })
    }

    /// Where people's requests to a function come in.
    pub(super) fn front(&self, part: Part) -> Result<SocketAddr, RehearseError> {
        let front = self.site.doors().public.get(&app(part)).copied();
        front.ok_or_else(|| RehearseError::Late(format!("the stand-in has no address for {}", app(part))))
    }

    /// Tells the stand-in things, and asks.
    pub(super) fn control(&self) -> &Control {
        self.site.control()
    }

    /// How long a deploy is waited for.
    pub(super) fn patience(&self) -> Duration {
        DEPLOYED[usize::from(self.scale == Scale::Tenth)]
    }
}
