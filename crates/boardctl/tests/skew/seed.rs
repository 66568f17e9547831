//! What cargo has built of others' crates, for another tree's build: they are the same, and minutes to build.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// Brings it from one folder of a profile into another. Crates of the workspace stay out: they have the same names in both,
/// and are others. What cargo only reads is linked; what it may write into is copied.
pub(super) fn seed(from: &Path, to: &Path, crates: &Path) {
    let ours: BTreeSet<String> = names(crates).into_iter().map(|name| name.replace('-', "_")).collect();
    for (kind, how) in [(".fingerprint", "-a"), ("build", "-a"), ("deps", "-al")] {
        let into = to.join(kind);
        std::fs::create_dir_all(&into).expect("a folder");
        let all = names(&from.join(kind)).into_iter();
        let theirs: Vec<OsString> =
            all.filter(|name| !ours.contains(&of_crate(name))).map(|name| from.join(kind).join(name).into()).collect();
        for some in theirs.chunks(500) {
            let copied = Command::new("cp").arg(how).args(some).arg(&into).status().expect("cp is here");
            assert!(copied.success(), "{kind} is brought");
        }
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect()
}

/// The crate of `libapi-0123456789abcdef.rlib`, as the compiler has its name.
fn of_crate(file: &str) -> String {
    let stem = file.split('.').next().unwrap_or(file);
    let name = stem.rsplit_once('-').map_or(stem, |(name, _)| name);
    // A library's files have this before the name of its crate.
    let name = if file.contains('.') { name.strip_prefix("lib").unwrap_or(name) } else { name };
    name.replace('-', "_")
}

#[test]
#[ignore = "scripts/test skew"]
fn a_file_is_told_by_its_crate() {
    assert_eq!(of_crate("libemail_worker-0123456789abcdef.rlib"), "email_worker");
    assert_eq!(of_crate("email-worker-0123456789abcdef"), "email_worker");
    assert_eq!(of_crate("libc-0123456789abcdef"), "libc");
}
