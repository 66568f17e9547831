use super::*;

fn known(stem: &str) -> Migration {
    Migration::unapplied(stem, &format!("-- {stem}")).expect("a name of the right form")
}

fn applied(migration: &Migration) -> Applied {
    Applied {
        version: migration.version(),
        name: migration.name().to_owned(),
        checksum: migration.checksum().to_string(),
    }
}

fn three() -> [Migration; 3] {
    [known("V0001__create_board"), known("V0002__create_outbox"), known("V0003__add_salary")]
}

fn labels(standing: &Standing) -> Vec<String> {
    let Standing::Here(pending) = standing else { panic!("{standing:?}") };
    pending.iter().map(label).collect()
}

#[test]
fn an_empty_database_needs_everything_in_order() {
    let [first, second, third] = three();
    let pending = judge(&[], &[third, first, second]).expect("nothing is wrong");
    assert_eq!(labels(&pending), ["V0001__create_board", "V0002__create_outbox", "V0003__add_salary"]);
}

#[test]
fn what_was_applied_is_not_applied_again() {
    let [first, second, third] = three();
    let rows = [applied(&first), applied(&second)];
    let pending = judge(&rows, &[first, second, third]).expect("nothing is wrong");
    assert_eq!(labels(&pending), ["V0003__add_salary"]);
}

#[test]
fn a_database_that_has_everything_needs_nothing() {
    let known = three();
    let rows: Vec<Applied> = known.iter().map(applied).collect();
    assert_eq!(judge(&rows, &known), Ok(Standing::Here(Vec::new())));
}

#[test]
fn an_edited_text_is_refused() {
    let known = three();
    let row = Applied { checksum: "1".to_owned(), ..applied(&known[0]) };
    let faults = judge(&[row], &known).expect_err("it was edited");
    let stem = "V0001__create_board".to_owned();
    assert_eq!(faults, [Fault::Edited { known: stem.clone(), applied: stem }]);
}

#[test]
fn a_checksum_that_is_no_number_is_refused_like_any_other() {
    let known = three();
    let row = Applied { checksum: "x".to_owned(), ..applied(&known[0]) };
    assert!(matches!(judge(&[row], &known).expect_err("it is none")[..], [Fault::Edited { .. }]));
}

#[test]
fn a_renamed_migration_is_refused_with_both_names() {
    let known = three();
    let row = Applied { name: "create_bord".to_owned(), ..applied(&known[0]) };
    let text = judge(&[row], &known).expect_err("it was renamed")[0].to_string();
    assert!(text.starts_with("V0001__create_board was applied as V0001__create_bord"), "{text}");
}

#[test]
fn a_database_that_is_ahead_is_told_with_what_it_has() {
    let [first, second, third] = three();
    let rows = [applied(&third), applied(&first), applied(&second)];
    let ahead = Standing::Ahead(vec!["V0002__create_outbox".to_owned(), "V0003__add_salary".to_owned()]);
    assert_eq!(judge(&rows, &[first]), Ok(ahead));
}

#[test]
fn a_database_that_is_ahead_of_an_edited_migration_is_refused() {
    let [first, second, third] = three();
    let edited = Applied { checksum: "1".to_owned(), ..applied(&first) };
    let faults = judge(&[edited, applied(&second), applied(&third)], &[first, second]).expect_err("it was edited");
    assert!(matches!(faults[..], [Fault::Edited { .. }]), "{faults:?}");
}

#[test]
fn a_migration_that_was_deleted_before_a_known_one_is_refused_with_what_to_do() {
    let [first, second, third] = three();
    let rows = [applied(&first), applied(&second), applied(&third)];
    let faults = judge(&rows, &[first, third]).expect_err("the second is missing");
    let (unknown, newest) = ("V0002__create_outbox".to_owned(), "V0003__add_salary".to_owned());
    assert_eq!(faults, [Fault::Unknown { unknown, newest }]);
    assert!(faults[0].to_string().contains("restore its file"), "{}", faults[0]);
}

#[test]
fn a_database_that_is_ahead_and_lacks_what_is_known_is_refused() {
    let [first, second, third] = three();
    let faults = judge(&[applied(&first), applied(&third)], &[first, second]).expect_err("the second is to come");
    let (missing, newest) = ("V0002__create_outbox".to_owned(), "V0003__add_salary".to_owned());
    assert_eq!(faults, [Fault::Skipped { missing, newest }]);
}

#[test]
fn a_migration_that_came_in_between_is_refused() {
    let [first, second, third] = three();
    let rows = [applied(&first), applied(&third)];
    let faults = judge(&rows, &[first, second, third]).expect_err("the second came late");
    let (missing, newest) = ("V0002__create_outbox".to_owned(), "V0003__add_salary".to_owned());
    assert_eq!(faults, [Fault::Skipped { missing, newest }]);
}

#[test]
fn all_faults_are_told_at_once() {
    let [first, second, third] = three();
    let edited = Applied { checksum: "1".to_owned(), ..applied(&first) };
    let faults = judge(&[edited, applied(&third)], &[first, second]).expect_err("two things are wrong");
    assert_eq!(faults.len(), 2, "{faults:?}");
}
