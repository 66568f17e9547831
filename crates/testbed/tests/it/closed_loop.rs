//! Callers who wait for their answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::{Response, StatusCode, Uri};
use testbed::load::closed_loop::ClosedLoop;
use testbed::port::free_port;
use testbed::site::Site;

use crate::DEADLINE;

fn load(site: &Site, paths: impl Iterator<Item = String>) -> ClosedLoop {
    let address = site.url().trim_start_matches("http://").parse().expect("an address");
    let requests = paths.map(|path| format!("GET {path} HTTP/1.1\r\nHost: site\r\n\r\n").into_bytes()).collect();
    ClosedLoop { address, requests, callers: 3, patience: DEADLINE }
}

#[tokio::test]
async fn each_request_is_sent_once_and_its_answer_counted_by_status() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let page = move |uri: &Uri| {
        counter.fetch_add(1, Ordering::Relaxed);
        let mut answer = Response::new("a page".to_owned());
        if uri.path() == "/7" {
            *answer.status_mut() = StatusCode::NOT_FOUND;
        }
        answer
    };
    let site = Site::start(free_port(), page).expect("listening");
    let outcome = load(&site, (0..20).map(|number| format!("/{number}"))).run().await;
    assert_eq!((outcome.count(200), outcome.count(404), outcome.lost), (19, 1, 0), "{outcome:?}");
    assert_eq!(asked.load(Ordering::Relaxed), 20);
}

#[tokio::test]
async fn what_is_not_answered_in_time_is_lost() {
    // It accepts connections, and reads none of them.
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = silent.local_addr().expect("an address");
    let requests = vec![b"GET / HTTP/1.1\r\nHost: site\r\n\r\n".to_vec(); 5];
    let outcome = ClosedLoop { address, requests, callers: 2, patience: Duration::from_millis(50) }.run().await;
    assert_eq!((outcome.answers.len(), outcome.lost), (0, 5), "{outcome:?}");
}
