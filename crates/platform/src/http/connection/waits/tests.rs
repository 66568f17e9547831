use super::*;

fn after(start: Instant, limit: Duration) -> (Instant, Instant) {
    (start + limit.saturating_sub(Duration::from_millis(1)), start + limit)
}

/// Guards: slow head cut.
#[test]
fn a_head_has_its_time_from_its_first_byte() {
    let start = Instant::now();
    let waits = Waits::from(start);
    assert_eq!(waits.too_long(start + deadline::HEAD * 9), None, "nothing has come yet");
    waits.received(1, start);
    let (before, at) = after(start, deadline::HEAD);
    waits.received(1, before);
    assert_eq!((waits.too_long(before), waits.too_long(at)), (None, Some("head")));
}

#[test]
fn bytes_of_a_body_are_no_head() {
    let start = Instant::now();
    let waits = Waits::from(start);
    waits.received(1, start);
    waits.head_read();
    waits.received(1, start);
    assert_eq!(waits.too_long(start + deadline::HEAD), None);
    waits.answered(start);
    waits.received(1, start);
    assert_eq!(waits.too_long(start + deadline::HEAD), Some("head"), "the next one is");
}

#[test]
fn whoever_ends_without_a_head_after_a_heads_time_was_too_slow_and_nobody_counts_twice() {
    let start = Instant::now();
    let waits = Waits::from(start);
    let (before, at) = after(start, deadline::HEAD - COARSE);
    assert_eq!((waits.outwaited(before), waits.outwaited(at)), (false, true));
    waits.cut();
    assert!(!waits.outwaited(at), "it was counted when it was cut");
    let asked = Waits::from(start);
    asked.head_read();
    assert!(!asked.outwaited(at), "its first head came");
}

#[test]
fn a_request_is_pipelined_when_nothing_has_come_since_the_one_before() {
    let start = Instant::now();
    let waits = Waits::from(start);
    waits.received(1, start);
    assert_eq!([waits.head_read(), waits.head_read(), waits.head_read()], [false, true, true]);
    waits.received(1, start);
    assert!(!waits.head_read(), "it has come by itself");
}

#[test]
fn so_much_is_read_ahead_until_all_of_it_is_answered_and_sent() {
    let start = Instant::now();
    let waits = Waits::from(start);
    waits.received(AHEAD, start);
    waits.head_read();
    assert!(!waits.may_read() && !waits.may_read());
    waits.stuck(1, start);
    waits.answered(start);
    assert!(!waits.may_read(), "its answer is unsent");
    waits.flushed();
    assert!(waits.may_read());
}

#[test]
fn a_body_is_read_on_whenever_more_of_it_is_wanted() {
    let start = Instant::now();
    let waits = Waits::from(start);
    waits.received(AHEAD, start);
    waits.head_read();
    for _ in 0..3 {
        assert!(!waits.may_read());
        waits.wants_more();
        assert!(waits.may_read());
        waits.received(AHEAD, start);
    }
    assert!(!waits.may_read(), "it has all it wanted");
}

/// Guards: slow reader cut.
#[test]
fn an_answer_has_its_time_from_when_it_is_first_not_taken() {
    let start = Instant::now();
    let waits = Waits::from(start);
    waits.stuck(1, start);
    let (before, at) = after(start, deadline::ANSWER);
    assert_eq!((waits.too_long(before), waits.too_long(at)), (None, Some("answer")));
}

#[test]
fn who_is_to_leave_leaves_when_nothing_has_come() {
    let start = Instant::now();
    let waits = Waits::from(start);
    let (before, at) = after(start, deadline::BODY);
    assert_eq!((waits.idle_for(before, deadline::BODY), waits.idle_for(at, deadline::BODY)), (false, true));
    assert!(!waits.has_left());
    waits.leave();
    assert!(waits.has_left());
    waits.received(1, at);
    assert!(!waits.has_left() && !waits.idle_for(at, deadline::BODY), "a head is coming");
    waits.head_read();
    assert!(!waits.has_left(), "it is at work");
    waits.stuck(1, at);
    waits.answered(at);
    assert!(!waits.has_left(), "its answer is unsent");
    waits.flushed();
    assert!(waits.has_left());
}

#[test]
fn what_is_held_is_what_has_come_of_a_head_and_what_is_left_of_an_answer() {
    let start = Instant::now();
    let waits = Waits::from(start);
    assert_eq!((waits.slow_since(), waits.count()), (None, (0, 0)));
    waits.received(10, start);
    waits.received(7, start);
    assert_eq!((waits.slow_since(), waits.count()), (Some((start, "head")), (0, 17)));
    waits.head_read();
    waits.received(1_000, start);
    assert_eq!((waits.slow_since(), waits.count()), (None, (17, 0)), "bodies have a bound of their own");
    let later = start + COARSE;
    waits.stuck(500, start);
    waits.stuck(300, later);
    waits.answered(start);
    waits.received(5, later);
    assert_eq!((waits.slow_since(), waits.count()), (Some((start, "answer")), (0, 505)), "none of it is let go of");
    waits.flushed();
    assert_eq!((waits.slow_since(), waits.count()), (Some((later, "head")), (505, 5)));
    waits.received(BUFFER, later);
    assert_eq!(waits.count(), (5, BUFFER), "the server holds no more");
    waits.cut();
    assert_eq!((waits.slow_since(), waits.count()), (None, (BUFFER, 0)));
}
