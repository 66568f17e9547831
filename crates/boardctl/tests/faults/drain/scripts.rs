//! Nothing is broken while machines are replaced, so every answer must be good.

use testbed::http::Answer;
use testbed::load::{Ask, Lost, Script};

use crate::faults::scene::Scene;
use crate::faults::scripts::good;

/// Job pages.
pub(super) struct Pages(pub(super) Scene);

impl Script for Pages {
    fn ask(&self, number: u64) -> Ask {
        Ask::get(format!("/v1/jobs/{}", self.0.pair(number % 5).1))
    }

    fn judge(&self, number: u64, answer: Result<&Answer, &Lost>) -> Result<&'static str, String> {
        good(answer, self.0.pair(number % 5).1)
    }
}

/// One's own applications.
pub(super) struct Mine(pub(super) Scene);

impl Script for Mine {
    fn ask(&self, number: u64) -> Ask {
        let person = self.0.pair(number % 200).0;
        Ask::get("/v1/applications").header("authorization", format!("Bearer {}", person.token))
    }

    fn judge(&self, _: u64, answer: Result<&Answer, &Lost>) -> Result<&'static str, String> {
        good(answer, "\"items\":[]")
    }
}

/// A page that costs little, so that there can be many of them.
pub(super) struct Plain;

impl Script for Plain {
    fn ask(&self, _: u64) -> Ask {
        Ask::get("/problems/not-found")
    }

    fn judge(&self, _: u64, answer: Result<&Answer, &Lost>) -> Result<&'static str, String> {
        good(answer, "There is nothing here")
    }
}
