//! Postgres with TLS: the right authority, a wrong one, a wrong host.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use testbed::postgres::{Options, Postgres};
use testbed::tls::Authority;
use tokio_postgres_rustls::MakeRustlsConnect;

async fn serving(authority: &Authority, host: &str) -> Postgres {
    let issued = authority.issue(&[host]).expect("it is issued");
    let options = Options::temporary().tls(issued.certificate, issued.key);
    Postgres::start(options).await.expect("postgres starts")
}

/// Connects as a client that trusts only this certificate.
async fn connect(postgres: &Postgres, trusted: &Path) -> Result<(), tokio_postgres::Error> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(trusted).expect("it is PEM");
    roots.add(certificate).expect("it is a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let url = postgres.superuser_url("postgres") + "?sslmode=require";
    let connected = tokio_postgres::connect(&url, MakeRustlsConnect::new(config)).await;
    connected.map(drop)
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_is_let_in_and_no_other() {
    let authority = Authority::new().expect("keys are made");
    let postgres = serving(&authority, "127.0.0.1").await;
    connect(&postgres, authority.certificate()).await.expect("it is trusted");
    let wrong = Authority::new().expect("keys are made");
    assert!(connect(&postgres, wrong.certificate()).await.is_err(), "a wrong authority");
    postgres.client("postgres").await.expect("without TLS it works as before");
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let authority = Authority::new().expect("keys are made");
    let postgres = serving(&authority, "db.example").await;
    assert!(connect(&postgres, authority.certificate()).await.is_err());
}
