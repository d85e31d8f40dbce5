//! Values of rows and reports, in the same words.

use serde_json::{Value, json};

/// The value at a place; null where there is none.
pub(super) fn at<'a>(value: &'a Value, place: &str) -> &'a Value {
    value.pointer(place).unwrap_or(&Value::Null)
}

/// The name of a version number, as reports have it.
pub(super) fn version(number: &Value) -> Value {
    let Some(number) = number.as_u64() else {
        return Value::Null;
    };
    json!(match number {
        0x0300 => "SSL3.0".to_owned(),
        0x0301 => "TLS1.0".to_owned(),
        0x0302 => "TLS1.1".to_owned(),
        0x0303 => "TLS1.2".to_owned(),
        0x0304 => "TLS1.3".to_owned(),
        0x7f00..=0x7fff => format!("TLS1.3-draft-{}", number & 0xff),
        _ if number & 0x0f0f == 0x0a0a => "GREASE".to_owned(),
        _ => format!("{number:#06x}"),
    })
}

/// A value as short as a table needs it, and long enough to tell it from others.
pub(super) fn short(value: &Value) -> String {
    const LONG: usize = 60;
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let text = text.replace('|', "¦");
    match text.char_indices().nth(LONG) {
        None => text,
        Some((end, _)) => {
            let head = text.get(..end).unwrap_or(&text);
            format!("{head}… ({} bytes)", text.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_the_names_of_reports() {
        let names = [0x0303, 0x7f12, 0x3a3a, 0x0505].map(|number| version(&json!(number)));
        assert_eq!(names, ["TLS1.2", "TLS1.3-draft-18", "GREASE", "0x0505"]);
    }

    #[test]
    fn what_is_long_is_cut_and_says_how_long_it_was() {
        assert_eq!(short(&json!([1, 2])), "[1,2]");
        assert!(short(&json!("x".repeat(100))).ends_with("x… (100 bytes)"));
    }
}
