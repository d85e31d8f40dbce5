//! ClientHello messages for a client that speaks bytes (RFC 8446 section 4.1.2).

/// X25519MLKEM768 (the post-quantum hybrid that browsers send) and the size of a client's share of it.
const HYBRID: (u16, usize) = (0x11ec, 1216);
const X25519: (u16, usize) = (0x001d, 32);

/// The padding extension (RFC 7685) stands for what else makes a browser's hello long.
const PADDING: usize = 300;

/// What a ClientHello says. Enough for a server to choose a certificate by, not for it to complete a handshake.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hello<'a> {
    name: Option<&'a str>,
    post_quantum: bool,
}

impl<'a> Hello<'a> {
    /// Asks for a name.
    pub fn named(name: &'a str) -> Self {
        Self {
            name: Some(name),
            ..Self::default()
        }
    }

    /// Asks for no name.
    pub fn nameless() -> Self {
        Self::default()
    }

    /// With a post-quantum key share, which makes it longer than a segment.
    #[must_use]
    pub fn post_quantum(self) -> Self {
        Self {
            post_quantum: true,
            ..self
        }
    }

    /// The record, as it stands on the wire.
    pub fn record(&self) -> Vec<u8> {
        let mut hello = vec![3, 3];
        hello.extend(std::iter::repeat_n(0x5a, 32));
        hello.extend(prefixed::<1>(&[0x33; 32]));
        hello.extend(prefixed::<2>(&[0x13, 0x01, 0x13, 0x02, 0xc0, 0x2f]));
        hello.extend([1, 0]);
        hello.extend(prefixed::<2>(&self.extensions()));
        let mut message = vec![1];
        message.extend(prefixed::<3>(&hello));
        let mut record = vec![22, 3, 1];
        record.extend(prefixed::<2>(&message));
        record
    }

    fn extensions(&self) -> Vec<u8> {
        let shares: &[_] = if self.post_quantum {
            &[HYBRID, X25519]
        } else {
            &[X25519]
        };
        let groups: Vec<_> = shares
            .iter()
            .flat_map(|(group, _)| group.to_be_bytes())
            .collect();
        let entries: Vec<_> = shares.iter().flat_map(|share| key_share(*share)).collect();
        let mut all = Vec::new();
        if let Some(name) = self.name {
            let mut entry = vec![0];
            entry.extend(prefixed::<2>(name.as_bytes()));
            all.extend(extension(0, &prefixed::<2>(&entry)));
        }
        all.extend(extension(10, &prefixed::<2>(&groups)));
        all.extend(extension(13, &prefixed::<2>(&[4, 3, 8, 4])));
        all.extend(extension(43, &prefixed::<1>(&[3, 4, 3, 3])));
        all.extend(extension(51, &prefixed::<2>(&entries)));
        if self.post_quantum {
            all.extend(extension(21, &[0; PADDING]));
        }
        all
    }
}

fn key_share((group, length): (u16, usize)) -> Vec<u8> {
    let mut entry = group.to_be_bytes().to_vec();
    entry.extend(prefixed::<2>(&vec![9; length]));
    entry
}

fn extension(number: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = number.to_be_bytes().to_vec();
    bytes.extend(prefixed::<2>(body));
    bytes
}

/// The body behind its length in `N` bytes.
fn prefixed<const N: usize>(body: &[u8]) -> Vec<u8> {
    let length = body.len().to_be_bytes();
    let mut bytes = length.get(length.len() - N..).unwrap_or_default().to_vec();
    bytes.extend_from_slice(body);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_quantum_hello_needs_two_segments_and_a_classic_one_does_not() {
        assert!(Hello::nameless().record().len() < 300);
        assert!(Hello::named("shop.example").post_quantum().record().len() > 1460);
    }

    #[test]
    fn the_lengths_of_record_and_message_agree() {
        let record = Hello::named("a.example").record();
        assert_eq!(
            usize::from(u16::from_be_bytes([record[3], record[4]])),
            record.len() - 5
        );
        assert_eq!(usize::from(record[8]), record.len() - 9);
    }
}
