//! Where a server keeps its data: a temporary folder that goes with it, or a given one that stays.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use nix::sys::statfs::{TMPFS_MAGIC, statfs};
use nix::unistd::User;
use tempfile::TempDir;

use crate::Error;

/// Memory, where there is much of it: a copy of a new PostgreSQL, of a thousand files, took 0.08 s there and 1.3 s on a
/// disk's ext4, all of it work of the kernel's.
const MEMORY: &str = "/dev/shm";
const MUCH: u64 = 4 << 30;
/// Else a disk, which /tmp often is not.
const DISK: &str = "/var/tmp";

/// A server's folder.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Removes the folder when it is dropped.
    temporary: Option<TempDir>,
}

impl Folder {
    /// The given folder, made when it is missing and kept afterwards; or else one of `owner`'s, in memory where there is
    /// much of it, that is removed with this value.
    pub(crate) fn open(given: Option<&Path>, owner: Option<&User>) -> Result<Self, Error> {
        Self::open_in(if is_roomy() { MEMORY } else { DISK }, given, owner)
    }

    /// The same, but for memory: for whoever waits for the disk, and means it.
    pub(crate) fn open_on_disk(given: Option<&Path>, owner: Option<&User>) -> Result<Self, Error> {
        Self::open_in(DISK, given, owner)
    }

    fn open_in(parent: &str, given: Option<&Path>, owner: Option<&User>) -> Result<Self, Error> {
        if let Some(path) = given {
            // Its owner and permissions stay as they are: it may be a folder that others use too.
            fs::create_dir_all(path).map_err(Error::io(format!("could not make {}", path.display())))?;
            let path = fs::canonicalize(path).map_err(Error::io(format!("could not open {}", path.display())))?;
            let temporary = None;
            return Ok(Self { path, temporary });
        }
        let temporary = tempfile::Builder::new()
            .prefix("testbed-")
            .tempdir_in(parent)
            .map_err(Error::io(format!("could not make a folder in {parent}")))?;
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

/// Whether there is much memory to keep files in.
fn is_roomy() -> bool {
    let free = |about: nix::sys::statfs::Statfs| {
        about.blocks_available() * u64::try_from(about.block_size()).unwrap_or_default()
    };
    statfs(MEMORY).is_ok_and(|about| about.filesystem_type() == TMPFS_MAGIC && free(about) >= MUCH)
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
