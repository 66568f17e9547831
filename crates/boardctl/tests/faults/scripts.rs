//! What clients ask, and what they may be answered while things are broken.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use testbed::http::Answer;
use testbed::load::{Ask, Lost, Script};

use super::fleet::Fleet;
use super::scene::{Person, Scene};
use super::verdicts;

/// Kinds of 503, each with `Retry-After`, after which nothing was done.
const HONEST: [&str; 3] = ["unavailable", "deadline-exceeded", "overloaded"];

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

/// A 503 of ours, which says when to come again; `unknown` where it says that it may have been done.
fn honest(answer: &Answer) -> Result<&'static str, String> {
    let told = |what: &str| format!("{} {what}: {:?} {}", answer.status, answer.headers, answer.text);
    if answer.status != 503 {
        return Err(told("is not an answer to this"));
    }
    if answer.header("retry-after").parse::<u32>().is_err() {
        return Err(told("without Retry-After"));
    }
    let kind = problem(answer).ok_or_else(|| told("of somebody else"))?;
    match kind.as_str() {
        "outcome-unknown" => Ok("unknown"),
        kind if HONEST.contains(&kind) => Ok("503"),
        _ => Err(told("of another kind")),
    }
}

/// Which problem an answer is, if it is one of ours.
pub(super) fn problem(answer: &Answer) -> Option<String> {
    let problem: Value = serde_json::from_str(&answer.text).ok()?;
    problem["type"].as_str()?.strip_prefix("/problems/").map(str::to_owned)
}

/// 200 with this in it, and nothing else.
pub(super) fn good(answer: Result<&Answer, &Lost>, wanted: &str) -> Result<&'static str, String> {
    let answer = answer.map_err(ToString::to_string)?;
    let is_good = answer.status == 200 && answer.text.contains(wanted);
    if is_good { Ok("200") } else { Err(format!("{} {}", answer.status, answer.text)) }
}

/// A change of name whose body takes its time.
pub(super) struct SlowName {
    pub(super) scene: Scene,
    pub(super) takes: Duration,
}

impl SlowName {
    fn name(number: u64) -> String {
        format!("Candy the {number}th")
    }
}

impl Script for SlowName {
    fn ask(&self, number: u64) -> Ask {
        let people = &self.scene.people;
        let person = &people[usize::try_from(number).expect("few changes") % people.len()];
        let ask = Ask::post("/v1/me", json!({ "name": Self::name(number) })).slowly(self.takes);
        Ask { method: "PATCH", ..ask }.header("authorization", format!("Bearer {}", person.token))
    }

    fn judge(&self, number: u64, answer: Result<&Answer, &Lost>) -> Result<&'static str, String> {
        good(answer, &Self::name(number))
    }
}

/// An application to a job, under a key of this person.
fn application(person: &Person, job: &str, key: impl std::fmt::Display) -> Ask {
    Ask::post(format!("/v1/jobs/{job}/applications"), json!({ "letter": "I would like to." }))
        .header("authorization", format!("Bearer {}", person.token))
        .header("idempotency-key", format!("\"{}:{key}\"", person.id))
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
        application(person, job, job)
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

/// Applications of one person to job after job, each under a key of its own: more than the quota allows.
#[derive(Clone)]
pub(super) struct Greedy(pub(super) Applies);

impl Greedy {
    /// Somebody new, and so many jobs of which none is applied for twice.
    pub(super) async fn with_jobs(fleet: &Fleet, jobs: i32) -> Self {
        Self(Applies::new(Scene::with_jobs(fleet, 1, jobs).await))
    }

    /// How many applications the person has in the end, each of them accepted, whole and with its mails.
    pub(super) async fn rows(&self, fleet: &Fleet) -> usize {
        let accepted = self.0.accepted().clone();
        verdicts::nothing_is_lost_or_doubled(fleet, &accepted, &self.0.scene.ids()).await
    }

    /// Who it is.
    pub(super) fn person(&self) -> &Person {
        &self.0.scene.people[0]
    }
}

impl Script for Greedy {
    fn ask(&self, number: u64) -> Ask {
        let jobs = &self.0.scene.jobs;
        application(self.person(), &jobs[usize::try_from(number).expect("few applications") % jobs.len()], number)
    }

    fn judge(&self, number: u64, answer: Result<&Answer, &Lost>) -> Result<&'static str, String> {
        match answer {
            Ok(answer) if answer.status == 429 => full(answer),
            _ => self.0.judge(number, answer),
        }
    }
}

/// A refusal by the quota, and by nothing else, which says when to come again.
fn full(answer: &Answer) -> Result<&'static str, String> {
    let wait = answer.header("retry-after").parse::<u32>();
    if problem(answer).as_deref() == Some("quota-exceeded") && wait.is_ok_and(|wait| (1..=3_600).contains(&wait)) {
        return Ok("429");
    }
    Err(format!("429 of another kind: {:?} {}", answer.headers, answer.text))
}
