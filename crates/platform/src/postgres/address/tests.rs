use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

use super::*;

fn parsed(text: &str) -> Address {
    Address::parse(text).unwrap_or_else(|wrong| panic!("{text} {wrong}"))
}

fn place(host: &str, port: u16) -> Place {
    Place { host: host.into(), address: None, port }
}

#[test]
fn an_address_and_words_say_the_same() {
    for text in [
        "postgres://ada:p%40ss%2Fword@db.example:6432/board?options=-c%20work_mem%3D8MB%20-c%20jit%3Doff",
        "postgresql://ada:p%40ss%2Fword@db.example:6432/board?options=-c work_mem=8MB -c jit=off",
        "host=db.example port=6432 user=ada password=p@ss/word dbname=board options='-c work_mem=8MB -c jit=off'",
        r"host = db.example port = 6432 user=ada password = 'p@ss/word' dbname=board options=-c\ work_mem=8MB\ -c\ jit=off",
        "postgres:///board?host=db.example&port=6432&user=ada&password=p%40ss%2Fword&options=-c work_mem=8MB -c jit=off",
    ] {
        let Address { config, places, .. } = parsed(text);
        assert_eq!(places, [place("db.example", 6432)], "{text}");
        assert_eq!((config.get_user(), config.get_dbname()), (Some("ada"), Some("board")), "{text}");
        assert_eq!(config.get_password(), Some(&b"p@ss/word"[..]), "{text}");
        assert_eq!(config.get_options(), Some("-c work_mem=8MB -c jit=off"), "{text}");
    }
}

#[test]
fn the_three_modes_are_understood_and_verify_full_is_the_default() {
    for (mode, ssl, verification) in [
        ("sslmode=disable", SslMode::Disable, Verification::None),
        ("sslmode=require", SslMode::Require, Verification::None),
        ("sslmode=verify-full", SslMode::Require, Verification::Full),
        ("", SslMode::Require, Verification::Full),
    ] {
        let address = parsed(&format!("host=h {mode}"));
        assert_eq!((address.config.get_ssl_mode(), address.verification), (ssl, verification), "{mode}");
    }
    assert_eq!(parsed("postgres://h/d").root, None);
    assert_eq!(parsed("postgres://h/d?sslrootcert=system").root, Some(Root::Web));
    assert_eq!(parsed("postgres://h/d?sslrootcert=/etc/ca.pem").root, Some(Root::File("/etc/ca.pem".to_owned())));
}

#[test]
fn a_line_break_behind_an_address_is_no_part_of_it() {
    assert_eq!(parsed("postgres://u:p@h/board\n").config.get_dbname(), Some("board"));
}

#[test]
fn several_servers_are_asked_in_their_order() {
    let address = parsed("postgres://u:p@one:5433,two,[fd00::3]:5434/d?target_session_attrs=read-write");
    assert_eq!(address.places, [place("one", 5433), place("two", 5432), place("fd00::3", 5434)]);
    assert_eq!(address.config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
    assert_eq!(parsed("host=one,two port=6432").places, [place("one", 6432), place("two", 6432)]);
    let [known] = parsed("host=db.example hostaddr=10.0.0.7").places.try_into().expect("one");
    assert_eq!(known, Place { address: Some([10, 0, 0, 7].into()), ..place("db.example", 5432) });
    assert_eq!(parsed("host=/var/run/postgresql user=u").places, [place("/var/run/postgresql", 5432)]);
}

#[test]
fn what_functions_say_themselves_is_told_to_be_in_vain() {
    let unused = parsed("postgres://h/d?application_name=mine&connect_timeout=10&keepalives_idle=5").unused;
    assert_eq!(unused, ["application_name", "connect_timeout", "keepalives_idle"]);
}

#[test]
fn what_is_wrong_is_told_by_its_name_and_never_by_its_value() {
    for (wrong, why) in [
        ("h:5432", "has no scheme"),
        ("mysql://u:p@h/d", "has an unknown scheme"),
        ("postgres:///d", "has no host"),
        ("postgres://", "has no host"),
        ("dbname=secret", "has no host"),
        ("postgres://u:p@h,,i/d", "has no host"),
        ("postgres://u:half/secret@h/d", BAD_PORT),
        ("postgres://u:p@h:65536/d", BAD_PORT),
        ("postgres://u:p@h:0/d", BAD_PORT),
        ("postgres://u:p@[fd00::3/d", "has a [ without a ]"),
        ("postgres://u:secret%zz@h/d", "has a % without two hexadecimal digits behind it"),
        ("postgres://u:%ff@h/d", "is not UTF-8 when it is decoded"),
        ("postgres://h/d?sslmode=secret", "has an sslmode other than disable, require and verify-full"),
        ("postgres://h/d?sslmode=verify-ca", "has an sslmode other than disable, require and verify-full"),
        (
            "postgres://h/d?sslmode=require&sslrootcert=system",
            "has an sslrootcert, at which only sslmode=verify-full looks",
        ),
        ("postgres://h/d?sslmode=disable&sslmode=require", "has a parameter sslmode that is given twice"),
        ("postgres://h/d?sslcert=secret", "has a parameter sslcert that is not supported"),
        ("postgres://h/d?pgbouncer=true", "has a parameter pgbouncer that is not supported"),
        ("postgres://h/d?S3cret!=1", "has a parameter that is not supported"),
        ("postgres://h/d?host=i", "has a parameter host that is given twice"),
        ("postgres://h/d?secret", "has a parameter without a value"),
        ("host=h password", "has a parameter without a value"),
        ("host=h password='secret", "has a ' without another one"),
        ("host=h hostaddr=secret", "has a bad hostaddr"),
        ("host=h,i hostaddr=10.0.0.1", "has another number of hosts than of hostaddrs"),
        ("host=h,i,j port=1,2", "has another number of ports than of hosts"),
        ("host=h target_session_attrs=standby", "has a target_session_attrs other than any and read-write"),
        ("host=h channel_binding=secret", "has a channel_binding other than disable, prefer and require"),
    ] {
        let told = Address::parse(wrong).map(|_| ()).expect_err(wrong);
        assert_eq!(told, why, "{wrong}");
        assert!(!told.contains("secret"), "{told}");
    }
}

proptest! {
    #[test]
    fn nothing_makes_it_stumble(text in any::<String>()) {
        let _ = Address::parse(&text);
        let _ = Address::parse(&format!("postgres://{text}"));
        let _ = Address::parse(&format!("host=h {text}"));
    }

    #[test]
    fn every_password_can_be_written_both_ways(password in "[^\0]{1,20}") {
        use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
        let encoded = utf8_percent_encode(&password, NON_ALPHANUMERIC);
        let address = Address::parse(&format!("postgres://u:{encoded}@h/d"));
        prop_assert!(address.is_ok());
        prop_assert_eq!(address.ok().and_then(|it| it.config.get_password().map(<[u8]>::to_vec)), Some(password.clone().into_bytes()));
        let quoted = password.replace('\\', r"\\").replace('\'', r"\'");
        let address = Address::parse(&format!("password='{quoted}' host=h"));
        prop_assert_eq!(address.ok().and_then(|it| it.config.get_password().map(<[u8]>::to_vec)), Some(password.into_bytes()));
    }
}
