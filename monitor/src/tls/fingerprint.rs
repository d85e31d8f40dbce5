//! Fingerprints: short texts that are the same for every connection of one piece of software.
//!
//! JA3, JA3S (Salesforce) and JA4 for TLS clients (FoxIO) are under the BSD 3-Clause licence. The rest of the JA4+ family is
//! not, and is left out.

use arrayvec::ArrayString;
use smallvec::SmallVec;

mod ja3;
mod ja3s;
mod ja4;
mod memo;

pub use ja3::{ja3, ja3_text};
pub use ja3s::{ja3s, ja3s_text};
pub use ja4::{ja4, ja4_text};
pub use memo::Fingerprints;

use super::text::{hex, hex_digit, hex_digits};
use super::version::is_grease;

/// An MD5 in hexadecimal.
pub type Md5Text = ArrayString<32>;
/// A JA4 fingerprint: `t13d1516h2_8daaf6152771_e5627efa2ab1`.
pub type Ja4Text = ArrayString<36>;

/// What a fingerprint is taken of; without heap memory for what ordinary hellos carry. It is ASCII.
type Material = SmallVec<[u8; 768]>;

/// Appends the numbers in decimal with dashes between them.
fn dashed(material: &mut Material, numbers: impl IntoIterator<Item = u16>) {
    for (index, number) in numbers.into_iter().enumerate() {
        if index > 0 {
            material.push(b'-');
        }
        decimal(material, number);
    }
}

fn decimal(material: &mut Material, number: u16) {
    let digits = [
        number / 10_000,
        number / 1000 % 10,
        number / 100 % 10,
        number / 10 % 10,
        number % 10,
    ];
    let leading = digits.iter().take(4).take_while(|digit| **digit == 0);
    for digit in digits.iter().skip(leading.count()) {
        // A digit is below ten.
        material.push(hex_digit(u8::try_from(*digit).unwrap_or_default()));
    }
}

/// The material as the text that it is.
fn text(material: &Material) -> String {
    String::from_utf8_lossy(material).into_owned()
}

/// The numbers without those that mean nothing on purpose (RFC 8701).
fn without_grease(numbers: &[u16]) -> impl Iterator<Item = u16> {
    numbers.iter().copied().filter(|&number| !is_grease(number))
}
