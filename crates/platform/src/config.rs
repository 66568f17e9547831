//! Settings, read from the environment once, typed, and all mistakes told together.
//!
//! A concern has a struct that implements [`Settings`]; `read` asks a [`Reader`] for each value. A value that is
//! missing or wrong is noted by name, with what it had and what was wanted, and reading goes on, so that a person
//! mends everything in one round. A process with mistakes ends with [`EXIT_MISCONFIGURED`] before it listens.
//!
//! What changes nothing is no mistake but a *notice*: a value that its standard has us ignore, a standard setting that is
//! not supported here, a name that looks like a misspelt one of ours. Notices are told at the start, as warnings.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use url::Url;

mod address;
mod listing;

pub use address::secret_address;
pub(crate) use address::{parameter, place};
pub(crate) use listing::{Checked, Form};

/// Exit code of a process that was given wrong settings: `EX_USAGE` of sysexits.h.
pub const EXIT_MISCONFIGURED: u8 = 64;

/// A group of settings that belong to one concern.
pub trait Settings: Sized {
    /// Asks for each setting; `None` if any of them was missing or wrong, which the reader has noted by then.
    fn read(from: &mut Reader) -> Option<Self>;
}

/// For a function without settings of its own.
impl Settings for () {
    fn read(_: &mut Reader) -> Option<Self> {
        Some(())
    }
}

/// Hands out typed values and notes mistakes.
#[derive(Debug)]
pub struct Reader {
    values: BTreeMap<String, String>,
    mistakes: Vec<String>,
    notices: Vec<String>,
    group: &'static str,
    asked: Vec<Asked>,
}

#[derive(Debug)]
struct Asked {
    group: &'static str,
    name: &'static str,
    wanted: String,
    default: Option<String>,
    about: &'static str,
    kind: Shown,
}

/// How much of a value anybody is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    All,
    /// An address without its user, password and query.
    Place,
    Nothing,
}

/// What a person needs to know of one setting.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Name in the environment, with the unit where the type cannot tell it: `DRAIN_S`.
    pub name: &'static str,
    /// What it is for, in half a sentence.
    pub about: &'static str,
}

/// Names a setting; see [`About`].
#[must_use]
pub const fn setting(name: &'static str, about: &'static str) -> About {
    About { name, about }
}

impl Reader {
    /// Reads from these values; an empty value counts as not set.
    pub fn new(values: impl IntoIterator<Item = (String, String)>) -> Self {
        let values = values.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        Self { values, mistakes: Vec::new(), notices: Vec::new(), group: "", asked: Vec::new() }
    }

