use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::body::to_bytes;
use uuid::Uuid;

use super::*;
use crate::http::edge::once;
use crate::http::problem::{INTERNAL, UNAVAILABLE, VALIDATION_FAILED};

const NOBODY: Option<Caller> = None;
const SOMEBODY: Option<Caller> = Some(Caller(Uuid::nil()));

/// A fallback whose clock is moved by hand.
struct Moved {
    fallback: Fallback,
    seconds: Arc<AtomicU64>,
}

fn moved(mib: &str) -> Moved {
    let mut reader = Reader::new([("FALLBACK_MIB".to_owned(), mib.to_owned())]);
    let settings = FallbackSettings::read(&mut reader);
    let settings = reader.finish(settings).expect("settings");
    let seconds = Arc::new(AtomicU64::new(1_000));
    let told = seconds.clone();
    let now = move || OffsetDateTime::UNIX_EPOCH + Duration::from_secs(told.load(Ordering::Relaxed));
    Moved { fallback: Fallback::new(settings, "api", Clock::from_fn(now), &Metrics::default()), seconds }
}

impl Moved {
    fn pass(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }

    async fn good(&self, name: &str, caller: Option<Caller>, answer: &str) -> HttpResponse {
        let work = ready(Ok::<_, Problem>(answer));
        self.fallback.answer(Resource::at(name), caller, work).await.expect("a good answer")
    }

    async fn bad(&self, name: &str, problem: Problem) -> Result<HttpResponse, Problem> {
        self.fallback.answer(Resource::at(name), NOBODY, ready(Err::<&str, _>(problem))).await
    }

    async fn is_held(&self, name: &str) -> bool {
        self.bad(name, outage()).await.is_ok()
    }
}

fn outage() -> Problem {
    Problem::from(UNAVAILABLE).outage().because_text("the line was cut")
}

fn header<'a>(answer: &'a HttpResponse, name: &str) -> Option<&'a str> {
    once(answer.headers().get_all(name)).expect("at most one").map(|value| value.to_str().expect("text"))
}

/// Guards: fallback.
#[tokio::test]
async fn the_last_good_answer_is_marked_and_a_new_one_is_not() {
    let moved = moved("8");
    let fresh = moved.good("a", NOBODY, "one").await;
    let marks = ["age", "cache-status", "cache-control"];
    assert_eq!(marks.map(|name| header(&fresh, name)), [None, None, Some("public, max-age=5")]);
    moved.pass(37);
    let stale = moved.bad("a", outage()).await.expect("the last good answer");
    assert_eq!(stale.status(), 200);
    let wanted = ["37", "api; hit; ttl=-32; detail=stale-on-error", "no-store"].map(Some);
    assert_eq!(marks.map(|name| header(&stale, name)), wanted);
    let told = stale.extensions().get::<Stale>().map(|stale| (stale.age_s, stale.cause.clone()));
    assert_eq!(told, Some((37, "the line was cut".to_owned())));
    for answer in [fresh, stale] {
        assert_eq!(header(&answer, "content-type"), Some("application/json"));
        assert_eq!(to_bytes(answer.into_body()).await.expect("a body"), "\"one\"");
    }
}

#[tokio::test]
async fn what_somebody_was_answered_is_not_remembered() {
    let moved = moved("8");
    moved.good("a", SOMEBODY, "a draft").await;
    assert!(!moved.is_held("a").await);
}

#[tokio::test]
async fn an_outage_alone_is_answered_from_memory() {
    let moved = moved("8");
    moved.good("a", NOBODY, "one").await;
    // Also what is unavailable for another reason, such as a conflict.
    for kind in [INTERNAL, VALIDATION_FAILED, OUTCOME_UNKNOWN, UNAVAILABLE] {
        assert_eq!(moved.bad("a", kind.into()).await.expect_err("its own problem").kind(), kind);
    }
    assert!(moved.is_held("a").await);
}

#[tokio::test]
async fn what_is_not_found_is_forgotten() {
    let moved = moved("8");
    moved.good("a", NOBODY, "one").await;
    assert_eq!(moved.bad("a", NOT_FOUND.into()).await.expect_err("a problem").kind(), NOT_FOUND);
    assert!(!moved.is_held("a").await);
}

#[tokio::test]
async fn what_was_changed_or_may_have_been_is_forgotten_and_what_was_refused_is_not() {
    let cases = [
        (Ok(Some(())), true),
        (Err(OUTCOME_UNKNOWN), true),
        (Ok(None), false),
        (Err(VALIDATION_FAILED), false),
        (Err(UNAVAILABLE), false),
    ];
    for (outcome, forgotten) in cases {
        let moved = moved("8");
        moved.good("a", NOBODY, "one").await;
        moved.fallback.change(Resource::at("a")).end(&outcome.map_err(Problem::from));
        assert_eq!(moved.is_held("a").await, !forgotten, "{outcome:?}");
    }
}

#[tokio::test]
async fn what_is_changed_by_a_caller_that_hangs_up_is_forgotten() {
    let moved = moved("8");
    moved.good("a", NOBODY, "one").await;
    let change = moved.fallback.change(Resource::at("a"));
    assert!(moved.is_held("a").await, "nothing came of it yet");
    drop(change);
    assert!(!moved.is_held("a").await);
}

/// Guards: fallback bound.
#[tokio::test]
async fn ten_thousand_variants_stay_within_the_bound() {
    let moved = moved("1");
    let body = "x".repeat(1_000);
    for variant in 0..10_000 {
        moved.good(&format!("/v1/things?from={variant}"), NOBODY, &body).await;
    }
    let held = moved.fallback.metrics.bytes.get();
    assert!((900_000..=1_048_576).contains(&held), "{held} bytes");
    assert!(moved.is_held("/v1/things?from=9999").await);
    assert!(!moved.is_held("/v1/things?from=0").await);
}

#[tokio::test]
async fn nothing_is_remembered_in_no_memory() {
    let moved = moved("0");
    moved.good("a", NOBODY, "one").await;
    assert!(!moved.is_held("a").await);
}
