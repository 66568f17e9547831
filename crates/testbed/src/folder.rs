//! Where a server keeps its data: a temporary folder that goes with it, or a given one that stays.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use nix::unistd::User;
use tempfile::TempDir;

use crate::Error;

/// A server's folder.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Removes the folder when it is dropped.
    temporary: Option<TempDir>,
}

impl Folder {
    /// The given folder, made when it is missing and kept afterwards; or else one of `owner`'s under /var/tmp (on a
    /// disk, where /tmp is often memory) that is removed with this value.
    pub(crate) fn open(given: Option<&Path>, owner: Option<&User>) -> Result<Self, Error> {
        if let Some(path) = given {
            // Its owner and permissions stay as they are: it may be a folder that others use too.
            fs::create_dir_all(path).map_err(Error::io(format!("could not make {}", path.display())))?;
            let path = fs::canonicalize(path).map_err(Error::io(format!("could not open {}", path.display())))?;
            let temporary = None;
            return Ok(Self { path, temporary });
        }
        let temporary = tempfile::Builder::new()
            .prefix("testbed-")
            .tempdir_in("/var/tmp")
            .map_err(Error::io("could not make a folder in /var/tmp"))?;
        give(temporary.path(), owner, 0o700)?;
        Ok(Self { path: temporary.path().to_owned(), temporary: Some(temporary) })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn is_temporary(&self) -> bool {
        self.temporary.is_some()
    }
}

/// Writes a file for `owner` alone: 0600 from its first moment on.
pub(crate) fn write_private(path: &Path, content: &[u8], owner: Option<&User>) -> Result<(), Error> {
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(content))
        .map_err(Error::io(format!("could not write {}", path.display())))?;
    give(path, owner, 0o600)
}

/// Gives a file or folder to `owner` with these permissions.
pub(crate) fn give(path: &Path, owner: Option<&User>, mode: u32) -> Result<(), Error> {
    let failed = || Error::io(format!("could not hand over {}", path.display()));
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(failed())?;
    if let Some(owner) = owner {
        chown(path, Some(owner.uid.as_raw()), Some(owner.gid.as_raw())).map_err(failed())?;
    }
    Ok(())
}
