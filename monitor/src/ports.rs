//! A set of ports, as people write it: `443,8443,9000-9100`.

use std::fmt;
use std::str::FromStr;

/// How many ports there are.
const PORTS: usize = 1 << 16;
const WORDS: usize = PORTS / 64;

/// A set of TCP or UDP ports.
#[derive(Clone, PartialEq, Eq)]
pub struct PortSet {
    words: Box<[u64; WORDS]>,
}

/// Why a text is not a set of ports.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortSetError {
    /// Nothing between two commas, or nothing at all.
    #[error("a port is missing in {0:?}")]
    Missing(String),
    /// Not a number from 1 to 65535.
    #[error("{0:?} is not a port (1 to 65535)")]
    NotAPort(String),
    /// The range ends before it begins.
    #[error("the range {0:?} ends before it begins")]
    Backwards(String),
}

impl PortSet {
    /// The set without any port.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            words: Box::new([0; WORDS]),
        }
    }

    /// Adds a port.
    pub fn insert(&mut self, port: u16) {
        if let Some(word) = self.words.get_mut(usize::from(port >> 6)) {
            *word |= 1 << (port & 63);
        }
    }

    /// Whether the port is in the set.
    pub fn contains(&self, port: u16) -> bool {
        self.words
            .get(usize::from(port >> 6))
            .is_some_and(|word| word >> (port & 63) & 1 == 1)
    }

    /// Whether no port is in the set.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// The ports, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        (0..=u16::MAX).filter(|port| self.contains(*port))
    }

    /// The set as a bitmap: bit `port % 64` of word `port / 64`.
    pub fn words(&self) -> &[u64; 1024] {
        &self.words
    }

    /// The ports as ranges, each with its first and last.
    fn ranges(&self) -> Vec<(u16, u16)> {
        let mut ranges: Vec<(u16, u16)> = Vec::new();
        for port in self.iter() {
            match ranges.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(port) => *last = port,
                _ => ranges.push((port, port)),
            }
        }
        ranges
    }
}

impl Default for PortSet {
    /// HTTPS.
    fn default() -> Self {
        Self::from_iter([443])
    }
}

impl FromIterator<u16> for PortSet {
    fn from_iter<I: IntoIterator<Item = u16>>(ports: I) -> Self {
        let mut set = Self::empty();
        for port in ports {
            set.insert(port);
        }
        set
    }
}

impl FromStr for PortSet {
    type Err = PortSetError;

    fn from_str(text: &str) -> Result<Self, PortSetError> {
        let mut set = Self::empty();
        for part in text.split(',').map(str::trim) {
            if part.is_empty() {
                return Err(PortSetError::Missing(text.to_owned()));
            }
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (port(first)?, port(last)?);
            if first > last {
                return Err(PortSetError::Backwards(part.to_owned()));
            }
            (first..=last).for_each(|port| set.insert(port));
        }
        Ok(set)
    }
}

fn port(text: &str) -> Result<u16, PortSetError> {
    match text.trim().parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(PortSetError::NotAPort(text.trim().to_owned())),
    }
}

impl fmt::Display for PortSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (first, last)) in self.ranges().into_iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            if first == last {
                write!(f, "{comma}{first}")?;
            } else {
                write!(f, "{comma}{first}-{last}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for PortSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PortSet({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_reads_and_prints_the_same() {
        for text in [
            "443",
            "443,8443",
            "443,8443,9000-9100",
            "1-65535",
            "63-64,128",
        ] {
            assert_eq!(text.parse::<PortSet>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn neighbours_and_overlaps_become_one_range() {
        assert_eq!(
            "444,443, 445 ,440-443"
                .parse::<PortSet>()
                .unwrap()
                .to_string(),
            "440-445"
        );
    }

    #[test]
    fn a_range_holds_its_ends_and_nothing_beside_them() {
        let set: PortSet = "9000-9100".parse().unwrap();
        assert_eq!(
            [8999, 9000, 9100, 9101].map(|port| set.contains(port)),
            [false, true, true, false]
        );
        assert_eq!(set.iter().count(), 101);
    }

    #[test]
    fn what_is_not_a_set_of_ports_is_refused_with_the_part_that_is_wrong() {
        let rows: &[(&str, &str)] = &[
            ("", "a port is missing in \"\""),
            ("443,", "a port is missing in \"443,\""),
            ("0", "\"0\" is not a port (1 to 65535)"),
            ("443,65536", "\"65536\" is not a port (1 to 65535)"),
            ("https", "\"https\" is not a port (1 to 65535)"),
            ("-5", "\"\" is not a port (1 to 65535)"),
            ("9100-9000", "the range \"9100-9000\" ends before it begins"),
        ];
        for (text, message) in rows {
            assert_eq!(text.parse::<PortSet>().unwrap_err().to_string(), *message);
        }
    }
}
