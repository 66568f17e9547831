//! A stand-in as a process of its own.

use std::path::Path;
use std::time::Duration;

use testbed::process::Process;

use super::{Control, Doors, Error, Options};

/// For its HAProxies to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A stand-in that runs as a process of its own. It ends with this value.
pub struct Child {
    process: Process,
    doors: Doors,
    control: Control,
}

impl Child {
    /// Starts the program (`testbed::cargo::binary("fly-stand-in")`) and waits until it tells where it listens.
    ///
    /// # Errors
    /// When it does not start, with its words.
    pub async fn start(program: &Path, options: &Options) -> Result<Self, Error> {
        let told = options.environment();
        let command = Process::command(program).clean_env().arg("--json");
        let process = told.into_iter().fold(command, |command, (name, value)| command.env(name, value)).start()?;
        let line = process.wait_for_line("\"url\"", PATIENCE).await?;
        let doors: Doors = serde_json::from_str(&line).map_err(|error| Error::Silent(error.to_string()))?;
        let control = Control::new(&doors)?;
        Ok(Self { process, doors, control })
    }

    /// Where it is met.
    pub fn doors(&self) -> &Doors {
        &self.doors
    }

    /// Tells it things, and asks.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Its process.
    pub fn process(&self) -> &Process {
        &self.process
    }
}
