//! What may be kept of an answer and by whom (RFC 9111), and whether whoever asks has it already (RFC 9110, 13).

use std::future::{Ready, ready};

use actix_web::body::{BoxBody, MessageBody as _};
use actix_web::dev::{Payload, ServiceResponse};
use actix_web::http::header::{
    self, CACHE_CONTROL, CONTENT_TYPE, ETAG, EntityTag, Header as _, HeaderValue, IF_MATCH, IfNoneMatch, VARY,
};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

use serde::Serialize;

use super::fields::JSON;
use crate::http::problem::{BAD_REQUEST, PRECONDITION_FAILED, Problem};
use crate::sabotage;

/// For how many seconds anybody may keep what is the same for everybody: as short as a person takes to look again.
pub(crate) const FRESH_S: u32 = 5;

/// Of the digest of a body, so many bytes tell it apart.
const TAG_BYTES: usize = 16;

/// Marks an answer as the same for everybody: it may be kept for a while, and need not be sent to who has it. All others
/// are kept by nobody.
#[must_use]
pub fn public(mut answer: HttpResponse) -> HttpResponse {
    let kept = HeaderValue::from_str(&format!("public, max-age={FRESH_S}"));
    if let Ok(kept) = kept {
        answer.headers_mut().insert(CACHE_CONTROL, kept);
    }
    answer
}

/// Answers with what is its caller's own: kept by nobody, and known by its tag, so that a change can say of what it is.
///
/// # Errors
/// When it has no JSON.
pub fn own<T: Serialize>(value: &T) -> Result<HttpResponse, Problem> {
    Ok(known(body_of(value)?))
}

/// Answers with this JSON, and the tag that it is known by.
pub(crate) fn known(body: Bytes) -> HttpResponse {
    let tag = tag_of(&body);
    HttpResponse::Ok().insert_header((CONTENT_TYPE, JSON)).insert_header((ETAG, tag.to_string())).body(body)
}

/// The body of an answer, without the room that was left at its end: what is counted is what is held.
///
/// # Errors
/// When it has none.
pub(crate) fn body_of(value: &impl Serialize) -> Result<Bytes, Problem> {
    let body = serde_json::to_vec(value).map_err(|error| Problem::internal(&error))?;
    Ok(Bytes::from(body.into_boxed_slice()))
}

/// What a body is known by.
fn tag_of(body: &[u8]) -> EntityTag {
    EntityTag::new_strong(URL_SAFE_NO_PAD.encode(&digest(&SHA256, body).as_ref()[..TAG_BYTES]))
}

/// What a change is of: the tags that its caller knows, if `If-Match` says any (RFC 9110, 13.1.1).
#[derive(Clone, Debug)]
pub struct IfMatch(Option<header::IfMatch>);

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        if !request.headers().contains_key(IF_MATCH) {
            return ready(Ok(Self(None)));
        }
        let wrong =
            || Problem::from(BAD_REQUEST).detail("The header If-Match holds no entity tag, such as \"x\", and no *.");
        let lines = request.headers().get_all(IF_MATCH).count();
        let said = header::IfMatch::parse(request).ok().filter(|said| match said {
            // It stands alone.
            header::IfMatch::Any => lines == 1,
            header::IfMatch::Items(tags) => !tags.is_empty(),
        });
        ready(said.map(|said| Self(Some(said))).ok_or_else(wrong))
    }
}

impl IfMatch {
    /// Whether the caller says of what the change is.
    #[must_use]
    pub fn is_said(&self) -> bool {
        self.0.is_some()
    }

    /// Refuses a change of what is not what its caller knows.
    ///
    /// # Errors
    /// `precondition-failed`, with the tag that it has now.
    pub fn check<T: Serialize>(&self, now: &T) -> Result<(), Problem> {
        let Some(header::IfMatch::Items(known)) = &self.0 else { return Ok(()) };
        let tag = tag_of(&body_of(now)?);
        if known.iter().any(|known| known.strong_eq(&tag)) || sabotage::takes_out("if-match") {
            return Ok(());
        }
        Err(Problem::from(PRECONDITION_FAILED).header("etag", tag.to_string()))
    }
}

/// Says of each answer who may keep it, and spares whoever has it already one that is known by a tag.
pub(super) fn cached(mut answer: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    // A page may be another one for who is signed in.
    answer.headers_mut().insert(VARY, HeaderValue::from_static("Authorization"));
    let headers = answer.headers_mut();
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let is_public = headers.get_all(CACHE_CONTROL).all(|kept| kept.as_bytes().starts_with(b"public"));
    if answer.status() != StatusCode::OK || !(is_public || answer.headers().contains_key(ETAG)) {
        return answer;
    }
    let (request, answer) = answer.into_parts();
    let (head, body) = answer.into_parts();
    let answer = match body.try_into_bytes() {
        Ok(body) => unless_known(&request, head, body),
        Err(body) => head.set_body(body),
    };
    ServiceResponse::new(request, answer)
}

