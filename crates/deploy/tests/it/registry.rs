//! The tags of an app's repository, as registries give them.

use deploy::registry::Registry;
use serde_json::json;

use super::machines::server::{Reply, Server};

fn page(tags: &[&str]) -> Reply {
    Reply::Whole(200, "content-type: application/json\r\n", json!({"name": "web", "tags": tags}).to_string())
}

async fn tags(pages: Vec<Reply>) -> (Vec<String>, Vec<String>) {
    let server = Server::start(pages).await;
    let registry = Registry::new(server.url(), server.settings().token, "web".parse().expect("a name"));
    let tags = registry.expect("an HTTP stack").tags().await.expect("tags");
    let asked = server.requests().into_iter().filter_map(|request| Some(request.split(' ').nth(1)?.to_owned()));
    (tags.into_iter().collect(), asked.collect())
}

#[tokio::test]
async fn a_registry_that_gives_fewer_at_a_time_than_it_is_asked_for_is_read_to_its_end() {
    let (tags, asked) = tags(vec![page(&["a", "b"]), page(&["c"]), page(&[])]).await;
    assert_eq!(tags, ["a", "b", "c"]);
    let paths = ["", "&last=b", "&last=c"].map(|last| format!("/v2/web/tags/list?n=1000{last}"));
    assert_eq!(asked, paths);
}

#[tokio::test]
async fn one_that_gives_all_of_it_each_time_is_asked_twice() {
    let (tags, asked) = tags(vec![page(&["a", "b"]), page(&["a", "b"])]).await;
    assert_eq!((tags.len(), asked.len()), (2, 2));
}
