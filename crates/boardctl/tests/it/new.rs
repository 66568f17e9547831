//! `boardctl new`, as the README has a person type it, in a clone of this tree.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

const REFUSED: i32 = 1;
const MISCONFIGURED: i32 = 64;

/// A clone of the tree as it stands here, committed or not, but for how many connections its database takes.
struct Scratch(TempDir);

impl Scratch {
    fn new(connections: u32) -> Self {
        let clone = Self(tempfile::tempdir().expect("a folder"));
        clone.git(&["init", "--quiet", "--initial-branch", "main"]);
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let own = clone.path(".git").display().to_string();
        clone.git(&["--git-dir", &own, "--work-tree", &root.display().to_string(), "add", "--", "."]);
        clone.git(&["commit", "--quiet", "--message", "The board"]);
        clone.git(&["checkout", "--quiet", "HEAD", "--", "."]);
        clone.takes(connections);
        clone
    }

    /// From now on its database takes so many.
    fn takes(&self, connections: u32) {
        let fleet = self.path("fly/fleet.toml");
        let text = std::fs::read_to_string(&fleet).expect("it is there");
        let (before, after) = text.split_once("database_connections = ").expect("it says so");
        let (_, after) = after.split_once('\n').expect("a line");
        std::fs::write(&fleet, format!("{before}database_connections = {connections}\n{after}")).expect("written");
        self.git(&["commit", "--quiet", "--all", "--message", "Another plan"]);
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

    /// What is not as it was committed.
    fn changed(&self) -> Vec<String> {
        self.git(&["status", "--porcelain", "-uall"]).lines().map(|line| line.trim().to_owned()).collect()
    }

    fn ask(&self, arguments: &[&str]) -> (i32, String) {
        let mut boardctl = Command::new(env!("CARGO_BIN_EXE_boardctl"));
        let output = boardctl.args(arguments).current_dir(self.0.path()).output().expect("it starts");
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("text")).concat();
        (output.status.code().expect("it ends"), text)
    }

    /// The packages that cargo finds, with a lock file that it need not change.
    fn packages(&self) -> Vec<String> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut metadata = Command::new(cargo);
        metadata.args(["metadata", "--locked", "--offline", "--format-version=1", "--filter-platform"]);
        let output = metadata.arg("x86_64-unknown-linux-gnu").current_dir(self.0.path()).output().expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let ours = told["workspace_members"].as_array().expect("a list").iter();
        ours.filter_map(|id| Some(id.as_str()?.rsplit('/').next()?.split('#').next()?.to_owned())).collect()
    }
}

/// The commands of the guide that are ours.
fn guide() -> Vec<Vec<&'static str>> {
    let readme = include_str!("../../../../README.md");
    let (_, guide) = readme.split_once("**Add a function.**").expect("the guide is there");
    let (_, code) = guide.split_once("```\n").expect("it has commands");
    let (code, _) = code.split_once("```").expect("they end");
    let ours = code.lines().filter_map(|line| line.strip_prefix("cargo run -p boardctl -- "));
    ours.map(|line| line.split_whitespace().collect()).collect()
}

#[test]
fn the_guides_command_makes_a_function_that_every_list_finds() {
    let clone = Scratch::new(10_000);
    let commands = guide();
    assert!(!commands.is_empty(), "the guide has a command");
    // Whoever followed it here has one already.
    let name = if clone.path("crates/greeting").exists() { "another-greeting" } else { "greeting" };
    for command in commands {
        let command: Vec<_> = command.into_iter().map(|word| if word == "greeting" { name } else { word }).collect();
        let (code, told) = clone.ask(&command);
        assert_eq!(code, 0, "{told}");
        assert!(told.contains(&format!("crates/{name}/src/main.rs")), "{told}");
        assert!(told.contains(&format!("scripts/rehearse {name}")), "{told}");
    }
    assert!(clone.packages().contains(&name.to_owned()));
    let changed = clone.changed();
    let kept: Vec<_> = changed.iter().filter(|line| !line.starts_with("??")).collect();
    assert_eq!(kept, ["M Cargo.lock", "M fly/fleet.toml", "M migrations/grants.sql"], "nothing else was there");
    // By their own words: the pipeline's list, and the manifests.
    let (code, listed) = clone.ask(&["affected", "--since", "HEAD"]);
    assert_eq!((code, listed.lines().any(|line| line == name)), (0, true), "{listed}");
    let (code, listed) = clone.ask(&["manifests", name, "--images", "registry.example/{function}:c0ffee"]);
    assert_eq!((code, listed.contains(&format!("registry.example/{name}:c0ffee"))), (0, true), "{listed}");
    // Twice is once.
    let (code, told) = clone.ask(&["new", name, "--kind", "worker"]);
    assert_eq!((code, told.contains(&format!("{name} is the name of"))), (REFUSED, true), "{told}");
}

#[test]
fn a_dry_run_and_a_refusal_write_nothing() {
    let clone = Scratch::new(10_000);
    let (code, told) = clone.ask(&["new", "night-digest", "--kind", "worker", "--dry-run", "--json"]);
    let told: Value = serde_json::from_str(&told).expect("one object");
    assert_eq!((code, &told["kind"], &told["changed"][0]), (0, &"worker".into(), &"fly/fleet.toml".into()));
    for (arguments, code, wanted) in [
        (["new", "Night-digest", "--kind", "worker"], MISCONFIGURED, "wanted words of a-z and 0-9"),
        (["new", "night-digest", "--kind", "cron"], MISCONFIGURED, "http, worker"),
        (["new", "match", "--kind", "http"], MISCONFIGURED, "keeps for itself"),
        (["new", "api", "--kind", "http"], REFUSED, "api is the name of"),
        (["new", "serde", "--kind", "http"], REFUSED, "serde is the name of"),
    ] {
        let (got, told) = clone.ask(&arguments);
        assert_eq!((got, told.contains(wanted)), (code, true), "{told}");
    }
    assert_eq!(clone.changed(), Vec::<String>::new());
    // What a person is at stays apart from it.
    let fleet = clone.path("fly/fleet.toml");
    let text = std::fs::read_to_string(&fleet).expect("it is there");
    std::fs::write(&fleet, format!("{text}\n# A thought.\n")).expect("written");
    let (code, told) = clone.ask(&["new", "night-digest", "--kind", "worker"]);
    assert_eq!((code, told.contains("not committed") && told.contains("fly/fleet.toml")), (REFUSED, true), "{told}");
    assert_eq!(clone.changed(), ["M fly/fleet.toml"]);
    std::fs::write(&fleet, text).expect("written");
    // A database that is full.
    clone.takes(125);
    let (code, told) = clone.ask(&["new", "night-digest", "--kind", "worker"]);
    assert_eq!((code, told.contains("is 125, and both colours of all want")), (REFUSED, true), "{told}");
    assert_eq!(clone.changed(), Vec::<String>::new());
}
