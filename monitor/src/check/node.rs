//! A value of YAML or JSON, and the line where it begins.

use zeroize::Zeroizing;

/// A value and its place. It has no `Debug`: it may hold a private key.
pub(super) struct Node {
    /// The line in its file, from 1; 0 when it comes from no file.
    pub(super) line: u32,
    pub(super) value: Value,
}

pub(super) enum Value {
    /// Text, numbers, booleans, null: as they were written.
    Scalar(Zeroizing<String>),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    /// The value of a key; the last where there are several, as in most readers of YAML.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let entries = self.entries().iter();
        entries
            .rev()
            .find(|(name, _)| name == key)
            .map(|(_, node)| node)
    }

    /// The value below these keys.
    pub(super) fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// A scalar that is not null.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) if !matches!(text.as_str(), "" | "~" | "null") => Some(text),
            _ => None,
        }
    }

    /// The text below these keys.
    pub(super) fn text_at(&self, keys: &[&str]) -> Option<&str> {
        self.at(keys)?.text()
    }

    pub(super) fn flag(&self) -> Option<bool> {
        match self.text()? {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        }
    }

    pub(super) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The items of the list under this key; none when there is no list.
    pub(super) fn items_at(&self, keys: &[&str]) -> &[Self] {
        self.at(keys).map_or(&[], Self::items)
    }

    pub(super) fn entries(&self) -> &[(String, Self)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The texts of a list of texts, with their lines.
    pub(super) fn texts_at(&self, keys: &[&str]) -> Vec<(String, u32)> {
        let items = self.items_at(keys).iter();
        let texts = items.filter_map(|item| Some((item.text()?.to_owned(), item.line)));
        texts.collect()
    }
}
