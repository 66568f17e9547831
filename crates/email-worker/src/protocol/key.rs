//! What Resend's answer to a question says of our key. The question changes nothing and asks for a mail that there is not,
//! so that of all answers only those about the key are of interest.

use serde::Deserialize;

use super::refusal::ErrorName;

#[derive(Deserialize, Default)]
struct Complaint {
    name: Option<String>,
    #[serde(default)]
    message: String,
}

/// Whether the key is known; or by which name it is refused; or nothing, where the answer says nothing of it: a limit, a
/// failure of Resend's, or the words of a proxy.
#[must_use]
pub fn standing(status: u16, body: &[u8]) -> Option<Result<(), ErrorName>> {
    let complaint: Complaint = serde_json::from_slice(body).unwrap_or_default();
    // Whoever gives no name is not Resend.
    let name = complaint.name.as_deref();
    match status {
        200..=299 => Some(Ok(())),
        400 | 401 | 403 | 404 | 422 if name.is_none() => None,
        // A key that may send and nothing else: all that we need.
        401 | 403 if name == Some("restricted_api_key") => Some(Ok(())),
        401 | 403 => Some(Err(ErrorName::of(name, status))),
        // By name, or by the message: an unknown key is also a `validation_error` of a 400.
        400 | 422 if name.is_some_and(|name| name.ends_with("api_key")) || is_about_the_key(&complaint.message) => {
            Some(Err(ErrorName::of(name, status)))
        }
        404 | 422 => Some(Ok(())),
        _ => None,
    }
}

fn is_about_the_key(message: &str) -> bool {
    message.to_ascii_lowercase().contains("api key")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, name: &str, message: &str) -> Option<Result<(), String>> {
        let body = serde_json::json!({ "statusCode": status, "name": name, "message": message }).to_string();
        let standing = standing(status, body.as_bytes());
        standing.map(|known| known.map_err(|name| name.as_str().to_owned()))
    }

    #[test]
    fn a_mail_that_is_not_there_was_looked_for_so_the_key_is_known() {
        assert_eq!(read(404, "not_found", "Email not found"), Some(Ok(())));
        assert_eq!(read(422, "invalid_parameter", "The id must be a UUID."), Some(Ok(())));
        assert_eq!(standing(200, b"{}"), Some(Ok(())));
    }

    #[test]
    fn a_key_that_may_only_send_is_all_that_is_needed() {
        assert_eq!(read(401, "restricted_api_key", "This API key is restricted to only send emails"), Some(Ok(())));
    }

    #[test]
    fn a_key_that_is_not_known_is_refused_under_many_names() {
        for (status, name, message) in [
            (400, "validation_error", "API key is invalid"),
            (401, "validation_error", "API key is invalid"),
            (400, "invalid_api_key", ""),
            (401, "missing_api_key", ""),
            (403, "invalid_api_key", ""),
            (403, "suspended_api_key", ""),
            (403, "invalid_permission", "The User-Agent header is missing."),
        ] {
            assert_eq!(read(status, name, message), Some(Err(name.to_owned())), "{status} {name}");
        }
    }

    #[test]
    fn whatever_is_not_about_the_key_says_nothing_of_it() {
        for status in [429, 500, 503, 302, 408] {
            assert_eq!(read(status, "application_error", "API key"), None, "{status}");
        }
        assert_eq!(read(400, "validation_error", "The id is odd."), None);
        for status in [400, 401, 403, 404] {
            assert_eq!(standing(status, b"<html>a proxy</html>"), None, "{status}");
        }
    }
}
