//! The names of our machines: `APP-ID-INDEX`, a letter more for a replacement.
//!
//! Only a name makes a create repeatable, so the same place of the same colour has the same name in every run.

use std::fmt;
use std::str::FromStr;

use super::{ColourId, NotOurs};
use crate::machines::{AppName, MachineName, Misnamed};

/// A machine's place in its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Counted from 0.
    pub index: u8,
    /// How often it was replaced, because the machine that has the name is lost and not gone: 0 is the first.
    pub again: u8,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.index)?;
        match self.again {
            0 => Ok(()),
            again => write!(f, "{}", char::from(b'a' + (again - 1).min(25))),
        }
    }
}

impl FromStr for Place {
    type Err = NotOurs;

    fn from_str(text: &str) -> Result<Self, NotOurs> {
        let (index, again) = match text.as_bytes().last() {
            Some(letter @ b'a'..=b'z') => (&text[..text.len() - 1], letter - b'a' + 1),
            _ => (text, 0),
        };
        let place = index.parse().map(|index| Self { index, again });
        let place = place.ok().filter(|place| place.to_string() == text);
        place.ok_or(NotOurs("INDEX, or INDEX and a letter"))
    }
}

/// The name of a machine.
///
/// # Errors
/// When the app's own name leaves no room for it.
pub fn machine_name(app: &AppName, colour: ColourId, place: Place) -> Result<MachineName, Misnamed> {
    format!("{app}-{colour}-{place}").parse()
}

/// Whose machine it is, by its name, if it is a name of ours. The app's part is not looked at: there are no others here.
pub(super) fn read_name(name: &str) -> Option<(ColourId, Place)> {
    let (rest, place) = name.rsplit_once('-')?;
    let (_, colour) = rest.rsplit_once('-')?;
    Some((colour.parse().ok()?, place.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_as_it_was_written() {
        let app: AppName = "job-board-api".parse().expect("an app");
        let colour = ColourId::new(7, 1);
        for (index, again, end) in [(0, 0, "-0"), (12, 0, "-12"), (3, 1, "-3a"), (3, 26, "-3z")] {
            let place = Place { index, again };
            let name = machine_name(&app, colour, place).expect("a name");
            assert!(name.as_str().ends_with(end), "{name}");
            assert_eq!(read_name(name.as_str()), Some((colour, place)));
        }
    }

    #[test]
    fn other_names_are_not_ours() {
        for name in ["", "stub-name-3", "web-0000000000070001", "web-0000000000070001-", "web-0000000000070001-a"] {
            assert_eq!(read_name(name), None, "{name}");
        }
        assert_eq!(read_name("web-0000000000070001-03"), None, "one place has one name");
    }

    #[test]
    fn an_app_of_too_long_a_name_is_refused_and_not_cut() {
        let app: AppName = "a".repeat(60).parse().expect("an app");
        assert!(machine_name(&app, ColourId::new(7, 1), Place { index: 0, again: 0 }).is_err());
    }
}
