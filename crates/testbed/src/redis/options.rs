//! How a Redis server is to be.

use std::path::PathBuf;

use crate::folder::Folder;

/// Options of [`super::Redis::start`].
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub(super) folder: Option<PathBuf>,
    pub(super) port: Option<u16>,
    pub(super) tls: Option<Tls>,
    settings: Vec<(String, String)>,
}

/// The PEM files of a server that speaks TLS alone.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The server's certificate.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The certificate of the authority that issued it.
    pub authority: PathBuf,
}

impl Options {
    /// A new, empty server that keeps nothing.
    pub fn temporary() -> Self {
        Self::default()
    }

    /// A server whose data stay in `folder`.
    pub fn kept_in(folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()), ..Self::default() }
    }

    /// The port; else a free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Speaks TLS, and nothing else, on its port; asks clients for no certificate.
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// A server setting, such as `maxmemory` and `10mb`.
    #[must_use]
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// The server's arguments; the caller's settings come last and win.
    pub(super) fn arguments(&self, port: u16, folder: &Folder) -> Vec<String> {
        let appends = if folder.is_temporary() { "no" } else { "yes" };
        let mut pairs = vec![
            ("bind", "127.0.0.1".to_owned()),
            ("dir", folder.path().display().to_string()),
            ("appendonly", appends.to_owned()),
            // The append file is enough; a snapshot would be written at a moment nobody chose.
            ("save", String::new()),
        ];
        match &self.tls {
            None => pairs.push(("port", port.to_string())),
            Some(tls) => pairs.extend([
                ("port", "0".to_owned()),
                ("tls-port", port.to_string()),
                ("tls-cert-file", tls.certificate.display().to_string()),
                ("tls-key-file", tls.key.display().to_string()),
                ("tls-ca-cert-file", tls.authority.display().to_string()),
                ("tls-auth-clients", "no".to_owned()),
            ]),
        }
        let own = pairs.into_iter().map(|(name, value)| (name.to_owned(), value));
        own.chain(self.settings.iter().cloned()).flat_map(|(name, value)| [format!("--{name}"), value]).collect()
    }
}
