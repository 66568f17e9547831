//! Safety features and their guards, as the sources name them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::SabotageError;

const ASKED: &str = "takes_out(\"";
const GUARDS: &str = "/// Guards: ";

/// The test that fails when a feature is taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Guard {
    pub(super) feature: String,
    pub(super) file: PathBuf,
    pub(super) test: String,
}

/// Every feature's guard, by the feature's name.
pub(super) fn guards(workspace: &Path) -> Result<Vec<Guard>, SabotageError> {
    let mut files = Vec::new();
    collect(&workspace.join("crates"), &mut files)?;
    let (mut features, mut guards) = (BTreeSet::new(), Vec::new());
    for (file, text) in &files {
        features.extend(asked(text));
        guards.extend(named(text).map(|(feature, test)| Guard { feature, file: file.clone(), test }));
    }
    matched(&features, guards).map_err(SabotageError::Unmatched)
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, String)>) -> Result<(), SabotageError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |error| SabotageError::Source(path, error)
    };
    for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_ours(&path) {
            let text = std::fs::read_to_string(&path).map_err(unreadable(&path))?;
            files.push((path, text));
        }
    }
    Ok(())
}

/// These sources hold the words that they look for.
fn is_ours(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "sabotage") || path.ends_with("sabotage.rs")
}

/// The features that this text asks for.
fn asked(text: &str) -> impl Iterator<Item = String> {
    text.split(ASKED).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned)
}

/// The features that tests of this text guard, each with the test's name.
fn named(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split(GUARDS).skip(1).filter_map(|rest| {
        let (feature, after) = rest.split_once('\n')?;
        let test = after.split_once("fn ")?.1.split('(').next()?;
        Some((feature.trim().trim_end_matches('.').to_owned(), test.to_owned()))
    })
}

/// One guard for each feature, and none without one; else what is wrong.
fn matched(features: &BTreeSet<String>, guards: Vec<Guard>) -> Result<Vec<Guard>, Vec<String>> {
    let (mut of, mut wrong) = (BTreeMap::new(), Vec::new());
    for guard in guards {
        if !features.contains(&guard.feature) {
            wrong.push(format!("{:?}, guarded by {}, is no feature of the code", guard.feature, guard.test));
        }
        if let Some(other) = of.insert(guard.feature.clone(), guard) {
            wrong.push(format!("{:?} has two guards; one of them is {}", other.feature, other.test));
        }
    }
    wrong.extend(features.iter().filter(|name| !of.contains_key(*name)).map(|name| format!("{name:?} has no guard")));
    if wrong.is_empty() { Ok(of.into_values().collect()) } else { Err(wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(feature: &str, test: &str) -> Guard {
        Guard { feature: feature.to_owned(), file: PathBuf::new(), test: test.to_owned() }
    }

    #[test]
    fn features_are_found_where_the_code_asks_for_them() {
        let text = "if full && !sabotage::takes_out(\"bound\") {}\nlet off = takes_out(\"cut\");";
        assert_eq!(asked(text).collect::<Vec<_>>(), ["bound", "cut"]);
    }

    #[test]
    fn a_guard_is_the_test_below_its_line() {
        let text =
            "/// One more is refused.\n///\n/// Guards: bound.\n#[tokio::test]\nasync fn one_more_is_refused() {}";
        let found: Vec<_> = named(text).collect();
        assert_eq!(found, [("bound".to_owned(), "one_more_is_refused".to_owned())]);
    }

    #[test]
    fn each_feature_has_one_guard_and_each_guard_a_feature() {
        let features = BTreeSet::from(["bound".to_owned()]);
        assert_eq!(matched(&features, vec![guard("bound", "a")]), Ok(vec![guard("bound", "a")]));
        for wrong in
            [vec![], vec![guard("bound", "a"), guard("bound", "b")], vec![guard("bound", "a"), guard("x", "b")]]
        {
            assert_eq!(matched(&features, wrong.clone()).map_err(|told| told.len()), Err(1), "{wrong:?}");
        }
    }

    #[test]
    fn the_features_of_this_workspace_match_their_guards() {
        let found = guards(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))).map(|guards| guards.len());
        assert!(found.is_ok(), "{found:?}");
    }
}
