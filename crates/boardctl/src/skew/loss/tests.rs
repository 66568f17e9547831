use super::*;

fn fact(kind: &str, name: &str, says: &str) -> Fact {
    let (relation, column) = name.split_once('.').unwrap_or((name, ""));
    let columns = (kind == "column").then(|| column.to_owned()).into_iter().collect();
    let [kind, name, relation, says] = [kind, name, relation, says].map(str::to_owned);
    Fact { kind, name, relation, says, columns, ..Fact::default() }
}

fn jobs() -> Vec<Fact> {
    let title = Fact { never_empty: true, filled_in: true, ..fact("column", "jobs.title", "text") };
    vec![fact("relation", "jobs", "r"), title, fact("column", "jobs.place", "text")]
}

fn with(fact: Fact) -> Vec<Fact> {
    jobs().into_iter().filter(|it| (&it.kind, &it.name) != (&fact.kind, &fact.name)).chain([fact.clone()]).collect()
}

fn lost(before: &[Fact], after: &[Fact]) -> String {
    losses(before, after, &[]).join("; ")
}

#[test]
fn what_is_gone_is_told_once() {
    assert_eq!(lost(&jobs(), &[]), "the relation jobs is gone");
    assert_eq!(lost(&jobs(), &jobs()[..2]), "the column jobs.place is gone");
    assert_eq!(lost(&jobs(), &jobs()), "");
    let right = Fact { columns: vec!["place".to_owned()], ..fact("right", "board_api may no longer read", "SELECT") };
    let right = Fact { relation: "jobs".to_owned(), ..right };
    assert_eq!(lost(&with(right.clone()), &jobs()), "board_api may no longer read");
    assert_eq!(lost(&with(right), &jobs()[..2]), "the column jobs.place is gone", "and with it the right");
}

#[test]
fn a_column_that_demands_more_is_told() {
    let place = || fact("column", "jobs.place", "text");
    assert_eq!(lost(&jobs(), &with(Fact { never_empty: true, ..place() })), "jobs.place is never empty now");
    let varchar = with(fact("column", "jobs.place", "varchar"));
    assert_eq!(lost(&jobs(), &varchar), "the column jobs.place was text and is varchar");
    let title = Fact { filled_in: false, ..jobs()[1].clone() };
    assert_eq!(lost(&jobs(), &with(title)), "jobs.title has no default any more");
}

#[test]
fn a_new_column_has_to_have_a_default_or_to_be_empty() {
    let pay = |never_empty, filled_in| with(Fact { never_empty, filled_in, ..fact("column", "jobs.pay", "bigint") });
    assert_eq!(lost(&jobs(), &pay(true, false)), "the new column jobs.pay is never empty and has no default");
    assert_eq!(lost(&jobs(), &pay(true, true)) + &lost(&jobs(), &pay(false, false)), "");
    assert_eq!(lost(&[], &pay(true, false)), "", "of a new table nobody writes anything yet");
}

#[test]
fn a_new_rule_about_an_old_column_is_told_until_its_migration_says_that_it_is_kept() {
    let rule = Fact { columns: vec!["place".to_owned()], ..fact("constraint", "jobs.short", "CHECK ((x < 1))") };
    let told = lost(&jobs(), &with(rule.clone()));
    assert_eq!(told, "the constraint jobs.short is new: older code may write what it refuses");
    assert!(losses(&jobs(), &with(rule.clone()), &["jobs.short".to_owned()]).is_empty());
    let of_a_new_column = Fact { columns: vec!["pay".to_owned()], ..rule.clone() };
    assert_eq!(lost(&jobs(), &with(of_a_new_column)), "");
    let renamed = Fact { name: "jobs.brief".to_owned(), ..rule.clone() };
    assert_eq!(lost(&with(rule), &with(renamed)), "");
}

#[test]
fn policies_triggers_and_references_are_told() {
    let policy = fact("policy", "jobs.api", "(route = ANY (ARRAY['a'::text, 'b'::text]))");
    let narrower = fact("policy", "jobs.api", "(route = ANY (ARRAY['a'::text]))");
    assert_eq!(lost(&with(policy.clone()), &jobs()), "the policy jobs.api is gone");
    let told = lost(&with(policy.clone()), &with(narrower.clone()));
    assert_eq!(told, "the policy jobs.api lets through another set of rows");
    assert_eq!(lost(&with(narrower), &with(policy)), "");
    assert_eq!(lost(&jobs(), &with(fact("trigger", "jobs.t", "x"))), "the trigger jobs.t is new");
    assert_eq!(lost(&jobs(), &with(fact("row security", "jobs", "on"))), "of jobs nobody sees a row but by a policy");
    let reference = Fact { relation: "jobs".to_owned(), ..fact("reference", "pays.job", "x") };
    assert_eq!(lost(&jobs(), &with(reference)), "the reference pays.job is new: older code deletes from jobs");
}
