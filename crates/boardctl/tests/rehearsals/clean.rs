//! Nothing goes wrong: nobody loses anything.

use boardctl::rehearse::Wanted;
use testbed::board::Part;

use super::rig::{long, rehearsed, stage, wanted};

/// So many deploys in a row, of so many requests at least.
fn in_a_row(part: Part) -> Wanted {
    let (times, least) = if long() { (20, 100_000) } else { (3, 20_000) };
    Wanted { times, least, rate: 450.0, ..wanted(part, None) }
}

#[tokio::test]
#[ignore = "minutes long: scripts/test rehearsals runs it"]
async fn api_is_replaced_three_times_in_a_row_and_no_request_of_20_000_fails() {
    let report = rehearsed(&mut stage().await, in_a_row(Part::Api)).await;
    let requests = report.requests.expect("people asked");
    assert!(requests.sent >= 20_000 && requests.failed == 0, "{requests:?}");
    assert_eq!(report.breaker_transitions, 0);
}

#[tokio::test]
#[ignore = "minutes long: scripts/test rehearsals runs it"]
async fn applications_is_replaced_three_times_in_a_row_and_no_request_of_20_000_fails() {
    let report = rehearsed(&mut stage().await, in_a_row(Part::Applications)).await;
    let requests = report.requests.expect("people asked");
    assert!(requests.sent >= 20_000 && requests.failed == 0, "{requests:?}");
    assert_eq!(report.breaker_transitions, 0);
}

#[tokio::test]
#[ignore = "minutes long: scripts/test rehearsals runs it"]
async fn the_worker_is_replaced_three_times_in_a_row_and_each_of_5_000_mails_is_sent_once() {
    let wanted = Wanted { least: 5_000, ..in_a_row(Part::EmailWorker) };
    let report = rehearsed(&mut stage().await, wanted).await;
    let mails = report.mails.expect("mails were written");
    assert!(mails.written >= 5_000, "{mails:?}");
    assert_eq!((mails.arrived, mails.doubled), (mails.written, 0), "{mails:?}");
}
