mod fuzz;

use super::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use testbed::token::KeyPair;
use time::OffsetDateTime;

struct Board {
    keys: KeyPair,
    verifier: Verifier,
    signer: Signer,
    now: Arc<AtomicI64>,
}

fn board() -> Board {
    let keys = KeyPair::generate();
    let now = Arc::new(AtomicI64::new(1_800_000_000));
    let clock = Clock::from_fn({
        let now = now.clone();
        move || OffsetDateTime::from_unix_timestamp(now.load(Ordering::Relaxed)).expect("a time")
    });
    let mut reader = Reader::new([
        ("TOKEN_SIGNING_KEY".to_owned(), keys.signing_key_pem()),
        ("TOKEN_KEY_ID".to_owned(), keys.kid().to_owned()),
        ("TOKEN_PUBLIC_KEYS".to_owned(), keys.public_jwks()),
    ]);
    let settings = SignerSettings::read(&mut reader).zip(PublicKeys::read(&mut reader));
    let (signer, public) = reader.finish(settings).expect("good settings");
    let (signer, verifier) = (Signer::new(signer, clock.clone()), Verifier::new(public, clock));
    Board { keys, verifier, signer, now }
}

const SESSION: Uuid = Uuid::from_u128(0x5e55);

fn minted(board: &Board, subject: Uuid) -> String {
    use secrecy::ExposeSecret as _;
    board.signer.mint(subject, SESSION).expect("a token").0.expose_secret().to_owned()
}

#[test]
fn a_token_says_who_and_in_which_session() {
    let board = board();
    let person = Uuid::new_v4();
    let token = minted(&board, person);
    let claims = board.verifier.verify(&token).expect("a good token");
    assert_eq!((claims.subject, claims.session), (person, Some(SESSION)));
}

/// Guards: token expiry.
#[test]
fn a_token_ends_after_fifteen_minutes_also_when_it_is_remembered() {
    let board = board();
    let token = minted(&board, Uuid::new_v4());
    assert!(board.verifier.verify(&token).is_ok());
    board.now.fetch_add(TOKEN_LIFE.as_secs().cast_signed() - 1, Ordering::Relaxed);
    assert!(board.verifier.verify(&token).is_ok());
    board.now.fetch_add(1, Ordering::Relaxed);
    assert_eq!(board.verifier.verify(&token), Err(BadToken::Expired));
    assert_eq!(board.verifier.verify(&token), Err(BadToken::Expired));
}

#[test]
fn a_token_of_another_key_is_foreign() {
    let (ours, theirs) = (board(), board());
    assert_eq!(ours.verifier.verify(&minted(&theirs, Uuid::new_v4())), Err(BadToken::Foreign));
}

/// Guards: token signature.
#[test]
fn a_changed_token_is_foreign() {
    let board = board();
    let token = minted(&board, Uuid::new_v4());
    for at in [5, token.len() / 2, token.len() - 3] {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).expect("ASCII");
        assert_eq!(board.verifier.verify(&changed), Err(BadToken::Foreign), "changed at {at}");
    }
}

#[test]
fn claims_of_another_board_are_foreign() {
    let board = board();
    let exp = board.now.load(Ordering::Relaxed) + 60;
    let good = serde_json::json!({ "iss": "board", "aud": "board", "sub": Uuid::nil(), "iat": 0, "exp": exp, "jti": Uuid::nil() });
    assert_eq!(board.verifier.verify(&board.keys.mint_with(&good)).map(|claims| claims.session), Ok(None));
    for (claim, wrong) in [("iss", "theirs"), ("aud", "theirs"), ("sub", "ada"), ("sid", "here"), ("exp", "soon")] {
        let mut claims = good.clone();
        claims[claim] = wrong.into();
        assert_eq!(board.verifier.verify(&board.keys.mint_with(&claims)), Err(BadToken::Foreign), "{claim}");
    }
}

#[test]
fn texts_that_are_no_tokens_are_foreign() {
    let board = board();
    let long = "a".repeat(LONGEST_TOKEN + 1);
    for text in ["", "a.b.c", "..", "eyJhbGciOiJub25lIn0.e30.", "\u{0}", long.as_str()] {
        assert_eq!(board.verifier.verify(text), Err(BadToken::Foreign));
    }
}

#[test]
fn a_signer_is_taken_by_its_own_half_alone() {
    let (ours, theirs) = (KeyPair::generate(), KeyPair::generate());
    let signer_of = |key: &KeyPair, id: String| {
        let mut reader =
            Reader::new([("TOKEN_SIGNING_KEY".to_owned(), key.signing_key_pem()), ("TOKEN_KEY_ID".to_owned(), id)]);
        SignerSettings::read(&mut reader).expect("good settings")
    };
    let public = board_of(&ours).expect("good settings");
    assert!(public.take(&signer_of(&ours, ours.kid())));
    assert!(!public.take(&signer_of(&theirs, ours.kid())), "another key under the same id");
    assert!(!public.take(&signer_of(&ours, theirs.kid())), "an id that is not listed");
}

fn board_of(keys: &KeyPair) -> Option<PublicKeys> {
    PublicKeys::read(&mut Reader::new([("TOKEN_PUBLIC_KEYS".to_owned(), keys.public_jwks())]))
}

#[test]
fn keys_that_are_none_are_mistakes_and_not_shown() {
    let one = KeyPair::generate().public_jwks();
    let jwk = &one[r#"{"keys":["#.len()..one.len() - "]}".len()];
    let twice = format!(r#"{{"keys":[{jwk},{jwk}]}}"#);
    let cut = "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----";
    for (name, wrong, why) in [
        ("TOKEN_SIGNING_KEY", "hunter2", "is no PEM"),
        ("TOKEN_SIGNING_KEY", cut, "is damaged, or of another kind than Ed25519"),
        ("TOKEN_SIGNING_KEY", &cut.replace('\n', "\\n"), "has \\n where its line breaks were"),
        ("TOKEN_SIGNING_KEY", &cut.replace("PRIVATE", "EC PRIVATE"), "is PEM of something else than PKCS #8"),
        ("TOKEN_PUBLIC_KEYS", "{}", "is no JWK Set"),
        ("TOKEN_PUBLIC_KEYS", "hunter2", "is no JWK Set"),
        ("TOKEN_PUBLIC_KEYS", r#"{"keys":[]}"#, "has no key"),
        ("TOKEN_PUBLIC_KEYS", twice.as_str(), "has a kid twice"),
        ("TOKEN_PUBLIC_KEYS", r#"{"keys":[{"kty":"oct","k":"aHVudGVyMg"}]}"#, "has a key without a kid"),
        (
            "TOKEN_PUBLIC_KEYS",
            r#"{"keys":[{"kty":"oct","kid":"k1","k":"aHVudGVyMg"}]}"#,
            "has a key of another kind than Ed25519",
        ),
    ] {
        let mut reader = Reader::new([(name.to_owned(), wrong.to_owned())]);
        let _ = (SignerSettings::read(&mut reader), PublicKeys::read(&mut reader));
        let told = reader.finish(None::<()>).expect_err("mistakes").to_string();
        assert!(told.contains(&format!("{name} {why} (its value is not shown)")), "{told}");
        assert!(!told.contains("hunter2"));
    }
}
