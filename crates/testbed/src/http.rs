//! HTTP for tests: whatever is asked, right or wrong, and the answer as it came. What is not as a test needs it panics
//! where the test asked for it, with the answer in the text.

mod answer;
mod odd;

use reqwest::{Body, Method, RequestBuilder};
use serde_json::Value;

pub use answer::{Answer, redacted};
pub use odd::odd_values;

/// Speaks to one process, in somebody's name or in nobody's.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

impl Client {
    /// To the process at this address (`http://host:port`), through an HTTP stack that lives on the caller's runtime.
    pub fn new(http: reqwest::Client, base: impl Into<String>) -> Self {
        Self { http, base: base.into(), token: None }
    }

    /// The same with this access token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// A request to be finished by the test.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::GET, path)).await
    }

    /// POST without a body.
    pub async fn step(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::POST, path)).await
    }

    /// POST of a JSON value.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, body.to_string()).await
    }

    /// PATCH with a JSON value.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, body.to_string()).await
    }

    /// Any body, declared as JSON.
    pub async fn send(&self, method: Method, path: &str, body: impl Into<Body>) -> Answer {
        let request = self.request(method, path).header("Content-Type", "application/json");
        Answer::to(request.body(body)).await
    }
}
