use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer that was read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub text: String,
}

impl Answer {
    /// The answer to a request.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub async fn to(request: RequestBuilder) -> Self {
        let answer = request.send().await.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Self { status, headers, text: answer.text().await.expect("a whole answer") }
    }

    /// A header; empty when there is none.
    ///
    /// # Panics
    ///
    /// When there are several.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let mut values = self.headers.get_all(name).iter();
        let (value, more) = (values.next(), values.next());
        assert!(more.is_none(), "{name} is given more than once: {self:?}");
        value.and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is none.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// The body of an answer that must have this status.
    ///
    /// # Panics
    ///
    /// When it has another, or no JSON body.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.json()
    }

    /// The problem (RFC 9457) that it must be.
    ///
    /// # Panics
    ///
    /// When it is another one, or none at all.
    #[track_caller]
    pub fn problem(&self, status: u16, name: &str) -> Value {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let body = self.expect(status);
        assert_eq!(body["type"], format!("/problems/{name}"), "{self:?}");
        assert_eq!(body["status"], status, "{self:?}");
        body
    }

    /// What a failed validation names, sorted: pointers into the body (`#/title`) and parameters of the query.
    ///
    /// # Panics
    ///
    /// When it is something else.
    #[track_caller]
    pub fn wrong(&self) -> Vec<String> {
        let problem = self.problem(422, "validation-failed");
        let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("no errors: {self:?}"));
        let place = |error: &Value| error["pointer"].as_str().or(error["parameter"].as_str()).map(str::to_owned);
        let mut places: Vec<String> = errors.iter().filter_map(place).collect();
        places.sort();
        places
    }
}

/// A value for a snapshot: what differs from run to run is replaced by what it is.
pub fn redacted(value: &Value) -> Value {
    match value {
        Value::String(text) => named(text).unwrap_or(text).into(),
        Value::Array(items) => items.iter().map(redacted).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), redacted(value))).collect(),
        other => other.clone(),
    }
}

fn named(text: &str) -> Option<&'static str> {
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let shape: String = text.chars().map(|it| if it.is_ascii_digit() { '0' } else { it }).collect();
    match text.len() {
        32 if hex(text) => Some("[trace id]"),
        36 if hex(&text.replace('-', "")) => Some("[id]"),
        _ if shape.starts_with("0000-00-00T00:00:00") => Some("[time]"),
        _ if text.starts_with("http://127.0.0.1:") => Some("[url]"),
        _ if text.starts_with("eyJ") => Some("[token]"),
        90 if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) => Some("[token]"),
        _ if text.ends_with("@people.example") => Some("[address]"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_differs_from_run_to_run_is_redacted() {
        let value = json!({
            "id": "0193a5b0-0000-7000-8000-000000000001",
            "at": ["2030-01-31T12:00:00.123Z", "soon"],
            "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
            "status": 422,
        });
        let wanted = json!({ "id": "[id]", "at": ["[time]", "soon"], "trace_id": "[trace id]", "status": 422 });
        assert_eq!(redacted(&value), wanted);
    }
}
