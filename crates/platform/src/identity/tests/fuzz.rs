//! Tokens as strangers make them. A case costs a check of a signature, so the numbers of cases are small.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn cases() -> ProptestConfig {
    ProptestConfig::with_cases(500)
}

#[test]
fn a_token_with_any_single_bit_flipped_is_foreign() {
    let board = board();
    let token = minted(&board, Uuid::new_v4());
    let mut flipped = 0;
    for (at, bit) in (0..token.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let mut bytes = token.clone().into_bytes();
        bytes[at] ^= 1 << bit;
        // What is no text never comes this far.
        if let Ok(changed) = String::from_utf8(bytes) {
            flipped += 1;
            assert_eq!(board.verifier.verify(&changed), Err(BadToken::Foreign), "bit {bit} of byte {at}");
        }
    }
    assert_eq!(flipped, token.len() * 7);
    assert!(board.verifier.verify(&token).is_ok());
}

#[test]
fn a_token_with_letters_changed_added_or_lost_is_foreign() {
    let board = board();
    let token = minted(&board, Uuid::new_v4());
    proptest!(cases(), |(from in 0..token.len(), lost in 0..4_usize, added in "[A-Za-z0-9_.=-]{0,4}|.{0,4}")| {
        let until = (from + lost).min(token.len());
        let changed = format!("{}{added}{}", &token[..from], &token[until..]);
        prop_assume!(changed != token);
        prop_assert_eq!(board.verifier.verify(&changed), Err(BadToken::Foreign));
    });
}

#[test]
fn no_mixture_of_two_good_tokens_is_good() {
    let board = board();
    let tokens = [minted(&board, Uuid::new_v4()), minted(&board, Uuid::new_v4())];
    let parts: Vec<Vec<&str>> = tokens.iter().map(|token| token.split('.').collect()).collect();
    // The headers are the same, so the claims and the signature decide.
    for (claims, signature) in [(0, 1), (1, 0)] {
        let mixed = [parts[0][0], parts[claims][1], parts[signature][2]].join(".");
        assert_eq!(board.verifier.verify(&mixed), Err(BadToken::Foreign));
    }
    assert!(tokens.iter().all(|token| board.verifier.verify(token).is_ok()));
}

/// What stands in a header by which other boards were fooled: no algorithm, another one, a key that comes along.
fn header(key_id: String) -> impl Strategy<Value = String> {
    const ALGORITHMS: [&str; 8] = ["EdDSA", "none", "None", "HS256", "RS256", "ES256", "Ed25519", ""];
    const TYPES: [&str; 4] = ["at+jwt", "JWT", "AT+JWT", ""];
    (
        proptest::sample::select(&ALGORITHMS[..]),
        proptest::sample::select(&TYPES[..]),
        prop_oneof![Just(Some(key_id)), Just(None), ".{0,20}".prop_map(Some)],
        proptest::option::of(".{0,20}"),
    )
        .prop_map(|(algorithm, kind, key_id, more)| {
            let mut header = json!({ "alg": algorithm, "typ": kind, "kid": key_id });
            if let Some(more) = more {
                header["jwk"] = json!({ "kty": "OKP", "crv": "Ed25519", "x": more });
                header["jku"] = json!(more);
                header["crit"] = json!([more]);
            }
            header.to_string()
        })
}

#[test]
fn what_nobody_signed_is_foreign_whatever_its_header_says() {
    let board = board();
    let header = prop_oneof![3 => header(board.keys.kid().to_owned()), 1 => ".{0,60}"];
    let good = minted(&board, Uuid::new_v4());
    let signed = good.rsplit_once('.').map(|(_, signature)| signature.to_owned()).expect("three parts");
    let expires = board.now.load(Ordering::Relaxed) + 60;
    let claims =
        json!({ "iss": "board", "aud": "board", "sub": Uuid::nil(), "iat": 0, "exp": expires, "jti": Uuid::nil() });
    let claims = prop_oneof![Just(claims.to_string()), ".{0,60}"];
    let signature = prop_oneof![Just(String::new()), Just(signed), "[A-Za-z0-9_-]{86}", ".{0,20}"];
    proptest!(cases(), |(header in header, claims in claims, signature in signature)| {
        let (header, claims) = (URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let token = format!("{header}.{claims}.{signature}");
        prop_assert_eq!(board.verifier.verify(&token), Err(BadToken::Foreign));
    });
}

#[test]
fn a_token_that_was_sealed_with_the_public_key_is_foreign() {
    let board = board();
    let keys: serde_json::Value = serde_json::from_str(&board.keys.public_jwks()).expect("JSON");
    let public = keys["keys"][0]["x"].as_str().expect("a public key");
    let expires = board.now.load(Ordering::Relaxed) + 60;
    let claims =
        json!({ "iss": "board", "aud": "board", "sub": Uuid::nil(), "iat": 0, "exp": expires, "jti": Uuid::nil() });
    for secret in [public.as_bytes().to_vec(), URL_SAFE_NO_PAD.decode(public).expect("base64")] {
        let mut header = Header::new(Algorithm::HS256);
        (header.typ, header.kid) = (Some(TOKEN_TYPE.to_owned()), Some(board.keys.kid().to_owned()));
        let sealed = encode(&header, &claims, &EncodingKey::from_secret(&secret)).expect("sealed");
        assert_eq!(board.verifier.verify(&sealed), Err(BadToken::Foreign));
    }
}

#[test]
fn any_text_is_foreign_and_never_a_panic() {
    let board = board();
    proptest!(cases(), |(text in prop_oneof![".{0,200}", "[A-Za-z0-9_-]{0,80}(\\.[A-Za-z0-9_-]{0,80}){0,4}"])| {
        prop_assert_eq!(board.verifier.verify(&text), Err(BadToken::Foreign));
    });
}
