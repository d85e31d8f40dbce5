//! The pre-shared keys that a client offers (RFC 8446 section 4.2.11).

use super::list::{self, Few};
use crate::tls::reader::Reader;

/// A ClientHello's pre_shared_key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PskOffer {
    /// The length of each identity, in bytes.
    pub identities: Few,
    /// The obfuscated_ticket_age of the first: 0 for a key that did not come by ticket.
    pub ticket_age: u32,
    /// The length of each binder: that of the hash of the key, in bytes.
    pub binders: Few,
}

impl PskOffer {
    /// Reads the content of the extension.
    pub(super) fn read(content: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(content);
        let mut first_age = None;
        let identities = list::keep(reader.vec16()?, |reader| {
            let identity = reader.vec16()?;
            let age = u32::from_be_bytes(reader.array()?);
            first_age.get_or_insert(age);
            Some(list::len(identity))
        })?;
        let binders = list::keep(reader.vec16()?, |reader| reader.vec8().map(list::len))?;
        Some(Self {
            identities,
            ticket_age: first_age?,
            binders,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: [u8; 25] = [
        0, 15, 0, 3, 1, 2, 3, 0, 0, 1, 2, 0, 0, 9, 9, 9, 9, 0, 6, 2, 7, 7, 2, 8, 8,
    ];

    #[test]
    fn identities_binders_and_the_age_of_the_first_are_told() {
        let offer = PskOffer::read(&OFFER).unwrap();
        assert_eq!(offer.identities[..], [3, 0]);
        assert_eq!(offer.binders[..], [2, 2]);
        assert_eq!(offer.ticket_age, 258);
    }

    #[test]
    fn a_cut_offer_and_one_without_identities_cannot_be_read() {
        for cut in 0..OFFER.len() {
            assert_eq!(PskOffer::read(&OFFER[..cut]), None, "cut at {cut}");
        }
        assert_eq!(PskOffer::read(&[0, 0, 0, 0]), None);
    }
}
