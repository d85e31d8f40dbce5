//! Certificates, good ones and one for each fault, as PEM files in a folder.
//!
//! ```text
//! root --> intermediate --> server, clients        another root --> unknown-ca, client-unknown-ca
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};

/// The name that every server serves, unless its certificate has the wrong one.
pub(super) const NAME: &str = "shop.example";

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
    let mut params = CertificateParams::new(vec![name.to_owned()])?;
    params.use_authority_key_identifier_extension = true;
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}

/// Valid for that year alone.
fn dated(mut params: CertificateParams, year: i32) -> CertificateParams {
    params.not_before = date_time_ymd(year, 1, 1);
    params.not_after = date_time_ymd(year, 12, 31);
    params
}
