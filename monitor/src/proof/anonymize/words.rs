//! Names that stand for other names: word by word, of the same length, letters for letters and numbers for numbers. Dots,
//! hyphens, stars and white space stay, so that a wildcard covers what it covered.

use super::Key;

/// Replaces each word where it stands.
pub(super) fn replace(text: &mut [u8], key: &Key) {
    let mut rest = text;
    while !rest.is_empty() {
        let len = rest.iter().take_while(|byte| is_of_word(**byte)).count();
        let (word, behind) = std::mem::take(&mut rest).split_at_mut(len);
        replace_word(word, key);
        rest = behind.get_mut(1..).unwrap_or_default();
    }
}

/// The same for text.
pub(super) fn replaced(text: &str, key: &Key) -> String {
    let mut bytes = text.as_bytes().to_vec();
    replace(&mut bytes, key);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Letters, digits, and whatever is not ASCII.
const fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

fn replace_word(word: &mut [u8], key: &Key) {
    if word.is_empty() {
        return;
    }
    let before = word.to_ascii_lowercase();
    let is_number = word.iter().all(u8::is_ascii_digit);
    for attempt in 0..=u8::MAX {
        let made = key.of_word(&before, attempt, word.len());
        for (place, byte) in word.iter_mut().zip(&made) {
            *place = if is_number {
                b'0' + byte % 10
            } else {
                b'a' + byte % 26
            };
        }
        if is_number {
            keep_below_256(word);
        }
        if word != before {
            return;
        }
    }
}

/// A part of an address in text stays one: no zero in front, and no more than 255.
fn keep_below_256(word: &mut [u8]) {
    match word {
        [first, second, third] => {
            *first = b'1';
            *second = b'0' + *second % 10;
            *third = b'0' + *third % 10;
        }
        [first, _, ..] if *first == b'0' => *first = b'4',
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_shape_and_what_they_share() {
        let key = Key::new(b"test");
        let of = |text| replaced(text, &key);
        let (api, any) = (of("api.shop.example"), of("*.Shop.EXAMPLE"));
        assert_eq!(api.len(), "api.shop.example".len());
        assert_eq!(
            api.split_once('.').unwrap().1,
            any.split_once('.').unwrap().1
        );
        assert!(any.starts_with("*."));
        assert_ne!(of("10.0.0.1"), "10.0.0.1");
        assert!(of("10.0.200.1").parse::<std::net::IpAddr>().is_ok());
        assert_ne!(replaced("api", &Key::new(b"other")), of("api"));
        for word in
            "a b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 5 6 7 8 9".split(' ')
        {
            assert_ne!(of(word), word);
        }
    }
}
