//! Callers from elsewhere, over real TLS.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::*;
use crate::server::tests::state;
use crate::server::{Door, Place, serve};

const TOKEN: &str = "0123456789abcdef-token";

/// Writes a certificate for `localhost` with its key and a token; gives the certificate.
fn write_files(folder: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    fs::write(folder.join("token"), format!("{TOKEN}\n")).unwrap();
    made.cert.der().clone()
}

fn files(folder: &Path) -> GuardFiles {
    GuardFiles {
        token: Some(folder.join("token")),
        certificate: Some(folder.join("cert.pem")),
        key: Some(folder.join("key.pem")),
    }
}

/// A server behind a guard on loopback: the guard asks whoever comes.
async fn guarded(folder: &Path) -> std::net::SocketAddr {
    let guard = Guard::read(&files(folder)).unwrap();
    let place = "127.0.0.1:0".parse().unwrap();
    let door = Door::open(&place, Some(guard)).await.unwrap();
    let address = door.local_address().unwrap();
    tokio::spawn(serve(vec![door], state(), std::future::pending()));
    address
}

async fn ask(
    address: std::net::SocketAddr,
    trusted: &CertificateDer<'static>,
    path: &str,
    header: &str,
) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = tokio_rustls::rustls::crypto::ring::default_provider();
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TcpStream::connect(address).await.unwrap();
    let connected = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await;
    let mut stream = match connected {
        Ok(stream) => stream,
        Err(error) => return error.to_string(),
    };
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: tlsmon.example\r\n{header}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

#[tokio::test]
async fn elsewhere_only_tls_with_the_token_is_answered() {
    let folder = TempDir::new().unwrap();
    let certificate = write_files(folder.path());
    let address = guarded(folder.path()).await;
    let path = "/api/v1/summary";
    let with = |token: &str| format!("Authorization: Bearer {token}\r\n");
    let answer = ask(address, &certificate, path, &with(TOKEN)).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    for header in [
        String::new(),
        with("wrong"),
        with(""),
        format!("Authorization: {TOKEN}\r\n"),
    ] {
        let answer = ask(address, &certificate, path, &header).await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        assert!(answer.contains("www-authenticate: Bearer"), "{answer}");
        assert!(!answer.contains(TOKEN), "{answer}");
    }
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain
        .write_all(b"GET /api/v1/summary HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[tokio::test]
async fn a_token_and_a_certificate_that_change_are_read_again() {
    let folder = TempDir::new().unwrap();
    write_files(folder.path());
    let address = guarded(folder.path()).await;
    let certificate = write_files(folder.path());
    fs::write(folder.path().join("token"), "another-token-0123456789").unwrap();
    let header = |token: &str| format!("Authorization: Bearer {token}\r\n");
    let path = "/api/v1/endpoints";
    let new = ask(
        address,
        &certificate,
        path,
        &header("another-token-0123456789"),
    )
    .await;
    assert!(new.starts_with("HTTP/1.1 200"), "{new}");
    let old = ask(address, &certificate, path, &header(TOKEN)).await;
    assert!(old.starts_with("HTTP/1.1 401"), "{old}");
    // What cannot be used leaves what was.
    fs::write(folder.path().join("token"), "short").unwrap();
    let still = ask(
        address,
        &certificate,
        path,
        &header("another-token-0123456789"),
    )
    .await;
    assert!(still.starts_with("HTTP/1.1 200"), "{still}");
}

#[test]
fn what_is_missing_or_wrong_is_said_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    write_files(folder.path());
    let all = files(folder.path());
    let without = GuardFiles {
        token: None,
        ..all.clone()
    };
    let error = Guard::read(&without).unwrap_err();
    assert!(
        error.help().unwrap().contains("--api-token-file"),
        "{error}"
    );
    fs::write(folder.path().join("short"), "short\n").unwrap();
    let short = GuardFiles {
        token: Some(folder.path().join("short")),
        ..all.clone()
    };
    let error = Guard::read(&short).unwrap_err();
    assert!(error.to_string().contains("fewer than 16"), "{error}");
    let swapped = GuardFiles {
        key: all.certificate.clone(),
        ..all.clone()
    };
    let error = Guard::read(&swapped).unwrap_err();
    assert!(error.to_string().contains("as PEM"), "{error}");
    let gone = GuardFiles {
        token: Some("/nonexistent".into()),
        ..all
    };
    assert!(
        Guard::read(&gone)
            .unwrap_err()
            .to_string()
            .contains("/nonexistent")
    );
}

#[tokio::test]
async fn a_socket_in_the_file_system_is_for_its_owner_and_group_and_taken_over_when_stale() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tlsmon.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let place: Place = format!("unix:{}", path.display()).parse().unwrap();
    let door = Door::open(&place, None).await.unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    assert!(Door::open(&place, None).await.is_err());
    tokio::spawn(serve(vec![door], state(), std::future::pending()));
    let mut stream = UnixStream::connect(&path).await.unwrap();
    let request =
        b"GET /api/v1/handshakes HTTP/1.1\r\nHost: whatever.example\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
