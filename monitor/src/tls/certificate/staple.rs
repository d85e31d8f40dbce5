//! The OCSP response that a server staples to its certificate (RFC 6066 section 8, RFC 6961), where it can be read: TLS 1.2
//! and before send it in a message of its own, in the clear.
//!
//! ```text
//! CertificateStatus > OCSPResponse > BasicOCSPResponse > ResponseData > SingleResponse of the leaf
//! ```
//!
//! Like the certificates it is read field by field and not verified (RFC 6960 section 4.2.1).

use super::date::Date;
use super::der::{self, INTEGER, SEQUENCE};
use super::identity::{self, SerialText, date};
use crate::frame::Timestamp;
use crate::tls::reader::Reader;

/// ENUMERATED.
const ENUMERATED: u8 = 0x0a;
/// OCTET STRING.
const OCTET_STRING: u8 = 0x04;
/// GeneralizedTime.
const GENERALIZED_TIME: u8 = 0x18;
/// `[0] EXPLICIT`.
const EXPLICIT_0: u8 = 0xa0;
/// How many certificates a response is looked through for. One is usual.
const MAX_RESPONSES: usize = 16;

/// A stapled OCSP response; `None` for what could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Staple {
    /// OCSPResponseStatus; 0 is successful.
    pub response: Option<u8>,
    /// When the responder signed it.
    pub produced_at: Option<Date>,
    /// What it says of the server's certificate; when that is not in it, of the first that is.
    pub answer: Option<Answer>,
}

/// What an OCSP response says of one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The serial number of that certificate, hexadecimal.
    pub serial: SerialText,
    /// Its status.
    pub status: Option<OcspStatus>,
    /// When that was known to be so.
    pub this_update: Option<Date>,
    /// When there will be news.
    pub next_update: Option<Date>,
}

/// CertStatus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OcspStatus {
    /// It is not revoked.
    Good,
    /// It is.
    Revoked {
        /// Since when.
        at: Option<Date>,
        /// CRLReason (RFC 5280 section 5.3.1).
        reason: Option<u8>,
    },
    /// The responder does not know it.
    Unknown,
}

impl Staple {
    /// Reads the body of a CertificateStatus message. `serial` is that of the server's certificate, hexadecimal.
    pub fn read(body: &[u8], serial: Option<&str>) -> Self {
        let mut staple = Self::default();
        if let Some(response) = response(body) {
            let _whole = staple.fill(response, serial);
        }
        staple
    }

    /// Goes through the OCSPResponse; `None` where it breaks off.
    fn fill(&mut self, mut bytes: &[u8], serial: Option<&str>) -> Option<()> {
        let mut response = der::next_if(&mut bytes, SEQUENCE)?.content;
        self.response = der::next_if(&mut response, ENUMERATED)?
            .content
            .first()
            .copied();
        let mut wrapped = der::next_if(&mut response, EXPLICIT_0)?.content;
        let mut typed = der::next_if(&mut wrapped, SEQUENCE)?.content;
        der::next(&mut typed)?;
        let mut octets = der::next_if(&mut typed, OCTET_STRING)?.content;
        let mut basic = der::next_if(&mut octets, SEQUENCE)?.content;
        let mut data = der::next_if(&mut basic, SEQUENCE)?.content;
        der::next_if(&mut data, EXPLICIT_0);
        der::next(&mut data)?;
        self.produced_at = date(der::next_if(&mut data, GENERALIZED_TIME)?.whole);
        let mut list = der::next_if(&mut data, SEQUENCE)?.content;
        let mut answers = std::iter::from_fn(|| der::next_if(&mut list, SEQUENCE))
            .take(MAX_RESPONSES)
            .filter_map(|one| Answer::read(one.content));
        let first = answers.next()?;
        let is_wanted = |answer: &Answer| Some(answer.serial.as_str()) == serial;
        let wanted = if is_wanted(&first) {
            None
        } else {
            answers.find(is_wanted)
        };
        self.answer = Some(wanted.unwrap_or(first));
        Some(())
    }
}

impl Answer {
    /// There should have been news by then.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.next_update.is_some_and(|next| next.is_before(now))
    }

    /// Reads a SingleResponse.
    fn read(mut bytes: &[u8]) -> Option<Self> {
        let bytes = &mut bytes;
        let mut id = der::next_if(bytes, SEQUENCE)?.content;
        // Which hash, and of the issuer's name and key: not looked at.
        for _ in 0..3 {
            der::next(&mut id)?;
        }
        let serial = identity::serial(der::next_if(&mut id, INTEGER)?.content);
        let status = OcspStatus::read(der::next(bytes)?);
        let this_update = der::next_if(bytes, GENERALIZED_TIME).and_then(|time| date(time.whole));
        let next_update = der::next_if(bytes, EXPLICIT_0).and_then(|time| date(time.content));
        Some(Self {
            serial,
            status,
            this_update,
            next_update,
        })
    }
}

impl OcspStatus {
    fn read(status: der::Element<'_>) -> Option<Self> {
        match status.tag {
            0x80 => Some(Self::Good),
            0xa1 => {
                let mut info = status.content;
                let at =
                    der::next_if(&mut info, GENERALIZED_TIME).and_then(|time| date(time.whole));
                let mut reason = der::next_if(&mut info, EXPLICIT_0).map_or(&[][..], |r| r.content);
                let reason = der::next_if(&mut reason, ENUMERATED);
                let reason = reason.and_then(|reason| reason.content.first().copied());
                Some(Self::Revoked { at, reason })
            }
            0x82 => Some(Self::Unknown),
            _ => None,
        }
    }
}

/// The OCSPResponse in a CertificateStatus: the only one, or the first of several.
fn response(body: &[u8]) -> Option<&[u8]> {
    const OCSP: u8 = 1;
    const OCSP_MULTI: u8 = 2;
    let mut message = Reader::new(body);
    let kind = message.u8()?;
    let mut content = message;
    match kind {
        OCSP => content.vec24(),
        OCSP_MULTI => {
            let mut list = Reader::new(content.vec24()?);
            std::iter::from_fn(|| list.vec24()).find(|response| !response.is_empty())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
