//! Certificates, good ones and one for each fault, as PEM files in a folder.
//!
//! ```text
//! root --> intermediate --> server, clients        another root --> unknown-ca, client-unknown-ca
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};

use crate::command::output;
use crate::setup;

/// The name that every server serves, unless its certificate has the wrong one.
pub(super) const NAME: &str = "shop.example";

/// The name that clients show who hide the one they want (Encrypted Client Hello).
const PUBLIC_NAME: &str = "public.example";

/// Keys of Encrypted Client Hello, and the id of each one's configuration.
const ECH: [(&str, u8); 2] = [("current", 7), ("old", 6)];

type Issuer = CertifiedIssuer<'static, KeyPair>;

/// Where the files are.
#[derive(Debug)]
pub(super) struct Certificates {
    folder: PathBuf,
}

/// A certificate's files: its chain, its key, and both in one.
#[derive(Clone, Debug)]
pub(super) struct Files {
    /// The leaf and what follows it.
    pub(super) chain: PathBuf,
    /// The leaf alone.
    pub(super) leaf: PathBuf,
    /// What follows the leaf.
    pub(super) rest: PathBuf,
    pub(super) key: PathBuf,
    /// Chain and key, as HAProxy likes them.
    pub(super) both: PathBuf,
}

impl Certificates {
    /// Makes them all in a folder.
    pub(super) fn create(folder: &Path) -> Result<Self> {
        let made = Self {
            folder: folder.to_owned(),
        };
        let root = root("tlsmon lab root")?;
        let stranger = self::root("a root that nobody trusts")?;
        let below = below("tlsmon lab intermediate", &root)?;
        let deeper = self::below("tlsmon lab second intermediate", &below)?;
        let (one, two, other) = (below.pem(), deeper.pem(), stranger.pem());
        fs::write(made.authority(), root.pem())?;
        let good = || leaf(NAME);
        made.put("good", &good()?, &below, &[&one])?;
        made.put("long-chain", &good()?, &deeper, &[&two, &one])?;
        made.put("wrong-order", &good()?, &deeper, &[&one, &two])?;
        made.put("expired", &dated(good()?, 2020), &below, &[&one])?;
        made.put("not-yet-valid", &dated(good()?, 2090), &below, &[&one])?;
        made.put("wrong-host", &leaf("other.example")?, &below, &[&one])?;
        made.put("unknown-ca", &good()?, &stranger, &[])?;
        made.put("unknown-ca-sent", &good()?, &stranger, &[&other])?;
        made.put("no-intermediate", &good()?, &below, &[])?;
        made.put("wrong-intermediate", &good()?, &deeper, &[&one])?;
        made.put("client", &leaf("client.example")?, &below, &[&one])?;
        let expired = dated(leaf("client.example")?, 2020);
        made.put("client-expired", &expired, &below, &[&one])?;
        made.put(
            "client-unknown-ca",
            &leaf("client.example")?,
            &stranger,
            &[],
        )?;
        made.put_self_signed("self-signed", &good()?)?;
        let names = vec![NAME.to_owned(), PUBLIC_NAME.to_owned()];
        made.put("two-names", &named(names)?, &below, &[&one])?;
        for (name, id) in ECH {
            made.make_ech(name, id)?;
        }
        Ok(made)
    }

    /// The root that clients and servers trust.
    pub(super) fn authority(&self) -> PathBuf {
        self.folder.join("root.crt")
    }

    /// The files of one, by its name in the tables.
    pub(super) fn files(&self, name: &str) -> Files {
        let file = |end: &str| self.folder.join(format!("{name}.{end}"));
        Files {
            chain: file("crt"),
            leaf: file("leaf"),
            rest: file("rest"),
            key: file("key"),
            both: file("pem"),
        }
    }

    /// The configurations of a key for Encrypted Client Hello, as clients take them. The key is beside it.
    pub(super) fn ech(&self, name: &str) -> PathBuf {
        self.folder.join(format!("ech-{name}.list"))
    }

    fn make_ech(&self, name: &str, id: u8) -> Result<()> {
        let file = self.ech(name).with_extension("");
        let mut maker = Command::new(setup::go_peer()?);
        maker.args([
            "ech",
            &format!("id={id}"),
            &format!("public-name={PUBLIC_NAME}"),
        ]);
        output(maker.arg(format!("file={}", file.display()))).map(drop)
    }

    fn put(
        &self,
        name: &str,
        params: &CertificateParams,
        issuer: &Issuer,
        rest: &[&str],
    ) -> Result<()> {
        let key = KeyPair::generate()?;
        let leaf = params.signed_by(&key, issuer)?.pem();
        self.write(name, &leaf, &rest.concat(), &key)
    }

    fn put_self_signed(&self, name: &str, params: &CertificateParams) -> Result<()> {
        let key = KeyPair::generate()?;
        let leaf = params.self_signed(&key)?.pem();
        self.write(name, &leaf, "", &key)
    }

    fn write(&self, name: &str, leaf: &str, rest: &str, key: &KeyPair) -> Result<()> {
        let files = self.files(name);
        let (chain, key) = (format!("{leaf}{rest}"), key.serialize_pem());
        fs::write(files.both, format!("{chain}{key}"))?;
        fs::write(files.leaf, leaf)?;
        fs::write(files.rest, rest)?;
        fs::write(files.chain, chain)?;
        Ok(fs::write(files.key, key)?)
    }
}

fn root(name: &str) -> Result<Issuer> {
    Ok(CertifiedIssuer::self_signed(
        authority(name)?,
        KeyPair::generate()?,
    )?)
}

fn below(name: &str, issuer: &Issuer) -> Result<Issuer> {
    Ok(CertifiedIssuer::signed_by(
        authority(name)?,
        KeyPair::generate()?,
        issuer,
    )?)
}

fn authority(name: &str) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.use_authority_key_identifier_extension = true;
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}

fn leaf(name: &str) -> Result<CertificateParams> {
    named(vec![name.to_owned()])
}

/// For these names; the first is its common name as well.
fn named(names: Vec<String>) -> Result<CertificateParams> {
    let first = names.first().cloned().unwrap_or_default();
    let mut params = CertificateParams::new(names)?;
    params.use_authority_key_identifier_extension = true;
    params.distinguished_name.push(DnType::CommonName, first);
    Ok(params)
}

/// Valid for that year alone.
fn dated(mut params: CertificateParams, year: i32) -> CertificateParams {
    params.not_before = date_time_ymd(year, 1, 1);
    params.not_after = date_time_ymd(year, 12, 31);
    params
}
