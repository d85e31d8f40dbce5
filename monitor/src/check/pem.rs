//! PEM (RFC 7468) read line by line, so that a fault has a line. Nothing of what is read is ever in a message.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Blocks that a text may have: certificates of a chain, or of authorities.
const MAX_BLOCKS: usize = 1000;

/// One block: what stands between a BEGIN and its END. It has no `Debug`: it may be a private key.
pub(super) struct Block {
    /// What the BEGIN line says, as in `CERTIFICATE`.
    pub(super) label: String,
    /// The line of BEGIN, from 1.
    pub(super) line: usize,
    /// It has headers that say it is encrypted (RFC 1421).
    pub(super) encrypted: bool,
    pub(super) der: Zeroizing<Vec<u8>>,
}

/// What is wrong with a text, and in which of its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The line, from 1; 0 when it is about the whole.
    pub(super) line: usize,
    pub(super) what: String,
}

impl Fault {
    fn new(line: usize, what: impl Into<String>) -> Self {
        let what = what.into();
        Self { line, what }
    }

    /// `line 3: ...`
    pub(super) fn sentence(&self) -> String {
        match self.line {
            0 => self.what.clone(),
            line => format!("line {line}: {}", self.what),
        }
    }
}

/// Every block of a text, up to the first fault.
pub(super) fn blocks(bytes: &[u8]) -> Result<Vec<Block>, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|_error| Fault::new(0, binary(bytes)))?;
    let mut reader = Reader::default();
    for (number, line) in (1..).zip(text.lines()) {
        reader.line(number, line)?;
    }
    if let Some(open) = reader.open {
        let what = format!("BEGIN {} has no END: the text breaks off", open.label);
        return Err(Fault::new(open.line, what));
    }
    if reader.blocks.is_empty() {
        return Err(Fault::new(0, nothing(text)));
    }
    Ok(reader.blocks)
}

fn binary(bytes: &[u8]) -> &'static str {
    match bytes.first() {
        Some(0x30) => "is DER, not PEM: convert it with \"openssl x509 -inform der\"",
        _ => "is no text: neither PEM nor DER",
    }
}

/// Why a text has no block.
fn nothing(text: &str) -> &'static str {
    let text = text.trim();
    match text {
        "" => "is empty",
        // "-----" in base64.
        _ if text.starts_with("LS0tLS") => "is base64 of PEM: it was encoded twice",
        _ => "has no line that begins with -----BEGIN",
    }
}

/// A block that is being read.
struct Open {
    label: String,
    line: usize,
    encrypted: bool,
    digits: Zeroizing<String>,
}

#[derive(Default)]
struct Reader {
    open: Option<Open>,
    blocks: Vec<Block>,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) -> Result<(), Fault> {
        if line.contains("-----") && line.contains("\\n") {
            let what = "has the two characters \\n where a line should end";
            return Err(Fault::new(number, what));
        }
        let text = line.trim_end();
        if text.trim_start() != text && text.trim_start().starts_with("-----") {
            let what = "is indented: BEGIN and END must stand at the beginning of their line";
            return Err(Fault::new(number, what));
        }
        match (mark(text, "-----BEGIN "), mark(text, "-----END ")) {
            (Some(label), _) => self.begin(number, label),
            (_, Some(label)) => self.end(number, label),
            _ if text.starts_with("-----") => {
                let what =
                    "is a torn BEGIN or END line: five hyphens must stand before and behind it";
                Err(Fault::new(number, what))
            }
            _ => self.body(number, text),
        }
    }

    fn begin(&mut self, number: usize, label: &str) -> Result<(), Fault> {
        if let Some(open) = &self.open {
            let what = format!(
                "BEGIN {label} before the END of BEGIN {} in line {}",
                open.label, open.line
            );
            return Err(Fault::new(number, what));
        }
        if self.blocks.len() >= MAX_BLOCKS {
            return Err(Fault::new(number, "more than 1,000 blocks"));
        }
        self.open = Some(Open {
            label: label.to_owned(),
            line: number,
            encrypted: false,
            digits: Zeroizing::default(),
        });
        Ok(())
    }

    fn end(&mut self, number: usize, label: &str) -> Result<(), Fault> {
        let Some(open) = self.open.take() else {
            return Err(Fault::new(number, format!("END {label} without a BEGIN")));
        };
        if open.label != label {
            let what = format!(
                "END {label} does not fit BEGIN {} in line {}",
                open.label, open.line
            );
            return Err(Fault::new(number, what));
        }
        let der = STANDARD.decode(open.digits.as_bytes()).map_err(|_error| {
            let what = format!("the base64 that began in line {} does not come out even: something is missing or too much", open.line);
            Fault::new(number, what)
        })?;
        self.blocks.push(Block {
            label: open.label,
            line: open.line,
            encrypted: open.encrypted,
            der: Zeroizing::new(der),
        });
        Ok(())
    }

    /// Outside a block anything may stand, as `openssl x509 -text` writes it.
    fn body(&mut self, number: usize, text: &str) -> Result<(), Fault> {
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        if open.digits.is_empty() && text.contains(':') {
            open.encrypted |= text.contains("ENCRYPTED");
            return Ok(());
        }
        let is_digit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
        let is_header_of_encrypted = open.encrypted && open.digits.is_empty() && text.contains(',');
        if let Some(column) = text.chars().position(|c| !is_digit(c))
            && !is_header_of_encrypted
        {
            let what = format!("character {} is no base64", column.saturating_add(1));
            return Err(Fault::new(number, what));
        }
        open.digits.push_str(text);
        Ok(())
    }
}

