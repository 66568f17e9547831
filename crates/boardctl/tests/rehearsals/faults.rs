//! Each fault: nobody loses a request, but where the fault is of what already has all of them; the run says how it ended;
//! the next one mends and succeeds.

use boardctl::rehearse::{Fault, Moment, Report};
use testbed::board::Part;

use super::rig::{long, rehearsed, stage, wanted};

async fn befalls(part: Part, fault: Fault) -> Report {
    rehearsed(&mut stage().await, wanted(part, Some(fault))).await
}

#[track_caller]
fn nobody_felt(report: &Report) {
    let requests = report.requests.as_ref().expect("people asked");
    assert!(requests.sent > 20 && requests.failed == 0, "{requests:?}");
}

#[tokio::test]
#[ignore = "minutes long: scripts/test rehearsals runs it"]
async fn a_release_that_never_gets_ready_is_taken_back() {
    let report = befalls(Part::Api, Fault::NeverReady).await;
    nobody_felt(&report);
    assert!(report.runs[0].told.contains("its check ready fails"), "{}", report.runs[0].told);
}

#[tokio::test]
#[ignore = "minutes long: scripts/test rehearsals runs it"]
async fn a_release_whose_critical_request_fails_is_taken_back() {
    nobody_felt(&befalls(Part::Api, Fault::Critical).await);
}

#[tokio::test]
#[ignore = "minutes long: scripts/test rehearsals runs it"]
async fn a_release_that_exits_is_taken_back() {
    let report = befalls(Part::Api, Fault::Exits).await;
    nobody_felt(&report);
    assert!(report.runs[0].told.contains("code 137"), "{}", report.runs[0].told);
}

#[tokio::test]
#[ignore = "minutes long: scripts/test rehearsals runs it"]
async fn a_deployer_killed_after_a_create_is_gone_on_from() {
    nobody_felt(&befalls(Part::Api, Fault::Killed(Moment::Created)).await);
}

#[tokio::test]
#[ignore = "minutes long: scripts/test rehearsals runs it"]
async fn a_deployer_killed_between_uncordon_and_cordon_is_gone_on_from() {
    nobody_felt(&befalls(Part::Applications, Fault::Killed(Moment::Uncordoned)).await);
}

#[tokio::test]
#[ignore = "minutes long: scripts/test rehearsals runs it"]
async fn a_deployer_killed_in_the_soak_is_gone_on_from() {
    nobody_felt(&befalls(Part::Api, Fault::Killed(Moment::Soaking)).await);
}

#[tokio::test]
#[ignore = "minutes long: scripts/test rehearsals runs it"]
async fn a_deployer_killed_between_two_stops_is_gone_on_from() {
    nobody_felt(&befalls(Part::Applications, Fault::Killed(Moment::Stopping)).await);
}

#[tokio::test]
#[ignore = "minutes long: scripts/test rehearsals runs it"]
async fn a_database_without_room_for_a_second_colour_keeps_the_first() {
    nobody_felt(&befalls(Part::Applications, Fault::ConnectionLimit).await);
}

#[tokio::test]
#[ignore = "minutes long: scripts/test rehearsals runs it"]
async fn a_fleet_asleep_is_replaced_asleep_and_wakes_for_the_first_request() {
    let report = befalls(Part::Api, Fault::Asleep).await;
    nobody_felt(&report);
    let awake = |look: &boardctl::rehearse::Look| look.machines.iter().filter(|it| it.state == "started").count();
    assert!(
        report.timeline.iter().all(|look| awake(look) <= 2),
        "one green proves the image, and no sleeper is booted"
    );
}

#[tokio::test]
#[ignore = "minutes long: scripts/test rehearsals runs it"]
async fn a_fault_that_begins_in_the_soak_is_taken_back_within_its_time() {
    let report = befalls(Part::Api, Fault::Soak).await;
    let requests = report.requests.expect("people asked");
    assert!(requests.failed > 0, "people find it first: {requests:?}");
    let after = requests.failed_after_verdict_s.expect("a verdict");
    // 20 s, or a tenth; a busy machine takes two seconds more for what no margin waits for.
    let most = if long() { 22.0 } else { 4.0 };
    assert!(after < most, "{requests:?}");
}

#[tokio::test]
#[ignore = "minutes long: scripts/test rehearsals runs it"]
async fn redis_gone_in_the_soak_changes_nothing() {
    nobody_felt(&befalls(Part::Applications, Fault::RedisGone).await);
}

#[tokio::test]
#[ignore = "minutes long: scripts/test rehearsals runs it"]
async fn a_worker_that_never_gets_ready_takes_no_mail() {
    let report = befalls(Part::EmailWorker, Fault::NeverReady).await;
    let mails = report.mails.expect("mails were written");
    assert_eq!((mails.arrived, mails.doubled, mails.retried), (mails.written, 0, 0), "{mails:?}");
}
