//! Certificates as a scenario describes them: `for shop.example expired by ca with ca by root`.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};

use super::bytes::vec24;
use super::parse::{Result, value_of};

/// The content of a Certificate message: the leaf, and what comes with it; and the leaf's key. Its words: `for NAME,…` (default shop.example),
/// `expired`, `not-yet-valid` (by the time of scenarios, November 2023), `by ISSUER` (default `ca`), `by itself`, and for
/// each further certificate `with NAME by ISSUER`.
pub(super) fn chain(words: &[&str]) -> Result<(Vec<u8>, KeyPair)> {
    let mut links: Vec<Vec<&str>> = vec![Vec::new()];
    for word in words {
        match (*word, links.last_mut()) {
            ("with", _) => links.push(vec!["called"]),
            (word, Some(link)) => link.push(word),
            (_, None) => {}
        }
    }
    let mut list = Vec::new();
    let mut leaf_key = None;
    for link in links {
        let (der, key) = certificate(&link)?;
        list.extend(vec24(&der));
        leaf_key.get_or_insert(key);
    }
    Ok((vec24(&list), leaf_key.ok_or("a leaf comes first")?))
}

fn certificate(words: &[&str]) -> Result<(Vec<u8>, KeyPair)> {
    let mut names = vec!["shop.example".to_owned()];
    let (mut subject, mut issuer) = (None, "ca");
    let mut params = CertificateParams::default();
    params.not_before = date_time_ymd(2023, 1, 1);
    params.not_after = date_time_ymd(2033, 1, 1);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || value_of(word, &mut words);
        match *word {
            "for" => names = value()?.split(',').map(ToOwned::to_owned).collect(),
            "called" => subject = Some(value()?),
            "by" => issuer = value()?,
            "expired" => params.not_after = date_time_ymd(2023, 11, 1),
            "not-yet-valid" => params.not_before = date_time_ymd(2023, 12, 1),
            other => return Err(format!("{other:?} means nothing in a certificate")),
        }
    }
    if subject.is_none() {
        let names = CertificateParams::new(names.clone()).map_err(|error| error.to_string())?;
        params.subject_alt_names = names.subject_alt_names;
    }
    let common = subject.map_or_else(|| names[0].clone(), ToOwned::to_owned);
    params.distinguished_name.push(DnType::CommonName, common);
    signed(&params, issuer).map_err(|error| error.to_string())
}

fn signed(
    params: &CertificateParams,
    issuer: &str,
) -> std::result::Result<(Vec<u8>, KeyPair), rcgen::Error> {
    let key = KeyPair::generate()?;
    if issuer == "itself" {
        return Ok((params.self_signed(&key)?.der().to_vec(), key));
    }
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority
        .distinguished_name
        .push(DnType::CommonName, issuer);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    Ok((params.signed_by(&key, &authority)?.der().to_vec(), key))
}
