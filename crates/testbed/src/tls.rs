//! A certificate authority for tests: a right one, a wrong one, a certificate for the wrong host.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use tempfile::TempDir;

use crate::Error;
use crate::folder::write_private;

/// An authority that nobody trusts unless told to. Its files go with it.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
    certificate: PathBuf,
}

/// The PEM files of a server.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its private key (PKCS#8, 0600).
    pub key: PathBuf,
}

impl Authority {
    /// Makes a new authority, unlike every other.
    ///
    /// # Errors
    ///
    /// When its files can't be written.
    pub fn new() -> Result<Self, Error> {
        let folder = tempfile::Builder::new()
            .prefix("testbed-tls-")
            .tempdir()
            .map_err(Error::io("could not make a folder for certificates"))?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "testbed authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().map_err(|error| unfit(&error))?;
        let pem = params.self_signed(&key).map_err(|error| unfit(&error))?.pem();
        let certificate = folder.path().join("authority.crt");
        write_private(&certificate, pem.as_bytes(), None)?;
        Ok(Self { issuer: Issuer::new(params, key), folder, certificate })
    }

    /// Its own certificate, for those who are to trust it (a PEM file).
    pub fn certificate(&self) -> &Path {
        &self.certificate
    }

    /// Issues a server's certificate for these host names and addresses.
    ///
    /// # Errors
    ///
    /// When a name is none, or the files can't be written.
    pub fn issue(&self, hosts: &[&str]) -> Result<Certificate, Error> {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let mut params = CertificateParams::new(hosts).map_err(|error| unfit(&error))?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().map_err(|error| unfit(&error))?;
        let signed = params.signed_by(&key, &self.issuer).map_err(|error| unfit(&error))?;
        let name = crate::token::random_hex();
        let issued = Certificate {
            certificate: self.folder.path().join(format!("{name}.crt")),
            key: self.folder.path().join(format!("{name}.key")),
        };
        write_private(&issued.certificate, signed.pem().as_bytes(), None)?;
        write_private(&issued.key, key.serialize_pem().as_bytes(), None)?;
        Ok(issued)
    }
}

fn unfit(error: &rcgen::Error) -> Error {
    Error::Unfit(format!("could not make a certificate: {error}"))
}
