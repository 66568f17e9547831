//! Nothing is broken while machines are replaced, so every answer must be good.

use std::time::Duration;

use serde_json::json;
use testbed::http::Answer;
use testbed::load::{Ask, Lost, Script};

use crate::faults::scene::Scene;

/// How long a slow body takes: less than what is in flight may, at a tenth of the real times, too.
pub(super) const SLOW: Duration = Duration::from_millis(500);

fn good(answer: Result<&Answer, &Lost>, wanted: &str) -> Result<&'static str, String> {
    let answer = answer.map_err(ToString::to_string)?;
    let is_good = answer.status == 200 && answer.text.contains(wanted);
    if is_good { Ok("200") } else { Err(format!("{} {}", answer.status, answer.text)) }
}

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

/// A change of name whose body takes its time.
pub(super) struct SlowName(pub(super) Scene);

impl SlowName {
    fn name(number: u64) -> String {
        format!("Candy the {number}th")
    }
}

impl Script for SlowName {
    fn ask(&self, number: u64) -> Ask {
        let person = self.0.pair(number % 250).0;
        let ask = Ask::post("/v1/me", json!({ "name": Self::name(number) })).slowly(SLOW);
        Ask { method: "PATCH", ..ask }.header("authorization", format!("Bearer {}", person.token))
    }

    fn judge(&self, number: u64, answer: Result<&Answer, &Lost>) -> Result<&'static str, String> {
        good(answer, &Self::name(number))
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
