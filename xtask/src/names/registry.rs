//! The registry files: which there are, and what they assign.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::paths;

/// Names by code point.
pub(super) type Names = BTreeMap<u64, String>;

/// A registry and the table that is made from it.
#[derive(Debug)]
pub(super) struct Registry {
    /// The name of its CSV file.
    pub(super) file: &'static str,
    /// Where it is published, among the protocol registries.
    pub(super) group: &'static str,
    /// What it is called.
    pub(super) title: &'static str,
    /// The file of Rust made from it.
    pub(super) table: &'static str,
    /// The type of its code points.
    pub(super) code: &'static str,
}

macro_rules! registries {
    ($($file:literal in $group:literal: $title:literal => $table:literal of $code:literal;)+) => {
        /// Every registry that a table is made from.
        pub(super) const REGISTRIES: [Registry; [$($file),+].len()] = [
            $(Registry { file: $file, group: $group, title: $title, table: $table, code: $code }),+
        ];
    };
}

registries! {
    "tls-parameters-4" in "tls-parameters": "TLS Cipher Suites" => "cipher_suite" of "u16";
    "tls-parameters-5" in "tls-parameters": "TLS ContentType" => "content_type" of "u8";
    "tls-parameters-6" in "tls-parameters": "TLS Alerts" => "alert" of "u8";
    "tls-parameters-7" in "tls-parameters": "TLS HandshakeType" => "handshake_type" of "u8";
    "tls-parameters-8" in "tls-parameters": "TLS Supported Groups" => "group" of "u16";
    "tls-parameters-9" in "tls-parameters": "TLS EC Point Formats" => "point_format" of "u8";
    "tls-signaturescheme" in "tls-parameters": "TLS SignatureScheme" => "signature_scheme" of "u16";
    "tls-pskkeyexchangemode" in "tls-parameters": "TLS PskKeyExchangeMode" => "psk_mode" of "u8";
    "tls-extensiontype-values-1" in "tls-extensiontype-values": "TLS ExtensionType Values" => "extension" of "u16";
    "tls-certificate-compression-algorithm-ids" in "tls-extensiontype-values":
        "TLS Certificate Compression Algorithm IDs" => "certificate_compression" of "u16";
    "hpke-kdf-ids" in "hpke": "HPKE KDF Identifiers" => "hpke_kdf" of "u16";
    "hpke-aead-ids" in "hpke": "HPKE AEAD Identifiers" => "hpke_aead" of "u16";
    "quic-transport-error-codes" in "quic": "QUIC Transport Error Codes" => "quic_error" of "u64";
    "quic-transport" in "quic": "QUIC Transport Parameters" => "quic_parameter" of "u64";
}

impl Registry {
    /// What the file in the repository assigns.
    pub(super) fn registered(&self) -> Result<Names> {
        assigned_in(&folder().join("iana").join(format!("{}.csv", self.file)))
    }

    /// The names that are shown: the registered ones, with those of the supplement in their place or beside them.
    pub(super) fn shown(&self) -> Result<Names> {
        let mut names = self.registered()?;
        for [registry, value, name, _] in rows(&folder().join("supplement.csv"))? {
            if registry == self.file {
                let [code, _] = span(&value)?;
                names.insert(code, name);
            }
        }
        Ok(names)
    }
}

/// What a registry file assigns, with the columns and rows of the repository or of the publisher.
pub(super) fn assigned_in(path: &Path) -> Result<Names> {
    let mut names = Names::new();
    for [value, description] in rows(path)? {
        let name = bare(&description);
        let [first, last] = span(&value).with_context(|| path.display().to_string())?;
        if first == last && is_name(&name) {
            names.insert(first, name);
        }
    }
    if names.is_empty() {
        bail!("{} assigns nothing", path.display());
    }
    Ok(names)
}

/// Where the registry files are.
pub(super) fn folder() -> std::path::PathBuf {
    paths::root().join("registry")
}