/// What stands behind `-----BEGIN ` or `-----END `, and before the last hyphens.
fn mark<'a>(text: &'a str, begin: &str) -> Option<&'a str> {
    text.strip_prefix(begin)?.strip_suffix("-----")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn fault(text: &str) -> String {
        blocks(text.as_bytes()).err().unwrap().sentence()
    }

    #[rstest]
    #[case::empty(" \n", "is empty")]
    #[case::twice("LS0tLS1CRUdJTiBD", "is base64 of PEM: it was encoded twice")]
    #[case::no_pem("hello", "has no line that begins with -----BEGIN")]
    #[case::torn(
        "-----BEGIN A-----\nAAAA\n",
        "line 1: BEGIN A has no END: the text breaks off"
    )]
    #[case::hyphen(
        "-----BEGIN A----\nAAAA\n",
        "line 1: is a torn BEGIN or END line: five hyphens must stand before and behind it"
    )]
    #[case::other_end(
        "-----BEGIN A-----\nAAAA\n-----END B-----",
        "line 3: END B does not fit BEGIN A in line 1"
    )]
    #[case::no_begin("AAAA\n-----END B-----", "line 2: END B without a BEGIN")]
    #[case::alien(
        "-----BEGIN A-----\nAAAA\nAA?A\n-----END A-----",
        "line 3: character 3 is no base64"
    )]
    #[case::uneven(
        "-----BEGIN A-----\nAAAAA\n-----END A-----",
        "line 3: the base64 that began in line 1 does not come out even: something is missing or too much"
    )]
    #[case::indented(
        "  -----BEGIN A-----",
        "line 1: is indented: BEGIN and END must stand at the beginning of their line"
    )]
    #[case::one_line(
        "-----BEGIN A-----\\nAAAA\\n-----END A-----",
        "line 1: has the two characters \\n where a line should end"
    )]
    #[case::in_one_another(
        "-----BEGIN A-----\n-----BEGIN B-----",
        "line 2: BEGIN B before the END of BEGIN A in line 1"
    )]
    fn a_fault_has_its_line(#[case] text: &str, #[case] said: &str) {
        assert_eq!(fault(text), said);
    }

    #[test]
    fn der_and_other_bytes_are_told_apart() {
        let der = blocks(&[0x30, 0x82, 0xff]).err().unwrap();
        assert!(der.what.contains("is DER"), "{der:?}");
        let other = blocks(&[0xff, 0xfe]).err().unwrap();
        assert!(other.what.contains("no text"), "{other:?}");
    }

    #[test]
    fn blocks_come_with_their_lines_whatever_stands_between() {
        let text = "Certificate:\r\n-----BEGIN A-----\r\nAAAA\r\n-----END A-----\r\n\r\n-----BEGIN B-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\nAQID\n-----END B-----\n";
        let blocks = blocks(text.as_bytes()).ok().unwrap();
        let seen: Vec<_> = blocks
            .iter()
            .map(|block| {
                (
                    block.label.as_str(),
                    block.line,
                    block.encrypted,
                    block.der.len(),
                )
            })
            .collect();
        assert_eq!(seen, [("A", 2, false, 3), ("B", 6, true, 3)]);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[-A-Z \\n=:]{0,120}") {
            let _either = blocks(text.as_bytes());
        }
    }
}
