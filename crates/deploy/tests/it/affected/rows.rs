//! A table of changes to this repository, each with the functions that it affects.

use std::path::{Path, PathBuf};

use deploy::affected::{Change, Workspace, affected, is_read};
use testbed::board::Part;

use super::{touched, workspace};

/// Whichever there are.
const FUNCTIONS: &str = "each function";
const ALL: &[&str] = &[FUNCTIONS, "migrate"];
const SERVING: &[&str] = &[FUNCTIONS];
const NONE: &[&str] = &[];

/// What changed in a file: any of it, or a text that stood there before in place of one that stands there now.
enum What {
    Anything,
    From(&'static str, &'static str),
    /// It is new.
    Made,
}
use What::{Anything, From, Made};

const ROWS: &[(&str, What, &[&str])] = &[
    // Sources.
    ("crates/api/src/routes.rs", Anything, &["api"]),
    ("crates/applications/src/apply/store/apply.sql", Anything, &["applications"]),
    ("crates/email-worker/src/letters/sign_in_link.sql", Anything, &["email-worker"]),
    ("crates/migrate/src/rights.rs", Anything, &["migrate"]),
    ("crates/migrate/build.rs", Anything, &["migrate"]),
    ("crates/contracts/src/calls.rs", Anything, SERVING),
    ("crates/contracts/build.rs", Anything, SERVING),
    ("crates/platform/src/clock.rs", Anything, ALL),
    ("crates/platform/src/probe/postgres/able.sql", Anything, ALL),
    ("crates/api/src/a_new_page.html", Made, &["api"]),
    // Not what runs.
    ("README.md", Anything, NONE),
    ("LICENSE", Anything, NONE),
    ("prr/decisions/0001-a-lame-duck-before-the-drain.md", Anything, NONE),
    ("migrations/README.md", Anything, NONE),
    ("scripts/test", Anything, NONE),
    (".github/workflows/ci.yml", Anything, NONE),
    ("clippy.toml", Anything, NONE),
    ("crates/api/tests/it.rs", Anything, NONE),
    ("crates/platform/benches/guards.rs", Anything, NONE),
    ("crates/testbed/src/process.rs", Anything, NONE),
    ("crates/deploy/src/lib.rs", Anything, NONE),
    ("crates/boardctl/src/main.rs", Anything, NONE),
    ("crates/resend-stand-in/src/main.rs", Anything, NONE),
    // The database: migrate embeds the migrations, and all others know which they were built for.
    ("migrations/V0002__create_outbox.sql", Anything, ALL),
    ("migrations/V9999__add_something.sql", Made, ALL),
    ("migrations/grants.sql", Anything, ALL),
    // How an app runs.
    ("fly/api.toml", From("WORKERS = 1", "WORKERS = 2"), &["api"]),
    ("fly/api.toml", From("# LISTEN's.\n", "# A comment.\n"), NONE),
    ("fly/api.toml", Made, &["api"]),
    ("fly/fleet.toml", From("machines = 3", "machines = 2"), &["email-worker"]),
    ("fly/fleet.toml", From("\"REDIS_URL\", ", ""), &["applications"]),
    ("fly/fleet.toml", From("database_connections = 150", "database_connections = 100"), NONE),
    // Images from elsewhere.
    ("fly/autoscaler.toml", Anything, NONE),
    ("fly/traces.toml", Made, NONE),
    ("fly/Dockerfile", Anything, ALL),
    (".dockerignore", Anything, ALL),
    ("fly/image/layout", Anything, ALL),
    ("rust-toolchain.toml", Made, ALL),
    (".cargo/config.toml", Made, ALL),
    // Manifests.
    ("crates/api/Cargo.toml", From("secrecy.workspace = true\n", ""), &["api"]),
    ("crates/api/Cargo.toml", From("futures-util.workspace = true\n", ""), NONE),
    ("crates/api/Cargo.toml", From("[lints]\nworkspace = true\n", ""), NONE),
    ("crates/platform/Cargo.toml", From("nix.workspace = true\n", ""), ALL),
    ("crates/platform/Cargo.toml", From("harness = false\n", ""), NONE),
    ("Cargo.toml", From("idna = { version = \"1.1\"", "idna = { version = \"1.0\""), SERVING),
    ("Cargo.toml", From("refinery = { version = \"0.10\"", "refinery = { version = \"0.9\""), &["migrate"]),
    ("Cargo.toml", From("insta = { version = \"1.49\"", "insta = { version = \"1.48\""), NONE),
    ("Cargo.toml", From("lto = \"thin\"", "lto = true"), ALL),
    ("Cargo.toml", From("debug = \"line-tables-only\"", "debug = true"), NONE),
    ("Cargo.toml", From("edition = \"2024\"", "edition = \"2021\""), ALL),
    ("Cargo.toml", From("dbg_macro = \"deny\"\n", ""), NONE),
    // The lock file: who links it.
    ("Cargo.lock", From("name = \"tokio\"\nversion = \"1.", "name = \"tokio\"\nversion = \"0."), ALL),
    (
        "Cargo.lock",
        From("name = \"refinery-core\"\nversion = \"0.", "name = \"refinery-core\"\nversion = \"9."),
        &["migrate"],
    ),
    (
        "Cargo.lock",
        From("name = \"data-encoding\"\nversion = \"2.", "name = \"data-encoding\"\nversion = \"1."),
        SERVING,
    ),
    ("Cargo.lock", From("name = \"rcgen\"\nversion = \"0.", "name = \"rcgen\"\nversion = \"9."), NONE),
    ("Cargo.lock", From("name = \"insta\"\nversion = \"1.", "name = \"insta\"\nversion = \"0."), NONE),
    // A dependency of Windows alone.
    ("Cargo.lock", From("name = \"windows-sys\"\nversion = \"0.", "name = \"windows-sys\"\nversion = \"9."), NONE),
    ("Cargo.lock", Made, ALL),
];

