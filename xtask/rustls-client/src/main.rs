//! A TLS client of rustls. Arguments are key=value, as `client/scripts.rs` of the lab makes them.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::{EchConfig, EchGreaseConfig, EchMode, EchStatus};
use rustls::crypto::{aws_lc_rs, hpke::Hpke};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, EchConfigListBytes, PrivateKeyDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n";
static ONLY_12: &[&SupportedProtocolVersion] = &[&TLS12];
static ONLY_13: &[&SupportedProtocolVersion] = &[&TLS13];
const LIMIT: Duration = Duration::from_secs(20);

/// The kind of key that the lab's configurations have.
static HPKE: &dyn Hpke = aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_128;

fn main() -> ExitCode {
    let words = std::env::args().skip(1);
    let pair = |word: String| {
        word.split_once('=')
            .map(|(key, value)| (key.into(), value.into()))
    };
    let options = Options(words.filter_map(pair).collect());
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

struct Options(HashMap<String, String>);

impl Options {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    fn need(&self, key: &str) -> Result<&str> {
        self.get(key)
            .ok_or_else(|| format!("{key} is missing").into())
    }
}

fn run(options: &Options) -> Result<()> {
    let config = Arc::new(config(options)?);
    visit(options, &config)?;
    if options.get("do") == Some("resume") {
        visit(options, &config)?;
    }
    Ok(())
}

fn visit(options: &Options, config: &Arc<ClientConfig>) -> Result<()> {
    let address: Ipv4Addr = options.need("address")?.parse()?;
    let name = match options.get("name") {
        Some(name) => ServerName::try_from(name.to_owned())?,
        None => ServerName::from(std::net::IpAddr::from(address)),
    };
    let tcp = TcpStream::connect((address, options.need("port")?.parse()?))?;
    tcp.set_read_timeout(Some(LIMIT))?;
    let mut secure = StreamOwned::new(ClientConnection::new(Arc::clone(config), name)?, tcp);
    let shaken = shake(&mut secure);
    if shaken.is_err() {
        // What it has to say is said all the same.
        secure.conn.write_tls(&mut secure.sock)?;
        return shaken;
    }
    if offers_ech(options) && secure.conn.ech_status() != EchStatus::Accepted {
        return Err("Encrypted Client Hello was not accepted".into());
    }
    if options.get("do") != Some("close") {
        ask(&mut secure)?;
    }
    secure.conn.send_close_notify();
    secure.conn.write_tls(&mut secure.sock)?;
    Ok(())
}

fn shake(secure: &mut StreamOwned<ClientConnection, TcpStream>) -> Result<()> {
    while secure.conn.is_handshaking() {
        secure.conn.complete_io(&mut secure.sock)?;
    }
    Ok(())
}

fn ask(secure: &mut StreamOwned<ClientConnection, TcpStream>) -> Result<()> {
    secure.write_all(REQUEST)?;
    match secure.read(&mut [0; 65536])? {
        0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
        _ => Ok(()),
    }
}

fn offers_ech(options: &Options) -> bool {
    options.get("ech").is_some_and(|ech| ech != "grease")
}

fn config(options: &Options) -> Result<ClientConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = match options.get("ech") {
        Some(ech) => builder.with_ech(ech_mode(ech)?)?,
        None => builder.with_protocol_versions(versions(options)?)?,
    };
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(options.need("authority")?)?)?;
    let builder = builder.with_root_certificates(roots);
    let mut config = match options.get("certificate") {
        Some(file) => {
            let chain =
                CertificateDer::pem_file_iter(file)?.collect::<std::result::Result<_, _>>()?;
            builder
                .with_client_auth_cert(chain, PrivateKeyDer::from_pem_file(options.need("key")?)?)?
        }
        None => builder.with_no_client_auth(),
    };
    let alpn = options
        .get("alpn")
        .into_iter()
        .flat_map(|all| all.split(','));
    config.alpn_protocols = alpn.map(|name| name.as_bytes().to_vec()).collect();
    Ok(config)
}

fn versions(options: &Options) -> Result<&'static [&'static SupportedProtocolVersion]> {
    match options.get("version") {
        None => Ok(rustls::ALL_VERSIONS),
        Some("1.2") => Ok(ONLY_12),
        Some("1.3") => Ok(ONLY_13),
        Some(other) => Err(format!("rustls has no TLS {other}").into()),
    }
}

/// A list of configurations in a file; or none, but the look of it.
fn ech_mode(ech: &str) -> Result<EchMode> {
    if ech == "grease" {
        let (public, _secret) = HPKE.generate_key_pair()?;
        return Ok(EchGreaseConfig::new(HPKE, public).into());
    }
    let list = EchConfigListBytes::from(fs::read(ech)?);
    Ok(EchConfig::new(list, &[HPKE])?.into())
}
