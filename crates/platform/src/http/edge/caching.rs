//! What may be kept of an answer and by whom (RFC 9111), and whether whoever asks has it already (RFC 9110, 13).

use actix_web::body::{BoxBody, MessageBody as _};
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, EntityTag, Header as _, HeaderValue, IfNoneMatch, VARY,
};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

use super::once::once;

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

/// Says of each answer who may keep it, and of one that may be kept what it is known by.
pub(super) fn cached(mut answer: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    // A page may be another one for who is signed in.
    answer.headers_mut().insert(VARY, HeaderValue::from_static("Authorization"));
    let kept = once(answer.headers().get_all(CACHE_CONTROL)).ok().flatten();
    let Some(kept) = kept else {
        answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        return answer;
    };
    if answer.status() != StatusCode::OK || !kept.as_bytes().starts_with(b"public") {
        return answer;
    }
    let (request, answer) = answer.into_parts();
    let (head, body) = answer.into_parts();
    let answer = match body.try_into_bytes() {
        Ok(body) => tagged(&request, head, body),
        Err(body) => head.set_body(body),
    };
    ServiceResponse::new(request, answer)
}

fn tagged(request: &HttpRequest, mut head: HttpResponse<()>, body: Bytes) -> HttpResponse<BoxBody> {
    let tag = URL_SAFE_NO_PAD.encode(&digest(&SHA256, &body).as_ref()[..TAG_BYTES]);
    let tag = EntityTag::new_strong(tag);
    if let Ok(value) = HeaderValue::from_str(&tag.to_string()) {
        head.headers_mut().insert(ETAG, value);
    }
    let known = match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(known)) => known.iter().any(|known| known.weak_eq(&tag)),
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
}