    /// Reads from the process's environment; a value that is not UTF-8 is told as a mistake when it is asked for.
    #[must_use]
    pub fn from_process() -> Self {
        Self::new(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))),
        )
    }

    /// What is asked for from now on belongs to this concern: so it is listed.
    pub fn group(&mut self, group: &'static str) {
        self.group = group;
    }

    /// A value that must be set.
    pub fn required<T: FromStr>(&mut self, about: About, wanted: &str) -> Option<T> {
        self.parse(about, wanted, None, Shown::All, shown(|text| text.parse().ok()))
    }

    /// A value that may be absent.
    pub fn optional<T: FromStr>(&mut self, about: About, wanted: &str) -> Option<Option<T>> {
        self.absent_or(about, wanted, Shown::All, shown(|text| text.parse().ok()))
    }

    /// A value with a default, which is written as the environment would have it.
    pub fn default<T: FromStr>(&mut self, about: About, wanted: &str, default: &str) -> Option<T> {
        self.parse(about, wanted, Some(default), Shown::All, shown(|text| text.parse().ok()))
    }

    /// A value with a default and rules of its own.
    pub fn parsed<T>(
        &mut self,
        about: About,
        wanted: &str,
        default: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        self.parse(about, wanted, Some(default), Shown::All, shown(parse))
    }

    /// A whole number within bounds.
    pub fn count(&mut self, about: About, bounds: std::ops::RangeInclusive<usize>, default: usize) -> Option<usize> {
        let wanted = format!("a whole number from {} to {}", bounds.start(), bounds.end());
        let parse = |text: &str| text.parse().ok().filter(|number| bounds.contains(number));
        self.parse(about, &wanted, Some(&default.to_string()), Shown::All, shown(parse))
    }

    /// A length of time in seconds, decimals allowed, within bounds.
    pub fn seconds(&mut self, about: About, bounds: std::ops::RangeInclusive<f64>, default: f64) -> Option<Duration> {
        let wanted = format!("seconds from {} to {}, decimals allowed", bounds.start(), bounds.end());
        let parse = |text: &str| {
            let seconds: f64 = text.parse().ok()?;
            bounds.contains(&seconds).then(|| Duration::from_secs_f64(seconds))
        };
        self.parse(about, &wanted, Some(&default.to_string()), Shown::All, shown(parse))
    }

    /// A value whose standard has whoever reads it ignore what is wrong, and say so. `None` where it is not set, or ignored.
    pub fn standard<T>(
        &mut self,
        about: About,
        wanted: &str,
        default: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        self.note(about, wanted, Some(default), Shown::All);
        let text = self.values.get(about.name)?.trim().to_owned();
        let value = parse(&text);
        if value.is_none() {
            // What is used is the default.
            self.values.remove(about.name);
            self.notice(format!("{} is \"{text}\", which is ignored: wanted {wanted}", about.name));
        }
        value
    }

    /// A base address that must be set: paths are added to it, and it is shown to others.
    pub fn base_url(&mut self, about: About) -> Option<Url> {
        self.parse(about, address::BASE, None, Shown::Place, told(address::base))
    }

    /// The address of a page that must be set, and is shown to others.
    pub fn page_url(&mut self, about: About) -> Option<Url> {
        self.parse(about, address::PAGE, None, Shown::Place, told(address::page))
    }

    /// The address of a service that may be absent, with whatever it is known by there.
    pub fn optional_url(&mut self, about: About) -> Option<Option<Url>> {
        self.absent_or(about, address::HTTP, Shown::Place, told(address::http))
    }

    /// A base address like [these](Self::base_url), which has a default.
    pub fn default_base_url(&mut self, about: About, default: &str) -> Option<Url> {
        self.parse(about, address::BASE, Some(default), Shown::Place, told(address::base))
    }

    /// A value that is never shown, also not when it is wrong: `parse` says what is wrong with it, in words of its own
    /// that follow on the setting's name, such as "has no host".
    pub fn secret<T, W: Display>(
        &mut self,
        about: About,
        wanted: &str,
        parse: impl Fn(&str) -> Result<T, W>,
    ) -> Option<T> {
        self.parse(about, wanted, None, Shown::Nothing, told(parse))
    }

    /// A value like [these](Self::secret) that may be absent.
    pub fn optional_secret<T, W: Display>(
        &mut self,
        about: About,
        wanted: &str,
        parse: impl Fn(&str) -> Result<T, W>,
    ) -> Option<Option<T>> {
        self.absent_or(about, wanted, Shown::Nothing, told(parse))
    }

    /// The contents of a file that the setting names; absent where the setting is.
    pub fn file(&mut self, about: About, wanted: &str) -> Option<Option<Vec<u8>>> {
        self.absent_or(about, &format!("the path of {wanted}"), Shown::All, |path| {
            std::fs::read(path).map_err(|error| format!("is \"{path}\", which cannot be read ({error})"))
        })
    }

    /// Notes a mistake that only shows when values are looked at together.
    pub fn mistake(&mut self, text: impl Into<String>) {
        let text = text.into();
        // Two parts of a process may ask for the same setting.
        if !self.mistakes.contains(&text) {
            self.mistakes.push(text);
        }
    }

    /// Notes what changes nothing, and should be known.
    pub fn notice(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.notices.contains(&text) {
            self.notices.push(text);
        }
    }

    /// Ends the reading: the settings, or every mistake in one text.
    ///
    /// # Errors
    /// When anything was noted.
    pub fn finish<S>(self, settings: Option<S>) -> Result<S, Misconfigured> {
        match settings {
            Some(settings) if self.mistakes.is_empty() => Ok(settings),
            _ => Err(Misconfigured(self.mistakes)),
        }
    }

    fn absent_or<T>(
        &mut self,
        about: About,
        wanted: &str,
        kind: Shown,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Option<T>> {
        if self.values.contains_key(about.name) {
            return self.parse(about, wanted, Some("none"), kind, parse).map(Some);
        }
        self.note(about, wanted, Some("none"), kind);
        Some(None)
    }

    fn parse<T>(
        &mut self,
        about: About,
        wanted: &str,
        default: Option<&str>,
        kind: Shown,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.note(about, wanted, default, kind);
        let name = about.name;
        let Some(text) = self.values.get(name).map(String::as_str).or(default) else {
            self.mistake(format!("{name} is missing: wanted {wanted}"));
            return None;
        };
        match parse(text) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.mistake(format!("{name} {wrong}: wanted {wanted}"));
                None
            }
        }
    }

    fn note(&mut self, About { name, about }: About, wanted: &str, default: Option<&str>, kind: Shown) {
        if self.asked.iter().all(|asked| asked.name != name) {
            let (group, wanted, default) = (self.group, wanted.to_owned(), default.map(str::to_owned));
            self.asked.push(Asked { group, name, wanted, default, about, kind });
        }
    }
}

/// Every mistake in the settings.
#[derive(Debug, thiserror::Error)]
#[error("{} in the settings:\n  {}", count(.0.len()), .0.join("\n  "))]
pub struct Misconfigured(pub Vec<String>);

fn count(mistakes: usize) -> String {
    if mistakes == 1 { "1 mistake".to_owned() } else { format!("{mistakes} mistakes") }
}

/// What is wrong with a value that may be shown is seen by it.
fn shown<T>(parse: impl Fn(&str) -> Option<T>) -> impl Fn(&str) -> Result<T, String> {
    move |text| parse(text).ok_or_else(|| format!("is \"{text}\""))
}

/// Of what may hold a password only what is wrong with it is told.
fn told<T, W: Display>(parse: impl Fn(&str) -> Result<T, W>) -> impl Fn(&str) -> Result<T, String> {
    move |text| parse(text).map_err(|wrong| format!("{wrong} (its value is not shown)"))
}

#[cfg(test)]
mod tests;
