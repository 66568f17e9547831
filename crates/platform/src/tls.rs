//! TLS to others: who may vouch for them, and how much of their certificates is checked.
//!
//! Whoever vouches for the web is built in, so that an image needs no bundle of certificates. `SSL_CERT_FILE` and
//! `SSL_CERT_DIR` add to them, for HTTP, PostgreSQL and Redis alike.

use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_native_certs::load_certs_from_paths;

use crate::config::{Reader, Settings, setting};
use crate::sabotage;

/// Who is added to those that are built in. One set a process, as there is one environment.
static ADDED: OnceLock<Vec<CertificateDer<'static>>> = OnceLock::new();

/// Who may vouch for others, beside those that are built in.
#[derive(Debug)]
pub(crate) struct Added;

impl Settings for Added {
    fn read(from: &mut Reader) -> Option<Self> {
        let paths = |text: &str| std::env::split_paths(text).filter(|path| !path.as_os_str().is_empty()).collect();
        let about = "who may vouch for others, beside those who are built in";
        let file: Option<Option<PathBuf>> = from.optional(setting("SSL_CERT_FILE", about), "the path of a PEM file");
        let wanted = "the path of a directory of PEM files, named by their hashes; several with : between them";
        let about = setting("SSL_CERT_DIR", "who may vouch for others, as `openssl rehash` leaves them");
        let directories =
            from.parsed(about, wanted, "none", |text| Some(if text == "none" { Vec::new() } else { paths(text) }));
        let (file, directories) = (file?, directories?);
        // Several parts of a process ask for it.
        if ADDED.get().is_some() {
            return Some(Self);
        }
        let from_file = file.map(|file| ("SSL_CERT_FILE", load_certs_from_paths(Some(&file), None)));
        let from_directories =
            directories.iter().map(|directory| ("SSL_CERT_DIR", load_certs_from_paths(None, Some(directory))));
        let mut added = Vec::new();
        for (name, found) in from_file.into_iter().chain(from_directories) {
            for error in &found.errors {
                from.mistake(format!("{name} cannot be used ({error}): wanted certificates as PEM"));
            }
            if found.errors.is_empty() && found.certs.is_empty() {
                from.mistake(format!("{name} has no certificate: wanted certificates as PEM"));
            }
            let (_, unreadable) = RootCertStore::empty().add_parsable_certificates(found.certs.iter().cloned());
            if unreadable > 0 {
                from.notice(format!("{name} has certificates that cannot be read, which are left out: {unreadable}"));
            }
            added.extend(found.certs);
        }
        ADDED.get_or_init(|| added);
        Some(Self)
    }
}

/// Of a process that is no function, too, which has no log.
fn added() -> &'static [CertificateDer<'static>] {
    if ADDED.get().is_none() {
        let mut reader = Reader::from_process();
        let read = Added::read(&mut reader);
        if let Err(mistakes) = reader.finish(read) {
            eprintln!("{mistakes}");
        }
    }
    ADDED.get().map(Vec::as_slice).unwrap_or_default()
}

/// How much of the server's certificate is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verification {
    /// Nothing, as `require` has it.
    None,
    /// Who vouches for it, and the host name.
    Full,
}

/// A TLS client that trusts these authorities alone, or the web's and those who are added.
///
/// # Errors
/// When the PEM has no certificate.
pub(crate) fn client(verification: Verification, authorities: Option<&[u8]>) -> Result<ClientConfig, String> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    // Read also where it is not used: a file that is none is a mistake all the same.
    let roots = roots(authorities)?;
    if verification == Verification::None || sabotage::takes_out("tls verification") {
        let unchecked = Arc::new(Unchecked(ring::default_provider()));
        return Ok(builder.dangerous().with_custom_certificate_verifier(unchecked).with_no_client_auth());
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// A TLS client for HTTP. The process has chosen its provider by then.
pub(crate) fn web() -> ClientConfig {
    ClientConfig::builder().with_root_certificates(web_roots()).with_no_client_auth()
}

fn web_roots() -> RootCertStore {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    // A bundle of a system may have some that nobody can read any more.
    roots.add_parsable_certificates(added().iter().cloned());
    roots
}

fn roots(authorities: Option<&[u8]>) -> Result<RootCertStore, String> {
    let Some(pem) = authorities else { return Ok(web_roots()) };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| "is not well-formed PEM".to_owned())?;
        roots.add(certificate).map_err(|_| "has a certificate that cannot be read".to_owned())?;
    }
    if roots.is_empty() { Err("has no certificate".to_owned()) } else { Ok(roots) }
}

