use super::*;

fn reader(values: &[(&str, &str)]) -> Reader {
    Reader::new(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

#[derive(Debug)]
struct Sample;

impl Settings for Sample {
    fn read(from: &mut Reader) -> Option<Self> {
        let url = from.page_url(setting("PAGE_URL", "where the page is"));
        from.group("Waits");
        let wait = from.seconds(setting("WAIT_S", "how long to wait"), 0.1..=10.0, 1.5);
        from.group("Sizes");
        let size = from.count(setting("SIZE", "how many"), 1..=8, 4);
        let key = from.secret(setting("KEY", "opens the door"), "8 hex digits", |text: &str| {
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
    PAGE_URL has an unknown scheme (its value is not shown): wanted an http or https address without user, password or #
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
        ["PAGE_URL is missing: wanted an http or https address without user, password or #"]
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
          an http or https address without user, password or #; required
    Waits
      WAIT_S
          how long to wait
          seconds from 0.1 to 10, decimals allowed; default 1.5
    Sizes
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
fn what_others_are_shown_has_nothing_in_it_that_they_must_not_see() {
    let about = setting("PAGE_URL", "where the page is");
    for (wrong, why) in [
        ("https://ada:hunter2@a.example", "has a user or a password"),
        ("https://ada@a.example", "has a user or a password"),
        ("https://a.example/#hunter2", "has a #"),
        ("https://a{hunter2}.example", "has a character that HTTP does not allow"),
        ("ftp://hunter2", "has an unknown scheme"),
        ("hunter2", "has no scheme"),
    ] {
        for base in [false, true] {
            let mut reader = reader(&[("PAGE_URL", wrong)]);
            let url = if base { reader.base_url(about) } else { reader.page_url(about) };
            let told = reader.finish(url).expect_err(wrong).to_string();
            assert!(told.contains(why) && !told.contains("hunter2"), "{told}");
        }
    }
    let with_query = reader(&[("PAGE_URL", "https://a.example/in?lang=de")]).page_url(about).expect("an address");
    assert_eq!(with_query.as_str(), "https://a.example/in?lang=de");
    let with_path = reader(&[("PAGE_URL", "https://a.example/board")]).base_url(about).expect("an address");
    assert_eq!(with_path.join("v1/jobs").expect("joined").as_str(), "https://a.example/board/v1/jobs");
    let mut reader = reader(&[("PAGE_URL", "https://a.example/in?lang=de")]);
    assert_eq!(reader.base_url(about), None);
    assert!(reader.finish(Some(())).expect_err("no base").to_string().contains("has a query"));
}

#[test]
fn what_its_standard_has_us_ignore_is_no_mistake_and_a_notice() {
    let mut reader = reader(&[("LEVEL", " loud ")]);
    let level = |text: &str| (text == "low").then_some(1);
    assert_eq!(reader.standard(setting("LEVEL", "how loud"), "low", "low", level), None);
    assert_eq!(reader.notices(), ["LEVEL is \"loud\", which is ignored: wanted low"]);
    assert!(reader.finish(Some(())).is_ok());
}

#[test]
fn a_name_that_looks_like_one_of_ours_is_told() {
    for (name, meant) in
        [("PAGE_URI", "PAGE_URL"), ("WAITS_S", "WAIT_S"), ("page_url", "PAGE_URL"), ("CA_FLIE", "CA_FILE")]
    {
        let mut reader = reader(&[(name, "hunter2")]);
        let _ = Sample::read(&mut reader);
        assert_eq!(reader.notices(), [format!("{name} is not known, and not used: is it {meant}?")]);
    }
    let mut others =
        reader(&[("PATH", "/bin"), ("HOME", "/root"), ("SIZED", "1"), ("LANG", "C"), ("PWD", "/"), ("TZ", "UTC")]);
    let _ = Sample::read(&mut others);
    assert_eq!(others.notices(), ["SIZED is not known, and not used: is it SIZE?"]);
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
