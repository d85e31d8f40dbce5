//! The fingerprints of hellos that keep coming: one piece of software sends the same lists each time.

use super::{Ja4Text, Md5Text, ja3, ja3s, ja4};
use crate::memo::Memo;
use crate::tls::{ClientHello, ServerHello};

/// How many numbers may go into a fingerprint that is remembered.
const LONGEST: usize = 2048;

/// Takes the fingerprints of hellos, of equal ones but once.
#[derive(Debug)]
pub struct Fingerprints {
    /// By all that goes into either.
    clients: Memo<u16, (Md5Text, Ja4Text)>,
    servers: Memo<u16, Md5Text>,
    /// What a fingerprint is taken of, each list with its length before it; kept for its memory only.
    facts: Vec<u16>,
}

impl Default for Fingerprints {
    fn default() -> Self {
        Self {
            clients: Memo::new(LONGEST),
            servers: Memo::new(LONGEST),
            facts: Vec::new(),
        }
    }
}

impl Fingerprints {
    /// JA3 and JA4. `transport` is `t` for TCP and `q` for QUIC.
    pub fn client(&mut self, hello: &ClientHello, transport: char) -> (Md5Text, Ja4Text) {
        let facts = &mut self.facts;
        facts.clear();
        facts.extend_from_slice(&[u16::from(transport == 'q'), hello.legacy_version.0]);
        let lists: [&[u16]; 5] = [
            &hello.cipher_suites,
            &hello.extensions,
            &hello.groups,
            &hello.versions,
            &hello.signature_schemes,
        ];
        for list in lists {
            facts.push(length(list));
            facts.extend_from_slice(list);
        }
        let protocol = hello.alpn.first().unwrap_or_default();
        for list in [&hello.point_formats, protocol] {
            facts.push(length(list));
            facts.extend(list.iter().map(|&byte| u16::from(byte)));
        }
        self.clients
            .answer(facts, || (ja3(hello), ja4(hello, transport)))
    }

    /// JA3S.
    pub fn server(&mut self, hello: &ServerHello) -> Md5Text {
        let facts = &mut self.facts;
        facts.clear();
        facts.extend_from_slice(&[hello.legacy_version.0, hello.cipher_suite]);
        facts.extend_from_slice(&hello.extensions);
        self.servers.answer(facts, || ja3s(hello))
    }
}

/// No list of a hello has more than 65,535 entries: it has a length of two bytes there.
fn length<T>(list: &[T]) -> u16 {
    u16::try_from(list.len()).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::tls::samples;

    #[test]
    fn every_fact_that_a_fingerprint_is_taken_of_tells_hellos_apart() {
        type Change = fn(&mut ClientHello);
        let changes: [Change; 7] = [
            |hello| hello.legacy_version.0 += 1,
            |hello| hello.cipher_suites.push(0x1302),
            |hello| hello.extensions.push(99),
            |hello| hello.groups.push(30),
            |hello| hello.versions.push(0x0305),
            |hello| hello.signature_schemes.push(0x0805),
            |hello| hello.point_formats.push(7),
        ];
        let mut fingerprints = Fingerprints::default();
        for change in changes {
            let mut hello = samples::hello_with_grease();
            fingerprints.client(&hello, 't');
            change(Arc::make_mut(&mut hello));
            for transport in ['t', 'q'] {
                let direct = (ja3(&hello), ja4(&hello, transport));
                assert_eq!(fingerprints.client(&hello, transport), direct);
            }
        }
    }
}
