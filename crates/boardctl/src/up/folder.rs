//! Where a board keeps its data, keys and logs.

use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::UpError;

/// In a clone; ignored by git.
const NAME: &str = ".board";

/// Finds or makes the folder.
pub(super) fn prepare(wanted: Option<&Path>) -> Result<PathBuf, UpError> {
    let here =
        std::env::current_dir().map_err(|error| UpError::System("there is no current folder".to_owned(), error))?;
    let folder = match wanted {
        Some(folder) => here.join(folder),
        None if nix::unistd::geteuid().is_root() && !all_may_enter(&here) => elsewhere(&here),
        None => here.join(NAME),
    };
    for made in [&folder, &folder.join("logs")] {
        let made_it = std::fs::DirBuilder::new().recursive(true).mode(0o755).create(made);
        made_it.map_err(|error| UpError::System(format!("{} cannot be made", made.display()), error))?;
    }
    owned(&folder)?;
    Ok(folder)
}

/// Keys are in it, so a folder that somebody else put there is refused.
fn owned(folder: &Path) -> Result<(), UpError> {
    let told = |error| UpError::System(format!("{} cannot be used", folder.display()), error);
    let owner = std::fs::symlink_metadata(folder).map_err(told)?.uid();
    if owner != nix::unistd::geteuid().as_raw() {
        return Err(told(std::io::Error::other("it belongs to somebody else")));
    }
    Ok(())
}

/// Run by root, PostgreSQL is another user, who must be able to reach its data.
fn all_may_enter(folder: &Path) -> bool {
    folder
        .ancestors()
        .all(|part| std::fs::metadata(part).is_ok_and(|metadata| metadata.permissions().mode() & 0o001 != 0))
}

/// One folder a clone, told apart by the clone's path.
fn elsewhere(clone: &Path) -> PathBuf {
    let path = clone.display().to_string();
    let told_apart: String =
        path.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    PathBuf::from(format!("/var/tmp/board{told_apart}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_clones_have_two_folders() {
        assert_ne!(elsewhere(Path::new("/root/a")), elsewhere(Path::new("/root/b")));
    }

    #[test]
    fn a_folder_that_only_its_owner_may_enter_is_none_for_others() {
        let outer = std::env::temp_dir().join(format!("board-folder-{}", std::process::id()));
        std::fs::create_dir_all(&outer).expect("a folder");
        std::fs::set_permissions(&outer, std::fs::Permissions::from_mode(0o700)).expect("ours");
        assert!(!all_may_enter(&outer));
        std::fs::remove_dir(&outer).expect("empty");
    }

    #[test]
    fn the_folder_and_its_logs_are_made() {
        let outer = std::env::temp_dir().join(format!("board-made-{}", std::process::id()));
        let made = prepare(Some(&outer)).expect("made");
        assert!(made.join("logs").is_dir());
        std::fs::remove_dir_all(&outer).expect("ours");
    }
}
