//! How a Postgres server is to be.

use std::path::PathBuf;

/// Options of [`super::Postgres::start`].
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub(super) folder: Option<PathBuf>,
    pub(super) port: Option<u16>,
    pub(super) fsync: Option<bool>,
    pub(super) disk: Option<u64>,
    pub(super) tls: Option<(PathBuf, PathBuf)>,
    pub(super) settings: Vec<(String, String)>,
}

impl Options {
    /// A new server whose data go with it.
    pub fn temporary() -> Self {
        Self::default()
    }

    /// A server whose data stay in `folder`; made when there are none. As root, the user `postgres` must be able to
    /// reach it.
    pub fn kept_in(folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()), ..Self::default() }
    }

    /// The port; else a free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Whether a commit waits for the disk; else only where data are kept, because a temporary server is not there to
    /// survive a loss of power. Then its data are on a disk.
    #[must_use]
    pub fn fsync(mut self, fsync: bool) -> Self {
        self.fsync = Some(fsync);
        self
    }

    /// Keeps the data on a disk of this many bytes, which is memory and goes with the server. [`super::Postgres::fill_disk`]
    /// fills it. An empty server takes about 40 MB. Only root may do this.
    #[must_use]
    pub fn disk(mut self, bytes: u64) -> Self {
        self.disk = Some(bytes);
        self
    }

    /// Offers TLS with this certificate and key (PEM files, which are copied). Connections without TLS still work.
    #[must_use]
    pub fn tls(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.tls = Some((certificate.into(), key.into()));
        self
    }

    /// A server setting, such as `log_statement` and `all`.
    #[must_use]
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }
}
