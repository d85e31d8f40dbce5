//! The fingerprints of hellos that keep coming: one piece of software sends the same lists each time.

use super::{Ja4Text, Material, Md5Text, ja3, ja4};
use crate::memo::Memo;
use crate::tls::ClientHello;

/// The longest list of facts that is remembered, in bytes.
const LONGEST: usize = 4096;

/// Takes the fingerprints of ClientHellos, of equal ones but once.
#[derive(Debug)]
pub struct Fingerprints {
    /// By all that goes into either.
    clients: Memo<(Md5Text, Ja4Text)>,
}

impl Default for Fingerprints {
    fn default() -> Self {
        Self {
            clients: Memo::new(LONGEST),
        }
    }
}

impl Fingerprints {
    /// JA3 and JA4. `transport` is `t` for TCP and `q` for QUIC.
    pub fn of(&mut self, hello: &ClientHello, transport: char) -> (Md5Text, Ja4Text) {
        let work_out = || (ja3(hello), ja4(hello, transport));
        self.clients.answer(&facts(hello, transport), work_out)
    }
}

/// All that goes into JA3 and JA4, each list with its length before it.
fn facts(hello: &ClientHello, transport: char) -> Material {
    let mut facts = Material::new();
    facts.push(u8::from(transport == 'q'));
    facts.extend_from_slice(&hello.legacy_version.0.to_be_bytes());
    let lists = [
        &hello.cipher_suites,
        &hello.extensions,
        &hello.groups,
        &hello.versions,
        &hello.signature_schemes,
    ];
    for list in lists {
        facts.extend_from_slice(&list.len().to_be_bytes());
        facts.extend(list.iter().flat_map(|number| number.to_be_bytes()));
    }
    let protocol = hello.alpn.first().unwrap_or_default();
    for list in [&hello.point_formats, protocol] {
        facts.extend_from_slice(&list.len().to_be_bytes());
        facts.extend_from_slice(list);
    }
    facts
}

#[cfg(test)]
mod tests {
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
            fingerprints.of(&hello, 't');
            change(&mut hello);
            for transport in ['t', 'q'] {
                let direct = (ja3(&hello), ja4(&hello, transport));
                assert_eq!(fingerprints.of(&hello, transport), direct);
            }
        }
    }
}