fn root() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).canonicalize().expect("the workspace")
}

fn change(root: &Path, path: &str, what: &What) -> Change {
    let now = std::fs::read_to_string(root.join(path)).ok();
    let before = match what {
        Anything => now.as_ref().map(|text| format!("{text}\n")),
        Made => None,
        From(after, before) => {
            let text = now.as_ref().expect(path);
            assert!(text.contains(after), "{path} has {after}");
            Some(text.replacen(after, before, 1))
        }
    };
    let read = |text: Option<String>| text.filter(|_| is_read(path));
    Change { path: path.to_owned(), before: read(before), after: read(now) }
}

/// By their names, in order.
fn by_name(wanted: &[&str]) -> Vec<String> {
    let functions = || Part::functions().into_iter().map(|part| part.name().to_owned());
    let names = wanted.iter().flat_map(|name| match *name {
        FUNCTIONS => functions().collect(),
        name => vec![name.to_owned()],
    });
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn each_change_affects_those_that_it_makes_others() {
    let root = root();
    let workspace = workspace(&root);
    let wrong: Vec<String> = ROWS
        .iter()
        .filter_map(|(path, what, wanted)| {
            let got = touched(&workspace, &[change(&root, path, what)]);
            let before = if let From(_, before) = what { before } else { "" };
            let wanted = by_name(wanted);
            (got != wanted).then(|| format!("{path} {before:?}: affects {got:?}, wanted {wanted:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_push_of_several_changes_affects_what_each_of_them_does() {
    let root = root();
    let push = ["README.md", "crates/api/src/routes.rs", "crates/migrate/src/rights.rs"];
    let push = push.map(|path| change(&root, path, &Anything));
    assert_eq!(touched(&workspace(&root), &push), ["api", "migrate"]);
}

#[test]
fn a_push_of_nothing_affects_nobody() {
    assert_eq!(touched(&workspace(&root()), &[]), Vec::<String>::new());
}

#[test]
fn why_is_told_with_the_way_from_the_function() {
    let root = root();
    let all = [
        change(&root, "crates/platform/src/clock.rs", &Anything),
        change(&root, "migrations/grants.sql", &Anything),
        change(&root, "fly/Dockerfile", &Anything),
        change(&root, "Cargo.toml", &From("idna = { version = \"1.1\"", "idna = { version = \"1.0\"")),
        change(
            &root,
            "Cargo.lock",
            &From("name = \"data-encoding\"\nversion = \"2.", "name = \"data-encoding\"\nversion = \"1."),
        ),
    ];
    let reasons = &affected(&workspace(&root), &all)["api"];
    let told: Vec<String> = reasons.iter().map(ToString::to_string).collect();
    assert!(told.contains(&"fly/Dockerfile, by which all images are built".to_owned()), "{told:#?}");
    assert!(told.contains(&"migrations/grants.sql, which contracts names (api → contracts)".to_owned()), "{told:#?}");
    assert!(told.iter().any(|why| why.starts_with("crates/platform/src/clock.rs (api → ")), "{told:#?}");
    let declared = "[workspace.dependencies] idna, which contracts takes (api → contracts)";
    assert!(told.iter().any(|why| why == declared), "{told:#?}");
    let linked = |why: &String| why.starts_with("data-encoding 2.") && why.contains(", before 1.");
    assert!(told.iter().any(linked), "{told:#?}");
}

#[test]
fn an_app_whose_image_is_from_elsewhere_is_affected_by_its_own_file_alone() {
    let root = root();
    let mut workspace: Workspace = workspace(&root);
    workspace.apps.insert("autoscaler".to_owned());
    let affects = |path, what| touched(&workspace, &[change(&root, path, &what)]).contains(&"autoscaler".to_owned());
    assert!(affects("fly/autoscaler.toml", Made));
    assert!(!affects("fly/Dockerfile", Anything));
    assert!(!affects("Cargo.toml", From("lto = \"thin\"", "lto = true")));
    assert!(!affects("crates/platform/src/clock.rs", Anything));
}
