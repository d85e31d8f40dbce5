//! What a server sends for the key exchange before TLS 1.3, and how it signs it.

use super::reader::Reader;
use super::version::Version;

/// A ServerKeyExchange of (EC)DHE (RFC 5246 section 7.4.3, RFC 8422 section 5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerKeyExchange<'a> {
    /// The parameters, as they are signed.
    pub params: &'a [u8],
    /// The named group of ECDHE.
    pub group: Option<u16>,
    /// The signature; none with a suite that does not authenticate the server.
    pub signed: Option<Signed<'a>>,
}

/// A signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed<'a> {
    /// The algorithm, which only TLS 1.2 tells (RFC 5246 section 4.7): a SignatureScheme of today.
    pub scheme: Option<u16>,
    /// Its bytes.
    pub signature: &'a [u8],
}

impl<'a> ServerKeyExchange<'a> {
    /// Reads a message that has nothing else in it; `None` for other key exchanges, and for what does not add up.
    pub fn read(body: &'a [u8], version: Version) -> Option<Self> {
        Self::read_as(body, version, elliptic).or_else(|| Self::read_as(body, version, finite))
    }

    fn read_as(
        body: &'a [u8],
        version: Version,
        params: fn(&mut Reader<'a>) -> Option<Params>,
    ) -> Option<Self> {
        let mut reader = Reader::new(body);
        let Params { group } = params(&mut reader)?;
        let params = body.get(..body.len().checked_sub(reader.rest().len())?)?;
        let signed = if reader.is_empty() {
            None
        } else {
            Some(Signed::read(&mut reader, version)?)
        };
        reader.is_empty().then_some(Self {
            params,
            group,
            signed,
        })
    }
}

impl<'a> Signed<'a> {
    fn read(reader: &mut Reader<'a>, version: Version) -> Option<Self> {
        let has_scheme = version >= Version::TLS1_2;
        let scheme = if has_scheme {
            Some(reader.u16()?)
        } else {
            None
        };
        let signature = reader.vec16()?;
        Some(Self { scheme, signature })
    }
}

/// What parameters say besides themselves.
struct Params {
    group: Option<u16>,
}

/// ServerECDHParams with a named curve; others are not in use (RFC 8422 section 5.4).
fn elliptic(reader: &mut Reader<'_>) -> Option<Params> {
    const NAMED_CURVE: u8 = 3;
    let named = reader.u8()? == NAMED_CURVE;
    let group = reader.u16()?;
    let point = reader.vec8()?;
    (named && !point.is_empty()).then_some(Params { group: Some(group) })
}

/// ServerDHParams: p, g and Ys. No group is named.
fn finite(reader: &mut Reader<'_>) -> Option<Params> {
    let numbers = [reader.vec16()?, reader.vec16()?, reader.vec16()?];
    let whole = numbers.iter().all(|number| !number.is_empty());
    whole.then_some(Params { group: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNATURE: &[u8] = &[4, 3, 0, 2, 9, 9];

    #[test]
    fn a_named_curve_its_point_and_the_signature_are_told_apart() {
        let params = [3, 0, 29, 2, 7, 8];
        let body = [&params, SIGNATURE].concat();
        let read = ServerKeyExchange::read(&body, Version::TLS1_2).unwrap();
        assert_eq!((read.params, read.group), (&params[..], Some(29)));
        let signed = read.signed.unwrap();
        assert_eq!(
            (signed.scheme, signed.signature),
            (Some(0x0403), &[9, 9][..])
        );
    }

    #[test]
    fn before_tls_1_2_the_algorithm_is_not_told() {
        let body = [3, 0, 23, 1, 7, 0, 2, 9, 9];
        let read = ServerKeyExchange::read(&body, Version::TLS1_1).unwrap();
        assert_eq!(read.signed.unwrap().scheme, None);
    }

    #[test]
    fn finite_fields_are_read_even_where_they_begin_like_a_curve() {
        // A prime of 768 bytes: its length begins with the type of a named curve.
        let prime = [&[3, 0][..], &[0xff; 768]].concat();
        let params = [&prime[..], &[0, 1, 2], &[0, 1, 5]].concat();
        let body = [&params, SIGNATURE].concat();
        let read = ServerKeyExchange::read(&body, Version::TLS1_2).unwrap();
        assert_eq!((read.params, read.group), (&params[..], None));
    }

    #[test]
    fn without_a_signature_there_is_none() {
        let read = ServerKeyExchange::read(&[3, 0, 29, 1, 7], Version::TLS1_2).unwrap();
        assert_eq!(read.signed, None);
    }

    #[test]
    fn what_does_not_add_up_is_not_read() {
        let whole = [&[3, 0, 29, 2, 7, 8][..], SIGNATURE].concat();
        for cut in (0..whole.len()).filter(|cut| *cut != 6) {
            let read = ServerKeyExchange::read(&whole[..cut], Version::TLS1_2);
            assert_eq!(read, None, "cut at {cut}");
        }
        let longer = [&whole[..], &[0]].concat();
        assert_eq!(ServerKeyExchange::read(&longer, Version::TLS1_2), None);
    }
}
