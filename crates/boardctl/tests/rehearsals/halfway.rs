//! Runs that somebody ends: by a signal, by two, by a rollback.

use boardctl::rehearse::Moment;
use hyper::{Response, Uri};
use nix::sys::signal::Signal;
use testbed::board::{Part, app};
use testbed::site::Site;

use super::rig::{root, stage};

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

/// The app's repository: tags, each with its digest.
fn registry(images: Vec<(String, String)>) -> Site {
    let app = app(Part::Api.name());
    let page = move |uri: &Uri| {
        let tags: Vec<&String> = images.iter().map(|(tag, _)| tag).collect();
        let asked = images.iter().find(|(tag, _)| uri.path() == format!("/v2/{app}/manifests/{tag}"));
        match (uri.path(), asked) {
            (path, _) if path == format!("/v2/{app}/tags/list") => {
                Response::new(serde_json::json!({ "name": app, "tags": tags }).to_string())
            }
            (_, Some((_, digest))) => {
                let found = Response::builder().header("docker-content-digest", digest).body(String::new());
                found.expect("a response")
            }
            _ => Response::builder().status(404).body(String::new()).expect("a response"),
        }
    };
    Site::start(testbed::port::free_port(), page).expect("a site")
}

#[tokio::test]
#[ignore = "minutes long: scripts/test rehearsals runs it"]
async fn a_rollback_brings_back_the_release_before_or_that_of_a_commit() {
    let head = std::process::Command::new("git").args(["rev-parse", "HEAD"]).current_dir(root()).output().expect("git");
    let head = String::from_utf8(head.stdout).expect("text").trim().to_owned();
    let mut stage = stage().await;
    let (one, two) = (stage.another(Part::Api).await.expect("one"), stage.another(Part::Api).await.expect("two"));
    let (one, two) = (one.of(&head), two.of(&head));
    for release in [&one, &two] {
        let came = stage.deploy(Part::Api, release).await.expect("it ends");
        assert_eq!(came.code, Some(0), "{}\n{}", came.told, came.lines.join("\n"));
    }
    let back = stage.ended(Part::Api, &["rollback", "api", "--json"]).await.expect("it ends");
    assert_eq!(back.code, Some(0), "{}\n{}", back.told, back.lines.join("\n"));
    assert_eq!(stage.digests(Part::Api).await.expect("machines"), [one.digest()].into());
    let registry = registry([&one, &two].map(|it| (it.tag(), it.digest())).into());
    stage.registry_at(registry.url());
    let forth = stage.ended(Part::Api, &["rollback", "api", "--to", &head, "--json"]).await.expect("it ends");
    assert_eq!(forth.code, Some(0), "{}\n{}", forth.told, forth.lines.join("\n"));
    assert_eq!(stage.digests(Part::Api).await.expect("machines"), [two.digest()].into(), "the newest of that commit");
    let nowhere = ["rollback", "api", "--to", "HEAD~0"];
    assert!(stage.said(Part::Api, &nowhere).await.expect("it ends").contains("7 or more hex digits"));
}
