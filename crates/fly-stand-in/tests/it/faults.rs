//! Calls that go wrong, each way, and what the real client makes of it.

use std::time::Duration;

use deploy::machines::{Doubt, Meaning, State};
use fly_stand_in::{Act, Fault, Happening, Instead, Lands};

use super::rig::{Rig, meaning, new, rules};

rules![
    a_failure_before_the_effect_leaves_nothing_done,
    a_failure_after_the_effect_leaves_it_done,
    any_status_and_any_body_can_be_answered,
    a_cut_connection_leaves_a_write_unknown_and_a_read_unanswered,
    a_call_that_hangs_is_given_up,
    a_create_whose_answer_is_lost_makes_one_machine,
    a_create_that_never_arrived_is_sent_again,
    a_call_of_a_dead_run_lands_later,
    a_fault_is_planned_by_call_number_and_machine,
    a_plan_can_be_given_up,
];

fn status(status: u16) -> Instead {
    Instead::Status { status, body: None, retry_after_s: None }
}

fn fault(call: Act, lands: Lands, answer: Instead) -> Fault {
    Fault { call: Some(call), lands, answer, ..Fault::default() }
}

async fn a_failure_before_the_effect_leaves_nothing_done(rig: Rig) {
    let id = rig.started("a").await;
    rig.plan(fault(Act::Cordon, Lands::Never, status(500)));
    assert!(matches!(meaning(rig.machines.cordon(&id).await), Meaning::Unknown(Doubt::Failed(_))));
    assert!(!rig.view(&id).cordoned);
    rig.machines.cordon(&id).await.expect("once alone");
}

async fn a_failure_after_the_effect_leaves_it_done(rig: Rig) {
    let id = rig.started("a").await;
    rig.plan(fault(Act::Cordon, Lands::AtOnce, status(502)));
    assert!(matches!(meaning(rig.machines.cordon(&id).await), Meaning::Unknown(Doubt::Failed(_))));
    assert!(rig.view(&id).cordoned);
    assert_eq!(rig.fly.with(|fly, _| fly.befallen()), 1);
}

async fn any_status_and_any_body_can_be_answered(rig: Rig) {
    let id = rig.started("a").await;
    let whole = |status, body: &str| Instead::Status { status, body: Some(body.to_owned()), retry_after_s: Some(2) };
    let mut outcomes = Vec::new();
    for (status, body) in [
        (408, ""),
        (409, r#"{"error":"aborted"}"#),
        (412, ""),
        (422, ""),
        (429, ""),
        (401, ""),
        (404, ""),
        (200, "<html>"),
    ] {
        rig.plan(fault(Act::Get, Lands::Never, whole(status, body)));
        outcomes.push(meaning(rig.machines.get(&id).await));
    }
    use Meaning::*;
    assert!(
        matches!(
            &outcomes[..],
            [
                Unanswered(_),
                Conflict(_),
                WrongState(_),
                Invalid(_),
                RateLimited { wait: Duration { .. } },
                Unauthorized(_),
                NotFound(_),
                Unreadable(_),
            ]
        ),
        "{outcomes:?}"
    );
    assert_eq!(outcomes[4], RateLimited { wait: Duration::from_secs(2) });
}

async fn a_cut_connection_leaves_a_write_unknown_and_a_read_unanswered(rig: Rig) {
    let id = rig.started("a").await;
    rig.plan(fault(Act::Cordon, Lands::AtOnce, Instead::Cut));
    rig.plan(fault(Act::Get, Lands::Never, Instead::Cut));
    assert!(matches!(meaning(rig.machines.cordon(&id).await), Meaning::Unknown(Doubt::Disconnected(_))));
    assert!(matches!(meaning(rig.machines.get(&id).await), Meaning::Unanswered(Doubt::Disconnected(_))));
    assert!(rig.view(&id).cordoned);
}

async fn a_call_that_hangs_is_given_up(rig: Rig) {
    let id = rig.started("a").await;
    rig.plan(fault(Act::Uncordon, Lands::Never, Instead::Hang));
    assert_eq!(meaning(rig.machines.uncordon(&id).await), Meaning::Unknown(Doubt::TimedOut));
    rig.look(&id).await;
}

async fn a_create_whose_answer_is_lost_makes_one_machine(rig: Rig) {
    for (name, answer) in [("a", status(503)), ("b", Instead::Cut), ("c", status(408))] {
        rig.plan(fault(Act::Create, Lands::AtOnce, answer));
        let id = rig.made(&new(name)).await;
        assert_eq!(rig.look(&id).await.name, name);
    }
    assert_eq!(rig.machines.list().await.expect("a list").len(), 3);
}

async fn a_create_that_never_arrived_is_sent_again(rig: Rig) {
    rig.plan(Fault { times: 2, ..fault(Act::Create, Lands::Never, Instead::Cut) });
    rig.made(&new("a")).await;
    rig.plan(Fault { times: 3, ..fault(Act::Create, Lands::Never, Instead::Cut) });
    assert!(matches!(meaning(rig.machines.create(&new("b")).await), Meaning::Unknown(_)));
    assert_eq!(rig.machines.list().await.expect("a list").len(), 1);
}

async fn a_call_of_a_dead_run_lands_later(rig: Rig) {
    let id = rig.started("a").await;
    rig.plan(fault(Act::Stop, Lands::After(Duration::from_millis(200)), Instead::Cut));
    let term = deploy::machines::Signal::Term;
    assert!(matches!(meaning(rig.machines.stop(&id, term, super::rig::HOUR).await), Meaning::Unknown(_)));
    let waited = rig.machines.wait(&id, &State::Stopped, None, Duration::from_secs(20));
    let end = async {
        rig.until("it lands", || rig.view(&id).state == fly_stand_in::State::Stopping).await;
        rig.happen(&id, Happening::Exited { code: 0, oom: false });
    };
    tokio::join!(waited, end).0.expect("stopped in the end");
}

async fn a_fault_is_planned_by_call_number_and_machine(rig: Rig) {
    let (a, b) = (rig.started("a").await, rig.started("b").await);
    let machine = Some("b".to_owned());
    rig.plan(Fault { machine, nth: 2, ..fault(Act::Cordon, Lands::Never, status(500)) });
    let mut seen = Vec::new();
    for id in [&a, &b, &a, &b, &b] {
        seen.push(rig.machines.cordon(id).await.is_ok());
    }
    assert_eq!(seen, [true, true, true, false, true]);
    // A machine that is yet to be made is meant by its name.
    rig.plan(Fault { machine: Some("c".to_owned()), call: Some(Act::Create), answer: status(422), ..Fault::default() });
    rig.made(&new("d")).await;
    assert!(matches!(meaning(rig.machines.create(&new("c")).await), Meaning::Invalid(_)));
}

async fn a_plan_can_be_given_up(rig: Rig) {
    rig.plan(Fault { times: 100, ..Fault::default() });
    assert!(matches!(meaning(rig.machines.list().await), Meaning::Unanswered(_)));
    rig.fly.with(|fly, _| fly.clear_plan());
    rig.machines.list().await.expect("a list");
}
