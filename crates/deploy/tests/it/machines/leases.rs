//! Leases: taken, known again, kept, given back, and never outlived by a call.

use std::time::Duration;

use deploy::machines::{Doubt, Lease, Machines, Meaning, Signal};
use serde_json::{Value, json};
use tokio::time::{Instant, advance};

use super::answers::{self, id, ok};
use super::scripted::{Scripted, Step};

const TTL: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(30);

fn lease(nonce: &str, description: &str) -> Value {
    let mut lease = answers::lease();
    lease["data"]["nonce"] = json!(nonce);
    lease["data"]["description"] = json!(description);
    lease
}

async fn taken(machines: &Machines<Scripted>) -> Lease {
    machines.take(&id(), TTL, "boardctl 42").await.expect("a lease")
}

#[tokio::test(start_paused = true)]
async fn a_call_under_a_lease_carries_its_nonce() {
    let script = Scripted::new([Step::Json(201, answers::lease()), Step::Json(200, ok()), Step::Json(200, ok())]);
    let machines = script.machines();
    let lease = taken(&machines).await;
    machines.cordon(&lease).await.expect("cordoned");
    machines.release(&lease).await.expect("released");
    let seen = script.seen();
    assert_eq!(seen[0].body, Some(json!({"ttl": 60, "description": "boardctl 42"})));
    let nonces: Vec<_> = seen.iter().map(|seen| seen.nonce.as_deref()).collect();
    assert_eq!(nonces, [None, Some("c85f903715c8"), Some("c85f903715c8")]);
    assert!(seen[2].call.starts_with("DELETE ") && seen[2].call.ends_with("/lease"), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_is_over_when_its_lease_is_and_is_not_sent_when_too_little_is_left() {
    let script = Scripted::new([Step::Json(201, answers::lease()), Step::Hang]);
    let machines = script.machines();
    let lease = taken(&machines).await;
    advance(Duration::from_secs(52)).await;
    let begun = Instant::now();
    let error = machines.stop(&lease, Signal::Term, STOP).await.expect_err("no answer");
    assert_eq!((error.meaning, begun.elapsed().as_secs()), (Meaning::Unknown(Doubt::TimedOut), 8));
    let error = machines.stop(&lease, Signal::Term, STOP).await.expect_err("no lease");
    assert_eq!(error.meaning, Meaning::LeaseEnds { left: Duration::ZERO });
    assert_eq!(script.seen().len(), 2, "the second is not sent");
}

#[tokio::test(start_paused = true)]
async fn waiting_for_its_turn_costs_a_call_its_lease() {
    let script = Scripted::new([Step::Json(201, answers::lease()), Step::Json(200, ok())]);
    let machines = script.machines();
    let lease = taken(&machines).await;
    advance(Duration::from_millis(57_500)).await;
    machines.cordon(&lease).await.expect("2.5 s are enough");
    let error = machines.cordon(&lease).await.expect_err("1.5 s are not");
    assert_eq!(error.meaning, Meaning::LeaseEnds { left: Duration::from_millis(1_500) });
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_counted_from_when_it_was_asked_for() {
    let script = Scripted::new([Step::RetryAfter("7"), Step::Slow(201, answers::lease())]);
    let machines = script.machines();
    machines.take(&id(), TTL, "boardctl 42").await.expect_err("limited");
    let lease = taken(&machines).await;
    assert_eq!(script.seen()[1].at.as_secs(), 7);
    assert_eq!(
        lease.left(),
        TTL - Duration::from_secs(3),
        "the answer's way is of the lease, the wait for the turn is not"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refreshed_lease_is_the_same_one_and_lasts_anew() {
    let script = Scripted::new([Step::Json(201, answers::lease()), Step::Json(201, answers::lease())]);
    let machines = script.machines();
    let old = taken(&machines).await;
    advance(Duration::from_secs(15)).await;
    let new = machines.refresh(&old, TTL).await.expect("refreshed");
    assert!(new.continues(&old) && new.left() == TTL && old.left() == Duration::from_secs(45));
    let seen = script.seen();
    assert_eq!((seen[1].nonce.as_deref(), &seen[1].body), (Some("c85f903715c8"), &None));
    assert!(seen[1].call.ends_with("/lease?ttl=60"), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn another_lease_in_the_place_of_a_refreshed_one_is_told() {
    let script = Scripted::new([Step::Json(201, answers::lease()), Step::Json(201, lease("other", ""))]);
    let machines = script.machines();
    let old = taken(&machines).await;
    let new = machines.refresh(&old, TTL).await.expect("a lease");
    assert!(!new.continues(&old));
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_another_holds_tells_whose_it_is_what_for_and_until_when() {
    let text = "machine ID 9080a0b0c0d003 lease currently held by stub@example.test, expires at 2026-11-27T03:02:48Z";
    let refused = Step::Json(409, json!({"status": "error", "message": text, "code": "invalid"}));
    let script = Scripted::new([refused, Step::Json(200, lease("theirs", "fly deploy"))]);
    let error = script.machines().take(&id(), TTL, "boardctl 42").await.expect_err("held");
    let Meaning::LeaseHeld(holder) = &error.meaning else { panic!("{error:?}") };
    assert_eq!(holder.owner.as_deref(), Some("stub@example.test"));
    assert_eq!(holder.description.as_deref(), Some("fly deploy"));
    assert_eq!(holder.until.map(time::OffsetDateTime::unix_timestamp), Some(1_795_748_568));
    assert!(!format!("{error} {error:?}").contains("theirs"), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_was_granted_in_a_lost_answer_is_known_by_its_description() {
    let granted = || Step::Json(200, lease("lost", "boardctl 42"));
    for lost in [Step::Cut, Step::Hang, Step::Text(500, ""), Step::Json(409, json!({"error": "aborted"}))] {
        let script = Scripted::new([lost, granted(), Step::Json(201, lease("lost", "boardctl 42"))]);
        let lease = taken(&script.machines()).await;
        assert_eq!(lease.left(), TTL);
        let seen = script.seen();
        assert!(seen[1].call.starts_with("GET ") && seen[2].nonce.as_deref() == Some("lost"), "{seen:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_nobody_was_seen_to_hold_after_a_lost_answer_stays_unknown() {
    let none = || Step::Json(404, json!({"error": "lease not found"}));
    for look in [none(), Step::Text(500, "")] {
        let error = Scripted::new([Step::Cut, look]).machines().take(&id(), TTL, "x").await.expect_err("unknown");
        assert!(matches!(error.meaning, Meaning::Unknown(_)), "{error:?}");
    }
    assert_eq!(Scripted::new([none()]).machines().holder(&id()).await.expect("an answer"), None);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_fly_has_no_more_is_given_back() {
    let none = Step::Json(404, json!({"error": "lease not found"}));
    let script = Scripted::new([Step::Json(201, answers::lease()), none]);
    let machines = script.machines();
    let lease = taken(&machines).await;
    machines.release(&lease).await.expect("as good");
    advance(TTL).await;
    machines.release(&lease).await.expect("as good, and not sent");
    assert_eq!(script.seen().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_lease_without_a_nonce_is_none() {
    let script = Scripted::new([Step::Json(201, lease("", ""))]);
    let error = script.machines().take(&id(), TTL, "x").await.expect_err("unreadable");
    assert_eq!(error.meaning.to_string(), "the answer cannot be read: data.nonce is not what it should be");
}
