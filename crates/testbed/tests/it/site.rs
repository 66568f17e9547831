//! A site, looked at as a browser does.

use hyper::{Response, Uri};
use reqwest::{Method, StatusCode};
use testbed::port::free_port;
use testbed::site::Site;

fn echo(uri: &Uri) -> Response<String> {
    Response::new(format!("this is {uri}"))
}

/// Status and body.
async fn ask(method: Method, url: String) -> (StatusCode, String) {
    // Another test may have installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let answer = http.request(method, url).send().await.expect("it answers");
    (answer.status(), answer.text().await.expect("a text"))
}

#[tokio::test]
async fn a_page_is_made_of_path_and_query() {
    let site = Site::start(free_port(), echo).expect("listening");
    let (status, body) = ask(Method::GET, format!("{}/a/b?c=d", site.url())).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "this is /a/b?c=d"));
}

#[tokio::test]
async fn a_site_listens_where_it_is_wanted_or_where_nobody_does() {
    let wanted = free_port();
    let first = Site::start(wanted, echo).expect("listening");
    assert_eq!(first.url(), format!("http://127.0.0.1:{wanted}"));
    let second = Site::start(wanted, echo).expect("listening");
    assert_ne!(second.url(), first.url());
    assert_eq!(ask(Method::GET, second.url()).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_site_is_only_looked_at() {
    let site = Site::start(free_port(), echo).expect("listening");
    assert_eq!(ask(Method::HEAD, site.url()).await, (StatusCode::OK, String::new()));
    assert_eq!(ask(Method::POST, site.url()).await.0, StatusCode::METHOD_NOT_ALLOWED);
}
