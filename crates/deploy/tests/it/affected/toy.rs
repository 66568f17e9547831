//! A small workspace: two functions on one base, one of them with a macro, both with a dependency in two versions.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::output_of;

const FILES: &[(&str, &str)] = &[
    ("Cargo.toml", MANIFEST),
    (".cargo/config.toml", CONFIG),
    ("README.md", "A toy.\n"),
    ("fly/one.toml", "app = \"one\"\n"),
    ("fly/two.toml", "app = \"two\"\n"),
    ("data/words.txt", "a b c\n"),
    ("crates/base/Cargo.toml", "[package]\nname = \"base\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
    ("crates/base/src/lib.rs", "pub mod deep;\npub const BASE: &str = include_str!(\"base.txt\");\n"),
    ("crates/base/src/deep.rs", "pub const DEEP: u8 = 1;\n"),
    ("crates/base/src/base.txt", "base\n"),
    ("crates/base/tests/it.rs", "#[test]\nfn it() {}\n"),
    ("crates/one/Cargo.toml", ONE),
    ("crates/one/build.rs", "fn main() { println!(\"cargo::rerun-if-changed=../../data\"); }\n"),
    ("crates/one/src/main.rs", "fn main() { println!(\"{} {}\", base::BASE, outer::version()); }\n"),
    ("crates/two/Cargo.toml", TWO),
    ("crates/two/src/main.rs", "fn main() { println!(\"{} {}\", base::BASE, made::made!()); }\n"),
    ("crates/two/README.md", "Two.\n"),
    ("crates/made/Cargo.toml", MADE),
    ("crates/made/src/lib.rs", MACRO),
    ("crates/tester/Cargo.toml", "[package]\nname = \"tester\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
    ("crates/tester/src/lib.rs", "pub fn tests() {}\n"),
    ("shared/greeting.txt", "hello\n"),
];

const MANIFEST: &str = r#"[workspace]
members = ["crates/*"]
resolver = "3"

[workspace.dependencies]
base = { path = "crates/base" }
outer = "1"
tester = { path = "crates/tester" }

[profile.dev]
debug = false
"#;

const CONFIG: &str = r#"[source.crates-io]
replace-with = "vendored"

[source.vendored]
directory = "vendor"
"#;

const ONE: &str = r#"[package]
name = "one"
version = "0.1.0"
edition = "2024"
build = "build.rs"

[dependencies]
base.workspace = true
outer.workspace = true

[dev-dependencies]
tester.workspace = true
"#;

const TWO: &str = r#"[package]
name = "two"
version = "0.1.0"
edition = "2024"

[dependencies]
base.workspace = true
made = { path = "../made" }
"#;

const MADE: &str = r#"[package]
name = "made"
version = "0.1.0"
edition = "2024"

[lib]
proc-macro = true
"#;

const MACRO: &str = r#"
#[proc_macro]
pub fn made(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    include_str!("../../../shared/greeting.txt").trim().chars().count().to_string().parse().expect("a number")
}
"#;

/// A workspace of one's own, with its first commit's worth of files; `outer` is locked at 1.0.0, and 1.0.1 is there.
pub(super) fn made() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in FILES {
        write(folder.path(), path, text);
    }
    for version in ["1.0.0", "1.0.1"] {
        let at = |file: &str| format!("vendor/outer-{version}/{file}");
        let manifest = format!("[package]\nname = \"outer\"\nversion = \"{version}\"\nedition = \"2024\"\n");
        write(folder.path(), &at("Cargo.toml"), &manifest);
        write(folder.path(), &at("src/lib.rs"), &format!("pub fn version() -> &'static str {{ \"{version}\" }}\n"));
        let sum = checksum(version);
        write(folder.path(), &at(".cargo-checksum.json"), &format!("{{\"files\":{{}},\"package\":\"{sum}\"}}"));
    }
    cargo(folder.path(), &["generate-lockfile", "--offline"]);
    lock(folder.path(), "1.0.1", "1.0.0");
    folder
}

fn checksum(version: &str) -> String {
    version.replace('.', "a").repeat(13)[..64].to_owned()
}

/// Locks `outer` in another version, which cargo itself does not do where crates lie in a folder.
pub(super) fn lock(folder: &Path, before: &str, after: &str) {
    let text = std::fs::read_to_string(folder.join("Cargo.lock")).expect("a lock file");
    let other =
        text.replace(&format!("\"{before}\""), &format!("\"{after}\"")).replace(&checksum(before), &checksum(after));
    assert_ne!(text, other, "{before} was locked");
    write(folder, "Cargo.lock", &other);
}

pub(super) fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(path, text).expect("written");
}

/// What cargo prints there.
pub(in super::super) fn cargo(folder: &Path, what: &[&str]) -> String {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    // As a person's shell would start it: not as cargo's own test.
    for (name, _) in std::env::vars_os() {
        let told =
            name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"));
        if told || name == "RUSTFLAGS" || name == "CARGO_TARGET_DIR" {
            command.env_remove(name);
        }
    }
    output_of(command.args(what).current_dir(folder))
}
