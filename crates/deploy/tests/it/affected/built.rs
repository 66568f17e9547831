//! The real functions: cargo tells, of each program that it built, every file that went into it.

use std::path::Path;

use deploy::affected::{Change, affected};

use super::{toy, workspace};

/// The files of the workspace that this function is built of, from the list that cargo writes beside it. It is of the
/// folder in which it was built.
fn built_of(app: &str, program: &Path) -> Vec<String> {
    let list = std::fs::read_to_string(program.with_extension("d")).expect("cargo's list");
    let (_, files) = list.split_once(": ").expect("files");
    let main = format!("/crates/{app}/src/main.rs");
    let root = files.split_whitespace().find_map(|file| file.strip_suffix(&main)).expect("its own");
    let files = files.split_whitespace().filter_map(|file| file.strip_prefix(root)?.strip_prefix('/'));
    // What a build script wrote is made of what it read.
    files.filter(|file| !file.starts_with("target/")).map(str::to_owned).collect()
}

#[test]
fn no_file_that_a_function_is_built_of_changes_without_affecting_it() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).canonicalize().expect("the workspace");
    let workspace = workspace(&root);
    for app in &workspace.apps {
        let files = built_of(app, &testbed::cargo::binary(app).expect("built"));
        assert!(files.len() > 10, "{app} is built of more than {files:?}");
        for file in files {
            // Of a folder that a build script watches, any file in it.
            let is_folder = root.join(&file).is_dir();
            let path = if is_folder { format!("{file}/V0001__create_board.sql") } else { file };
            let change = Change { path: path.clone(), ..Change::default() };
            assert!(!affected(&workspace, &[change])[app].is_empty(), "{path} affects {app}");
            // What .dockerignore lets into the image's build.
            assert!(path.starts_with("crates/") || path.starts_with("migrations/"), "{path} is not in the build");
            assert!(!path.contains("/tests/") && !path.ends_with(".md"), "{path} is not in the build");
        }
    }
}

/// What cargo would link for one function alone, by another way of asking it.
#[test]
fn no_crate_that_a_function_links_is_missed() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).canonicalize().expect("the workspace");
    let workspace = workspace(&root);
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).expect("a lock file");
    for app in &workspace.apps {
        let tree = ["tree", "--locked", "-p", app, "-e", "normal,build", "--target", super::TRIPLE];
        let tree = toy::cargo(&root, &[&tree[..], &["--prefix", "none", "-f", "{p}", "--no-dedupe"]].concat());
        let mut crates: Vec<&str> = tree.lines().filter(|line| !line.contains('/')).collect();
        crates.sort_unstable();
        crates.dedup();
        assert!(crates.len() > 50, "{app} links more than {crates:?}");
        let before = crates.iter().fold(lock.clone(), |lock, line| {
            let mut words = line.split_whitespace();
            let (name, version) = (words.next().expect("a name"), words.next().expect("a version"));
            let version = version.trim_start_matches('v');
            let entry = format!("name = \"{name}\"\nversion = \"{version}\"");
            assert!(lock.contains(&entry), "{entry}");
            lock.replace(&entry, &format!("name = \"{name}\"\nversion = \"0.0.0-{version}\""))
        });
        let change = Change { path: "Cargo.lock".to_owned(), before: Some(before), after: Some(lock.clone()) };
        let told: Vec<String> = affected(&workspace, &[change])[app].iter().map(ToString::to_string).collect();
        for line in crates {
            let title = line.replace(" v", " ").replace(" (proc-macro)", "");
            assert!(told.iter().any(|why| why.starts_with(&title)), "{app} links {title}, unseen in {told:#?}");
        }
    }
}
