//! What people ask during a rehearsal. Nothing is broken for them, so every answer must be a good one; where a fault is
//! rehearsed that they may feel, it is counted as failed all the same.

use serde_json::{Value, json};
use testbed::http::Answer;
use testbed::load::{Ask, Lost, Script};

use super::scene::{JOBS, Scene};

/// Of so many requests to `applications` one applies for something.
const APPLIES: u64 = 20;

/// Job pages, lists, one's own page, and a page that costs little, so that there can be many of them.
pub(super) struct Board(pub(super) Scene);

impl Script for Board {
    fn ask(&self, number: u64) -> Ask {
        let (_, token) = self.0.person(number);
        match number % 8 {
            0 => Ask::get("/v1/jobs?limit=5"),
            1 | 2 => Ask::get(format!("/v1/jobs/{}", self.0.job(number))),
            3 => Ask::get("/v1/me").header("authorization", format!("Bearer {token}")),
            4 => Ask { method: "PATCH", ..Ask::post("/v1/me", json!({ "name": name(number) })) }
                .header("authorization", format!("Bearer {token}")),
            _ => Ask::get("/problems/not-found"),
        }
    }

    fn judge(&self, number: u64, answer: Result<&Answer, &Lost>) -> Result<&'static str, String> {
        let name = name(number);
        let wanted = match number % 8 {
            0 => "\"items\":[{",
            1 | 2 => self.0.job(number),
            3 => self.0.person(number).0.as_str(),
            4 => name.as_str(),
            _ => "There is nothing here",
        };
        good(answer, 200, wanted)
    }
}

fn name(number: u64) -> String {
    format!("Candy the {number}th")
}

/// One's own applications, now and then a new one, and a page that costs little.
pub(super) struct Applications(pub(super) Scene);

impl Applications {
    /// Who applies for what in the request of this number, if it is one that applies: each pair comes once.
    fn pair(&self, number: u64) -> Option<(&(String, String), &str)> {
        let turn = number / APPLIES;
        let person = usize::try_from(turn / JOBS as u64).ok()?;
        let applies = number.is_multiple_of(APPLIES);
        Some((self.0.people.get(person).filter(|_| applies)?, self.0.job(turn)))
    }
}

impl Script for Applications {
    fn ask(&self, number: u64) -> Ask {
        if let Some(((id, token), job)) = self.pair(number) {
            return Ask::post(format!("/v1/jobs/{job}/applications"), json!({ "letter": "I would like to." }))
                .header("authorization", format!("Bearer {token}"))
                .header("idempotency-key", format!("\"{id}:{job}\""));
        }
        let (_, token) = self.0.person(number);
        match number % 4 {
            0 | 1 => Ask::get("/v1/applications").header("authorization", format!("Bearer {token}")),
            _ => Ask::get("/problems/not-found"),
        }
    }

    fn judge(&self, number: u64, answer: Result<&Answer, &Lost>) -> Result<&'static str, String> {
        match (self.pair(number), number % 4) {
            (Some(_), _) => good(answer, 201, "\"id\":"),
            (None, 0 | 1) => good(answer, 200, "\"items\":["),
            _ => good(answer, 200, "There is nothing here"),
        }
    }
}

/// What is asked of a function that has no people here: the route of its own name, `GET /v1/NAME`, by anybody.
pub(super) struct Own(pub(super) &'static str);

impl Script for Own {
    fn ask(&self, _: u64) -> Ask {
        Ask::get(format!("/v1/{}", self.0))
    }

    fn judge(&self, _: u64, answer: Result<&Answer, &Lost>) -> Result<&'static str, String> {
        good(answer, 200, "")
    }
}

/// This status with this in it, and nothing else.
fn good(answer: Result<&Answer, &Lost>, status: u16, wanted: &str) -> Result<&'static str, String> {
    let answer = answer.map_err(ToString::to_string)?;
    let is_good = answer.status == status && answer.text.contains(wanted);
    if is_good { Ok("good") } else { Err(format!("{} {}", answer.status, kind(&answer.text))) }
}

/// A problem's type, which is the same for each of its kind, or the beginning of whatever it is.
fn kind(text: &str) -> String {
    let problem: Option<Value> = serde_json::from_str(text).ok();
    let named = problem.and_then(|problem| Some(problem["type"].as_str()?.to_owned()));
    named.unwrap_or_else(|| text.chars().take(80).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn scene() -> Scene {
        let person = |number| (format!("person-{number}"), format!("token-{number}"));
        Scene { jobs: (0..JOBS).map(|number| format!("job-{number}")).collect(), people: (0..3).map(person).collect() }
    }

    #[test]
    fn nobody_applies_twice_for_one_job_and_when_all_have_applied_nobody_does() {
        let script = Applications(scene());
        let applies: Vec<Ask> =
            (0..2_000).map(|number| script.ask(number)).filter(|ask| ask.method == "POST").collect();
        let keys: BTreeSet<&String> = applies.iter().map(|ask| &ask.headers["idempotency-key"]).collect();
        assert_eq!((applies.len(), keys.len()), (15, 15));
    }

    #[test]
    fn a_function_without_people_is_asked_for_what_has_its_name() {
        let answer = |status| Answer { status, headers: Default::default(), text: "{}".to_owned() };
        assert_eq!(Own("greeting").ask(7).path, "/v1/greeting");
        assert!(Own("greeting").judge(7, Ok(&answer(200))).is_ok());
        assert!(Own("greeting").judge(7, Ok(&answer(404))).is_err());
    }

    #[test]
    fn an_answer_of_another_status_or_another_body_is_a_failed_one() {
        let answer = |status, text: &str| Answer { status, headers: Default::default(), text: text.to_owned() };
        let script = Board(scene());
        assert!(script.judge(0, Ok(&answer(200, "{\"items\":[{}]}"))).is_ok());
        assert!(script.judge(0, Ok(&answer(200, "{\"items\":[]}"))).is_err());
        assert_eq!(script.judge(0, Ok(&answer(503, "{\"items\":[{}]}"))), Err("503 {\"items\":[{}]}".to_owned()));
        let problem = "{\"type\":\"/problems/internal\",\"trace_id\":\"1\"}";
        assert_eq!(script.judge(0, Ok(&answer(500, problem))), Err("500 /problems/internal".to_owned()));
        assert!(script.judge(0, Err(&Lost::Late)).is_err());
    }
}
