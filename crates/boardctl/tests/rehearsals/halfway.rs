//! Runs that somebody ends: by a signal, by two, by a rollback.

use boardctl::rehearse::Moment;
use nix::sys::signal::Signal;
use testbed::board::Part;

use super::rig::stage;

#[tokio::test]
#[ignore = "minutes long: scripts/test rehearsals runs it"]
async fn a_signal_takes_back_and_a_second_one_ends_it_at_once_for_a_mend_to_finish() {
    let mut stage = stage().await;
    stage.deployed(Part::Api).await.expect("a first release");
    let before = stage.colours(Part::Api).await.expect("machines");
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let taken = stage.interrupted(Part::Api, Moment::Uncordoned, &[signal]).await.expect("it ends");
        assert_eq!(taken.code, Some(2), "{}\n{}", taken.told, taken.lines.join("\n"));
        assert!(taken.told.contains("was taken back"), "{}", taken.told);
        assert_eq!(stage.colours(Part::Api).await.expect("machines"), before);
    }
    let cut = stage.interrupted(Part::Api, Moment::Uncordoned, &[Signal::SIGINT; 2]).await.expect("it ends");
    assert_eq!(cut.code, Some(130), "{}", cut.told);
    assert!(cut.told.contains("boardctl deploy api --mend"), "{}", cut.told);
    assert_eq!(stage.colours(Part::Api).await.expect("machines").len(), 2, "both colours are there");
    let status = stage.said(Part::Api, &["status", "api"]).await.expect("it ends");
    assert!(status.contains("left over: commit 0000000400") && status.contains("no verdict yet"), "{status}");
    let mended = stage.ended(Part::Api, &["deploy", "api", "--mend", "--json"]).await.expect("it ends");
    assert_eq!(mended.code, Some(0), "{}\n{}", mended.told, mended.lines.join("\n"));
    assert_eq!(stage.colours(Part::Api).await.expect("machines").len(), 1);
}

#[tokio::test]
#[ignore = "minutes long: scripts/test rehearsals runs it"]
async fn a_rollback_takes_back_what_a_dead_run_left_in_mid_deploy() {
    let mut stage = stage().await;
    stage.deployed(Part::Applications).await.expect("a first release");
    let before = stage.colours(Part::Applications).await.expect("machines");
    let cut = stage.interrupted(Part::Applications, Moment::Soaking, &[Signal::SIGKILL]).await.expect("it ends");
    assert_eq!(cut.code, None);
    let plan = stage.said(Part::Applications, &["deploy", "applications", "--mend", "--plan"]).await.expect("it ends");
    assert!(plan.contains("What would be done"), "{plan}");
    let back = stage.ended(Part::Applications, &["rollback", "applications", "--json"]).await.expect("it ends");
    assert_eq!(back.code, Some(0), "{}\n{}", back.told, back.lines.join("\n"));
    assert_eq!(stage.colours(Part::Applications).await.expect("machines"), before);
}
