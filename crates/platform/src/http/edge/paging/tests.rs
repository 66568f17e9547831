use super::*;
use proptest::prelude::*;

/// 32 bytes in base64 without padding.
const LETTERS: usize = 43;
/// The last nanosecond that `time` can write: the end of the year 9999.
const LAST: i128 = 253_402_300_799_999_999_999;

#[test]
fn the_last_page_has_no_cursor() {
    let paging = Paging { limit: 2, after: None };
    let cursor = |_: &i32| Cursor { at: OffsetDateTime::UNIX_EPOCH, id: Uuid::nil() };
    let (mut full, mut last) = (vec![1, 2, 3], vec![1, 2]);
    assert!(paging.cut(&mut full, cursor).is_some());
    assert_eq!(full, [1, 2]);
    assert_eq!(paging.cut(&mut last, cursor), None);
}

#[test]
fn every_way_to_ask_for_a_part_is_one_text() {
    let text = |query: &str| {
        let mut query = Fields::of_query(query);
        let paging = Paging::read(&mut query);
        query.finish(paging).expect("a part of a list").to_string()
    };
    for first in ["", "limit=20", "&limit=%32%30&", "limit=%2B0020"] {
        assert_eq!(text(first), "limit=20", "{first}");
    }
    let cursor = Cursor { at: OffsetDateTime::UNIX_EPOCH, id: Uuid::nil() }.to_text();
    let later = format!("limit=20&cursor={cursor}");
    assert_eq!([text(&later), text(&format!("cursor={cursor}&limit=20"))], [later.clone(), later]);
}

fn cursor() -> impl Strategy<Value = Cursor> {
    (0..=LAST, any::<u128>()).prop_map(|(at, id)| {
        let at = OffsetDateTime::from_unix_timestamp_nanos(at).expect("within its years");
        Cursor { at, id: Uuid::from_u128(id) }
    })
}

/// A text that is no cursor, or the very text that its cursor is written as: no second spelling is taken.
fn none_or_its_own(text: &str) -> Result<(), TestCaseError> {
    if let Some(cursor) = Cursor::parse(text) {
        prop_assert_eq!(cursor.to_text(), text);
        prop_assert!((0..=LAST).contains(&cursor.at.unix_timestamp_nanos()));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_cursor_comes_back_as_it_went(cursor in cursor()) {
        prop_assert_eq!(Cursor::parse(&cursor.to_text()), Some(cursor));
    }

    #[test]
    fn any_text_is_a_cursor_or_none(text in prop_oneof![".{0,80}", "[A-Za-z0-9_-]{40,46}", "[A-Za-z0-9+/=]{43,44}"]) {
        none_or_its_own(&text)?;
    }

    #[test]
    fn a_changed_cursor_is_another_or_none(cursor in cursor(), at in 0..LETTERS, letter: char, how in 0..4) {
        let text = cursor.to_text();
        prop_assert_eq!(text.len(), LETTERS);
        let (head, tail) = (&text[..at], &text[at + 1..]);
        let changed = match how {
            0 => format!("{head}{letter}{tail}"),
            1 => format!("{head}{tail}"),
            2 => format!("{head}{letter}{}", &text[at..]),
            _ => head.to_owned(),
        };
        none_or_its_own(&changed)?;
        prop_assert!(changed == text || Cursor::parse(&changed) != Some(cursor));
    }

    #[test]
    fn bytes_are_a_cursor_exactly_when_they_hold_a_time_of_ours_and_an_id(
        at in prop_oneof![any::<i128>(), -LAST..=2 * LAST, LAST - 9..=LAST + 9, -9..=9_i128],
        id in proptest::collection::vec(any::<u8>(), 15..=17),
    ) {
        let text = URL_SAFE_NO_PAD.encode([&at.to_be_bytes()[..], &id].concat());
        prop_assert_eq!(Cursor::parse(&text).is_some(), (0..=LAST).contains(&at) && id.len() == 16);
    }
}
