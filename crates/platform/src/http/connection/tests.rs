use std::future::poll_fn;

use futures_util::FutureExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// Connections to clients that read nothing, which are kept beside them.
async fn unread(connections: &Connections, many: usize) -> Vec<(Connection, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut all = Vec::new();
    for _ in 0..many {
        let client = TcpStream::connect(address).await.expect("it listens");
        all.push((connections.take(listener.accept().await.expect("a client").0), client));
    }
    all
}

const PIECE: usize = 4_096;

/// Writes until the system takes no more, and then so many bytes.
async fn write(connection: &mut Connection, bytes: usize) {
    let answer = vec![b'x'; bytes];
    poll_fn(|context| {
        while Pin::new(&mut *connection).poll_write(context, &answer[..PIECE]).is_ready() {}
        assert!(Pin::new(&mut *connection).poll_write(context, &answer).is_pending());
        Poll::Ready(())
    })
    .await;
}

fn cut(all: &[(Connection, TcpStream)]) -> Vec<bool> {
    all.iter().map(|(connection, _)| connection.waits.is_cut()).collect()
}

/// Guards: bound on held bytes.
#[actix_web::test]
async fn when_more_is_held_than_fits_into_memory_those_that_are_slow_longest_make_room() {
    let connections = Connections::new(64, &Metrics::default());
    let mut all = unread(&connections, 4).await;
    for (index, bytes) in [PIECE, HELD / 2, HELD / 2 - PIECE].into_iter().enumerate() {
        write(&mut all[index].0, bytes).await;
    }
    assert_eq!(cut(&all), [false; 4], "it all fits");
    write(&mut all[3].0, PIECE).await;
    assert_eq!(cut(&all), [true, true, false, false], "these made room enough");
    write(&mut all[3].0, HELD * 2).await;
    assert_eq!(cut(&all), [true, true, true, false], "one alone may be as large as it is");
    drop(all);
    assert_eq!(connections.held.get(), 0);
}

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n";

/// Reads as the server does: whatever there is now.
async fn read(connection: &mut Connection) -> Vec<u8> {
    let mut read = Vec::with_capacity(64 * 1024);
    while connection.read_buf(&mut read).now_or_never().is_some_and(|bytes| bytes.is_ok_and(|bytes| bytes > 0)) {}
    read
}

/// Waits until something has come.
async fn come(connection: &Connection) {
    connection.stream.readable().await.expect("it is open");
}

async fn answer(connection: &mut Connection) {
    connection.at_hand.answer();
    connection.flush().await.expect("it is open");
}

#[actix_web::test]
async fn who_is_to_leave_is_first_read_to_the_end() {
    let connections = Connections::new(64, &Metrics::default());
    let (mut connection, mut client) = unread(&connections, 1).await.swap_remove(0);
    client.write_all(GET).await.expect("it is open");
    come(&connection).await;
    connection.waits.leave();
    assert!(!read(&mut connection).await.is_empty(), "it has asked");
    let mut more = Vec::new();
    assert!(connection.read_buf(&mut more).now_or_never().is_none(), "it is at work");
    answer(&mut connection).await;
    assert_eq!(connection.read_buf(&mut more).await.expect("in order"), 0);
}

#[actix_web::test]
async fn the_next_request_is_handed_on_when_the_answer_is_with_the_system() {
    let connections = Connections::new(64, &Metrics::default());
    let (mut connection, mut client) = unread(&connections, 1).await.swap_remove(0);
    client.write_all(&GET.repeat(3)).await.expect("it is open");
    come(&connection).await;
    for _ in 0..3 {
        let handed = read(&mut connection).await;
        assert_eq!(handed.windows(4).filter(|bytes| *bytes == b"\r\n\r\n").count(), 1, "one of them");
        connection.at_hand.answer();
        assert!(read(&mut connection).await.is_empty(), "its answer is not with the system");
        connection.flush().await.expect("it is open");
    }
    assert!(read(&mut connection).await.is_empty());
}

