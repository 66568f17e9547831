//! The file that a process writes to.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tempfile::TempPath;

use crate::Error;

/// How much of a log an error repeats: a panic message with a few lines before it.
const TAIL_LINES: usize = 30;

#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    /// Where this process began to write: a given file may hold the words of others.
    begin: u64,
    /// Removes a file of our own when it is dropped.
    temporary: Mutex<Option<TempPath>>,
}

impl Log {
    pub(super) fn open(given: Option<&Path>) -> Result<Self, Error> {
        if let Some(path) = given {
            let begin =
                append(path)?.metadata().map_err(Error::io(format!("could not look at {}", path.display())))?.len();
            return Ok(Self { path: path.to_owned(), begin, temporary: Mutex::new(None) });
        }
        let temporary = tempfile::Builder::new()
            .prefix("testbed-")
            .suffix(".log")
            .tempfile()
            .map_err(Error::io("could not make a temporary log file"))?
            .into_temp_path();
        Ok(Self { path: temporary.to_path_buf(), begin: 0, temporary: Mutex::new(Some(temporary)) })
    }

    /// For standard output and standard error: both append, so that neither writes over the other.
    pub(super) fn handles(&self) -> Result<(File, File), Error> {
        Ok((append(&self.path)?, append(&self.path)?))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The file, when it is one of our own: nobody else will remove it.
    pub(super) fn own(&self) -> Option<&Path> {
        let ours = self.temporary.lock().is_ok_and(|it| it.is_some());
        ours.then_some(self.path())
    }

    pub(super) fn read(&self) -> String {
        let mut bytes = Vec::new();
        let read = File::open(&self.path).and_then(|mut file| {
            file.seek(SeekFrom::Start(self.begin))?;
            file.read_to_end(&mut bytes)
        });
        match read {
            Ok(_) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => format!("(could not read {}: {error})", self.path.display()),
        }
    }

    pub(super) fn tail(&self) -> String {
        let text = self.read();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }

    /// Keeps a temporary file after all, and says where it is: somebody will want to read it.
    pub(super) fn keep(&self, name: &str) {
        let temporary = self.temporary.lock().ok().and_then(|mut it| it.take());
        if let Some(path) = temporary.and_then(|path| path.keep().ok()) {
            eprintln!("the log of {name} is kept: {}", path.display());
        }
    }
}

fn append(path: &Path) -> Result<File, Error> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(Error::io(format!("could not open the log {}", path.display())))
}
