//! HAProxy as the edge of Fly: told of machines while it runs.

use std::collections::BTreeMap;

use testbed::haproxy::{Busy, Edge};
use testbed::http::{Answer, Client};
use testbed::wait;
use tokio::time::timeout;

use super::haproxy::Server;
use crate::{DEADLINE, SILENCE};

async fn edge() -> (Edge, Client) {
    let edge = Edge::start("ams").await.expect("haproxy starts");
    // Chosen already where a test went before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().expect("an HTTP stack");
    let client = Client::new(http, format!("http://{}", edge.address()));
    (edge, client)
}

async fn forced(client: &Client, id: &str) -> Answer {
    Answer::to(client.request(reqwest::Method::GET, "/").header("fly-force-instance-id", id)).await
}

#[tokio::test]
async fn requests_go_to_the_machines_that_it_knows_of() {
    let (one, two) = (Server::start("a", true).await, Server::start("b", true).await);
    let (edge, client) = edge().await;
    edge.knows(1, "id-a", one.address).expect("told");
    edge.knows(250, "id-b", two.address).expect("told");
    let mut answers = [client.get("/").await, client.get("/").await].map(|answer| answer.text);
    answers.sort();
    assert_eq!(answers, ["a", "b"]);
    edge.forgets(1, "id-a").expect("told");
    for _ in 0..4 {
        let answer = client.get("/").await;
        assert_eq!((answer.text.as_str(), answer.header("stand-in-machine")), (two.name, "id-b"));
    }
    assert!(edge.knows(251, "id-c", one.address).is_err(), "there is no such place");
}

#[tokio::test]
async fn a_request_waits_while_it_knows_of_no_machine_and_it_says_so() {
    let server = Server::start("a", true).await;
    let (edge, client) = edge().await;
    edge.knows(1, "id-a", server.address).expect("told");
    edge.forgets(1, "id-a").expect("told");
    let mut asked = Box::pin(client.get("/"));
    assert!(timeout(SILENCE, &mut asked).await.is_err(), "it was answered");
    assert_eq!(edge.busy().expect("told"), Busy { waiting: 1, at_work: BTreeMap::from([(1, 0)]) });
    edge.knows(1, "id-a", server.address).expect("told");
    assert_eq!(timeout(DEADLINE, asked).await.expect("it is answered").text, "a");
    assert_eq!(edge.busy().expect("told").waiting, 0);
}

#[tokio::test]
async fn a_request_that_names_a_machine_goes_there_or_nowhere() {
    let (one, two) = (Server::start("a", true).await, Server::start("b", true).await);
    let (edge, client) = edge().await;
    edge.knows(1, "id-a", one.address).expect("told");
    edge.knows(2, "id-b", two.address).expect("told");
    for (id, name) in [("id-a", "a"), ("id-a", "a"), ("id-b", "b"), ("id-b", "b")] {
        assert_eq!(forced(&client, id).await.text, name);
    }
    edge.forgets(1, "id-a").expect("told");
    assert_eq!((forced(&client, "id-a").await.status, forced(&client, "id-b").await.status), (502, 200));
}

#[tokio::test]
async fn it_says_which_machine_has_how_much_to_do() {
    let (listener, place) = (tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port"), 7);
    let (edge, client) = edge().await;
    edge.knows(place, "id-a", listener.local_addr().expect("an address")).expect("told");
    // Nobody answers it.
    let asked = tokio::spawn(async move { client.get("/").await });
    let has = async |count: u64| {
        let busy = async || edge.busy().is_ok_and(|busy| busy.at_work.get(&place) == Some(&count));
        wait::until(DEADLINE, &format!("{count} requests are at work"), busy).await.expect("it is seen");
    };
    has(1).await;
    asked.abort();
    has(0).await;
}

#[tokio::test]
async fn a_request_whose_caller_has_gone_waits_no_more() {
    let (edge, client) = edge().await;
    let (goes, stays) = (client.clone(), client);
    let goes = tokio::spawn(async move { goes.get("/").await });
    let stays = tokio::spawn(async move { stays.get("/").await });
    let wait = async |count: u64| {
        let busy = async || edge.busy().is_ok_and(|busy| busy.waiting == count);
        wait::until(DEADLINE, &format!("{count} requests wait"), busy).await.expect("it is seen");
    };
    wait(2).await;
    goes.abort();
    wait(1).await;
    stays.abort();
    wait(0).await;
}
