use actix_http::h1::{Codec, Message};
use actix_web::web::BytesMut;
use proptest::prelude::*;
use tokio::task::LocalSet;
use tokio_util::codec::Decoder as _;

use super::*;

const DONE: &[u8] = b"0\r\n\r\n";

fn take(body: &[u8]) -> Result<(usize, bool), Wrong> {
    Chunks::default().take(body)
}

#[test]
fn a_body_ends_with_its_last_chunk_and_its_trailers() {
    for body in [
        "0\r\n\r\n",
        "5\r\nhello\r\n0\r\n\r\n",
        "1;x=\"y\"\r\na\r\n00 \r\nX: y\r\nZ: \r\n\r\n",
        "A\r\n0123456789\r\n0\r\n\r\n",
    ] {
        let ahead = format!("{body}GET / HTTP/1.1\r\n");
        assert_eq!(take(ahead.as_bytes()), Ok((body.len(), true)), "{body:?}");
        assert_eq!(take(&body.as_bytes()[..body.len() - 1]), Ok((body.len() - 1, false)), "{body:?}");
    }
}

#[test]
fn what_others_may_understand_in_another_way_is_refused() {
    for body in [
        "\r\n",
        "x\r\n",
        "-1\r\n",
        "0x1\r\na",
        " 1\r\na",
        "1\na\r\n",
        "1\r\nab",
        "1\r\na\n",
        "1\r\na\r\r",
        "1 1\r\na",
        "1;\n",
        "1;\u{7f}\r\na",
        "1\r\na\r\n\r\n",
        "0\n\n",
        "0\r\nX: y\n\r\n",
        "0\r\n\r0",
    ] {
        assert_eq!(take(body.as_bytes()), Err(MALFORMED), "{body:?}");
    }
}

/// Guards: framing bound.
#[test]
fn every_byte_of_the_framing_counts() {
    let largest = [format!("{LARGEST_BODY:x}\r\n").as_bytes(), &vec![b'x'; LARGEST_BODY], b"\r\n", DONE].concat();
    assert_eq!(take(&largest), Ok((largest.len(), true)));
    for (what, endless) in [
        ("one-byte chunks", b"1\r\na\r\n".repeat(30_000)),
        ("extensions", [&b"1;"[..], &vec![b'x'; LARGEST]].concat()),
        ("leading zeros", vec![b'0'; LARGEST + 1]),
        ("spaces", [&b"1"[..], &vec![b' '; LARGEST]].concat()),
        ("trailers", [&b"0\r\n"[..], &b"X: y\r\n".repeat(30_000)].concat()),
        ("one long trailer", [&b"0\r\n"[..], &vec![b'x'; LARGEST]].concat()),
        ("a chunk", format!("{:x}\r\n", LARGEST_BODY + 1).into_bytes()),
        ("a chunk that cannot be counted", b"fffffffffffffffff\r\n".to_vec()),
        ("chunks", [&b"1\r\na\r\n"[..], format!("{LARGEST_BODY:x}\r\n").as_bytes()].concat()),
    ] {
        assert_eq!(take(&endless), Err(TOO_LARGE), "{what}");
    }
}

/// What the server makes of these bytes, behind a head that says they are chunks: how many of them it took, and whether
/// it saw their end.
fn server(body: &[u8]) -> Option<(usize, bool)> {
    // Its clock is a task.
    let tasks = LocalSet::new();
    let _entered = tasks.enter();
    let mut codec = Codec::default();
    let mut bytes = BytesMut::from(&b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"[..]);
    codec.decode(&mut bytes).expect("a good head");
    bytes.extend_from_slice(body);
    loop {
        match codec.decode(&mut bytes) {
            Ok(Some(Message::Chunk(None))) => return Some((body.len() - bytes.len(), true)),
            Ok(Some(_)) => {}
            Ok(None) => return Some((body.len() - bytes.len(), false)),
            Err(_) => return None,
        }
    }
}

proptest! {
    /// A byte more, and it would be taken for the next request; one less, and the next request for a body.
    #[test]
    fn the_server_finds_the_same_end(
        pieces in proptest::collection::vec("(0|1|2|a|0a|00|\r\n|\r\n|\r\n|\r|\n|;|;x=y| |\t|X: y|0\r\n\r\n|1\r\na\r\n|GET)", 1..12),
    ) {
        let body = pieces.concat();
        if let Ok(taken) = take(body.as_bytes()) {
            prop_assert_eq!(server(body.as_bytes()), Some(taken), "{:?}", body);
        }
    }

    #[test]
    fn the_same_is_taken_however_the_bytes_come(
        chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..40), 0..6),
        cuts in proptest::collection::vec(1_usize..20, 1..8),
    ) {
        let framed = chunks.iter().flat_map(|data| [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat());
        let body: Vec<u8> = framed.chain(DONE.iter().copied()).collect();
        let (mut reader, mut rest, mut cuts) = (Chunks::default(), &body[..], cuts.into_iter().cycle());
        while let Some(cut) = cuts.next().filter(|_| !rest.is_empty()) {
            let (now, later) = rest.split_at(cut.min(rest.len()));
            prop_assert_eq!(reader.take(now), Ok((now.len(), later.is_empty())));
            rest = later;
        }
    }
}
