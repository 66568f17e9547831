//! Keys and tokens.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::{Value, json};
use testbed::process::Process;
use testbed::token::KeyPair;

use crate::DEADLINE;

fn bytes(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).expect("it is base64url")
}

fn parse(part: &str) -> Value {
    serde_json::from_slice(&bytes(part)).expect("it is JSON")
}

fn jwk(key: &KeyPair) -> Value {
    let set: Value = serde_json::from_str(&key.public_jwks()).expect("it is JSON");
    set["keys"][0].clone()
}

#[test]
fn a_minted_token_is_signed_by_the_key_of_its_kid() {
    let key = KeyPair::generate();
    let token = key.mint("0190f5c2-0000-7000-8000-000000000000", Duration::from_secs(900));
    let parts: Vec<&str> = token.split('.').collect();
    let jwk = jwk(&key);
    let public = bytes(jwk["x"].as_str().expect("x is text"));
    let signed = format!("{}.{}", parts[0], parts[1]);
    UnparsedPublicKey::new(&ED25519, public)
        .verify(signed.as_bytes(), &bytes(parts[2]))
        .expect("the signature is good");
    let header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": jwk["kid"] });
    assert_eq!(parse(parts[0]), header);
    let claims = parse(parts[1]);
    assert_eq!(claims["sub"], "0190f5c2-0000-7000-8000-000000000000");
    let time = |name: &str| claims[name].as_u64().expect("it is a number");
    assert_eq!(time("exp") - time("iat"), 900);
    assert!(testbed::now().as_secs().abs_diff(time("iat")) < 60);
}

#[test]
fn a_bad_token_says_what_it_was_told_to() {
    let token = KeyPair::generate().mint_with(&json!({ "iss": "somebody else" }));
    let claims = token.split('.').nth(1).expect("it has three parts");
    assert_eq!(parse(claims), json!({ "iss": "somebody else" }));
}

#[test]
fn a_key_is_made_once_and_for_its_owner_alone() {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let path = folder.path().join("signing.pem");
    let made = KeyPair::load_or_create(&path).expect("it is made");
    let read = KeyPair::load_or_create(&path).expect("it is read");
    assert_eq!(made.public_jwks(), read.public_jwks());
    assert_ne!(made.kid(), KeyPair::generate().kid());
    let mode = std::fs::metadata(&path).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_file_that_is_no_key_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "dear diary").expect("it can be written");
    let error = KeyPair::load_or_create(&path).expect_err("it is no key");
    assert!(error.to_string().contains("notes.txt holds no Ed25519 key"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).expect("it is there"), "dear diary");
}

#[tokio::test]
async fn a_key_that_openssl_made_is_read() {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let path = folder.path().join("signing.pem");
    let openssl = Process::command("openssl")
        .args(["genpkey", "-algorithm", "ed25519", "-out"])
        .arg(&path)
        .start()
        .expect("openssl starts");
    let status = openssl.wait(DEADLINE).await.expect("openssl ends");
    assert!(status.success(), "{}", openssl.output());
    let key = KeyPair::load_or_create(&path).expect("it is a key");
    let text = std::fs::read_to_string(&path).expect("it is there");
    assert_eq!(key.signing_key_pem(), text);
}
