use super::*;

fn reader(values: &[(&str, &str)]) -> Reader {
    Reader::new(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

#[derive(Debug)]
struct Sample;

impl Settings for Sample {
    fn read(from: &mut Reader) -> Option<Self> {
        let url = from.url(setting("PAGE_URL", "where the page is"));
        let wait = from.seconds(setting("WAIT_S", "how long to wait"), 0.1..=10.0, 1.5);
        let size = from.count(setting("SIZE", "how many"), 1..=8, 4);
        let key = from.secret(setting("KEY", "opens the door"), "8 hex digits", |text| {
            if text.len() == 8 { Ok(text.to_owned()) } else { Err("has another length") }
        });
        let file = from.file(setting("CA_FILE", "who is trusted"), "a PEM file");
        let _ = (url?, wait?, size?, key?, file?);
        Some(Self)
    }
}

fn mistakes(values: &[(&str, &str)]) -> Vec<String> {
    let mut reader = reader(values);
    let sample = Sample::read(&mut reader);
    reader.finish(sample).map(|_| Vec::new()).unwrap_or_else(|Misconfigured(mistakes)| mistakes)
}

#[test]
fn good_settings_have_no_mistakes() {
    assert_eq!(mistakes(&[("PAGE_URL", "https://a.example"), ("KEY", "0123abcd")]), Vec::<String>::new());
}

#[test]
fn all_mistakes_are_told_together_with_what_was_wanted() {
    let wrong = [("WAIT_S", "soon"), ("SIZE", "9"), ("PAGE_URL", "ftp://x"), ("CA_FILE", "/nowhere/ca.pem")];
    insta::assert_snapshot!(mistakes(&wrong).join("\n"), @r#"
    PAGE_URL is "ftp://x": wanted an http or https address
    WAIT_S is "soon": wanted seconds from 0.1 to 10, decimals allowed
    SIZE is "9": wanted a whole number from 1 to 8
    KEY is missing: wanted 8 hex digits
    CA_FILE is "/nowhere/ca.pem", which cannot be read (No such file or directory (os error 2)): wanted the path of a PEM file
    "#);
}

#[test]
fn of_a_wrong_secret_is_told_what_is_wrong_and_not_what_it_is() {
    let told = mistakes(&[("PAGE_URL", "https://a.example"), ("KEY", "hunter2")]).join("\n");
    assert_eq!(told, "KEY has another length (its value is not shown): wanted 8 hex digits");
}

#[test]
fn an_address_without_a_scheme_is_none_also_where_none_is_needed() {
    let about = setting("RECEIVER", "takes traces");
    for wrong in ["localhost:4318", "grpc://localhost:4317", "http://"] {
        let mut reader = reader(&[("RECEIVER", wrong)]);
        assert_eq!(reader.optional_url(about), None, "{wrong} was taken");
        assert!(reader.finish(Some(())).is_err());
    }
    assert_eq!(reader(&[]).optional_url(about), Some(None));
}

#[test]
fn an_empty_value_counts_as_not_set() {
    assert_eq!(
        mistakes(&[("PAGE_URL", ""), ("KEY", "0123abcd")]),
        ["PAGE_URL is missing: wanted an http or https address"]
    );
}

#[test]
fn not_a_number_and_infinity_are_no_lengths_of_time() {
    for wrong in ["NaN", "inf", "-1", "1e9"] {
        let told = mistakes(&[("PAGE_URL", "https://a.example"), ("KEY", "0123abcd"), ("WAIT_S", wrong)]);
        assert_eq!(told.len(), 1, "{wrong} was taken");
    }
}

#[test]
fn help_lists_every_setting_with_its_unit_and_default() {
    let mut reader = reader(&[]);
    let _ = Sample::read(&mut reader);
    insta::assert_snapshot!(reader.help(), @r"
      PAGE_URL
          where the page is
          an http or https address; required
      WAIT_S
          how long to wait
          seconds from 0.1 to 10, decimals allowed; default 1.5
      SIZE
          how many
          a whole number from 1 to 8; default 4
      KEY
          opens the door
          8 hex digits; required
      CA_FILE
          who is trusted
          the path of a PEM file; default none
    ");
}

#[test]
fn of_an_address_is_told_which_part_is_wrong() {
    let wrong = |text| secret_address(text, &["redis", "rediss"]).expect_err(text);
    assert_eq!(wrong("cache.example:6379"), "has no scheme");
    assert_eq!(wrong("http://cache.example"), "has an unknown scheme");
    assert_eq!(wrong("redis://:6379"), "has no host");
    for port in ["redis://cache.example:port", "redis://cache.example:65536", "redis://u:half#half@cache.example"] {
        assert_eq!(wrong(port), "has a bad port, or a password whose special characters are not percent-encoded");
    }
    assert_eq!(wrong("redis://cache example"), "has a bad host");
    for good in ["rediss://u:p@cache.example:6380/1", "redis:///?host=cache.example"] {
        assert!(secret_address(good, &["redis", "rediss"]).is_ok(), "{good}");
    }
}
