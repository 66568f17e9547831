//! What clients ask, and what they may be answered while things are broken.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use testbed::http::Answer;
use testbed::load::{Ask, Lost, Script};

use super::scene::Scene;

/// Kinds of 503, each with `Retry-After`.
const HONEST: [&str; 4] = ["unavailable", "deadline-exceeded", "outcome-unknown", "overloaded"];

/// Job pages and lists by anybody, and a person's own page.
pub(super) struct Reads(pub(super) Scene);

impl Script for Reads {
    fn ask(&self, number: u64) -> Ask {
        let (person, job) = self.0.pair(number % 5);
        match number % 4 {
            0 => Ask::get("/v1/jobs?limit=5"),
            1 => Ask::get("/v1/me").header("authorization", format!("Bearer {}", person.token)),
            _ => Ask::get(format!("/v1/jobs/{job}")),
        }
    }

    fn judge(&self, number: u64, answer: Result<&Answer, &Lost>) -> Result<&'static str, String> {
        let answer = answer.map_err(ToString::to_string)?;
        if answer.status != 200 {
            return honest(answer);
        }
        let (person, job) = self.0.pair(number % 5);
        let wanted = match number % 4 {
            0 => "\"items\":[{",
            1 => person.id.as_str(),
            _ => job,
        };
        if !answer.text.contains(wanted) {
            return Err(format!("200 with another body: {}", answer.text));
        }
        freshness(answer, number % 4 == 1)
    }
}

/// An old answer must say so, and nobody's own page is ever old.
fn freshness(answer: &Answer, own: bool) -> Result<&'static str, String> {
    let (age, cache) = (answer.header("age"), answer.header("cache-status"));
    match (age.parse::<u32>(), cache.is_empty()) {
        (Ok(0..=3_600), false) if !own => Ok("stale"),
        (Err(_), true) if age.is_empty() => Ok("200"),
        _ => Err(format!("200 with Age {age:?} and Cache-Status {cache:?}")),
    }
}

/// A 503 of ours, which says when to come again.
fn honest(answer: &Answer) -> Result<&'static str, String> {
    let told = |what: &str| format!("{} {what}: {:?} {}", answer.status, answer.headers, answer.text);
    if answer.status != 503 {
        return Err(told("is not an answer to this"));
    }
    if answer.header("retry-after").parse::<u32>().is_err() {
        return Err(told("without Retry-After"));
    }
    let problem: Value = serde_json::from_str(&answer.text).map_err(|_| told("of somebody else"))?;
    let kind = problem["type"].as_str().and_then(|kind| kind.strip_prefix("/problems/")).unwrap_or_default();
    if HONEST.contains(&kind) { Ok("503") } else { Err(told("of another kind")) }
}

/// Applications, each by somebody for something that nobody has tried before.
#[derive(Clone)]
pub(super) struct Applies {
    scene: Scene,
    accepted: Arc<Mutex<Vec<String>>>,
}

impl Applies {
    pub(super) fn new(scene: Scene) -> Self {
        Self { scene, accepted: Arc::default() }
    }

    /// The ids of the applications that were answered 201.
    pub(super) fn accepted(&self) -> MutexGuard<'_, Vec<String>> {
        self.accepted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Script for Applies {
    fn ask(&self, number: u64) -> Ask {
        let (person, job) = self.scene.pair(number);
        Ask::post(format!("/v1/jobs/{job}/applications"), json!({ "letter": "I would like to." }))
            .header("authorization", format!("Bearer {}", person.token))
            .header("idempotency-key", format!("\"{}:{job}\"", person.id))
    }

    fn judge(&self, _: u64, answer: Result<&Answer, &Lost>) -> Result<&'static str, String> {
        let answer = answer.map_err(ToString::to_string)?;
        if answer.status != 201 {
            return honest(answer);
        }
        let body: Value = serde_json::from_str(&answer.text).map_err(|error| format!("201 with {error}"))?;
        let id = body["id"].as_str().ok_or_else(|| format!("201 without an id: {body}"))?;
        self.accepted().push(id.to_owned());
        Ok("201")
    }
}
