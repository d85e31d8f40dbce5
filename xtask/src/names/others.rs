//! Lists of names that others made, beside ours. What they have otherwise must be explained in `registry/differences.csv`;
//! what they lack is only counted: they may be older.

use std::process::Command;

use anyhow::Result;

use super::compare::{Difference, differences};
use super::registry::{Names, REGISTRIES, Registry, folder, rows, span};
use crate::{command, say};

/// The fields of tshark whose values are named from a registry, and that registry.
const TSHARK: [(&str, &str); 10] = [
    ("tls.handshake.ciphersuite", "tls-parameters-4"),
    ("tls.record.content_type", "tls-parameters-5"),
    ("tls.handshake.type", "tls-parameters-7"),
    (
        "tls.handshake.extensions_supported_group",
        "tls-parameters-8",
    ),
    (
        "tls.handshake.extensions_ec_point_format",
        "tls-parameters-9",
    ),
    ("tls.handshake.sig_hash_alg", "tls-signaturescheme"),
    ("tls.extension.psk_ke_mode", "tls-pskkeyexchangemode"),
    ("tls.handshake.extension.type", "tls-extensiontype-values-1"),
    (
        "tls.compress_certificate.algorithm",
        "tls-certificate-compression-algorithm-ids",
    ),
    ("tls.alert_message.desc", "tls-parameters-6"),
];

/// Compares with every list that can be had; how many differences nothing explains.
pub(super) fn compare() -> Result<usize> {
    let (unexplained, _) = tls_parser()?;
    tell("tls-parser", &unexplained);
    Ok(unexplained.len() + tshark()?)
}

/// What the tls-parser crate has otherwise and nothing explains, and how many explanations of it explain nothing.
pub(super) fn tls_parser() -> Result<(Vec<String>, usize)> {
    let Some(registry) = REGISTRIES
        .iter()
        .find(|registry| registry.table == "cipher_suite")
    else {
        return Ok((vec!["no registry of cipher suites".to_owned()], 0));
    };
    let suites = (0..=u16::MAX).filter_map(tls_parser::TlsCipherSuite::from_id);
    let theirs = suites
        .map(|suite| (u64::from(suite.id.0), suite.name.to_owned()))
        .collect();
    let reasons = reasons("tls-parser")?;
    let unexplained = unexplained(registry, &theirs, &reasons)?;
    let used = |reason: &&Reason| {
        theirs
            .iter()
            .any(|(code, name)| reason.covers(registry.file, *code, name))
    };
    Ok((
        unexplained,
        reasons.len() - reasons.iter().filter(used).count(),
    ))
}

fn tshark() -> Result<usize> {
    let Ok(values) = command::output(Command::new("tshark").args(["-G", "values"])) else {
        say::note("tshark: NOT COMPARED: it is not installed");
        return Ok(0);
    };
    let reasons = reasons("tshark")?;
    let mut unexplained_all = Vec::new();
    for (field, file) in TSHARK {
        let theirs = values_of(&values, field);
        for registry in REGISTRIES.iter().filter(|registry| registry.file == file) {
            unexplained_all.extend(unexplained(registry, &theirs, &reasons)?);
        }
    }
    tell("tshark", &unexplained_all);
    Ok(unexplained_all.len())
}

/// The values that tshark names in a field, without those that it says to be GREASE.
fn values_of(values: &str, field: &str) -> Names {
    let of_field = values.lines().filter_map(|line| {
        let mut cells = line.split('\t');
        let is_value = cells.next() == Some("V") && cells.next() == Some(field);
        let (value, name) = (cells.next()?, cells.next()?);
        let [code, _] = span(value).ok().filter(|_| is_value)?;
        Some((code, name.to_owned()))
    });
    of_field
        .filter(|(_, name)| name != "Reserved (GREASE)")
        .collect()
}

/// One line of `registry/differences.csv`.
struct Reason {
    file: String,
    codes: [u64; 2],
    theirs: String,
}

impl Reason {
    fn covers(&self, file: &str, code: u64, theirs: &str) -> bool {
        let [first, last] = self.codes;
        self.file == file
            && (first..=last).contains(&code)
            && (self.theirs == "*" || self.theirs == theirs)
    }
}

fn reasons(source: &str) -> Result<Vec<Reason>> {
    let mut reasons = Vec::new();
    for [who, file, value, theirs, _] in rows(&folder().join("differences.csv"))? {
        if who == source {
            let codes = span(&value)?;
            reasons.push(Reason {
                file,
                codes,
                theirs,
            });
        }
    }
    Ok(reasons)
}

fn unexplained(registry: &Registry, theirs: &Names, reasons: &[Reason]) -> Result<Vec<String>> {
    let found = differences(&registry.shown()?, theirs);
    let unlike = found
        .iter()
        .filter(|difference| !is_same_in_other_words(difference));
    let open = unlike.filter(|difference| {
        let Some(name) = &difference.theirs else {
            return false;
        };
        !reasons
            .iter()
            .any(|reason| reason.covers(registry.file, difference.code, name))
    });
    Ok(open
        .map(|difference| format!("{}: {}", registry.title, difference.text()))
        .collect())
}

/// `Client Hello` for `client_hello`.
fn is_same_in_other_words(difference: &Difference) -> bool {
    let plain = |name: &Option<String>| {
        let letters = name
            .iter()
            .flat_map(|name| name.chars())
            .filter(|c| c.is_alphanumeric());
        letters.map(|c| c.to_ascii_lowercase()).collect::<String>()
    };
    plain(&difference.ours) == plain(&difference.theirs)
}

fn tell(who: &str, unexplained: &[String]) {
    say::note(format_args!(
        "{who}: {} differences that nothing explains",
        unexplained.len()
    ));
    for difference in unexplained {
        say::note(format_args!("  {difference}"));
    }
}
