//! What is printed.

use std::collections::BTreeMap;

use deploy::affected::{Decision, Reason};
use serde_json::json;

use super::Options;

/// Reasons for people to read; JSON has them all.
const ENOUGH: usize = 8;

pub(super) fn print(decisions: &BTreeMap<String, Decision>, options: &Options) {
    if options.json {
        println!("{}", json!({ "since": options.since, "refused": options.refused, "functions": decisions }));
        return;
    }
    for (name, decision) in decisions {
        if options.why {
            println!("{name}: {}", told(decision, &options.since));
        } else if matches!(decision, Decision::Ship { .. }) {
            println!("{name}");
        }
    }
}

fn told(decision: &Decision, since: &str) -> String {
    match decision {
        Decision::Ship { why } => format!("ship{}", listed(why)),
        Decision::Untouched => format!("nothing to ship: it is as in {since}"),
        Decision::RefusedBefore { commit } => format!("nothing to ship: it is as in {commit}, which was refused"),
        Decision::Older { runs } => format!("not to be shipped: {runs}, which runs, is newer"),
    }
}

fn listed(why: &[Reason]) -> String {
    let lines = why.iter().take(ENOUGH).map(|reason| format!("\n  {reason}"));
    let left = why.len().saturating_sub(ENOUGH);
    let more = (left > 0).then(|| format!("\n  and {left} more"));
    lines.chain(more).collect()
}
