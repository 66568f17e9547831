//! What takes safety features out is in no build that could be shipped.

use std::path::Path;
use std::process::{Command, Output};

/// Compiles that one module, which needs no other, with the feature and with debug assertions or without.
fn compiled(assertions: &str) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sabotage.rs");
    let assertions = format!("debug-assertions={assertions}");
    Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata", "--cfg", r#"feature="sabotage""#])
        .args(["-C", &assertions, "--out-dir"])
        .arg(folder.path())
        .arg(module)
        .output()
        .expect("rustc runs")
}

#[test]
fn the_feature_does_not_compile_without_debug_assertions_and_says_why() {
    let (debug, release) = (compiled("on"), compiled("off"));
    assert!(debug.status.success(), "{debug:?}");
    let told = String::from_utf8_lossy(&release.stderr).into_owned();
    assert!(!release.status.success() && told.contains("no build without debug assertions has it"), "{told}");
}
