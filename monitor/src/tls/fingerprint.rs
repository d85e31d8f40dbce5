//! Fingerprints: short texts that are the same for every connection of one piece of software.
//!
//! JA3, JA3S (Salesforce) and JA4 for TLS clients (FoxIO) are under the BSD 3-Clause licence. The rest of the JA4+ family is
//! not, and is left out.

use std::fmt::Write;

mod ja3;
mod ja3s;
mod ja4;

pub use ja3::{ja3, ja3_text};
pub use ja3s::{ja3s, ja3s_text};
pub use ja4::{ja4, ja4_text};

use super::version::is_grease;

/// The numbers in decimal with dashes between them.
fn dashed(numbers: impl IntoIterator<Item = u16>) -> String {
    let mut text = String::new();
    for number in numbers {
        let dash = if text.is_empty() { "" } else { "-" };
        // Writing to a String cannot fail.
        _ = write!(text, "{dash}{number}");
    }
    text
}

/// The bytes in lower-case hexadecimal.
fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        // Writing to a String cannot fail.
        _ = write!(text, "{byte:02x}");
    }
    text
}

/// The numbers without those that mean nothing on purpose (RFC 8701).
fn without_grease(numbers: &[u16]) -> impl Iterator<Item = u16> {
    numbers.iter().copied().filter(|&number| !is_grease(number))
}
