use actix_service::fn_service;
use futures_util::future::{join_all, ready};
use tokio::task::LocalSet;

use super::*;

fn gate(most: usize) -> Gate {
    Gate::new(most, &Metrics::default(), Drain::default(), AllowedOrigins::default())
}

/// Guards: overload bound.
#[test]
fn as_many_get_in_as_there_are_places() {
    let gate = gate(2);
    let places = [gate.enter(), gate.enter()];
    assert!(places.iter().all(Result::is_ok));
    assert_eq!(gate.enter().err(), Some(Full));
}

#[test]
fn a_place_is_free_again_when_its_request_is_dropped() {
    let gate = gate(1);
    let place = gate.enter().expect("free");
    let of_request = place.clone();
    drop(place);
    assert!(gate.enter().is_err(), "the request still has it");
    drop(of_request);
    assert!(gate.enter().is_ok());
}

#[test]
fn a_place_that_was_left_is_not_given_back_twice() {
    let gate = gate(2);
    let (first, _second) = (gate.enter().expect("free"), gate.enter().expect("free"));
    first.leave();
    drop(first);
    assert_eq!(gate.0.at_work.get(), 1);
}

#[actix_web::test]
async fn while_a_body_is_coming_its_place_is_free() {
    let gate = gate(1);
    let slow = gate.enter().expect("free");
    let coming = async {
        while gate.0.coming.borrow().is_empty() {
            tokio::task::yield_now().await;
        }
        gate.enter()
    };
    let other = slow.idle(coming).await;
    assert_eq!(other.err(), Some(Stopped::Full(Full)), "somebody else got in meanwhile, and is let finish");
    assert_eq!(gate.0.at_work.get(), 0, "both are gone");
}

/// Guards: pace of refusals.
#[tokio::test(start_paused = true)]
async fn of_a_thousand_that_are_refused_at_once_the_last_waits_a_second() {
    let gate = gate(1);
    let _held = gate.enter().expect("free");
    let served = fn_service(|_: Request| ready(Ok::<HttpResponse, HttpResponse>(HttpResponse::Ok().finish())));
    let began = tokio::time::Instant::now();
    let refusals = join_all((0..1_000).map(|_| gate.pass(Request::new(), &served)));
    let answers = LocalSet::new().run_until(refusals).await;
    let refused = |answer: &Result<HttpResponse, HttpResponse>| answer.as_ref().is_err_and(|it| it.status() == 503);
    assert!(answers.iter().all(refused));
    // The pace goes by the real clock, and the wait by the paused one: what the loop took is missing from it.
    let waited = began.elapsed();
    assert!((RETRY / 2..=RETRY + Duration::from_millis(1)).contains(&waited), "{waited:?}");
}

/// Guards: bound on bodies.
#[actix_web::test]
async fn when_as_many_bodies_are_coming_as_fit_into_memory_the_longest_makes_room() {
    let gate = gate(1);
    let come = || {
        let place = gate.enter().expect("those whose bodies are coming have left their places");
        let mut coming = Box::pin(async move { place.idle(std::future::pending::<()>()).await });
        while gate.0.at_work.get() > 0 {
            assert!(coming.as_mut().now_or_never().is_none());
        }
        coming
    };
    let mut slow: Vec<_> = (0..COMING).map(|_| come()).collect();
    assert!(slow.iter_mut().all(|it| it.now_or_never().is_none()), "as many as fit");
    drop(slow.remove(2));
    slow.push(come());
    assert!(slow.iter_mut().all(|it| it.now_or_never().is_none()), "one of them was gone");
    for _ in 0..2 {
        slow.push(come());
        let longest = slow.remove(0).now_or_never();
        assert_eq!(longest, Some(Err(Stopped::MadeRoom)));
        assert!(slow.iter_mut().all(|it| it.now_or_never().is_none()), "the others stay");
    }
}

#[actix_web::test]
async fn a_body_that_came_with_its_head_lets_nobody_make_room() {
    let gate = gate(1);
    let place = gate.enter().expect("free");
    assert_eq!(place.idle(async { 7 }).await, Ok(7));
    assert_eq!(gate.0.waits.get(), 0);
}

#[test]
fn the_metrics_know_how_many_are_at_work() {
    let gate = gate(4);
    let place = gate.enter().expect("free");
    assert_eq!(gate.0.metrics.at_work.get(), 1);
    drop(place);
    assert_eq!(gate.0.metrics.at_work.get(), 0);
}
