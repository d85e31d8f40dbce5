//! The fields of a certificate (RFC 5280 section 4.1), found and not yet read.

use x509_parser::extensions::{ParsedExtension, X509Extension};
use x509_parser::prelude::FromDer;

use super::der::{self, INTEGER, SEQUENCE};

/// Where each field of a certificate is; empty where the certificate breaks off before it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fields<'a> {
    pub(super) serial: &'a [u8],
    pub(super) issuer: &'a [u8],
    pub(super) not_before: &'a [u8],
    pub(super) not_after: &'a [u8],
    pub(super) subject: &'a [u8],
    pub(super) key: &'a [u8],
    /// The elements of the list of extensions.
    extensions: &'a [u8],
    /// Which algorithm signed it.
    pub(super) signature: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Finds the fields, as far as the certificate goes.
    pub(super) fn find(certificate: &'a [u8]) -> Self {
        let mut fields = Self::default();
        let mut outer = certificate;
        if let Some(certificate) = der::next_if(&mut outer, SEQUENCE) {
            let mut parts = certificate.content;
            if let Some(signed) = der::next_if(&mut parts, SEQUENCE) {
                let _whole = fields.fill(signed.content);
            }
        }
        fields
    }

    /// Goes through the TBSCertificate; `None` where it breaks off.
    fn fill(&mut self, mut bytes: &'a [u8]) -> Option<()> {
        const VERSION: u8 = 0xa0;
        const EXTENSIONS: u8 = 0xa3;
        let bytes = &mut bytes;
        der::next_if(bytes, VERSION);
        // The serial number may be negative or of any length.
        self.serial = der::next_if(bytes, INTEGER)?.content;
        self.signature = der::next_if(bytes, SEQUENCE)?.whole;
        self.issuer = der::next_if(bytes, SEQUENCE)?.whole;
        let mut validity = der::next_if(bytes, SEQUENCE)?.content;
        self.not_before = der::next(&mut validity).map_or(&[], |time| time.whole);
        self.not_after = der::next(&mut validity).map_or(&[], |time| time.whole);
        self.subject = der::next_if(bytes, SEQUENCE)?.whole;
        self.key = der::next_if(bytes, SEQUENCE)?.whole;
        while let Some(optional) = der::next(bytes) {
            if optional.tag == EXTENSIONS {
                let mut list = optional.content;
                self.extensions = der::next_if(&mut list, SEQUENCE)?.content;
            }
        }
        Some(())
    }

    /// The extensions that can be read; one that cannot hides no other.
    pub(super) fn extensions(&self) -> impl Iterator<Item = ParsedExtension<'a>> {
        let mut rest = self.extensions;
        let elements = std::iter::from_fn(move || der::next(&mut rest));
        elements.filter_map(|element| {
            let (_, extension) = X509Extension::from_der(element.whole).ok()?;
            Some(extension.parsed_extension().clone())
        })
    }

    /// The identifier of the subject's key, and that of the issuer's.
    pub(super) fn key_ids(&self) -> (Option<&'a [u8]>, Option<&'a [u8]>) {
        let (mut subject, mut issuer) = (None, None);
        for extension in self.extensions() {
            match extension {
                ParsedExtension::SubjectKeyIdentifier(id) => subject = Some(id.0),
                ParsedExtension::AuthorityKeyIdentifier(id) => {
                    issuer = id.key_identifier.map(|id| id.0);
                }
                _ => {}
            }
        }
        (subject, issuer)
    }

    /// Whether `other` can be the certificate of this one's issuer: the names agree, and so do the key identifiers where
    /// both are there (RFC 5280 sections 4.2.1.1 and 4.2.1.2). No signature is checked.
    pub(super) fn issued_by(&self, other: &Self) -> bool {
        let (_, wanted) = self.key_ids();
        let (found, _) = other.key_ids();
        let keys_agree = wanted.is_none() || found.is_none() || wanted == found;
        !self.issuer.is_empty() && self.issuer == other.subject && keys_agree
    }
}
