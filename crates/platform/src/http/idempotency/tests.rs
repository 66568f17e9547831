use actix_web::test::TestRequest;
use uuid::Uuid;

use super::*;

const ADA: Caller = Caller(Uuid::from_u128(1));

fn keyed(request: TestRequest, body: &[u8], caller: Caller) -> Keyed {
    let request = request.insert_header((HEADER, "k")).to_http_request();
    // The body may be read after the key was.
    let key = IdempotencyKey::from_request(&request, &mut Payload::None).into_inner().expect("a key");
    BodyHash::wanted(&request).expect("there is a key").note(body);
    key.of(caller).expect("a key")
}

#[test]
fn a_request_without_a_key_has_none_and_its_body_is_not_hashed() {
    let request = TestRequest::post().to_http_request();
    let key = IdempotencyKey::from_request(&request, &mut Payload::None).into_inner().expect("it is optional");
    assert_eq!(key.of(ADA), None);
    assert!(BodyHash::wanted(&request).is_none());
}

#[test]
fn a_request_is_the_same_by_its_method_path_and_body() {
    let first = keyed(TestRequest::post().uri("/v1/jobs"), b"{}", ADA);
    assert_eq!(keyed(TestRequest::post().uri("/v1/jobs"), b"{}", ADA), first);
    for other in [
        keyed(TestRequest::post().uri("/v1/jobs"), b"{ }", ADA),
        keyed(TestRequest::post().uri("/v1/jobs?a"), b"{}", ADA),
        keyed(TestRequest::put().uri("/v1/jobs"), b"{}", ADA),
    ] {
        assert_ne!(other.fingerprint, first.fingerprint);
    }
}

#[test]
fn the_same_key_of_somebody_else_is_another_lock() {
    let request = || TestRequest::post().uri("/v1/jobs");
    let (ada, bob) = (keyed(request(), b"{}", ADA), keyed(request(), b"{}", Caller(Uuid::from_u128(2))));
    assert_ne!(ada.lock(), bob.lock());
    assert_eq!(ada.lock(), keyed(request(), b"{ }", ADA).lock(), "whatever its body");
}

#[test]
fn parts_of_a_lock_cannot_pass_for_others() {
    assert_ne!(lock(&[b"ab", b"c"]), lock(&[b"a", b"bc"]));
}
