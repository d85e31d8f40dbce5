//! Encrypted Client Hello, as far as it is in the clear (RFC 9849 section 5).

use super::list;
use crate::tls::reader::Reader;

/// What encrypted_client_hello says in the clear. A client without a key sends one all the same (GREASE ECH, section 6.2),
/// made so that nobody who watches can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncryptedHello {
    /// The true ClientHello is encrypted in this one, or seems to be.
    Outer(OuterHello),
    /// This is the ClientHello that was encrypted: nobody on the path should see it.
    Inner,
    /// Another type.
    Other(u8),
}

/// The parameters of an outer ClientHello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OuterHello {
    /// The HPKE key derivation function.
    pub kdf: u16,
    /// The HPKE encryption algorithm.
    pub aead: u16,
    /// Which of the server's keys.
    pub config_id: u8,
    /// The length of the HPKE encapsulated key; 0 in the answer to a HelloRetryRequest.
    pub enc: u16,
    /// The length of the encrypted ClientHello with its tag.
    pub payload: u16,
}

impl EncryptedHello {
    /// Reads the content of the extension in a ClientHello.
    pub(super) fn read(content: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(content);
        Some(match reader.u8()? {
            0 => Self::Outer(OuterHello {
                kdf: reader.u16()?,
                aead: reader.u16()?,
                config_id: reader.u8()?,
                enc: list::len(reader.vec16()?),
                payload: list::len(reader.vec16()?),
            }),
            1 => Self::Inner,
            other => Self::Other(other),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outer_hello_tells_its_parameters_and_a_cut_one_nothing() {
        let content = [0, 0, 1, 0, 3, 77, 0, 2, 9, 9, 0, 3, 8, 8, 8];
        let outer = OuterHello {
            kdf: 1,
            aead: 3,
            config_id: 77,
            enc: 2,
            payload: 3,
        };
        assert_eq!(
            EncryptedHello::read(&content),
            Some(EncryptedHello::Outer(outer))
        );
        for cut in 0..content.len() {
            assert_eq!(EncryptedHello::read(&content[..cut]), None, "cut at {cut}");
        }
    }

    #[test]
    fn other_types_are_kept() {
        assert_eq!(EncryptedHello::read(&[1]), Some(EncryptedHello::Inner));
        assert_eq!(EncryptedHello::read(&[9]), Some(EncryptedHello::Other(9)));
    }
}
