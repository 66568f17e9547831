use proptest::prelude::*;
use time::macros::datetime;

use super::*;

const QUOTA: Quota = Quota { name: "posts", limit: 3, window: Duration::from_secs(60) };
const NOW: OffsetDateTime = datetime!(2030-01-01 12:00 UTC);
const KEY: Hash = [7; 32];

/// Acceptances of so many seconds ago.
fn ago(seconds: &[i64]) -> Vec<Acceptance> {
    let accepted = |seconds: &i64| NOW - time::Duration::seconds(*seconds);
    seconds.iter().map(|seconds| Acceptance { at: accepted(seconds), id: Uuid::nil(), key: None }).collect()
}

fn refused(after: u64) -> Decision {
    Decision::Refuse { after: Duration::from_secs(after) }
}

#[test]
fn whoever_has_a_place_left_goes_on() {
    assert_eq!(QUOTA.verdict(&[], None, NOW), Decision::Go);
    assert_eq!(QUOTA.verdict(&ago(&[1, 2]), None, NOW), Decision::Go);
}

#[test]
fn whoever_has_none_waits_until_the_oldest_that_counts_is_over() {
    assert_eq!(QUOTA.verdict(&ago(&[1, 40, 2]), None, NOW), refused(20));
    // More than are allowed, as after a limit was lowered: the third newest decides.
    assert_eq!(QUOTA.verdict(&ago(&[1, 2, 3, 59]), None, NOW), refused(57));
}

#[test]
fn acceptances_outside_of_the_window_do_not_count() {
    assert_eq!(QUOTA.verdict(&ago(&[1, 2, 60, 61]), None, NOW), Decision::Go);
}

#[test]
fn it_errs_by_a_second_towards_letting_through() {
    assert_eq!(QUOTA.verdict(&ago(&[1, 2, 59]), None, NOW), Decision::Go);
    assert_eq!(QUOTA.verdict(&ago(&[1, 2, 58]), None, NOW), refused(2));
}

#[test]
fn whoever_repeats_a_request_that_was_accepted_goes_on() {
    let mut full = ago(&[1, 2, 3]);
    full[1].key = Some(KEY);
    assert_eq!(QUOTA.verdict(&full, Some(&KEY), NOW), Decision::Go);
    assert_eq!(QUOTA.verdict(&full, Some(&[8; 32]), NOW), refused(57));
    // One without a key is no repetition of one without a key.
    assert_eq!(QUOTA.verdict(&full, None, NOW), refused(57));
}

#[test]
fn the_fields_are_as_the_draft_has_them() {
    let fields = QUOTA.fields(Standing { left: 2, reset: Duration::from_millis(12_001) });
    assert_eq!(
        fields,
        [("RateLimit-Policy", "\"posts\";q=3;w=60".to_owned()), ("RateLimit", "\"posts\";r=2;t=13".to_owned())]
    );
    assert_eq!(QUOTA.fields(Standing { left: 0, reset: Duration::ZERO })[1].1, "\"posts\";r=0;t=1");
}

proptest! {
    /// Against a naive count: whoever is refused has none left, also a second later.
    #[test]
    fn nobody_is_refused_who_has_a_place_left(seconds in proptest::collection::vec(0_i64..120, 0..8)) {
        let counting = |later: i64| seconds.iter().filter(|second| **second + later < 60).count();
        match QUOTA.verdict(&ago(&seconds), None, NOW) {
            Decision::Go => prop_assert!(counting(1) < 3),
            Decision::Refuse { after } => {
                let after = i64::try_from(after.as_secs()).expect("below a minute");
                prop_assert!(counting(1) >= 3);
                prop_assert!(counting(after) < 3 && counting(after - 1) >= 3, "{after} is not exact");
            }
        }
    }
}
