//! Each way to break older functions by a migration, and each to widen what is there, against the real ones.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const FITS: i32 = 0;
const NOBODY_KNOWS: i32 = 1;
const BREAKS: i32 = 2;

/// A clone whose one commit has the functions and the schema that are here.
struct Scratch(tempfile::TempDir);

impl Scratch {
    fn new() -> Self {
        let clone = Self(tempfile::tempdir().expect("a folder"));
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        clone.git(&["init", "--quiet", "--initial-branch", "main"]);
        let tree = format!("--work-tree={}", root.display());
        clone.git(&[
            "--git-dir",
            &clone.path(".git").display().to_string(),
            &tree,
            "add",
            "--",
            "crates",
            "migrations",
        ]);
        clone.git(&["commit", "--quiet", "--message", "The board"]);
        clone.git(&["checkout", "HEAD", "--", "migrations"]);
        clone
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn git(&self, what: &[&str]) -> String {
        let person = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
        let mut git = Command::new("git");
        let output = git.arg("-C").arg(self.0.path()).args(person).args(what).output().expect("git");
        assert!(output.status.success(), "{what:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    fn migration(&self, name: &str, text: &str) {
        std::fs::write(self.path(&format!("migrations/{name}.sql")), text).expect("written");
    }

    fn edit(&self, name: &str, from: &str, to: &str) {
        let path = self.path(&format!("migrations/{name}.sql"));
        let text = std::fs::read_to_string(&path).expect("it is there");
        assert!(text.contains(from), "{from}");
        std::fs::write(path, text.replacen(from, to, 1)).expect("written");
    }

    fn ask(&self, arguments: &[&str]) -> (i32, String) {
        let mut boardctl = Command::new(env!("CARGO_BIN_EXE_boardctl"));
        let output = boardctl.arg("skew").args(arguments).current_dir(self.0.path()).output().expect("it starts");
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("text")).concat();
        (output.status.code().expect("it ends"), text)
    }
}

/// The number that the next migration has here; a name of its own for each.
fn name(number: usize, what: &str) -> String {
    format!("V{:04}__{what}", 900 + number)
}

/// What breaks, and what is said of it.
const BREAKS_OLDER: [(&str, &str, &str); 17] = [
    // No rule is new, and a statement that leans on the old one is refused.
    (
        "allow_twice",
        "ALTER TABLE people DROP CONSTRAINT people_email_key_key",
        "there is no unique or exclusion constraint matching the ON CONFLICT specification",
    ),
    ("drop_column", "ALTER TABLE jobs DROP COLUMN place", "the column jobs.place is gone"),
    ("rename_column", "ALTER TABLE companies RENAME website TO site", "column \"website\" does not exist"),
    ("rename_table", "ALTER TABLE application_events RENAME TO events", "the relation application_events is gone"),
    ("demand_column", "ALTER TABLE people ADD COLUMN age int NOT NULL", "the new column people.age is never empty"),
    ("forbid_empty", "ALTER TABLE people ALTER COLUMN name SET NOT NULL", "people.name is never empty now"),
    ("drop_default", "ALTER TABLE outbox ALTER COLUMN state DROP DEFAULT", "outbox.state has no default any more"),
    (
        "change_type",
        "ALTER TABLE jobs ALTER COLUMN pay_from TYPE numeric",
        "the column jobs.pay_from was bigint and is numeric",
    ),
    (
        "check_more",
        "ALTER TABLE people ADD CONSTRAINT long CHECK (char_length(email) > 5) NOT VALID",
        "people.long is new",
    ),
    (
        "narrow_list",
        "ALTER TABLE jobs DROP CONSTRAINT jobs_kind_check,
         ADD CONSTRAINT jobs_kind_check CHECK (kind IN ('full_time', 'part_time'))",
        "the constraint jobs.jobs_kind_check is new",
    ),
    ("forbid_twice", "CREATE UNIQUE INDEX one_name ON companies (name)", "the unique index companies.one_name is new"),
    ("refer", "CREATE TABLE looks (mail uuid REFERENCES outbox)", "the reference looks.looks_mail_fkey is new"),
    (
        "trigger",
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
         CREATE TRIGGER no BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION no()",
        "the trigger jobs.no is new",
    ),
    ("hide_rows", "ALTER TABLE jobs ENABLE ROW LEVEL SECURITY", "of jobs nobody sees a row but by a policy"),
    ("drop_policy", "DROP POLICY board_api ON idempotency_keys", "the policy idempotency_keys.board_api is gone"),
    ("revoke", "REVOKE UPDATE ON sessions FROM board_api", "permission denied for table sessions"),
    ("drop_function", "DROP FUNCTION lower_email_key CASCADE", "the routine lower_email_key() is gone"),
];

#[test]
fn each_way_to_break_older_functions_is_refused_by_its_name() {
    let clone = Scratch::new();
    for (number, (what, sql, _)) in BREAKS_OLDER.iter().enumerate() {
        clone.migration(&name(number, what), &format!("-- Expand: so it says.\n{sql};\n"));
    }
    // Its own test below.
    clone.edit("grants", "-- api: people", "-- api of old: people");
    let (code, told) = clone.ask(&["--since", "HEAD"]);
    for (number, (what, _, refusal)) in BREAKS_OLDER.iter().enumerate() {
        let name = name(number, what);
        let said = told.lines().any(|line| line.starts_with(&format!("{name}: ")) && line.contains(refusal));
        assert!(said, "{name}: {refusal}\n{told}");
    }
    assert_eq!(code, BREAKS, "{told}");
}

/// What older functions run on beside.
const HARMLESS: [(&str, &str); 11] = [
    ("new_table", "CREATE TABLE looks (job uuid NOT NULL REFERENCES jobs, n int NOT NULL CHECK (n > 0))"),
    ("new_column", "ALTER TABLE jobs ADD COLUMN benefits text"),
    ("new_default", "ALTER TABLE jobs ADD COLUMN looks bigint NOT NULL DEFAULT 0"),
    ("new_check", "ALTER TABLE jobs ADD COLUMN hours int CHECK (hours < 60)"),
    ("new_index", "CREATE INDEX jobs_by_kind ON jobs (kind)"),
    ("allow_empty", "ALTER TABLE jobs ALTER COLUMN description DROP NOT NULL"),
    ("set_default", "ALTER TABLE people ALTER COLUMN name SET DEFAULT 'A'"),
    ("drop_check", "ALTER TABLE jobs DROP CONSTRAINT pay_is_whole"),
    (
        "wider_list",
        "ALTER TABLE jobs DROP CONSTRAINT jobs_kind_check,
         ADD CONSTRAINT jobs_kinds CHECK (kind IN
             ('full_time', 'part_time', 'contract', 'internship', 'temporary', 'seasonal'))",
    ),
    ("kept_rule", "ALTER TABLE people ADD CONSTRAINT has_at CHECK (email LIKE '%@%') NOT VALID"),
    ("fine_reference", "CREATE TABLE reads (mail uuid REFERENCES outbox ON DELETE CASCADE)"),
];

#[test]
fn what_only_widens_is_let_through() {
    let clone = Scratch::new();
    for (number, (what, sql)) in HARMLESS.iter().enumerate() {
        let kept = "-- Kept by older functions: people.has_at, since no address is taken without one.";
        clone.migration(&name(number, what), &format!("-- Expand: more.\n{kept}\n{sql};\n"));
    }
    let more = "GRANT SELECT ON jobs TO board_email_worker;\n-- api: people";
    clone.edit("grants", "-- api: people", more);
    clone.edit("grants", "'POST /v1/jobs'", "'POST /v1/jobs', 'POST /v1/looks'");
    let (code, told) = clone.ask(&["--since", "HEAD", "--json"]);
    let told: Value = serde_json::from_str(&told).unwrap_or_else(|_| panic!("{told}"));
    assert_eq!((code, &told["refused"]), (FITS, &serde_json::json!([])));
    assert_eq!(told["steps"].as_array().map(Vec::len), Some(HARMLESS.len() + 1), "{told}");
    assert!(told["statements"].as_u64() > Some(40), "{told}");
    // Only what cannot be read from sources: one that is forgotten here would be asked by nobody.
    let run_time = "crates/platform/src/postgres/sweep.rs: puts statements together as it runs";
    assert_eq!(told["unasked"], serde_json::json!([run_time]));
}

#[test]
fn a_right_that_is_taken_away_is_refused_by_the_name_of_its_file() {
    let clone = Scratch::new();
    clone.edit("grants", "UPDATE (used_at), DELETE ON sign_ins", "UPDATE (used_at) ON sign_ins");
    let (code, told) = clone.ask(&["--since", "HEAD"]);
    assert!(told.contains("grants.sql: board_api may no longer DELETE from sign_ins"), "{told}");
    assert_eq!(code, BREAKS);
}

#[test]
fn a_contract_waits_until_every_function_is_at_its_commit() {
    let clone = Scratch::new();
    let before = clone.git(&["rev-parse", "HEAD"]);
    clone.git(&["commit", "--quiet", "--allow-empty", "--message", "Nobody reads it any more"]);
    let since = clone.git(&["rev-parse", "HEAD"]);
    let contract = |commit: &str, sql: &str| {
        clone
            .migration("V0901__drop_it", &format!("-- Contract: needs every function at {commit} or later.\n{sql};\n"));
    };
    // Nobody asks for it.
    contract(&since[..12], "ALTER TABLE application_events DROP COLUMN at");
    assert_eq!(clone.ask(&["--since", &since]).0, FITS);
    let (code, told) = clone.ask(&["--since", &before]);
    assert_eq!(code, BREAKS, "{told}");
    let waits = format!("V0901__drop_it: it is a contract that needs every function at {}", &since[..12]);
    assert!(told.contains(&waits), "{told}");
    // One that says so and is not so.
    contract(&since, "ALTER TABLE jobs DROP COLUMN place");
    let (code, told) = clone.ask(&["--since", &since]);
    assert!(code == BREAKS && told.contains("V0901__drop_it: board_api runs"), "{told}");
    contract("0123abcdef", "SELECT 1");
    assert_eq!(clone.ask(&["--since", &since]).0, BREAKS, "nobody knows that commit");
}

#[test]
fn what_was_applied_is_neither_edited_nor_deleted_and_what_does_not_run_is_told() {
    let clone = Scratch::new();
    assert_eq!(clone.ask(&["--since", "HEAD"]).0, FITS);
    clone.migration("V0902__mistake", "SELEKT 1;");
    let (code, told) = clone.ask(&["--since", "HEAD"]);
    assert!(code == BREAKS && told.contains("V0902__mistake: it does not run: syntax error"), "{told}");
    clone.edit("V0002__create_outbox", "-- Expand: ", "-- Expand, and more: ");
    std::fs::remove_file(clone.path("migrations/V0003__keep_answers.sql")).expect("it was there");
    let (code, told) = clone.ask(&["--since", "HEAD"]);
    assert!(code == BREAKS && told.contains("V0002__create_outbox: it was edited"), "{told}");
    assert!(told.contains("V0003__keep_answers: it is gone, renamed or renumbered"), "{told}");
}

#[test]
fn a_commit_that_is_not_here_is_told_by_its_name() {
    let clone = Scratch::new();
    let (code, told) = clone.ask(&["--since", "c0ffee0"]);
    assert_eq!((code, told.trim()), (NOBODY_KNOWS, "boardctl: c0ffee0 is not in this clone: fetch it first"));
}
