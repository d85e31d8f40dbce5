//! Counts as people read them.

/// `1 handshake`, `1,204 handshakes`.
pub(crate) fn counted(count: impl TryInto<u64>, thing: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(count);
    let mut said = String::with_capacity(2 * digits.len() + thing.len() + 2);
    for (behind, digit) in (0..digits.len()).rev().zip(digits.chars()) {
        said.push(digit);
        if behind > 0 && behind.is_multiple_of(3) {
            said.push(',');
        }
    }
    said.push(' ');
    said.push_str(thing);
    if count != 1 {
        said.push('s');
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_and_agree_with_the_thing() {
        assert_eq!(counted(1_u32, "hello"), "1 hello");
        assert_eq!(counted(0_u64, "hello"), "0 hellos");
        assert_eq!(counted(1_204_u32, "hello"), "1,204 hellos");
        assert_eq!(counted(1_000_000_usize, "hello"), "1,000,000 hellos");
    }
}
