use std::time::Duration;

use platform::config::{Misconfigured, Reader, Settings as _};

use super::Settings;

const KEY: &str = "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fn read(changes: &[(&str, &str)]) -> Result<Settings, Misconfigured> {
    let required = [
        ("RESEND_API_KEY", "re_key"),
        ("MAIL_FROM", "Board <mail@board.example>"),
        ("SIGN_IN_URL", "https://board.example/sign-in"),
        ("SIGN_IN_KEYS", KEY),
    ];
    let values = required.iter().chain(changes).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let mut reader = Reader::new(values.collect::<std::collections::BTreeMap<_, _>>());
    let settings = Settings::read(&mut reader);
    reader.finish(settings)
}

fn told(changes: &[(&str, &str)]) -> String {
    read(changes).expect_err("a mistake").to_string()
}

#[test]
fn four_settings_are_enough_and_the_others_have_these_defaults() {
    let settings = read(&[]).expect("enough");
    let (resend, pace) = (settings.resend, settings.pace);
    assert_eq!((resend.url.as_str(), resend.post_limit), ("https://api.resend.com/", Duration::from_secs(5)));
    assert_eq!((pace.lease, pace.poll), (Duration::from_secs(20), Duration::from_secs(1)));
    assert_eq!((pace.batches_under_way, pace.mails_per_batch), (8, 100));
    assert_eq!(pace.spacing, Duration::from_millis(200));
}

#[test]
fn every_wrong_value_is_named() {
    for (name, value) in [
        ("MAIL_FROM", "Board"),
        ("LEASE_S", "0.1"),
        ("LEASE_S", "long"),
        ("POST_LIMIT_S", "0"),
        ("BATCHES_UNDER_WAY", "0"),
        ("MAILS_PER_BATCH", "101"),
        ("POSTS_PER_S", "0"),
        ("POLL_S", "0"),
    ] {
        let told = told(&[(name, value)]);
        assert!(told.contains(&format!("{name} is \"{value}")), "{told}");
    }
}

#[test]
fn of_a_wrong_address_is_told_what_is_wrong_with_it() {
    for (name, value, why) in [
        ("RESEND_URL", "resend", "has no scheme"),
        ("RESEND_URL", "ftp://resend.example", "has an unknown scheme"),
        ("RESEND_URL", "https://u:secret@resend.example", "has a user or a password"),
        ("RESEND_URL", "https://resend.example?key=secret", "has a query"),
        ("SIGN_IN_URL", "board.example/sign-in", "has no scheme"),
        ("SIGN_IN_URL", "https://ada:secret@board.example", "has a user or a password"),
        ("SIGN_IN_URL", "https://board.example/sign-in#token", "has a #"),
    ] {
        let told = told(&[(name, value)]);
        assert!(told.contains(&format!("{name} {why}")) && !told.contains(value), "{told}");
    }
}

#[test]
fn secrets_are_named_and_never_shown() {
    for (name, value, why) in [
        ("RESEND_API_KEY", "sk_something", "does not begin with re_"),
        ("RESEND_API_KEY", "re_", "has nothing behind re_"),
        ("RESEND_API_KEY", "re_with space", "has a space, a line break or another character that no key has"),
        ("SIGN_IN_KEYS", "k1:c2hvcnQ=", "has a KEY of less than 32 bytes"),
    ] {
        let told = told(&[(name, value)]);
        assert!(told.contains(&format!("{name} {why} (its value is not shown)")), "{told}");
        // What every key begins with is no secret.
        assert!(value == "re_" || !told.contains(value), "{told}");
    }
    assert!(!format!("{:?}", read(&[]).expect("enough")).contains("re_key"));
}

#[test]
fn what_is_missing_is_told_all_at_once() {
    let missing: Vec<(&str, &str)> =
        ["RESEND_API_KEY", "MAIL_FROM", "SIGN_IN_URL", "SIGN_IN_KEYS"].map(|name| (name, "")).to_vec();
    let told = told(&missing);
    assert!(missing.iter().all(|(name, _)| told.contains(&format!("{name} is missing"))), "{told}");
}

#[test]
fn a_post_that_may_outlast_its_claim_is_a_mistake() {
    let told = told(&[("LEASE_S", "5"), ("POST_LIMIT_S", "5")]);
    assert!(told.contains("POST_LIMIT_S must be less than LEASE_S"), "{told}");
}
