//! Releases of this tree, as a rehearsal makes them: each an image by name, which the stand-in runs as the program that cargo
//! built.

use std::path::PathBuf;

use fly_stand_in::Program;
use testbed::board::{self, Board, Part};

use crate::ship::scale::Scale;

/// A release of one function.
#[derive(Clone, Debug)]
pub struct Release {
    part: Part,
    number: u32,
    commit: Option<String>,
}

/// What is wrong with a release.
#[derive(Clone, Debug, Default)]
pub(super) struct Flaw {
    /// In place of what its machines are told.
    pub(super) here: Vec<(&'static str, String)>,
    /// It exits so long after it was started, in seconds.
    pub(super) exits_after: Option<f64>,
}

impl Release {
    pub(super) fn new(part: Part, number: u32) -> Self {
        Self { part, number, commit: None }
    }

    /// Its app.
    pub(super) fn app(&self) -> String {
        app(self.part)
    }

    /// The commit that it says it was built from.
    pub(super) fn commit(&self) -> String {
        self.commit.clone().unwrap_or_else(|| format!("{:08x}{}", self.number, "0".repeat(32)))
    }

    /// The same, of a commit that there is.
    #[must_use]
    pub fn of(self, commit: &str) -> Self {
        Self { commit: Some(commit.to_owned()), ..self }
    }

    /// The tag of its image.
    #[must_use]
    pub fn tag(&self) -> String {
        format!("deployment-{}-{}", &self.commit()[..10], self.number)
    }

    /// `sha256:…`, another one for each release of each function.
    #[must_use]
    pub fn digest(&self) -> String {
        let part = Part::all().iter().position(|part| *part == self.part).unwrap_or_default();
        format!("sha256:{:04x}{:08x}{}", part + 1, self.number, "0".repeat(52))
    }

    /// The whole reference.
    pub(super) fn image(&self) -> String {
        format!("registry.fly.io/{}:{}@{}", self.app(), self.tag(), self.digest())
    }

    /// What the stand-in runs for it.
    pub(super) fn program(&self, binary: PathBuf, board: &Board, flaw: &Flaw) -> Program {
        let mut program = match flaw.exits_after {
            None => Program::new(self.digest(), binary),
            // It passes signals on.
            Some(seconds) => Program::new(self.digest(), "/usr/bin/timeout")
                .arg("--signal=KILL")
                .arg(format!("{seconds}s"))
                .arg(binary.display().to_string()),
        };
        for (name, value) in here(self.part, board).into_iter().chain(flaw.here.iter().cloned()) {
            program = program.here(name, value);
        }
        program
    }
}

/// The app of a function, as its file in `fly/` names it.
pub(super) fn app(part: Part) -> String {
    board::app(part.name())
}

/// What is another here than on Fly, and no secret.
fn here(part: Part, board: &Board) -> Vec<(&'static str, String)> {
    let mut here = vec![
        // All load comes from one address.
        ("ADDRESS_REQUESTS_MAX", "100000000".to_owned()),
        ("PERSON_REQUESTS_MAX", "100000000".to_owned()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", board.servers.otlp.url()),
        // Traces are proved elsewhere, and spans are most of what a request costs here.
        ("OTEL_TRACES_SAMPLER", "traceidratio".to_owned()),
        ("OTEL_TRACES_SAMPLER_ARG", "0.01".to_owned()),
    ];
    if part == Part::EmailWorker {
        here.push(("RESEND_URL", board.url(Part::ResendStandIn)));
        here.push(("POLL_S", "0.05".to_owned()));
        here.push(("POSTS_PER_S", "1000".to_owned()));
    }
    here
}

/// What Fly's own lags are multiplied by.
pub(super) fn factor(scale: Scale) -> f64 {
    match scale {
        Scale::Real => 1.0,
        Scale::Tenth => 0.1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_releases_have_one_image_and_each_is_one_that_can_be_deployed() {
        let mut seen = std::collections::BTreeSet::new();
        for part in Part::functions() {
            for number in 1..20 {
                let release = Release::new(part, number);
                let image: deploy::run::Image = release.image().parse().expect("an image");
                assert!(image.is_of(&release.app().parse().expect("an app")));
                assert!(crate::ship::tag::Tag::is_of(&image.tag().parse().expect("a tag"), &release.commit()));
                assert!(seen.insert(image.short()), "the digits that keys have tell them apart");
            }
        }
    }
}
