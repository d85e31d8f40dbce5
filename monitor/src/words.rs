//! Counts as people read them.

/// `1 handshake`, `1,204 handshakes`.
pub(crate) fn counted(count: impl TryInto<u64>, thing: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", grouped(count))
}

/// `1,204`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
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
