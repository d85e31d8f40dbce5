//! The JSON Schema of what is emitted, made from the types themselves.

use schemars::Schema;
use schemars::generate::SchemaSettings;

use crate::report::{Event, SCHEMA};

/// The schema of one line of JSON output (draft 2020-12). Every field is always there, `null` when it is not known.
pub fn schema() -> Schema {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<Event>();
    schema.insert("title".to_owned(), SCHEMA.into());
    schema
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::report::example;
    use crate::sink::json;

    #[test]
    fn every_emitted_line_fits_the_schema() {
        let validator = jsonschema::validator_for(schema().as_value()).unwrap();
        for event in example::events() {
            let mut line = Vec::new();
            json::write(&event, &mut line).unwrap();
            let line: Value = serde_json::from_slice(&line).unwrap();
            let errors: Vec<_> = validator
                .iter_errors(&line)
                .map(|e| e.to_string())
                .collect();
            assert!(errors.is_empty(), "{line}: {errors:?}");
        }
    }

    #[test]
    fn a_line_with_a_field_missing_or_a_word_unknown_does_not_fit() {
        let validator = jsonschema::validator_for(schema().as_value()).unwrap();
        let handshake = serde_json::to_value(&example::events()[0]).unwrap();
        assert!(validator.is_valid(&handshake));
        for (field, wrong) in [
            ("cause", Value::from("bad-luck")),
            ("type", Value::from("handshakes")),
            ("server", Value::Null),
        ] {
            let mut changed = handshake.clone();
            changed[field] = wrong;
            assert!(!validator.is_valid(&changed), "{field}");
        }
        for field in handshake.as_object().unwrap().keys() {
            let mut without = handshake.clone();
            without.as_object_mut().unwrap().remove(field);
            assert!(!validator.is_valid(&without), "{field}");
        }
    }

    #[test]
    fn every_field_and_every_word_is_described_in_the_documentation() {
        let page = include_str!("../../../docs/schema.md");
        let mut names = BTreeSet::new();
        collect(schema().as_value(), &mut names);
        assert!(names.contains("sni_absent") && names.contains("one_sided"));
        let missing: Vec<_> = names
            .iter()
            .filter(|name| !page.contains(&format!("`{name}`")))
            .collect();
        assert!(
            missing.is_empty(),
            "docs/schema.md does not describe {missing:?}"
        );
    }

    /// The names of properties and the words of closed sets.
    fn collect(schema: &Value, names: &mut BTreeSet<String>) {
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            names.extend(properties.keys().cloned());
        }
        if let Some(words) = schema.get("enum").and_then(Value::as_array) {
            names.extend(words.iter().filter_map(Value::as_str).map(str::to_owned));
        }
        match schema {
            Value::Object(object) => object.values().for_each(|value| collect(value, names)),
            Value::Array(array) => array.iter().for_each(|value| collect(value, names)),
            _ => {}
        }
    }
}
