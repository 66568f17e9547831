//! What a new function is made of: whole files, in which one word stands for its name.

use clap::ValueEnum;
use serde::Serialize;

use super::Name;
use super::plan::Home;

/// The word.
const WORD: &str = "newcomer";

/// What the names of apps begin with, and where they are, in the same files.
pub(super) const PREFIX: &str = "board-";
pub(super) const REGION: &str = "primary_region = \"ams\"";

/// What a function does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It answers requests; it has one route, GET /v1/NAME, which reads.
    Http,
    /// It works by itself; it has one loop, which counts.
    Worker,
}

/// A file of the crate: where it stands there, and its text.
type File = (&'static str, &'static str);

const HTTP: &[File] = &[
    ("Cargo.toml", include_str!("http/manifest.toml")),
    ("src/main.rs", include_str!("http/src/main.rs")),
    ("src/routes.rs", include_str!("http/src/routes.rs")),
    ("src/moment.rs", include_str!("http/src/moment.rs")),
    ("src/moment/http.rs", include_str!("http/src/moment/http.rs")),
    ("src/moment/store.rs", include_str!("http/src/moment/store.rs")),
    ("tests/it.rs", include_str!("http/tests/it.rs")),
    ("tests/it/answers.rs", include_str!("http/tests/it/answers.rs")),
    ("tests/it/life.rs", include_str!("http/tests/it/life.rs")),
    ("tests/it/started.rs", include_str!("http/tests/it/started.rs")),
];

const WORKER: &[File] = &[
    ("Cargo.toml", include_str!("worker/manifest.toml")),
    ("src/main.rs", include_str!("worker/src/main.rs")),
    ("src/round.rs", include_str!("worker/src/round.rs")),
    ("src/settings.rs", include_str!("worker/src/settings.rs")),
    ("src/telemetry.rs", include_str!("worker/src/telemetry.rs")),
    ("src/worker.rs", include_str!("worker/src/worker.rs")),
    ("tests/it.rs", include_str!("worker/tests/it.rs")),
    ("tests/it/rounds.rs", include_str!("worker/tests/it/rounds.rs")),
    ("tests/it/started.rs", include_str!("worker/tests/it/started.rs")),
];

impl Kind {
    /// The files of a crate, by their paths in it.
    pub(super) fn files(self, name: &Name) -> impl Iterator<Item = (&'static str, String)> {
        let files = match self {
            Self::Http => HTTP,
            Self::Worker => WORKER,
        };
        files.iter().map(|(path, text)| (*path, filled(text, name)))
    }

    /// Its file in `fly/`. The name comes last: it may have any of the other words in it.
    pub(super) fn app(self, name: &Name, home: &Home) -> String {
        let text = match self {
            Self::Http => include_str!("http/fly.toml"),
            Self::Worker => include_str!("worker/fly.toml"),
        };
        filled(&text.replace(REGION, &home.region).replace(PREFIX, &home.prefix), name)
    }

    /// What that cannot say, for `fleet.toml`.
    pub(super) fn fleet(self, name: &Name) -> String {
        let machines = match self {
            Self::Http => "# Two, so that one may go at any time.\nmachines = 2",
            Self::Worker => "# A deploy has two for a while; nothing scales it.\nmachines = 1",
        };
        format!("[apps.{name}]\n{machines}\nsecrets = [\"DATABASE_URL\"]\n")
    }
}

fn filled(text: &str, name: &Name) -> String {
    text.replace(WORD, name.as_str())
}