/// The first `N` columns of a CSV file, without its first row.
pub(super) fn rows<const N: usize>(path: &Path) -> Result<Vec<[String; N]>> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.with_context(|| path.display().to_string())?;
        let fields: Vec<_> = record.iter().take(N).map(str::to_owned).collect();
        let line = record.position().map_or(0, csv::Position::line);
        let row = fields.try_into().ok();
        rows.push(
            row.with_context(|| format!("{}:{line}: fewer than {N} columns", path.display()))?,
        );
    }
    Ok(rows)
}

/// The first and the last code point that a value stands for: `29`, `0x0904`, `0x13,0x01`, `63-2569`, `0x0404-0x041F`,
/// `0x00,0x1C-1D`, `0xC2-C9,*`.
pub(super) fn span(value: &str) -> Result<[u64; 2]> {
    let parts = match value.split_once(',') {
        Some((high, "*")) => range(high).map(|[first, last]| [first << 8, last << 8 | 0xff]),
        Some((high, low)) => range(high)
            .zip(range(low))
            .map(|([high, _], [first, last])| [high << 8 | first, high << 8 | last]),
        None => range(value),
    };
    parts.with_context(|| format!("{value:?} is not a code point"))
}

/// One number or two with a dash between them; the second may leave out the `0x` of the first.
fn range(text: &str) -> Option<[u64; 2]> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let radix = if first.starts_with("0x") { 16 } else { 10 };
    let number = |text: &str| u64::from_str_radix(text.trim_start_matches("0x"), radix).ok();
    Some([number(first)?, number(last)?])
}

/// A description without what the registry says of its history: in brackets behind it, or by the suffix `_RESERVED`.
fn bare(description: &str) -> String {
    let name = description
        .split_once(" (")
        .map_or(description, |(name, _)| name);
    name.trim_end_matches("_RESERVED").to_owned()
}

fn is_name(text: &str) -> bool {
    let is_empty_row = text.starts_with("Unassigned") || text.starts_with("Reserved");
    !is_empty_row && !text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_in_every_form_that_registries_have() {
        for (value, expected) in [
            ("29", [29, 29]),
            ("63-2569", [63, 2569]),
            ("0x0904", [0x0904; 2]),
            ("0x0404-0x041F", [0x0404, 0x041f]),
            ("0x13,0x01", [0x1301; 2]),
            ("0x00,0x1C-1D", [0x1c, 0x1d]),
            ("0xC2-C9,*", [0xc200, 0xc9ff]),
            ("0xCB,*", [0xcb00, 0xcbff]),
        ] {
            assert_eq!(span(value).unwrap(), expected, "{value}");
        }
        assert!(span("provisional").is_err() && span("0x13,").is_err());
    }

    #[test]
    fn a_registry_file_as_published_gives_the_same_as_ours() {
        let published = "Value,Description,DTLS-OK,Recommended,Reference,Comment\n\
            \"0x00,0x1C-1D\",Reserved to avoid conflicts with SSLv3,,,[RFC5246],\n\
            \"0x13,0x01\",TLS_AES_128_GCM_SHA256,Y,Y,[RFC9846],\n\
            \"0x13,0x08-FF\",Unassigned,,,,\n\
            \"0xCA,0xCA\",Reserved,Y,N,[RFC8701],\n\
            \"0xFE,0xFE-FF\",\"Reserved to avoid conflicts with\nwidely deployed implementations\",,,[Pasi_Eronen],\n";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tls-parameters-4.csv");
        fs::write(&path, published).unwrap();
        let names = assigned_in(&path).unwrap();
        assert_eq!(
            names,
            Names::from([(0x1301, "TLS_AES_128_GCM_SHA256".to_owned())])
        );
    }

    #[test]
    fn a_name_loses_its_history() {
        assert_eq!(bare("decryption_failed_RESERVED"), "decryption_failed");
        assert_eq!(
            bare("X25519Kyber768Draft00 (OBSOLETE)"),
            "X25519Kyber768Draft00"
        );
    }

    #[test]
    fn every_line_of_the_supplement_belongs_to_a_registry_and_says_why() {
        for [file, value, name, why] in rows(&folder().join("supplement.csv")).unwrap() {
            assert!(
                REGISTRIES.iter().any(|registry| registry.file == file),
                "{file}"
            );
            assert!(
                span(&value).is_ok() && !name.is_empty() && !why.is_empty(),
                "{value}"
            );
        }
    }
}
