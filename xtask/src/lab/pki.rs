//! Throw-away certificates.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;

/// An authority and what it signed, as PEM files in a folder that goes away with its value.
#[derive(Debug)]
pub struct Pki {
    folder: TempDir,
}

impl Pki {
    /// An authority and one certificate for each of `names`; a file is called after the name.
    pub fn create(names: &[&str]) -> Result<Self> {
        let folder = TempDir::with_prefix("tlsmon-pki-")?;
        let pki = Self { folder };
        let issuer = CertifiedIssuer::self_signed(authority()?, KeyPair::generate()?)?;
        fs::write(pki.authority(), issuer.pem())?;
        for name in names {
            let key = KeyPair::generate()?;
            let mut params = CertificateParams::new(vec![(*name).to_owned()])?;
            params.distinguished_name.push(DnType::CommonName, *name);
            fs::write(
                pki.certificate(name),
                params.signed_by(&key, &issuer)?.pem(),
            )?;
            fs::write(pki.key(name), key.serialize_pem())?;
        }
        Ok(pki)
    }

    /// Where the files are; servers may keep theirs here too.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The authority's certificate, for clients to trust.
    pub fn authority(&self) -> PathBuf {
        self.folder().join("ca.crt")
    }

    /// The certificate for a name.
    pub fn certificate(&self, name: &str) -> PathBuf {
        self.folder().join(format!("{name}.crt"))
    }

    /// The private key for a name.
    pub fn key(&self, name: &str) -> PathBuf {
        self.folder().join(format!("{name}.key"))
    }
}

fn authority() -> Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(DnType::CommonName, "tlsmon lab authority");
    Ok(params)
}
