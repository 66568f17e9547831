use uuid::Uuid;

use super::{BadToken, BatchId, Placeholder, SignIn, Token, Unfilled, fill};

const BATCH: BatchId = BatchId::new(Uuid::from_u128(0xb));
const ADA: SignIn = SignIn::new(Uuid::from_u128(0xada));
const BOB: SignIn = SignIn::new(Uuid::from_u128(0xb0b));

fn token(sign_in: SignIn) -> Option<Token> {
    Token::parse(format!("tok{:x}", sign_in.uuid().as_u128())).ok()
}

fn placeholder(sign_in: SignIn) -> String {
    Placeholder { batch: BATCH, sign_in }.to_string()
}

fn filled(text: &str) -> String {
    String::from_utf8(fill(text.as_bytes(), BATCH, token).expect("every key is there")).expect("still text")
}

#[test]
fn each_placeholder_gets_the_token_of_its_own_sign_in() {
    let text = format!("a {} b {} c {}", placeholder(ADA), placeholder(BOB), placeholder(ADA));
    assert_eq!(filled(&text), "a tokada b tokb0b c tokada");
}

#[test]
fn bytes_without_a_placeholder_stay_as_they_are() {
    assert_eq!(filled("Grüße, sign-in-token."), "Grüße, sign-in-token.");
}

#[test]
fn filling_twice_gives_equal_bytes() {
    let text = placeholder(ADA);
    assert_eq!(filled(&text), filled(&text));
}

#[test]
fn a_request_stays_json() {
    let body = serde_json::json!([{ "html": format!("<a href=\"https://x/?t={}\">in</a>", placeholder(ADA)) }]);
    let read: serde_json::Value = serde_json::from_str(&filled(&body.to_string())).expect("JSON");
    assert_eq!(read[0]["html"], "<a href=\"https://x/?t=tokada\">in</a>");
}

#[test]
fn a_placeholder_is_the_same_in_json_html_and_a_url() {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    assert!(placeholder(ADA).chars().all(fits), "{}", placeholder(ADA));
}

#[test]
fn a_name_that_looks_like_a_placeholder_is_not_filled() {
    // A person can know a sign-in's id, and even a batch of the past, but not the batch to come.
    let name = Placeholder { batch: BatchId::new(Uuid::from_u128(0xbad)), sign_in: BOB }.to_string();
    assert_eq!(filled(&format!("Dear {name}")), format!("Dear {name}"));
}

#[test]
fn a_missing_key_names_the_sign_in_and_fills_nothing() {
    let text = format!("{} {}", placeholder(ADA), placeholder(BOB));
    let only_ada = |sign_in| if sign_in == ADA { token(sign_in) } else { None };
    assert_eq!(fill(text.as_bytes(), BATCH, only_ada), Err(Unfilled::MissingKey(BOB)));
}

#[test]
fn a_damaged_placeholder_is_never_sent() {
    let whole = placeholder(ADA);
    let cut = &whole[..whole.len() - 1];
    assert_eq!(fill(cut.as_bytes(), BATCH, token), Err(Unfilled::Damaged));
    assert_eq!(fill(format!("{cut}\u{e9}").as_bytes(), BATCH, token), Err(Unfilled::Damaged));
}

#[test]
fn a_token_that_would_need_escaping_is_refused_and_never_printed() {
    assert_eq!(Token::parse("a\"b".to_owned()).map(|_| ()), Err(BadToken));
    assert_eq!(Token::parse(String::new()).map(|_| ()), Err(BadToken));
    assert_eq!(Token::parse("ab-".to_owned()).map(|_| ()), Err(BadToken));
    assert!(!format!("{:?}", Token::parse("secret".to_owned())).contains("secret"));
}
