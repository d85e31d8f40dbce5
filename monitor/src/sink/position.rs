//! A place in the order of what an agent told, to go on from.

use std::fmt;
use std::str::FromStr;

/// How many handshakes and revisions a run of the agent had told: `5f1c09aa-1204`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Which run: a number drawn when the agent starts.
    pub run: u32,
    /// How many.
    pub number: u64,
}

/// Text that is no position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no position of a stream: give \"start\", or what the stream called \"position\" or id, as in 5f1c09aa-1204"
)]
pub struct NoPosition;

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{}", self.run, self.number)
    }
}

impl FromStr for Position {
    type Err = NoPosition;

    /// `start` is before everything: a run that is none.
    fn from_str(text: &str) -> Result<Self, NoPosition> {
        if text == "start" {
            return Ok(Self::default());
        }
        let (run, number) = text.split_once('-').ok_or(NoPosition)?;
        let run = u32::from_str_radix(run, 16);
        match (run, number.parse()) {
            (Ok(run), Ok(number)) => Ok(Self { run, number }),
            _ => Err(NoPosition),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_reads_back_and_other_text_is_none() {
        let position = Position {
            run: 0xaa,
            number: 1204,
        };
        assert_eq!(position.to_string(), "000000aa-1204");
        assert_eq!(position.to_string().parse(), Ok(position));
        assert_eq!("start".parse(), Ok(Position::default()));
        for text in ["", "12", "x-1", "1-x", "1--1"] {
            assert_eq!(text.parse::<Position>(), Err(NoPosition), "{text}");
        }
    }
}