fn unless_known(request: &HttpRequest, mut head: HttpResponse<()>, body: Bytes) -> HttpResponse<BoxBody> {
    let tag = tag_of(&body);
    if let Ok(value) = HeaderValue::from_str(&tag.to_string()) {
        head.headers_mut().insert(ETAG, value);
    }
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let known = match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => reads,
        Ok(IfNoneMatch::Items(known)) => reads && known.iter().any(|known| known.weak_eq(&tag)),
        Err(_) => false,
    };
    if !known {
        return head.set_body(BoxBody::new(body));
    }
    *head.status_mut() = StatusCode::NOT_MODIFIED;
    head.headers_mut().remove(CONTENT_TYPE);
    head.set_body(BoxBody::new(()))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::IF_NONE_MATCH;
    use actix_web::test::TestRequest;

    use super::*;
    use crate::http::edge::once;

    fn answered(answer: HttpResponse, known: &[&str]) -> ServiceResponse<BoxBody> {
        let request =
            known.iter().fold(TestRequest::get(), |request, tag| request.append_header((IF_NONE_MATCH, *tag)));
        cached(ServiceResponse::new(request.to_http_request(), answer))
    }

    fn header<'a>(answer: &'a ServiceResponse<BoxBody>, name: &str) -> &'a str {
        let value = once(answer.headers().get_all(name)).expect("once");
        value.map_or("", |value| value.to_str().expect("a text"))
    }

    fn page() -> HttpResponse {
        public(HttpResponse::Ok().content_type("text/plain").body("a page"))
    }

    #[test]
    fn what_nobody_called_public_is_kept_by_nobody() {
        let answer = answered(HttpResponse::Ok().body("mine"), &["*"]);
        assert_eq!((answer.status(), header(&answer, "cache-control")), (StatusCode::OK, "no-store"));
        assert_eq!((header(&answer, "vary"), header(&answer, "etag")), ("Authorization", ""));
    }

    #[test]
    fn a_page_for_everybody_is_kept_for_a_while_and_known_by_its_tag() {
        let answer = answered(page(), &[]);
        assert_eq!(header(&answer, "cache-control"), "public, max-age=5");
        let tag = header(&answer, "etag").to_owned();
        assert!(tag.len() == 24 && tag.starts_with('"') && tag.ends_with('"'), "{tag}");
        assert_eq!(header(&answered(page(), &[]), "etag"), tag);
        let other = public(HttpResponse::Ok().body("another page"));
        assert_ne!(header(&answered(other, &[]), "etag"), tag);
    }

    #[test]
    fn who_has_it_already_is_told_so_without_it() {
        let tag = header(&answered(page(), &[]), "etag").to_owned();
        let (weak, listed) = (format!("W/{tag}"), format!("\"a\", {tag}"));
        for known in [&[tag.as_str()][..], &[weak.as_str()], &[listed.as_str()], &["\"a\"", tag.as_str()], &["*"]] {
            let answer = answered(page(), known);
            assert_eq!(answer.status(), StatusCode::NOT_MODIFIED, "{known:?}");
            assert_eq!((header(&answer, "etag"), header(&answer, "content-type")), (tag.as_str(), ""));
            assert_eq!(
                (header(&answer, "cache-control"), header(&answer, "vary")),
                ("public, max-age=5", "Authorization")
            );
            assert!(answer.into_body().try_into_bytes().expect("a body").is_empty());
        }
        for other in ["\"a\"", "", "no tag", "\"*\""] {
            let answer = answered(page(), &[other]);
            assert_eq!(answer.status(), StatusCode::OK, "{other}");
            assert_eq!(answer.into_body().try_into_bytes().expect("a body"), "a page");
        }
    }

    #[test]
    fn what_is_somebodys_own_is_kept_by_nobody_and_known_by_its_tag() {
        let answer = answered(own(&"mine").expect("JSON"), &[]);
        assert_eq!((header(&answer, "cache-control"), header(&answer, "content-type")), ("no-store", JSON));
        let tag = header(&answer, "etag").to_owned();
        assert_eq!(answered(own(&"mine").expect("JSON"), &[&tag]).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(answered(own(&"mine now").expect("JSON"), &[&tag]).status(), StatusCode::OK);
    }

    #[test]
    fn only_who_reads_is_told_that_they_have_it() {
        let tag = header(&answered(page(), &[]), "etag").to_owned();
        for (method, status) in [(Method::HEAD, 304), (Method::PATCH, 200), (Method::POST, 200)] {
            let request = TestRequest::default().method(method).append_header((IF_NONE_MATCH, tag.as_str()));
            let answer = cached(ServiceResponse::new(request.to_http_request(), page()));
            assert_eq!(answer.status(), status);
        }
    }

    async fn checked(said: &[&str]) -> Result<(), Problem> {
        let request = said.iter().fold(TestRequest::patch(), |request, tag| request.append_header((IF_MATCH, *tag)));
        IfMatch::from_request(&request.to_http_request(), &mut Payload::None).await?.check(&"now")
    }

    /// Guards: if-match.
    #[tokio::test]
    async fn a_change_is_of_what_its_caller_knows_or_is_refused() {
        let now = tag_of(b"\"now\"").to_string();
        let listed = format!("\"a\" , {now}");
        for said in [&[][..], &["*"], &[now.as_str()], &[listed.as_str()], &["\"a\"", now.as_str()]] {
            assert!(checked(said).await.is_ok(), "{said:?}");
        }
        for said in ["\"a\"", &format!("W/{now}")] {
            let refused = checked(&[said]).await.expect_err("it is another");
            assert_eq!(refused.kind(), PRECONDITION_FAILED, "{said}");
        }
        for said in ["", "a", "no tag"] {
            assert_eq!(checked(&[said]).await.expect_err("it is none").kind(), BAD_REQUEST, "{said}");
        }
        assert_eq!(checked(&["*", "\"a\""]).await.expect_err("it stands alone").kind(), BAD_REQUEST);
    }
}
