//! What a crate's sources name beside themselves: included texts, what a build script reads, sources elsewhere.
//!
//! No list has them before a build, so every text that reads as a path, and leads to something that is there, is taken
//! for one. A path in a comment is taken as well, which makes a function ship once too often, never once too seldom.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::Error;

/// Files and folders that the sources of the crate in this folder name, within the workspace's `root`.
///
/// # Errors
/// When a source cannot be read.
pub(super) fn named(root: &Path, folder: &str) -> Result<BTreeSet<String>, Error> {
    let home = root.join(folder);
    let mut named = BTreeSet::new();
    for file in rust_files(&home)? {
        let text = std::fs::read_to_string(&file).map_err(|error| Error::File(file.clone(), error))?;
        let is_build_script = file == home.join("build.rs");
        let here = file.parent().unwrap_or(&home);
        for path in paths(&text).filter(|path| is_build_script || path.starts_with("../")) {
            // An included file is named from the source, what a build script reads from the crate's folder.
            let found = [here, &home].into_iter().filter_map(|from| within(root, &from.join(path)));
            named.extend(found.filter(|path| root.join(path).exists()));
        }
    }
    Ok(named)
}

/// `build.rs`, and all that is in `src`.
fn rust_files(home: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut folders = vec![home.join("src")];
    let mut files: Vec<PathBuf> = Some(home.join("build.rs")).into_iter().filter(|file| file.is_file()).collect();
    while let Some(folder) = folders.pop().filter(|folder| folder.is_dir()) {
        let cannot = |error| Error::File(folder.clone(), error);
        for entry in std::fs::read_dir(&folder).map_err(cannot)? {
            let path = entry.map_err(cannot)?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                files.push(path);
            }
        }
    }
    Ok(files)
}

/// Every run of letters that a path may have, of more than one part.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let runs = text.split(|letter: char| !(letter.is_alphanumeric() || "_-./".contains(letter)));
    runs.map(|run| run.trim_start_matches('/').trim_end_matches(['/', '.'])).filter(|run| run.contains('/'))
}

/// The path from `root`, without `..`, if it leads into it.
fn within(root: &Path, path: &Path) -> Option<String> {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    Some(plain.strip_prefix(root).ok()?.to_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_whatever_stands_around_it() {
        let text = "include_str!(\"../a.sql\") println!(\"cargo::rerun-if-changed=../../b\"); // see ../c/d.md.\n\
                    concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/../../e\") and a/b";
        let found: Vec<&str> = paths(text).collect();
        assert_eq!(found, ["../a.sql", "../../b", "../c/d.md", "../../e", "a/b"]);
    }

    #[test]
    fn a_path_that_leads_out_of_the_workspace_is_none_of_ours() {
        let root = Path::new("/w");
        assert_eq!(within(root, Path::new("/w/crates/api/../../migrations")), Some("migrations".to_owned()));
        assert_eq!(within(root, Path::new("/w/crates/../../etc")), None);
        assert_eq!(within(root, Path::new("/w/a/..")), Some(String::new()), "all of it");
    }
}
