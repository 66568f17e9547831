//! What to start, and how.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use nix::sys::signal::Signal;
use nix::unistd::User;

use super::guard::Guard;
use super::log::Log;
use super::{Error, Process};

/// What even a clean environment keeps.
const KEPT: [&str; 2] = ["PATH", "SABOTAGE"];

/// A process to be started, once or again.
#[derive(Clone, Debug)]
pub struct Command {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    clean: bool,
    name: Option<String>,
    log: Option<PathBuf>,
    folder: Option<PathBuf>,
    user: Option<User>,
    last_signal: Signal,
    leaves: Option<PathBuf>,
    open_files: Option<u32>,
}

impl Command {
    pub(super) fn new(program: PathBuf) -> Self {
        Self {
            program,
            arguments: Vec::new(),
            environment: Vec::new(),
            clean: false,
            name: None,
            log: None,
            folder: None,
            user: None,
            last_signal: Signal::SIGKILL,
            leaves: None,
            open_files: None,
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets an environment variable; the last one of a name wins.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Inherits nothing but PATH, so that a test sees the same on every machine, and SABOTAGE, so that a test can be
    /// seen to fail. What [`Command::env`] set, before or after, stays.
    #[must_use]
    pub fn clean_env(mut self) -> Self {
        self.clean = true;
        self
    }

    /// The folder it runs in; else that of this process.
    #[must_use]
    pub fn in_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// The most files it may open, which it cannot raise. A shell lowers the limit: this process would lower its own.
    #[must_use]
    pub fn open_files(mut self, most: u32) -> Self {
        self.open_files = Some(most);
        self
    }

    /// The file that its standard output and error are appended to; else a temporary one, which is kept when a test
    /// panics.
    #[must_use]
    pub fn log_to(mut self, path: impl Into<PathBuf>) -> Self {
        self.log = Some(path.into());
        self
    }

    /// What errors call it; else the program's file name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Runs it as somebody else, which only root may.
    #[must_use]
    pub(crate) fn user(mut self, user: Option<&User>) -> Self {
        self.user = user.cloned();
        self
    }

    /// What the guard sends when this process is gone without having ended it; else SIGKILL.
    #[must_use]
    pub(crate) fn last_signal(mut self, signal: Signal) -> Self {
        self.last_signal = signal;
        self
    }

    /// A folder that the guard removes when this process is gone.
    #[must_use]
    pub(crate) fn leaves(mut self, folder: Option<&Path>) -> Self {
        self.leaves = folder.map(Path::to_owned);
        self
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// [`Error::Start`] when the program can't be run, [`Error::Io`] when its log can't be opened.
    pub fn start(&self) -> Result<Process, Error> {
        let text = self.text();
        let log = Log::open(self.log.as_deref())?;
        let (out, err) = log.handles()?;
        let mut guard = Guard::start(self.leaves.as_deref().or(log.own()))?;
        let mut command = self.standard();
        let child = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .map_err(|source| Error::Start { command: text.clone(), source })?;
        guard.watch(child.id(), self.last_signal);
        Ok(Process::new(self.called(), text, child, guard, log))
    }

    /// Runs it to its end and returns what it wrote to standard output. Blocks.
    pub fn run(&self) -> Result<String, Error> {
        let command = self.text();
        let ended = self
            .standard()
            .stdin(Stdio::null())
            .output()
            .map_err(|source| Error::Start { command: command.clone(), source })?;
        let output = String::from_utf8_lossy(&ended.stdout).into_owned();
        if ended.status.success() {
            return Ok(output);
        }
        Err(Error::Failed { command, status: ended.status, output: output + &String::from_utf8_lossy(&ended.stderr) })
    }

    fn standard(&self) -> std::process::Command {
        let mut command = self.below_its_limit();
        // A group of its own: Ctrl-C in a terminal goes to us, and we end our processes in our order.
        command.args(&self.arguments).process_group(0);
        if self.clean {
            command.env_clear();
            for name in KEPT {
                if let Some(value) = std::env::var_os(name) {
                    command.env(name, value);
                }
            }
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        if let Some(user) = &self.user {
            command.gid(user.gid.as_raw()).uid(user.uid.as_raw());
        }
        command
    }

    fn below_its_limit(&self) -> std::process::Command {
        let Some(most) = self.open_files else { return std::process::Command::new(&self.program) };
        let mut shell = std::process::Command::new("sh");
        shell.arg("-c").arg(format!("ulimit -n {most} && exec \"$0\" \"$@\"")).arg(&self.program);
        shell
    }

    fn called(&self) -> String {
        let program = || self.program.file_name().unwrap_or(self.program.as_os_str());
        self.name.clone().unwrap_or_else(|| program().to_string_lossy().into_owned())
    }

    /// The command as a person would type it, for errors. No environment: there may be passwords in it.
    fn text(&self) -> String {
        let mut text = self.program.display().to_string();
        for argument in &self.arguments {
            text.push(' ');
            text.push_str(&argument.to_string_lossy());
        }
        text
    }
}
