//! Bytes with their length before them.

/// With a length of one byte.
pub(super) fn vec8(content: &[u8]) -> Vec<u8> {
    behind::<1>(content)
}

/// With a length of two bytes.
pub(super) fn vec16(content: &[u8]) -> Vec<u8> {
    behind::<2>(content)
}

/// With a length of three bytes.
pub(super) fn vec24(content: &[u8]) -> Vec<u8> {
    behind::<3>(content)
}

/// Numbers of two bytes each.
pub(super) fn numbers(list: &[u16]) -> Vec<u8> {
    list.iter()
        .flat_map(|number| number.to_be_bytes())
        .collect()
}

/// The content behind its length in `N` bytes. What is longer than the length can say is cut: it came from a report that
/// no hello can have led to, and the lengths stay true.
fn behind<const N: usize>(content: &[u8]) -> Vec<u8> {
    let longest = (1_usize << (8 * N)) - 1;
    let content = content.get(..longest).unwrap_or(content);
    let length = content.len().to_be_bytes();
    let mut bytes = Vec::with_capacity(N + content.len());
    bytes.extend(length.iter().skip(length.len() - N));
    bytes.extend_from_slice(content);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_true_even_of_what_is_too_long() {
        assert_eq!(vec8(b"ab"), *b"\x02ab");
        assert_eq!(vec16(&[]), [0, 0]);
        assert_eq!(vec24(&[7]), [0, 0, 1, 7]);
        assert_eq!(vec8(&[1; 300]).len(), 256);
        assert_eq!(numbers(&[0x1301, 2]), [0x13, 1, 0, 2]);
    }
}
