//! The folder of a Postgres server, and the command that starts it.
//!
//! ```text
//! folder/data/               what initdb makes
//!        superuser-password  made once, beside the data it belongs to
//!        tls.crt, tls.key    copies: Postgres wants to own its key
//!        postgres.log
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;
use nix::unistd::{User, geteuid};

use super::Options;
use super::disk::Disk;
use crate::folder::{Folder, give, write_private};
use crate::process::{Command, Process};
use crate::{Error, port, token};

pub(super) struct Cluster {
    pub(super) folder: Folder,
    pub(super) disk: Option<Disk>,
    pub(super) command: Command,
    pub(super) password: String,
    pub(super) port: u16,
}

/// Finds Postgres, makes what is missing in the folder and describes the server.
pub(super) async fn prepare(options: &Options) -> Result<Cluster, Error> {
    let binaries = binaries()?;
    let owner = owner()?;
    let owner = owner.as_ref();
    let open = if options.fsync == Some(true) { Folder::open_on_disk } else { Folder::open };
    let folder = open(options.folder.as_deref(), owner)?;
    let data = folder.path().join("data");
    let secret = folder.path().join("superuser-password");
    let disk = match options.disk {
        Some(bytes) => {
            make(&data, owner)?;
            Some(Disk::mount(&data, bytes, owner).await?)
        }
        None => None,
    };
    let program = |name: &str| run_as(&binaries.join(name), owner, disk.as_ref());
    if !data.join("PG_VERSION").exists() {
        write_private(&secret, token::random_hex().as_bytes(), owner)?;
        make(&data, owner)?;
        init(program("initdb"), &data, &secret)?;
    }
    let password = fs::read_to_string(&secret).map_err(Error::io(format!("could not read {}", secret.display())))?;
    let tls = match &options.tls {
        Some((certificate, key)) => Some((
            copy(certificate, &folder.path().join("tls.crt"), owner)?,
            copy(key, &folder.path().join("tls.key"), owner)?,
        )),
        None => None,
    };
    let port = options.port.unwrap_or_else(port::free_port);
    let mut command = program("postgres")
        .name("postgres")
        .in_folder(folder.path())
        .log_to(folder.path().join("postgres.log"))
        .last_signal(if folder.is_temporary() { Signal::SIGQUIT } else { Signal::SIGINT })
        .leaves(folder.is_temporary().then(|| folder.path()))
        .arg("-D")
        .arg(&data);
    for (name, value) in settings(options, port, folder.is_temporary(), tls) {
        command = command.arg("-c").arg(format!("{name}={value}"));
    }
    Ok(Cluster { folder, disk, command, password, port })
}

/// The server's settings; the caller's come last and win.
fn settings(options: &Options, port: u16, temporary: bool, tls: Option<(PathBuf, PathBuf)>) -> Vec<(String, String)> {
    let on = |yes: bool| if yes { "on" } else { "off" }.to_owned();
    let fsync = options.fsync.unwrap_or(!temporary);
    let mut settings = vec![
        ("listen_addresses", "127.0.0.1".to_owned()),
        ("port", port.to_string()),
        // Nobody here uses one, and its usual folder is not ours to write to.
        ("unix_socket_directories", String::new()),
        ("fsync", on(fsync)),
        ("full_page_writes", on(fsync)),
        // Of one that is killed nothing is left outside of its folder, and no log of a gigabyte in it.
        ("dynamic_shared_memory_type", if temporary { "mmap" } else { "posix" }.to_owned()),
        ("max_wal_size", if temporary { "256MB" } else { "1GB" }.to_owned()),
        // Our wait for the READY line, and tests that read the log, want English.
        ("lc_messages", "C".to_owned()),
    ];
    if let Some((certificate, key)) = tls {
        settings.push(("ssl", on(true)));
        settings.push(("ssl_cert_file", certificate.display().to_string()));
        settings.push(("ssl_key_file", key.display().to_string()));
    }
    settings.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(options.settings.iter().cloned()).collect()
}

/// A program of Postgres, as its owner, and on its disk if it has one of its own.
fn run_as(program: &Path, owner: Option<&User>, disk: Option<&Disk>) -> Command {
    disk.map_or_else(|| Process::command(program).user(owner), |disk| disk.command(program))
}

fn make(data: &Path, owner: Option<&User>) -> Result<(), Error> {
    fs::create_dir_all(data).map_err(Error::io(format!("could not make {}", data.display())))?;
    give(data, owner, 0o700)
}

fn init(initdb: Command, data: &Path, secret: &Path) -> Result<(), Error> {
    let pwfile = format!("--pwfile={}", secret.display());
    initdb
        .in_folder(data)
        .args(["--username=postgres", "--auth=scram-sha-256", &pwfile])
        .args(["--encoding=UTF8", "--locale=C.UTF-8"])
        // The server syncs what it writes, where that matters.
        .args(["--no-sync", "--no-instructions", "-D"])
        .arg(data)
        .run()
        .map(drop)
}

fn copy(from: &Path, to: &Path, owner: Option<&User>) -> Result<PathBuf, Error> {
    let content = fs::read(from).map_err(Error::io(format!("could not read {}", from.display())))?;
    write_private(to, &content, owner)?;
    Ok(to.to_owned())
}

/// Postgres refuses to run as root; Debian's package brings a user for it.
fn owner() -> Result<Option<User>, Error> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    let user =
        User::from_name("postgres").map_err(|errno| Error::io("could not look up the user postgres")(errno.into()))?;
    match user {
        Some(user) => Ok(Some(user)),
        None => {
            Err(Error::Unfit("we are root, as which Postgres does not run, and there is no user `postgres`".into()))
        }
    }
}

/// The folder of `initdb` and `postgres`: what `pg_config` says, or the newest that Debian installed. (Debian's
/// `pg_config` belongs to the client library, and names a folder even where there is no server.)
fn binaries() -> Result<PathBuf, Error> {
    let said = Process::command("pg_config").arg("--bindir").run();
    let said = said.map(|folder| PathBuf::from(folder.trim())).ok();
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut newest_last: Vec<(u32, PathBuf)> = installed
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    newest_last.sort();
    said.into_iter()
        .chain(newest_last.into_iter().rev().map(|(_, folder)| folder))
        .find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
        .ok_or_else(|| {
            let text = "no Postgres server found by `pg_config --bindir` nor in /usr/lib/postgresql/*/bin; install \
                        postgresql";
            Error::Unfit(text.to_owned())
        })
}
