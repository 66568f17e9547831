//! What an image holds, and what its build is given.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::container::layout;
use crate::it::affected::{TRIPLE, output_of, toy};

fn root() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).canonicalize().expect("the workspace")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let found = output_of(Command::new("find").arg(folder).args(["-type", "f"]));
    let mut files: Vec<PathBuf> = found.lines().map(PathBuf::from).collect();
    files.sort();
    files
}

#[test]
fn an_image_holds_the_function_its_libraries_and_certificates_and_nothing_that_its_user_may_change() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = testbed::cargo::binary("api").expect("built");
    assert!(layout(&program, folder.path(), Some("400000000")).status.success());
    let files = files(folder.path());
    let names: Vec<_> = files.iter().filter_map(|file| file.file_name()?.to_str()).collect();
    let wanted = [
        "group",
        "nsswitch.conf",
        "passwd",
        "ca-certificates.crt",
        "function",
        "libc.so.6",
        "libgcc_s.so.1",
        "libm.so.6",
        "ca-certificates",
        "libc6",
        "libgcc-s1",
    ];
    let names: Vec<_> = names.into_iter().filter(|name| !name.starts_with("ld-linux")).collect();
    assert_eq!(names, wanted);
    let mut beside = 0;
    for file in files {
        let meta = file.metadata().expect("it is there");
        assert_eq!(meta.permissions().mode() & 0o6022, 0, "{} is nobody's to change or to become", file.display());
        beside += if file.ends_with("function") { 0 } else { meta.len() };
    }
    assert!(beside < 4_500_000, "{beside} bytes beside the function");
}

#[test]
fn a_function_that_links_what_no_image_has_gets_none() {
    let folder = tempfile::tempdir().expect("a folder");
    // It links its own terminal library.
    let output = layout(Path::new("/bin/bash"), folder.path(), None);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("layout: /bin/bash links libtinfo.so.6"), "{told}");
}

#[test]
fn an_image_that_has_grown_too_big_is_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = layout(&testbed::cargo::binary("migrate").expect("built"), folder.path(), Some("5000000"));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("and 5000000 are the most"), "{told}");
}

/// The layer of dependencies is made anew with every file that is left, so nothing but manifests may be.
#[test]
fn dependencies_are_built_from_manifests_alone() {
    const STUB: &str = "//! Nothing yet.\n\nfn main() {}\n";
    let (root, folder) = (root(), tempfile::tempdir().expect("a folder"));
    for file in output_of(Command::new("git").args(["ls-files", "Cargo.*", "crates"]).current_dir(&root)).lines() {
        let text = std::fs::read(root.join(file)).expect(file);
        let to = folder.path().join(file);
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("made");
        std::fs::write(to, text).expect("written");
    }
    output_of(Command::new(root.join("fly/image/stubs")).current_dir(folder.path()));
    for file in files(folder.path()) {
        let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
        let text = std::fs::read_to_string(&file).expect("text");
        assert!(["Cargo.toml", "Cargo.lock"].contains(&name) || text == STUB, "{}", file.display());
    }
    // Cargo finds every target and every dependency, in the versions of the lock file.
    let metadata = ["metadata", "--offline", "--locked", "--format-version=1", "--filter-platform", TRIPLE];
    let resolved = |folder: &Path| {
        let told: serde_json::Value = serde_json::from_str(&toy::cargo(folder, &metadata)).expect("JSON");
        let ids = told["resolve"]["nodes"].as_array().expect("a list").iter();
        ids.filter_map(|node| node["id"].as_str().filter(|id| id.starts_with("registry")).map(str::to_owned)).collect()
    };
    let (there, here): (Vec<String>, Vec<String>) = (resolved(folder.path()), resolved(&root));
    assert_eq!(there, here);
}
