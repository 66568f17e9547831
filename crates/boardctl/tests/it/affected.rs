//! `boardctl affected`, as a person or a script starts it, in a clone of its own.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const SHIP: i32 = 0;
const NOBODY_KNOWS: i32 = 1;
const NOTHING_TO_SHIP: i32 = 3;
const OLDER: i32 = 4;

/// A clone, with commits of its own.
struct Scratch(TempDir);

impl Scratch {
    fn new() -> Self {
        let clone = Self(tempfile::tempdir().expect("a folder"));
        let folder = clone.0.path();
        let files = [
            ("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\nresolver = \"3\"\n"),
            ("README.md", "A toy.\n"),
            ("fly/one.toml", "app = \"one\"\n"),
            ("fly/two.toml", "app = \"two\"\n"),
            ("crates/one/Cargo.toml", "[package]\nname = \"one\"\nedition = \"2024\"\n"),
            ("crates/one/src/main.rs", "fn main() {}\n"),
            ("crates/two/Cargo.toml", "[package]\nname = \"two\"\nedition = \"2024\"\n"),
            ("crates/two/src/main.rs", "fn main() {}\n"),
        ];
        for (path, text) in files {
            clone.write(path, text);
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        run(Command::new(cargo).args(["generate-lockfile", "--offline"]).current_dir(folder));
        clone.git(&["init", "--quiet", "--initial-branch=main"]);
        clone.commit("README.md", "A toy workspace.\n");
        clone
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }

    fn git(&self, what: &[&str]) -> String {
        let person = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
        run(Command::new("git").arg("-C").arg(self.0.path()).args(person).args(what))
    }

    /// A commit that writes this file; its id.
    fn commit(&self, path: &str, text: &str) -> String {
        self.write(path, text);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", path]);
        self.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    fn affected(&self, arguments: &[&str]) -> (i32, String) {
        let output = affected(self.0.path(), arguments);
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("text")).concat();
        (output.status.code().expect("it ends"), text)
    }
}

fn run(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn affected(folder: &Path, arguments: &[&str]) -> Output {
    let boardctl = Path::new(env!("CARGO_BIN_EXE_boardctl"));
    Command::new(boardctl).arg("affected").args(arguments).current_dir(folder).output().expect("it starts")
}

#[test]
fn a_push_that_touches_one_function_is_that_ones() {
    let clone = Scratch::new();
    let before = clone.head();
    clone.commit("crates/one/src/main.rs", "fn main() { }\n");
    assert_eq!(clone.affected(&["--since", &before]), (SHIP, "one\n".to_owned()));
    assert_eq!(clone.affected(&["one", "--since", &before]), (SHIP, "one\n".to_owned()));
    assert_eq!(clone.affected(&["two", "--since", &before]), (NOTHING_TO_SHIP, String::new()));
}

#[test]
fn a_push_of_the_readme_is_nobodys() {
    let clone = Scratch::new();
    let before = clone.head();
    clone.commit("README.md", "Words.\n");
    assert_eq!(clone.affected(&["--since", &before]), (SHIP, String::new()));
    let (code, told) = clone.affected(&["one", "--why", "--since", &before]);
    assert_eq!((code, told), (NOTHING_TO_SHIP, format!("one: nothing to ship: it is as in {before}\n")));
}

#[test]
fn a_file_that_is_deleted_moved_or_not_committed_counts() {
    let clone = Scratch::new();
    let before = clone.commit("crates/one/src/extra.txt", "extra\n");
    clone.git(&["mv", "crates/one/src/extra.txt", "crates/two/src/extra.txt"]);
    clone.git(&["commit", "--quiet", "--message", "move"]);
    assert_eq!(clone.affected(&["--since", &before]).1, "one\ntwo\n");
    let moved = clone.head();
    clone.write("crates/two/src/new.txt", "new\n");
    assert_eq!(clone.affected(&["--since", &moved]).1, "two\n");
    clone.write("crates/two/src/new.txt", "new\n");
    std::fs::remove_file(clone.0.path().join("crates/two/src/new.txt")).expect("it is there");
    assert_eq!(clone.affected(&["--since", &moved]).1, "");
}

#[test]
fn what_is_not_in_the_clone_ships_everything_and_says_so() {
    let clone = Scratch::new();
    for rev in ["c0ffee0000000000000000000000000000000000", "", "--output=x", "no such branch"] {
        let since = format!("--since={rev}");
        assert_eq!(clone.affected(&[&since]), (SHIP, "one\ntwo\n".to_owned()), "{rev}");
    }
    let (code, told) = clone.affected(&["one", "--why", "--since=c0ffee"]);
    assert_eq!((code, told), (SHIP, "one: ship\n  c0ffee is not in this clone\n".to_owned()));
}

#[test]
fn a_commit_older_than_what_runs_is_not_shipped() {
    let clone = Scratch::new();
    let old = clone.head();
    let runs = clone.commit("crates/one/src/main.rs", "fn main() { }\n");
    clone.git(&["checkout", "--quiet", "--detach", &old]);
    let (code, told) = clone.affected(&["one", "--why", "--since", &runs]);
    assert_eq!((code, told), (OLDER, format!("one: not to be shipped: {runs}, which runs, is newer\n")));
    assert_eq!(clone.affected(&["--since", &runs]), (SHIP, String::new()));
}

#[test]
fn what_was_refused_is_tried_again_when_it_is_touched_and_not_before() {
    let clone = Scratch::new();
    let runs = clone.head();
    let refused = clone.commit("crates/one/src/main.rs", "fn main() { panic!() }\n");
    let ask = || clone.affected(&["one", "--since", &runs, "--refused", &refused]).0;
    clone.commit("README.md", "Words.\n");
    assert_eq!(ask(), NOTHING_TO_SHIP, "a push of something else");
    clone.commit("crates/two/src/main.rs", "fn main() { }\n");
    assert_eq!(clone.affected(&["--since", &runs, "--refused", &refused]).1, "two\n", "another function's own matter");
    clone.commit("crates/one/src/main.rs", "fn main() { }\n");
    assert_eq!(ask(), SHIP, "the mend");
    clone.commit("crates/one/src/main.rs", "fn main() {}\n");
    assert_eq!(ask(), NOTHING_TO_SHIP, "taken back: that runs");
}

#[test]
fn programs_are_told_everything() {
    let clone = Scratch::new();
    let before = clone.head();
    clone.commit("fly/two.toml", "app = \"another\"\n");
    let (code, told) = clone.affected(&["--json", "--since", &before]);
    assert_eq!(code, SHIP);
    let told: Value = serde_json::from_str(&told).expect("JSON");
    let wanted = serde_json::json!({
        "since": before,
        "refused": null,
        "functions": {
            "one": { "decision": "untouched" },
            "two": { "decision": "ship", "why": [{ "because": "app", "file": "fly/two.toml" }] },
        },
    });
    assert_eq!(told, wanted);
}

#[test]
fn where_nobody_can_know_it_fails_and_names_what_is_wrong() {
    let clone = Scratch::new();
    let (code, told) = clone.affected(&["three", "--since", "HEAD"]);
    assert_eq!((code, told.trim()), (NOBODY_KNOWS, "boardctl: fly/ has no three.toml, only those of one, two"));
    clone.write("Cargo.toml", "[workspace\n");
    let (code, told) = clone.affected(&["--since", "HEAD"]);
    assert!(code == NOBODY_KNOWS && told.contains("cargo metadata: "), "{code}: {told}");
    let empty = tempfile::tempdir().expect("a folder");
    let told = || {
        let output = affected(empty.path(), &["--since", "HEAD"]);
        assert_eq!(output.status.code(), Some(NOBODY_KNOWS));
        String::from_utf8(output.stderr).expect("text")
    };
    assert!(told().contains("git rev-parse"), "{}", told());
    run(Command::new("git").arg("-C").arg(empty.path()).args(["init", "--quiet"]));
    assert!(told().contains("is no clone with a commit"), "{}", told());
}

/// Not as if nobody knew the commit: everything would ship.
#[test]
fn a_git_that_fails_is_told_as_such() {
    let clone = Scratch::new();
    // Its log of what was checked out is shorter than that.
    let (code, told) = clone.affected(&["--since", "main@{5}"]);
    assert!(code == NOBODY_KNOWS && told.contains("git rev-parse"), "{code}: {told}");
    clone.write(".git/config", "[core\n");
    let (code, told) = clone.affected(&["--since", "HEAD"]);
    assert!(code == NOBODY_KNOWS && told.contains("git rev-parse") && !told.contains("no clone"), "{code}: {told}");
}

#[test]
fn a_shallow_clone_is_refused_and_told_how_to_get_the_rest() {
    let clone = Scratch::new();
    let before = clone.head();
    clone.commit("README.md", "Words.\n");
    let shallow = tempfile::tempdir().expect("a folder");
    let git = |what: &[&str]| run(Command::new("git").arg("-C").arg(shallow.path()).args(what));
    let from = format!("file://{}", clone.0.path().display());
    git(&["clone", "--quiet", "--depth", "1", &from, "."]);
    let output = affected(shallow.path(), &["--since", &before]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(NOBODY_KNOWS), "{told}");
    assert!(told.contains("git fetch --unshallow"), "{told}");
    git(&["fetch", "--quiet", "--unshallow"]);
    assert_eq!(affected(shallow.path(), &["--since", &before]).status.code(), Some(SHIP));
}
