//! The end of a run, in two or three sentences with what to do.

use std::time::Duration;

use deploy::run::{Ended, Order, Outcome};
use serde_json::json;

use super::exit::Exit;
use super::say::LastWord;

/// How many digits of a commit a person reads.
const SHORT: usize = 10;

/// What a run came to.
pub(crate) fn last(function: &str, run: &Ended, order: &Order, took: Duration) -> LastWord {
    let Ended { outcome, colour, commit, kept, wrote } = run;
    let (exit, told) = match outcome {
        Outcome::Done => (Exit::Done, done(function, run, order, took)),
        // That is what was asked for.
        Outcome::TakenBack { .. } if matches!(order, Order::TakeBack) => (Exit::Done, asked_back(function, run, took)),
        Outcome::TakenBack { why } => (Exit::TakenBack, taken_back(function, run, why)),
        Outcome::BothIll { why } => (Exit::BothIll, both_ill(function, why)),
        Outcome::Locked { by } => (Exit::Locked, locked(function, by)),
        Outcome::NeedsPerson { what, todo } => (Exit::NeedsAPerson, format!("{}\n{todo}", sentence(what))),
    };
    let seconds = took.as_secs_f64();
    let more = json!({
        "function": function, "colour": colour, "commit": commit, "kept": kept, "wrote": wrote, "seconds": seconds,
    });
    LastWord { exit, told, more }
}

/// What a run that did nothing came to.
pub(crate) fn undone(function: &str, outcome: Outcome, order: &Order) -> LastWord {
    let run = Ended { outcome, colour: None, commit: None, kept: None, wrote: false };
    last(function, &run, order, Duration::ZERO)
}

/// A commit as a person reads it.
pub(crate) fn short(commit: &str) -> &str {
    commit.get(..SHORT).unwrap_or(commit)
}

fn serves(run: &Ended) -> String {
    match run.kept.as_deref() {
        Some(kept) => format!("{} serves as before", short(kept)),
        None => "what stood before serves".to_owned(),
    }
}

fn done(function: &str, run: &Ended, order: &Order, took: Duration) -> String {
    let seconds = took.as_secs_f64();
    let what = run.commit.as_deref().or(run.kept.as_deref()).map_or("one colour".to_owned(), |it| short(it).to_owned());
    match (order, run.wrote) {
        (Order::Release(_), true) => format!("{function}: {what} stands alone, after {seconds:.1} s."),
        (Order::Release(_), false) => {
            format!("{function}: {what} stands alone already: there was nothing to do. --again deploys it once more.")
        }
        (Order::Mend, true) => format!("{function}: mended after {seconds:.1} s: {what} stands alone."),
        (Order::TakeBack, true) => format!("{function}: taken back after {seconds:.1} s: {what} stands alone."),
        (Order::Mend | Order::TakeBack, false) => {
            format!("{function}: {what} stands alone: there was nothing to do.")
        }
    }
}

fn taken_back(function: &str, run: &Ended, why: &str) -> String {
    let what = run.commit.as_deref().map_or("the release".to_owned(), |commit| short(commit).to_owned());
    format!(
        "{function}: {what} was taken back: {}\n{}, with its old configuration and secrets. Mend it and deploy again; \
         `fly logs` has what its machines said.",
        sentence(why),
        capital(&serves(run)),
    )
}

fn asked_back(function: &str, run: &Ended, took: Duration) -> String {
    let seconds = took.as_secs_f64();
    format!("{function}: what was in mid-deploy was taken back, after {seconds:.1} s: {}.", serves(run))
}

fn both_ill(function: &str, why: &str) -> String {
    format!(
        "{function}: nothing was changed, since both colours are ill, which is what they depend on: {}\nDeploy again \
         once it is back. What cannot wait for it ships with --gate routable.",
        sentence(why)
    )
}

fn locked(function: &str, by: &str) -> String {
    format!(
        "{function}: somebody else is at work ({by}), so nothing more was touched. Deploy again when they are done; a \
         dead run's leases end within a minute."
    )
}

fn sentence(words: &str) -> String {
    let words = words.trim().trim_end_matches('.');
    format!("{words}.")
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    // A commit stays as it is.
    match letters.next() {
        Some(first) if words.starts_with("what") => first.to_uppercase().chain(letters).collect(),
        _ => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(outcome: Outcome) -> Ended {
        let commit = |digit: &str| Some(digit.repeat(40));
        Ended {
            outcome,
            colour: Some("019aabbccdde0042".to_owned()),
            commit: commit("b"),
            kept: commit("a"),
            wrote: true,
        }
    }

    fn told(outcome: Outcome) -> String {
        last("api", &run(outcome), &Order::Mend, Duration::from_millis(12_340)).told
    }

    #[test]
    fn each_end_has_its_code_and_says_what_to_do() {
        let words = |text: &str| text.to_owned();
        let ends = [
            (Outcome::Done, Exit::Done),
            (Outcome::TakenBack { why: words("faulty: 503") }, Exit::TakenBack),
            (Outcome::BothIll { why: words("postgres") }, Exit::BothIll),
            (Outcome::Locked { by: words("ada") }, Exit::Locked),
            (Outcome::NeedsPerson { what: words("a cordon"), todo: words("look") }, Exit::NeedsAPerson),
        ];
        for (outcome, exit) in ends {
            assert_eq!(last("api", &run(outcome), &Order::Mend, Duration::ZERO).exit, exit);
        }
        insta::assert_snapshot!(told(Outcome::Done), @"api: mended after 12.3 s: bbbbbbbbbb stands alone.");
        insta::assert_snapshot!(told(Outcome::TakenBack { why: words("faulty: 503") }), @r"
        api: bbbbbbbbbb was taken back: faulty: 503.
        aaaaaaaaaa serves as before, with its old configuration and secrets. Mend it and deploy again; `fly logs` has what its machines said.
        ");
        insta::assert_snapshot!(told(Outcome::BothIll { why: words("postgres is away") }), @r"
        api: nothing was changed, since both colours are ill, which is what they depend on: postgres is away.
        Deploy again once it is back. What cannot wait for it ships with --gate routable.
        ");
    }

    #[test]
    fn a_take_back_that_was_asked_for_is_done() {
        let taken = run(Outcome::TakenBack { why: "somebody took it back".to_owned() });
        let last = last("api", &taken, &Order::TakeBack, Duration::from_secs(2));
        assert_eq!(last.exit, Exit::Done);
        assert_eq!(last.told, "api: what was in mid-deploy was taken back, after 2.0 s: aaaaaaaaaa serves as before.");
    }

    #[test]
    fn what_stood_already_is_told_as_nothing_done() {
        let unwritten = Ended { wrote: false, ..run(Outcome::Done) };
        let told = last("api", &unwritten, &Order::Mend, Duration::ZERO).told;
        assert_eq!(told, "api: bbbbbbbbbb stands alone: there was nothing to do.");
    }
}
