use super::*;

fn after(start: Instant, limit: Duration) -> (Instant, Instant) {
    (start + limit.saturating_sub(Duration::from_millis(1)), start + limit)
}

fn asked(start: Instant) -> Waits {
    let waits = Waits::from(start, None);
    waits.head_came();
    waits.answered(0, start);
    waits
}

/// Guards: slow head cut.
#[test]
fn a_head_has_its_time_from_its_first_byte() {
    let start = Instant::now();
    let waits = asked(start);
    assert_eq!(waits.too_long(start + deadline::HEAD * 9), None, "nothing has come yet");
    waits.head_comes(1, start);
    let (before, at) = after(start, deadline::HEAD);
    waits.head_comes(2, before);
    assert_eq!((waits.too_long(before), waits.too_long(at)), (None, Some("head")));
    assert!(waits.tell_overdue() && !waits.tell_overdue(), "its client is told once");
    waits.head_came();
    assert!(!waits.is_overdue() && waits.too_long(at).is_none(), "what is said of it is at work");
}

#[test]
fn whoever_never_says_a_word_has_the_time_of_a_head() {
    let start = Instant::now();
    let (before, at) = after(start, deadline::HEAD);
    let waits = Waits::from(start, None);
    assert_eq!((waits.too_long(before), waits.too_long(at)), (None, Some("head")));
}

#[test]
fn what_stands_behind_a_request_has_its_time_from_the_answer() {
    let start = Instant::now();
    let waits = Waits::from(start, None);
    waits.head_came();
    let (before, at) = after(start + deadline::REQUEST, deadline::HEAD);
    assert_eq!(waits.too_long(at), None, "it is at work");
    waits.answered(7, start + deadline::REQUEST);
    assert_eq!((waits.too_long(before), waits.too_long(at)), (None, Some("head")));
}

/// Guards: slow reader cut.
#[test]
fn an_answer_has_its_time_from_when_it_is_first_not_taken() {
    let start = Instant::now();
    let waits = asked(start);
    waits.stuck(1, start);
    let (before, at) = after(start, deadline::ANSWER);
    assert_eq!((waits.too_long(before), waits.too_long(at)), (None, Some("answer")));
}

#[test]
fn who_is_to_leave_leaves_when_nothing_has_come() {
    let start = Instant::now();
    let waits = Waits::from(start, None);
    let (before, at) = after(start, deadline::BODY);
    assert_eq!((waits.idle_for(before, deadline::BODY), waits.idle_for(at, deadline::BODY)), (false, true));
    assert!(!waits.has_left());
    waits.leave();
    assert!(waits.has_left());
    waits.head_comes(1, at);
    assert!(!waits.has_left() && !waits.idle_for(at, deadline::BODY), "a head is coming");
    waits.head_came();
    assert!(!waits.has_left(), "it is at work");
    waits.answered(0, at);
    assert!(waits.has_left());
}

#[test]
fn what_is_held_is_what_has_come_of_a_head_and_what_is_left_of_an_answer() {
    let start = Instant::now();
    let waits = Waits::from(start, None);
    assert_eq!((waits.slow_since(), waits.count()), (None, (0, 0)));
    waits.head_comes(10, start);
    waits.head_comes(17, start);
    assert_eq!((waits.slow_since(), waits.count()), (Some((start, "head")), (0, 17)));
    waits.head_came();
    assert_eq!((waits.slow_since(), waits.count()), (None, (17, 0)));
    let later = start + deadline::BODY;
    waits.stuck(500, start);
    waits.stuck(300, later);
    assert_eq!((waits.slow_since(), waits.count()), (Some((start, "answer")), (0, 300)));
    waits.flushed();
    waits.answered(5, later);
    assert_eq!((waits.slow_since(), waits.count()), (Some((later, "head")), (300, 5)));
    waits.cut();
    assert_eq!((waits.slow_since(), waits.count()), (None, (5, 0)));
}
