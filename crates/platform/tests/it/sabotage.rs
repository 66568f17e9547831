//! What takes safety features out is in no build that ships.

use std::path::Path;
use std::process::Command;

/// What it looks for in its environment.
const NAME: &[u8] = b"SABOTAGE";
const MAIN: &str = "mod sabotage;\nfn main() { print!(\"{}\", sabotage::takes_out(\"a feature\")) }\n";

/// Builds a program of that one module, which needs no other, with or without debug assertions; what it says where a
/// feature is to be taken out, and whether it holds the name.
fn built(assertions: &str) -> (String, bool) {
    let folder = tempfile::tempdir().expect("a folder");
    let (main, program) = (folder.path().join("main.rs"), folder.path().join("main"));
    std::fs::write(&main, MAIN).expect("its source is written");
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sabotage.rs");
    std::fs::copy(module, folder.path().join("sabotage.rs")).expect("the module is copied");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let flag = format!("debug-assertions={assertions}");
    let built =
        Command::new(rustc).args(["--edition", "2024", "-O", "-C", &flag, "-o"]).arg(&program).arg(&main).output();
    let built = built.expect("rustc runs");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let said = Command::new(&program).env("SABOTAGE", "a feature").output().expect("it runs").stdout;
    let bytes = std::fs::read(&program).expect("it is there");
    (String::from_utf8_lossy(&said).into_owned(), bytes.windows(NAME.len()).any(|part| part == NAME))
}

#[test]
fn without_debug_assertions_nothing_can_be_taken_out() {
    assert_eq!(built("on"), ("true".to_owned(), true));
    assert_eq!(built("off"), ("false".to_owned(), false));
}
