//! What a machine that prefers other line ends makes of a checkout.

use std::path::Path;
use std::process::Command;

/// Migrations are known by their checksums, and scripts are run by a shell: a carriage return would break both.
#[test]
fn a_checkout_with_carriage_returns_has_none() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = tempfile::tempdir().expect("a folder");
    let prefix = format!("{}/", folder.path().display());
    let git = Command::new("git")
        .args(["-c", "core.autocrlf=true", "checkout-index", "--all", "--prefix", &prefix])
        .current_dir(root)
        .output()
        .expect("git is here");
    assert!(git.status.success(), "{}", String::from_utf8_lossy(&git.stderr));
    for file in ["scripts/up", "migrations/V0001__create_board.sql", "migrations/grants.sql", "Cargo.toml"] {
        let bytes = std::fs::read(folder.path().join(file)).expect(file);
        assert!(!bytes.is_empty() && !bytes.contains(&b'\r'), "{file}");
    }
}
