//! What a board is made of: Resend's stand-in, and each function that `fly/` lists.

use std::sync::LazyLock;

use toml::{Table, Value};

/// A process of the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// Resend's API and an inbox.
    ResendStandIn,
    /// People, sign-in, companies, jobs.
    Api,
    /// Applications.
    Applications,
    /// Mail.
    EmailWorker,
    /// Any other function that `fly/` lists, by its name.
    Other(&'static str),
}

/// Each `.toml` of `fly/`, by its name without the ending.
const FLY: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/fly.rs"));

/// The one that says what the others cannot.
const FLEET: &str = "fleet";

/// The app of a function, or of `migrate`, as its file calls it: names are one to all of Fly, and everybody takes their own.
///
/// # Panics
/// When `fly/` has no such file.
#[must_use]
pub fn app(function: &str) -> String {
    let text = FLY.iter().find(|(name, _)| *name == function).map(|(_, text)| text.parse::<Table>());
    let app = text.and_then(Result::ok).and_then(|app| Some(app.get("app")?.as_str()?.to_owned()));
    app.unwrap_or_else(|| panic!("fly/{function}.toml names no app"))
}

/// A function, as its file and that of the fleet have it.
struct Listed {
    name: &'static str,
    serves: bool,
    secrets: Vec<String>,
    told: Vec<String>,
}

impl Listed {
    /// `None` of an app that runs an image from elsewhere, or runs once and ends: neither has checks.
    fn read(name: &'static str, text: &str, fleet: &Table) -> Option<Self> {
        let app = text.parse::<Table>().ok()?;
        let told = app.get("env").and_then(Value::as_table).into_iter().flat_map(Table::keys).cloned().collect();
        let secrets = fleet.get("apps").and_then(|apps| apps.get(name)?.get("secrets")?.as_array());
        let secrets = secrets.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        let serves = app.contains_key("http_service");
        app.contains_key("checks").then_some(Self { name, serves, secrets, told })
    }
}

static FUNCTIONS: LazyLock<Vec<Listed>> = LazyLock::new(|| {
    let fleet = FLY.iter().find(|(name, _)| *name == FLEET).and_then(|(_, text)| text.parse().ok());
    let fleet = fleet.unwrap_or_default();
    FLY.iter().filter_map(|(name, text)| Listed::read(name, text, &fleet)).collect()
});

impl Part {
    /// Every part, in the order in which they start.
    #[must_use]
    pub fn all() -> Vec<Self> {
        std::iter::once(Self::ResendStandIn).chain(Self::functions()).collect()
    }

    /// Every function that lives until it is told to end; those that are known here by themselves first.
    #[must_use]
    pub fn functions() -> Vec<Self> {
        let mut functions: Vec<_> = FUNCTIONS.iter().map(|listed| Self::listed_as(listed.name)).collect();
        functions.sort();
        functions
    }

    /// The function of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::functions().into_iter().find(|part| part.name() == name)
    }

    /// The name of its crate and binary.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ResendStandIn => "resend-stand-in",
            Self::Api => "api",
            Self::Applications => "applications",
            Self::EmailWorker => "email-worker",
            Self::Other(name) => name,
        }
    }

    /// Whether people's requests are routed to it; others work by themselves.
    #[must_use]
    pub fn serves(self) -> bool {
        self.listed().is_some_and(|listed| listed.serves)
    }

    /// The names of what it is told in secret.
    pub fn secrets(self) -> impl Iterator<Item = &'static str> {
        self.listed().into_iter().flat_map(|listed| &listed.secrets).map(String::as_str)
    }

    /// The names of what its file tells it.
    pub(super) fn told(self) -> impl Iterator<Item = &'static str> {
        self.listed().into_iter().flat_map(|listed| &listed.told).map(String::as_str)
    }

    /// Whether it has a database.
    #[must_use]
    pub fn has_database(self) -> bool {
        self.secrets().any(|name| name == "DATABASE_URL")
    }

    /// The group role that its login is a member of, where it has a database.
    pub(super) fn role(self) -> Option<String> {
        self.has_database().then(|| format!("board_{}", self.name().replace('-', "_")))
    }

    fn listed(self) -> Option<&'static Listed> {
        FUNCTIONS.iter().find(|listed| listed.name == self.name())
    }

    fn listed_as(name: &'static str) -> Self {
        let known = [Self::Api, Self::Applications, Self::EmailWorker];
        known.into_iter().find(|part| part.name() == name).unwrap_or(Self::Other(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_are_those_of_fly_and_no_app_of_others_or_that_runs_once_is_one() {
        let functions = Part::functions();
        assert_eq!(functions[..3], [Part::Api, Part::Applications, Part::EmailWorker]);
        for name in ["migrate", "autoscaler", "traces", "fleet", "resend-stand-in", ""] {
            assert_eq!(Part::named(name), None, "{name}");
        }
        for part in functions {
            assert_eq!(Part::named(part.name()), Some(part));
        }
    }

    #[test]
    fn a_function_is_told_what_its_files_name() {
        assert!(Part::Api.serves() && !Part::EmailWorker.serves() && !Part::ResendStandIn.serves());
        assert!(Part::Applications.secrets().eq(["DATABASE_URL", "REDIS_URL", "TOKEN_PUBLIC_KEYS"]));
        assert!(Part::Api.told().any(|name| name == "APPLICATIONS_URL") && Part::ResendStandIn.told().next().is_none());
        assert_eq!(Part::EmailWorker.role().as_deref(), Some("board_email_worker"));
        assert_eq!(Part::ResendStandIn.role(), None);
    }
}
