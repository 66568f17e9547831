//! What holds for every app's `fly.toml`, beyond what Fly itself refuses: `boardctl` asks before a deploy, and a test at
//! every change.
//!
//! Each keeps an outage away: a drain that is longer than the kill; a check on the database that unroutes all
//! machines at once; two colours that together want more connections than there are.

mod connections;
mod elsewhere;
mod every;
mod fleet;
mod function;
mod one_off;
mod service;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

use serde::Serialize;

use crate::config::{Error, FlyToml};

pub use fleet::{App, Fleet};

/// The file that says what no `fly.toml` can.
pub const FLEET: &str = "fleet.toml";

/// A rule that a file breaks.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The file is not understood.
    #[error("{file}: {error}")]
    Unread {
        /// Its name.
        file: String,
        /// Where, and why.
        #[source]
        error: Error,
    },
    /// It is, and something in it must not be so.
    #[error("{file}: {key} {wrong}: wanted {wanted}")]
    Rule {
        /// Its name.
        file: String,
        /// The key and those that it stands in.
        key: String,
        /// What is wrong, as what is said of the key: `is missing`.
        wrong: String,
        /// What is wanted instead, and why.
        wanted: String,
    },
}

/// The texts of a folder's `.toml` files, by name.
///
/// # Errors
/// When it cannot be read.
pub fn read(folder: &Path) -> std::io::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if let (Some("toml"), Some(name)) = (path.extension().and_then(|it| it.to_str()), path.file_name()) {
            files.insert(name.to_string_lossy().into_owned(), std::fs::read_to_string(&path)?);
        }
    }
    Ok(files)
}

/// The texts of those files that are functions', by the function's name. The others are [`FLEET`], and those of apps that run
/// an image from elsewhere, by `[build] image`: nothing of ours ships them.
#[must_use]
pub fn functions(files: &BTreeMap<String, String>) -> BTreeMap<&str, &str> {
    let own = files.iter().filter(|(file, text)| *file != FLEET && !elsewhere::is(text));
    own.map(|(file, text)| (file.trim_end_matches(".toml"), text.as_str())).collect()
}

/// Every rule that these files break, of which one is [`FLEET`] and each other is an app's, by its name: `api.toml`.
#[must_use]
pub fn broken(files: &BTreeMap<String, String>) -> Vec<Broken> {
    let mut broken = Vec::new();
    let mut apps = BTreeMap::new();
    for (file, text) in files.iter().filter(|(file, _)| *file != FLEET) {
        if elsewhere::is(text) {
            elsewhere::judge(file, text, &mut broken);
            continue;
        }
        match FlyToml::parse(text) {
            Ok(toml) => {
                let mut judge = Judge { file, toml: &toml, broken: &mut broken };
                judge.every();
                match Kind::of(&toml) {
                    Kind::Serves => judge.service(),
                    Kind::Works => judge.worker(),
                    Kind::OneOff => judge.one_off(),
                }
                apps.insert(file.trim_end_matches(".toml"), toml);
            }
            Err(error) => broken.push(Broken::Unread { file: file.clone(), error }),
        }
    }
    fleet::judge(files, &apps, &mut broken);
    broken
}

/// What an app is, by what its file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A function that Fly's proxy routes to.
    Serves,
    /// A function that nobody calls.
    Works,
    /// It runs once, and ends.
    OneOff,
}

impl Kind {
    pub(crate) fn of(toml: &FlyToml) -> Self {
        match (&toml.http_service, toml.checks.is_empty()) {
            (Some(_), _) => Self::Serves,
            (None, true) => Self::OneOff,
            (None, false) => Self::Works,
        }
    }
}

/// Looks at one file.
struct Judge<'a> {
    file: &'a str,
    toml: &'a FlyToml,
    broken: &'a mut Vec<Broken>,
}

impl Judge<'_> {
    /// Demands it.
    fn demand(&mut self, holds: bool, key: &str, wrong: impl Display, wanted: &str) {
        if !holds {
            let (key, wrong) = (key.to_owned(), wrong.to_string());
            self.broken.push(Broken::Rule { file: self.file.to_owned(), key, wrong, wanted: wanted.to_owned() });
        }
    }

    /// Demands that it is there, and hands it out.
    fn given<T>(&mut self, value: Option<T>, key: &str, wanted: &str) -> Option<T> {
        self.demand(value.is_some(), key, "is missing", wanted);
        value
    }

    /// A number of `[env]`, which must be there: a rule can only hold what is written down.
    fn number(&mut self, name: &str, wanted: &str) -> Option<f64> {
        let key = format!("env.{name}");
        let text = self.given(env(self.toml, name), &key, wanted)?;
        let number = text.parse().ok();
        self.demand(number.is_some(), &key, format_args!("is {text:?}"), wanted);
        number
    }
}

/// A word as it stands in the file.
fn written(word: impl Serialize) -> String {
    serde_json::to_value(word).ok().and_then(|word| Some(word.as_str()?.to_owned())).unwrap_or_default()
}

/// What is wrong with a word that is there, or is not.
fn is(word: Option<impl Serialize>) -> String {
    word.map_or_else(|| "is missing".to_owned(), |word| format!("is {}", written(word)))
}

fn env<'a>(toml: &'a FlyToml, name: &str) -> Option<&'a str> {
    toml.env.get(name).map(|value| value.0.as_str())
}