/// What TLS says, by its kind alone, since its texts name hosts; none where the error is none of TLS's.
pub(crate) fn reason(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let carried = error.downcast_ref::<std::io::Error>()?.get_ref()?;
    Some(match carried.downcast_ref::<Error>()? {
        Error::InvalidCertificate(reason) => format!("invalid peer certificate: {}", kind(reason)),
        other => format!("TLS failed: {}", kind(other)),
    })
}

fn kind(error: &impl Debug) -> String {
    format!("{error:?}").split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

/// Encrypts to whoever answers.
#[derive(Debug)]
struct Unchecked(CryptoProvider);

impl ServerCertVerifier for Unchecked {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rustls::pki_types::PrivateKeyDer;
    use rustls::{ClientConnection, ServerConfig, ServerConnection};
    use testbed::tls::{Authority, Certificate};

    use super::*;

    /// What comes of a handshake in memory with a server that this client calls by `host`.
    fn shaken(client: ClientConfig, issued: &Certificate, host: &'static str) -> Result<(), Error> {
        let certificate = CertificateDer::from_pem_file(&issued.certificate).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(&issued.key).expect("a key");
        let server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![certificate], key));
        let mut server = ServerConnection::new(Arc::new(server.expect("a server"))).expect("a connection");
        let name = ServerName::try_from(host).expect("a name");
        let mut client = ClientConnection::new(Arc::new(client), name).expect("a connection");
        while client.is_handshaking() {
            let (mut there, mut back) = (Vec::new(), Vec::new());
            client.write_tls(&mut there).expect("it is written to memory");
            server.read_tls(&mut there.as_slice()).expect("it is read from memory");
            server.process_new_packets()?;
            server.write_tls(&mut back).expect("it is written to memory");
            client.read_tls(&mut back.as_slice()).expect("it is read from memory");
            client.process_new_packets()?;
        }
        Ok(())
    }

    fn trusting(verification: Verification, authority: &Path) -> ClientConfig {
        let authority = std::fs::read(authority).expect("a certificate");
        client(verification, Some(&authority)).expect("a client")
    }

    /// Guards: tls verification.
    #[test]
    fn who_is_not_vouched_for_and_who_has_another_name_is_not_spoken_to() {
        let (ours, strangers) = (Authority::new().expect("one"), Authority::new().expect("another"));
        let issued = ours.issue(&["localhost"]).expect("a certificate");
        let full = |authority: &Authority| trusting(Verification::Full, authority.certificate());
        assert_eq!(shaken(full(&ours), &issued, "localhost"), Ok(()));
        let (unknown, misnamed) =
            (shaken(full(&strangers), &issued, "localhost"), shaken(full(&ours), &issued, "db.example"));
        for refused in [unknown, misnamed] {
            assert!(matches!(refused, Err(Error::InvalidCertificate(_))), "{refused:?}");
        }
    }

    #[test]
    fn without_verification_whoever_answers_is_spoken_to() {
        let (ours, strangers) = (Authority::new().expect("one"), Authority::new().expect("another"));
        let issued = ours.issue(&["localhost"]).expect("a certificate");
        let unchecked = trusting(Verification::None, strangers.certificate());
        assert_eq!(shaken(unchecked, &issued, "db.example"), Ok(()));
    }
}
