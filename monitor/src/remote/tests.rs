//! Agents behind TLS and a token, and on a Unix socket: the servers of this program, over real connections.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use tempfile::TempDir;

use super::{Agent, Trust};
use crate::server::tests::state;
use crate::server::{Door, Guard, GuardFiles, serve};

const TOKEN: &str = "0123456789abcdef-token";

type Issuer = CertifiedIssuer<'static, KeyPair>;

/// Who issues certificates; its own is in this file.
fn issuer(file: &Path, name: &str) -> Issuer {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = Issuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    fs::write(file, issuer.pem()).unwrap();
    issuer
}

/// An agent on loopback whose certificate is for this name, until this year.
async fn agent(folder: &Path, issuer: &Issuer, name: &str, until: i32) -> SocketAddr {
    // Files of its own: an agent reads them again when they change.
    let folder = folder.join(format!("{name}-{until}"));
    fs::create_dir(&folder).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.not_after = date_time_ymd(until, 1, 1);
    let certificate = params.signed_by(&key, issuer).unwrap();
    let files = [
        ("token", TOKEN.to_owned()),
        ("cert.pem", certificate.pem()),
        ("key.pem", key.serialize_pem()),
    ];
    for (file, text) in files {
        fs::write(folder.join(file), text).unwrap();
    }
    let guard = Guard::read(&GuardFiles {
        token: Some(folder.join("token")),
        certificate: Some(folder.join("cert.pem")),
        key: Some(folder.join("key.pem")),
    });
    let place = "127.0.0.1:0".parse().unwrap();
    let door = Door::open(&place, Some(guard.unwrap())).await.unwrap();
    let address = door.local_address().unwrap();
    tokio::spawn(serve(vec![door], state(), std::future::pending()));
    address
}

/// What is said to somebody who asks there with this token and trusts the issuer in this file.
async fn ask(address: String, token: Option<&str>, trusted: Option<&PathBuf>) -> String {
    let agent = Agent {
        name: "node-1".to_owned(),
        address: address.parse().unwrap(),
        token: token.map(ToOwned::to_owned),
        trust: trusted.map(|file| Trust::of_file(file).unwrap()),
    };
    match agent.whole("/api/v1/summary").await {
        Ok(answer) => String::from_utf8(answer).unwrap(),
        Err(why) => why.to_string(),
    }
}

#[tokio::test]
async fn an_agent_elsewhere_answers_who_has_its_token_and_trusts_its_issuer_and_others_are_told_why_not()
 {
    let folder = TempDir::new().unwrap();
    let [ours, theirs, renewed] =
        ["ca.pem", "other.pem", "renewed.pem"].map(|name| folder.path().join(name));
    let [_stranger, _renewed, issuer] =
        [(&theirs, "b"), (&renewed, "a"), (&ours, "a")].map(|(file, name)| issuer(file, name));
    let good = agent(folder.path(), &issuer, "127.0.0.1", 2999).await;
    let expired = agent(folder.path(), &issuer, "127.0.0.1", 2020).await;
    let other = agent(folder.path(), &issuer, "node-9.example", 2999).await;
    let cases = [
        (good, Some(TOKEN), Some(&ours), "\"schema\":\"tlsmon/v1\""),
        (
            good,
            None,
            Some(&ours),
            "401 Unauthorized: it asks for a token, which --token-file names",
        ),
        (
            good,
            Some("wrong"),
            Some(&ours),
            "401 Unauthorized: the token in --token-file is not its own",
        ),
        (
            good,
            Some(TOKEN),
            Some(&theirs),
            "cannot connect: its certificate was issued by nobody in --ca-file",
        ),
        (
            good,
            Some(TOKEN),
            Some(&renewed),
            "its certificate was issued by another of the same name as in --ca-file",
        ),
        (good, Some(TOKEN), None, "https takes --ca-file"),
        (
            expired,
            Some(TOKEN),
            Some(&ours),
            "its certificate has expired",
        ),
        (
            other,
            Some(TOKEN),
            Some(&ours),
            "its certificate is for other names than this address",
        ),
    ];
    for (address, token, trusted, expected) in cases {
        let said = ask(format!("https://{address}"), token, trusted).await;
        assert!(said.contains(expected), "{expected}: {said}");
        assert!(!said.contains(TOKEN), "{said}");
    }
}

#[tokio::test]
async fn a_unix_socket_answers_whoever_may_open_it_and_plain_http_is_told_from_tls() {
    let folder = TempDir::new().unwrap();
    let socket = format!("unix:{}", folder.path().join("tlsmon.sock").display());
    let said = ask(socket.clone(), None, None).await;
    assert!(said.starts_with("cannot connect: "), "{said}");
    let door = Door::open(&socket.parse().unwrap(), None).await.unwrap();
    tokio::spawn(serve(vec![door], state(), std::future::pending()));
    let said = ask(socket, None, None).await;
    assert!(said.contains("\"schema\":\"tlsmon/v1\""), "{said}");
    let plain = Door::open(&"127.0.0.1:0".parse().unwrap(), None)
        .await
        .unwrap();
    let address = plain.local_address().unwrap();
    tokio::spawn(serve(vec![plain], state(), std::future::pending()));
    let trusted = folder.path().join("ca.pem");
    issuer(&trusted, "a");
    let said = ask(format!("https://{address}"), None, Some(&trusted)).await;
    assert!(
        said.contains("it does not speak TLS: leave out https://"),
        "{said}"
    );
}
