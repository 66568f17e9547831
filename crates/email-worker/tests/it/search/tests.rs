//! The protocol as it is, and with one rule after the other taken out.

use std::io::Write as _;

use super::{
    explore::Search,
    world::{Fate, Mutation, Setting, World},
};

/// A sign-in link and another mail, each in a batch of its own.
const TWO_KINDS: Setting = Setting {
    sign_in: [true, false],
    send_before: [1, 2],
    most: 1,
    bad: None,
    only_refusals: false,
    mutation: Mutation::None,
};

/// Two mails of one kind in one batch, one of which Resend will never take.
const ONE_BAD: Setting = Setting { sign_in: [false, false], send_before: [1, 2], most: 2, bad: Some(1), ..TWO_KINDS };

/// Two good sign-in links in one batch.
const TOGETHER: Setting = Setting { sign_in: [true, true], most: 2, ..TWO_KINDS };

fn holds(name: &str, setting: Setting, at_least: usize) -> Search {
    let search = Search::run(&setting);
    // Past the capture of the test runner: whoever runs the tests sees how much was searched.
    let _ = writeln!(std::io::stdout(), "searched {name}: {} worlds", search.len());
    if let Some(rule) = search.broken {
        panic!("{rule}:\n{}", search.last_trace());
    }
    if let Some(trace) = search.stuck() {
        panic!("no way to an end from here:\n{trace}");
    }
    assert!(search.len() >= at_least, "a search of {} worlds looks at too little", search.len());
    search
}

fn breaks(setting: Setting, mutation: Mutation, rule: &str) {
    let search = Search::run(&Setting { mutation, ..setting });
    let broken = search.broken.map(str::to_owned).or_else(|| search.stuck().map(|_| "stuck".to_owned()));
    println!(
        "{mutation:?}: {}, found among {} worlds:\n{}",
        broken.as_deref().unwrap_or("nothing"),
        search.len(),
        search.last_trace()
    );
    assert_eq!(broken.as_deref(), Some(rule), "{mutation:?}");
}

fn both(first: Fate, second: Fate) -> impl Fn(&World) -> bool {
    move |world| world.mails[0].fate == first && world.mails[1].fate == second
}

#[test]
fn two_mails_of_two_kinds_are_never_doubled_lost_or_lied_about() {
    let search = holds("two kinds", TWO_KINDS, 10_000);
    for fate in [Fate::Sent, Fate::Uncertain, Fate::Expired] {
        assert!(search.any(both(fate, fate)), "no world where both are {fate:?}");
    }
}

#[test]
fn a_bad_mail_takes_no_good_one_down() {
    let search = holds("one bad", ONE_BAD, 10_000);
    assert!(search.any(both(Fate::Sent, Fate::Dead)), "no world where the good one is sent and the bad one dead");
}

#[test]
fn two_mails_in_one_batch_are_never_doubled_lost_or_lied_about() {
    let search = holds("together", TOGETHER, 10_000);
    assert!(search.any(both(Fate::Expired, Fate::Sent)), "no world where only the late one expires");
}

#[test]
fn what_is_surely_refused_for_ever_expires_and_is_never_uncertain() {
    let search = holds("only refusals", Setting { only_refusals: true, ..TWO_KINDS }, 100);
    assert!(search.any(both(Fate::Expired, Fate::Expired)), "no world where both expire");
}

#[test]
fn without_the_key_a_mail_is_doubled() {
    breaks(TWO_KINDS, Mutation::NoKey, "a mail was delivered twice");
}

#[test]
fn without_the_fence_a_sleeper_spoils_what_another_worker_does() {
    breaks(TWO_KINDS, Mutation::NoFence, "a mail is expired that was delivered");
}

#[test]
fn without_frozen_bytes_a_key_is_posted_with_other_bytes() {
    breaks(TWO_KINDS, Mutation::NoFreeze, "a key was posted with other bytes");
}

#[test]
fn without_a_mark_before_the_post_a_delivered_mail_expires() {
    breaks(TWO_KINDS, Mutation::NoMark, "a mail is expired that was delivered");
}

#[test]
fn clearing_an_older_doubt_lets_a_delivered_mail_expire() {
    breaks(TWO_KINDS, Mutation::ClearAlways, "a mail is expired that was delivered");
}

#[test]
fn clearing_no_doubt_makes_a_sure_refusal_uncertain() {
    let setting = Setting { only_refusals: true, ..TWO_KINDS };
    breaks(setting, Mutation::ClearNever, "a mail is uncertain that was surely refused");
}

#[test]
fn repeating_for_longer_than_a_key_is_kept_doubles_a_mail() {
    breaks(TWO_KINDS, Mutation::NoGiveUp, "a mail was delivered twice");
}

#[test]
fn expiring_what_may_have_been_accepted_tells_a_lie() {
    breaks(TWO_KINDS, Mutation::FreeDoubtful, "a mail is expired that was delivered");
}

#[test]
fn a_stall_of_over_an_hour_between_mark_and_wire_is_the_one_that_hurts() {
    breaks(TWO_KINDS, Mutation::LongStall, "a mail was delivered twice");
}

#[test]
fn a_resend_that_refuses_a_content_and_takes_it_later_would_hurt() {
    breaks(TWO_KINDS, Mutation::FickleContent, "a mail is dead that was delivered");
}
