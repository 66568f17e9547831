use super::*;

fn handed_on(inbox: &mut Inbox) -> String {
    let mut space = [0; 256];
    let mut buffer = ReadBuf::new(&mut space);
    while inbox.hand_on(&mut buffer) {}
    String::from_utf8_lossy(buffer.filled()).into_owned()
}

fn begun(inbox: &mut Inbox) -> String {
    let head = inbox.head().expect("it is good").expect("it is there");
    inbox.begin(&head);
    handed_on(inbox)
}

#[test]
fn a_request_is_handed_on_without_a_byte_of_the_next_one() {
    let mut inbox = Inbox::default();
    inbox.put(b"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(handed_on(&mut inbox), "", "it was not looked at");
    assert!(begun(&mut inbox).starts_with("POST /1 "));
    assert!(inbox.head().is_ok_and(|head| head.is_none()), "it is not over");
    assert_eq!((inbox.body(2), handed_on(&mut inbox).as_str(), inbox.is_whole()), (Ok(2), "ab", false));
    assert_eq!((inbox.body(2), handed_on(&mut inbox).as_str(), inbox.is_whole()), (Ok(1), "c", true));
    assert_eq!((inbox.body(9), handed_on(&mut inbox).as_str()), (Ok(0), ""));
    inbox.next();
    assert!(begun(&mut inbox).starts_with("GET /2 "));
    assert!(inbox.is_whole() && !inbox.is_unread());
}

#[test]
fn empty_lines_before_a_request_are_left_out() {
    let mut inbox = Inbox::default();
    for bytes in [&b"\r"[..], b"\n\r\n", b"\r", b"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n\r\n"] {
        inbox.put(bytes);
    }
    assert!(begun(&mut inbox).starts_with("GET / "));
    inbox.next();
    assert_eq!((inbox.len(), inbox.head()), (0, Ok(None)), "those behind one, too");
}

#[test]
fn what_cannot_be_understood_is_not_looked_at_any_more() {
    let mut inbox = Inbox::default();
    inbox.put(
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nno chunkGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    );
    begun(&mut inbox);
    assert!(inbox.body(100).is_err());
    assert_eq!((inbox.body(100), handed_on(&mut inbox).as_str()), (Ok(0), ""));
    assert!(inbox.is_unread() && !inbox.is_whole() && !inbox.has_room());
}
