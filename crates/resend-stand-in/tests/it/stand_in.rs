//! A stand-in inside the test, at a fixed time, and requests to it.

use actix_web::body::to_bytes;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, web};
use platform::clock::Clock;
use platform::http::edge::once;
use resend_stand_in::{Behaviour, Shared, routes};
use serde_json::{Value, json};
use time::OffsetDateTime;

/// A stand-in that is called without a network.
pub(super) struct StandIn(pub(super) web::Data<Shared>);

/// What it answered.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// None when the answer broke off.
    pub(super) text: Option<String>,
}

impl StandIn {
    pub(super) fn new(behaviour: Behaviour) -> Self {
        let clock = Clock::from_fn(|| OffsetDateTime::UNIX_EPOCH);
        Self(web::Data::new(Shared::new(behaviour, clock)))
    }

    pub(super) async fn call(&self, request: TestRequest) -> Reply {
        let app = init_service(App::new().app_data(self.0.clone()).configure(routes)).await;
        let response = call_service(&app, request.insert_header(("host", "localhost")).to_request()).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = to_bytes(response.into_body()).await.ok();
        let text = body.map(|bytes| String::from_utf8(bytes.to_vec()).expect("answers are text"));
        Reply { status, headers, text }
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.call(TestRequest::get().uri(path)).await
    }

    /// Sends a mail to this address, under a key.
    pub(super) async fn send(&self, to: &str, key: &str) -> Reply {
        let request = authorized(TestRequest::post().uri("/emails"));
        self.call(request.insert_header(("idempotency-key", key)).set_json(mail(to))).await
    }

    /// Changes the behaviour, as a test would.
    pub(super) async fn behave(&self, change: Value) -> Reply {
        self.call(TestRequest::post().uri("/control/behaviour").set_json(change)).await
    }
}

impl Reply {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(self.text()).expect("this answer is JSON")
    }

    pub(super) fn text(&self) -> &str {
        self.text.as_deref().expect("this answer is whole")
    }

    pub(super) fn header(&self, name: &str) -> &str {
        once(self.headers.get_all(name)).expect("at most one").and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The status and the name of the problem.
    pub(super) fn problem(&self) -> (u16, String) {
        let body = self.json();
        assert_eq!(body["statusCode"], self.status);
        assert!(body["message"].is_string());
        (self.status, body["name"].as_str().unwrap_or_default().to_owned())
    }
}

/// The request as a sender makes it.
pub(super) fn authorized(request: TestRequest) -> TestRequest {
    request.insert_header(("user-agent", "test")).insert_header(("authorization", "Bearer re_test"))
}

/// A mail to this address.
pub(super) fn mail(to: &str) -> Value {
    json!({
        "from": "Board <board@b.test>",
        "to": [to],
        "subject": "<b>Hello</b> & \"welcome\"",
        "text": "Sign in: https://b.test/in?a=1&b=<2>",
        "tags": [{"name": "outbox_id", "value": "7"}],
        "headers": {"List-Unsubscribe": "<https://b.test/u>"},
    })
}
