//! Why an HTTP exchange came to nothing, as a class for metrics and logs: a word of the code, never a text of a library,
//! which names hosts and queries.

use std::error::Error;
use std::io;

use rustls::CertificateError;

/// The class of a failure.
#[must_use]
pub fn class(failure: &reqwest::Error) -> &'static str {
    if failure.is_timeout() {
        return "timed_out";
    }
    let causes = std::iter::successors(failure.source(), |error| (*error).source());
    if let Some(class) = causes.filter_map(of).last() {
        return class;
    }
    if failure.is_builder() { "unusable_address" } else { "connection_lost" }
}

/// The class of one cause, if it is the system's or TLS's.
#[must_use]
pub fn of(error: &(dyn Error + 'static)) -> Option<&'static str> {
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(of_tls(error));
    }
    let error = error.downcast_ref::<io::Error>()?;
    if let Some(carried) = error.get_ref() {
        return of(carried);
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some("connection_refused"),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => Some("unreachable"),
        _ => None,
    }
}

fn of_tls(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => "unknown_authority",
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "wrong_name",
        rustls::Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "expired_certificate"
        }
        rustls::Error::InvalidCertificate(_) => "bad_certificate",
        _ => "tls",
    }
}
