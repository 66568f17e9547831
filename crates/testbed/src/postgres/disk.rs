//! A disk of a few megabytes that can be filled: a tmpfs in a mount namespace of its own, which nobody else sees and
//! which goes with it. Only root may make one.

use std::fs::{File, remove_file};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::unistd::{User, geteuid};

use crate::Error;
use crate::process::{Command, Process};

/// Mounts the tmpfs and then holds the namespace: programs enter it by the holder's pid. In a chroot `/` is no mount, and
/// `unshare` could not make it private by itself.
const SCRIPT: &str = r#"
mount --make-rprivate / 2>/dev/null
mount -t tmpfs -o "size=$1,uid=$2,gid=$3,mode=700" tmpfs "$4" && echo mounted && exec sleep infinity
"#;

/// Bound for the mount on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Zeros, by the megabyte, and then by the page.
const CHUNKS: [usize; 2] = [1024 * 1024, 4096];

/// The disk.
#[derive(Debug)]
pub(super) struct Disk {
    holder: Process,
    at: PathBuf,
    owner: User,
}

impl Disk {
    /// Mounts one of this size at a folder, for `owner`.
    pub(super) async fn mount(at: &Path, bytes: u64, owner: Option<&User>) -> Result<Self, Error> {
        let owner = owner.filter(|_| geteuid().is_root()).cloned();
        let owner = owner.ok_or_else(|| Error::Unfit("a small disk is mounted, which only root may do".to_owned()))?;
        let holder = Process::command("unshare")
            .name("small disk")
            .args(["--mount", "--propagation=unchanged", "--", "/bin/sh", "-c", SCRIPT, "disk"])
            .args([bytes.to_string(), owner.uid.to_string(), owner.gid.to_string()])
            .arg(at)
            .start()?;
        holder.wait_for_line("mounted", PATIENCE).await?;
        Ok(Self { holder, at: at.to_owned(), owner })
    }

    /// A program that sees the disk, as its owner.
    pub(super) fn command(&self, program: &Path) -> Command {
        Process::command("nsenter")
            .arg(format!("--target={}", self.holder.pid()))
            // Its root and folder as well: those of a namespace are not the ones of a chroot.
            .args(["--mount", "--root", "--wd", "--", "setpriv", "--clear-groups"])
            .arg(format!("--reuid={}", self.owner.uid))
            .arg(format!("--regid={}", self.owner.gid))
            .arg("--")
            .arg(program)
    }

    /// Writes until there is no room left.
    pub(super) fn fill(&self) -> Result<(), Error> {
        let (path, full) = (self.filler(), |error: &std::io::Error| error.kind() == ErrorKind::StorageFull);
        let mut file = File::create(&path).map_err(Error::io(format!("could not make {}", path.display())))?;
        for size in CHUNKS {
            let chunk = vec![0; size];
            loop {
                match file.write_all(&chunk) {
                    Ok(()) => {}
                    Err(error) if full(&error) => break,
                    Err(error) => return Err(Error::io(format!("could not fill {}", path.display()))(error)),
                }
            }
        }
        Ok(())
    }

    /// Gives the room back.
    pub(super) fn empty(&self) -> Result<(), Error> {
        let path = self.filler();
        remove_file(&path).map_err(Error::io(format!("could not remove {}", path.display())))
    }

    /// Through the holder's eyes: we see the empty folder below.
    fn filler(&self) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.holder.pid()));
        let below = self.at.strip_prefix("/").unwrap_or(&self.at);
        root.join(below).join("filler")
    }
}
