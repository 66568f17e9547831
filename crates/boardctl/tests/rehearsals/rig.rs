//! Where rehearsals are held, and how they are told.

use std::path::{Path, PathBuf};

use boardctl::rehearse::{Fault, Look, Report, Stage, Wanted};
use testbed::board::Part;

/// Whether the real times are wanted.
pub(super) fn long() -> bool {
    std::env::var_os("REHEARSALS_LONG").is_some_and(|value| value == "1")
}

pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A stage of one's own.
pub(super) async fn stage() -> Stage {
    Stage::set(root(), testbed::cargo::binary, long()).await.expect("a stage")
}

/// Of one deploy, with little load: of several stages at once each has to leave room for the others.
pub(super) fn wanted(part: Part, fault: Option<Fault>) -> Wanted {
    Wanted { part, fault, times: 1, rate: 60.0, least: 0, tell: quiet }
}

fn quiet(_: &Look) {}

/// Rehearses, and demands that all is as it must be.
pub(super) async fn rehearsed(stage: &mut Stage, wanted: Wanted) -> Report {
    let report = stage.rehearse(wanted).await.expect("a rehearsal");
    let timeline: Vec<String> = report.timeline.iter().map(Look::line).collect();
    let name = report.fault.unwrap_or("no fault");
    println!("\n--- {}, {name}{}", report.function, report.text());
    assert!(report.is_good(), "{}\n{}", report.text(), timeline.join("\n"));
    report
}
