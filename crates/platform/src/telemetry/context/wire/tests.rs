use super::*;

fn others(list: &str) -> Option<String> {
    Others::read([list]).0.map(|others| others.as_str().to_owned())
}

#[test]
fn a_list_is_kept_as_it_came_but_for_blanks_around_members() {
    let value: String = (' '..='~').filter(|letter| !matches!(letter, ',' | '=')).collect();
    for list in ["a=1", "a=1,b=2,a=3", "2a_-*/@x@y@=1", &format!("a={value}"), &format!("{}=1", "z".repeat(256))] {
        assert_eq!(others(list).as_deref(), Some(list));
    }
    assert_eq!(others(" a=1\t,, \t b=2 ,\t").as_deref(), Some("a=1,b=2"));
    assert_eq!(Others::read(["a=1", "", "b=2,c=3"]).0.expect("a list").as_str(), "a=1,b=2,c=3");
}

#[test]
fn a_list_that_breaks_a_rule_says_nothing() {
    let (long_key, long_value) = (format!("a=1,{}=1", "z".repeat(257)), format!("a=1,b={}", "z".repeat(257)));
    for list in [
        "", ",", "a", "a=", "=1", "a=1,b", "A=1", "a b=1", "@a=1", "_a=1", "a.b=1", "a=b=c", "a=ä", "a=\u{7f}", "a=\t1",
    ] {
        assert_eq!(others(list), None, "{list}");
    }
    assert_eq!((others(&long_key), others(&long_value)), (None, None));
    let members = |count: usize| vec!["a=1"; count].join(",");
    assert_eq!(others(&members(32)), Some(members(32)));
    assert_eq!(others(&members(33)), None);
}

#[test]
fn of_a_list_that_is_too_long_the_long_members_go_first_and_then_the_last() {
    let long = |name: char, length| format!("{name}={}", "z".repeat(length));
    let [longest, longer] = [long('a', 250), long('b', 150)];
    assert_eq!(others(&format!("{longest},{longer},c=1,{longer}")), Some(format!("{longest},{longer},c=1")));
    let short: Vec<String> = (10..24).map(|number| format!("s{number}={}", "z".repeat(36))).collect();
    let kept = others(&format!("{longest},{}", short.join(","))).expect("a list");
    assert_eq!(kept, short[..12].join(","));
    assert!(kept.len() <= LONGEST);
}

#[test]
fn our_own_member_is_taken_out_and_goes_first() {
    let (others, ours) = Others::read(["a=1,board=x", "b=2"]);
    assert_eq!((others.as_ref().map(Others::as_str), ours), (Some("a=1,b=2"), Some("x")));
    assert_eq!(Others::with_ours(others.as_ref(), "y"), "board=y,a=1,b=2");
    assert_eq!(Others::with_ours(None, "y"), "board=y");
    assert_eq!(Others::read(["board=x,board=y"]), (None, None), "of several none is believed");
    let full = Others::read([vec!["a=1"; 32].join(",").as_str()]).0;
    assert_eq!(Others::with_ours(full.as_ref(), "y").split(',').count(), 32);
}