/// Guards: bound on reading ahead.
#[actix_web::test]
async fn of_a_body_that_nobody_takes_little_is_taken_in() {
    let connections = Connections::new(64, &Metrics::default());
    let (mut connection, mut client) = unread(&connections, 1).await.swap_remove(0);
    let body = "x".repeat(60_000);
    let post = format!("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 60000\r\n\r\n{body}");
    client.write_all(post.as_bytes()).await.expect("the buffers of both systems hold it");
    come(&connection).await;
    let handed = read(&mut connection).await.len();
    assert!((4_000..20_000).contains(&handed), "{handed}");
    let requests = Requests { waits: connection.waits.clone(), at_hand: connection.at_hand.clone() };
    requests.wants(usize::MAX);
    assert_eq!(handed + read(&mut connection).await.len(), post.len() + "connection: keep-alive\r\n".len());
}

#[actix_web::test]
async fn all_pieces_of_an_answer_have_one_time_together() {
    let connections = Connections::new(64, &Metrics::default());
    let (mut connection, mut client) = unread(&connections, 1).await.swap_remove(0);
    client.write_all(GET).await.expect("it is open");
    come(&connection).await;
    assert!(!read(&mut connection).await.is_empty());
    write(&mut connection, PIECE).await;
    let since = connection.waits.slow_since();
    connection.flush().await.expect("it is open");
    assert!(since.is_some() && connection.waits.slow_since() == since, "there are more of them");
    answer(&mut connection).await;
    assert_eq!(connection.waits.slow_since(), None);
}

#[actix_web::test]
async fn an_idle_connection_holds_nothing_of_what_came_over_it() {
    let connections = Connections::new(64, &Metrics::default());
    let (mut connection, mut client) = unread(&connections, 1).await.swap_remove(0);
    client.write_all(GET).await.expect("it is open");
    come(&connection).await;
    assert!(!read(&mut connection).await.is_empty());
    answer(&mut connection).await;
    assert_eq!((connection.inbox.capacity(), connections.held.get()), (0, 0));
}

#[actix_web::test]
async fn an_answer_that_was_taken_leaves_room() {
    let connections = Connections::new(64, &Metrics::default());
    let mut all = unread(&connections, 2).await;
    for index in [0, 1] {
        write(&mut all[index].0, HELD).await;
        poll_fn(|context| Pin::new(&mut all[index].0).poll_flush(context)).await.expect("it is open");
    }
    assert_eq!((cut(&all), connections.held.get()), (vec![false, false], 0));
}

fn idle(since: Instant, peer: u8) -> Rc<Waits> {
    let waits = Waits::from(since, Some([192, 0, 2, peer].into()));
    waits.head_came();
    waits.answered(0, since);
    Rc::new(waits)
}

/// Which of these make room, when so many are too many.
fn make_room(most: usize, all: &[Rc<Waits>], now: Instant) -> Vec<bool> {
    let connections = Connections::new(most, &Metrics::default());
    connections.open.borrow_mut().extend(all.iter().map(Rc::downgrade));
    connections.round(now);
    all.iter().map(|waits| waits.is_cut()).collect()
}

#[test]
fn in_a_crowd_those_make_room_that_have_been_idle_longest() {
    let start = Instant::now();
    let all: Vec<_> = (0..4).map(|later| idle(start + Duration::from_secs(later), 1)).collect();
    all[0].head_came();
    assert_eq!(make_room(2, &all, start), [false, true, true, false], "the first is at work, and two are enough");
}

/// Guards: room by address.
#[test]
fn in_a_crowd_the_address_with_most_connections_makes_room() {
    let start = Instant::now();
    let all: Vec<_> = [1, 2, 2, 2, 3].into_iter().map(|peer| idle(start, peer)).collect();
    assert_eq!(make_room(4, &all, start), [false, true, false, false, false]);
    let later = idle(start + Duration::from_secs(1), 2);
    let all = [idle(start, 1), later, idle(start, 2)];
    assert_eq!(make_room(2, &all, start), [false, false, true]);
}
