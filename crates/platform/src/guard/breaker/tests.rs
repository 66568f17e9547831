use failsafe::clock;

use super::*;

const OPEN: Duration = Duration::from_secs(30);

fn breaker() -> (Breaker, Metrics) {
    let metrics = Metrics::default();
    (Breaker::new("postgres", BreakerSettings::default(), &metrics), metrics)
}

fn call(breaker: &Breaker) -> Permit {
    let mut permit = breaker.permit().expect("it is closed");
    permit.begin().expect("nothing changed");
    permit
}

fn fail(breaker: &Breaker, calls: usize) {
    for _ in 0..calls {
        call(breaker).settle(Verdict::Bad);
    }
}

/// Opens it and lets its time pass, by failsafe's clock, which alone decides about the trial.
fn due(test: impl FnOnce(&Breaker, &Metrics)) {
    clock::freeze(|clock| {
        let (breaker, metrics) = breaker();
        fail(&breaker, 10);
        clock.advance(OPEN + Duration::from_millis(1));
        test(&breaker, &metrics);
    });
}

#[test]
fn a_caller_that_goes_away_is_not_counted() {
    let (breaker, _) = breaker();
    fail(&breaker, 9);
    for _ in 0..100 {
        drop(call(&breaker));
    }
    assert_eq!(breaker.state(), State::Closed);
    fail(&breaker, 1);
    assert_eq!(breaker.state(), State::Open, "had the hundred been good calls, ten bad ones would be too few");
}

#[test]
fn what_is_ours_is_not_counted() {
    let (breaker, _) = breaker();
    fail(&breaker, 9);
    for _ in 0..100 {
        call(&breaker).withdraw();
    }
    assert_eq!(breaker.state(), State::Closed);
    fail(&breaker, 1);
    assert_eq!(breaker.state(), State::Open);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_by_its_requests_deadline_was_cut_and_counts_as_bad() {
    let (breaker, _) = breaker();
    for _ in 0..10 {
        assert_eq!(breaker.state(), State::Closed);
        let call = async {
            let _permit = call(&breaker);
            std::future::pending::<()>().await;
        };
        assert!(deadline::request(deadline::REQUEST, call).await.is_err());
    }
    assert_eq!(breaker.state(), State::Open);
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_ones_own_pool_that_is_cut_says_nothing_of_the_dependency() {
    let (breaker, _) = breaker();
    for _ in 0..20 {
        let wait = async {
            let _permit = breaker.permit();
            std::future::pending::<()>().await;
        };
        assert!(deadline::request(deadline::REQUEST, wait).await.is_err());
    }
    assert_eq!(breaker.state(), State::Closed);
}

#[test]
fn who_waited_while_it_opened_is_refused() {
    let (breaker, _) = breaker();
    let mut waiting = breaker.permit().expect("it is closed");
    fail(&breaker, 10);
    let refused = waiting.begin().expect_err("it opened");
    assert!(refused.retry_after > OPEN / 2, "{refused:?}");
}

#[test]
fn a_trial_that_is_abandoned_is_a_bad_one() {
    due(|breaker, _| {
        drop(breaker.trial().expect("it is due"));
        assert_eq!(breaker.state(), State::Open);
        assert!(breaker.trial().is_none());
    });
}

#[test]
fn who_makes_the_trial_himself_is_let_in_alone() {
    due(|breaker, _| {
        let trial = breaker.enter().expect("it is due");
        assert!(breaker.enter().is_none(), "one at a time");
        trial.withdraw();
        let trial = breaker.enter().expect("the next may be made at once");
        trial.settle(Verdict::Good);
        assert_eq!(breaker.state(), State::Closed);
        let calls: Vec<_> = (0..3).filter_map(|_| breaker.enter()).collect();
        assert_eq!(calls.len(), 3, "closed, everybody is let in");
    });
}

/// Guards: old connections.
#[test]
fn a_connection_from_before_it_last_opened_is_not_used_again() {
    due(|breaker, _| {
        let before = Instant::now().checked_sub(Duration::from_secs(1)).expect("the machine is older");
        assert!(breaker.has_opened_since(before));
        breaker.trial().expect("it is due").settle(Verdict::Good);
        assert!(breaker.has_opened_since(before), "closed again, it is as old as it was");
        assert!(!breaker.has_opened_since(Instant::now()));
    });
    let (breaker, _) = breaker();
    assert!(!breaker.has_opened_since(Instant::now()), "it never opened");
}

#[test]
fn metrics_tell_the_state_each_change_and_the_refused() {
    due(|breaker, metrics| {
        assert!(breaker.permit().is_err());
        let text = metrics.text();
        assert!(text.contains(r#"board_breaker_state{dependency="postgres"} 2"#), "{text}");
        assert!(text.contains(r#"board_breaker_refused_total{dependency="postgres"} 1"#), "{text}");
        let trial = breaker.trial().expect("it is due");
        assert!(metrics.text().contains(r#"board_breaker_state{dependency="postgres"} 1"#));
        trial.settle(Verdict::Good);
        let text = metrics.text();
        assert!(text.contains(r#"board_breaker_state{dependency="postgres"} 0"#), "{text}");
        for to in ["open", "half_open", "closed"] {
            let line = format!(r#"board_breaker_transitions_total{{dependency="postgres",to="{to}"}} 1"#);
            assert!(text.contains(&line), "{line} is not in {text}");
        }
    });
}

#[test]
fn the_defaults_are_those_of_the_checklist() {
    let BreakerSettings { open, share, volume, window } = BreakerSettings::default();
    assert_eq!((share.to_string().as_str(), volume, window), ("0.5", 10, Duration::from_secs(10)));
    assert_eq!((open, deadline::TRANSACTION), (OPEN, Duration::from_secs(3)));
}

fn read(name: &str, value: &str) -> Result<BreakerSettings, crate::config::Misconfigured> {
    let mut reader = Reader::new([(name.to_owned(), value.to_owned())]);
    let settings = BreakerSettings::read(&mut reader);
    reader.finish(settings)
}

#[test]
fn what_opens_it_is_set_within_bounds() {
    assert!(read("BREAKER_SHARE", "0.8").is_ok_and(|settings| settings.share.to_string() == "0.8"));
    assert!(read("BREAKER_VOLUME", "25").is_ok_and(|settings| settings.volume == 25));
    assert!(read("BREAKER_WINDOW_S", "2.5").is_ok_and(|settings| settings.window == Duration::from_millis(2_500)));
    for (name, wrong) in [
        ("BREAKER_SHARE", ["0", "1.1", "NaN", "50%"]),
        ("BREAKER_VOLUME", ["0", "100001", "-1", "ten"]),
        ("BREAKER_WINDOW_S", ["0", "0.9", "601", "1m"]),
    ] {
        for value in wrong {
            let told = read(name, value).expect_err(value).to_string();
            assert!(told.contains(&format!("{name} is \"{value}\": wanted")), "{told}");
        }
    }
}
