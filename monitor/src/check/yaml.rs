//! YAML and JSON as a tree of [`Node`]s, bounded: what is too much is an error that says so.
//!
//! Aliases are copied, as a reader of YAML has to; every copied node counts, so that a file of a few lines that stands for
//! billions of nodes ends at the bound.

use granit_parser::{Event, Options, Parser, ScanError};
use zeroize::Zeroizing;

use super::node::{Node, Value};

/// Nodes that an input may have. Ten thousand secrets with all their metadata have some 500,000.
const MAX_NODES: usize = 4_000_000;
/// How deep they may lie in one another. Kubernetes objects are less than thirty deep.
const MAX_DEPTH: usize = 100;
/// Bytes that copies of aliases may add.
const MAX_COPIED: usize = 64 * 1024 * 1024;

/// Why a text cannot be read. No word of the text is in it: that may be a key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum YamlError {
    /// It is no YAML.
    #[error("line {line}: not YAML: {what}")]
    Malformed {
        /// The line.
        line: usize,
        /// What the parser says.
        what: String,
    },
    /// It is larger than anything that is meant to be read.
    #[error("line {line}: {what}")]
    TooMuch {
        /// The line.
        line: usize,
        /// Which bound.
        what: &'static str,
    },
}

impl From<ScanError> for YamlError {
    fn from(error: ScanError) -> Self {
        Self::Malformed {
            line: error.marker().line(),
            what: error.info(),
        }
    }
}

/// The documents of a text; empty ones are left out.
pub(super) fn documents(text: &str) -> Result<Vec<Node>, YamlError> {
    let mut options = Options::default();
    options.emit_comments = false;
    let mut builder = Builder::default();
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event?;
        builder.take(event, span.start.line())?;
    }
    Ok(builder.documents)
}

/// A collection that is being filled.
enum Open {
    List(Vec<Node>),
    /// The entries, and the key that waits for its value.
    Map(Vec<(String, Node)>, Option<String>),
}

#[derive(Default)]
struct Builder {
    documents: Vec<Node>,
    /// Open collections with their line and anchor.
    open: Vec<(Open, u32, usize)>,
    /// What has an anchor, by its number.
    anchored: Vec<(usize, Node)>,
    nodes: usize,
    copied: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), YamlError> {
        match event {
            Event::Scalar(text, _, anchor, _) => {
                let text = Value::Scalar(Zeroizing::new(text.into_owned()));
                self.place(text, narrow(line), anchor, line)
            }
            Event::SequenceStart(_, anchor, _) => self.begin(Open::List(Vec::new()), anchor, line),
            Event::MappingStart(_, anchor, _) => {
                self.begin(Open::Map(Vec::new(), None), anchor, line)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(line),
            Event::Alias(anchor) => self.alias(anchor, line),
            Event::DocumentEnd => {
                self.anchored.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, open: Open, anchor: usize, line: usize) -> Result<(), YamlError> {
        if self.open.len() >= MAX_DEPTH {
            let what = "nested more than 100 deep";
            return Err(YamlError::TooMuch { line, what });
        }
        self.open.push((open, narrow(line), anchor));
        Ok(())
    }

    fn end(&mut self, line: usize) -> Result<(), YamlError> {
        let Some((open, began, anchor)) = self.open.pop() else {
            return Ok(());
        };
        let value = match open {
            Open::List(items) => Value::List(items),
            Open::Map(entries, _) => Value::Map(entries),
        };
        self.place(value, began, anchor, line)
    }

    fn alias(&mut self, anchor: usize, line: usize) -> Result<(), YamlError> {
        let found = self.anchored.iter().find(|(number, _)| *number == anchor);
        let Some((_, node)) = found else {
            let what = "an alias of what holds it".to_owned();
            return Err(YamlError::Malformed { line, what });
        };
        let (nodes, bytes) = size(node);
        self.nodes = self.nodes.saturating_add(nodes);
        self.copied = self.copied.saturating_add(bytes);
        if self.nodes > MAX_NODES || self.copied > MAX_COPIED {
            let what = "its aliases stand for more than is read";
            return Err(YamlError::TooMuch { line, what });
        }
        let value = copy(node).value;
        self.place(value, narrow(line), 0, line)
    }

    /// Puts a value where it belongs: it is a key, an entry, an item or a document.
    fn place(
        &mut self,
        value: Value,
        began: u32,
        anchor: usize,
        line: usize,
    ) -> Result<(), YamlError> {
        self.nodes = self.nodes.saturating_add(1);
        if self.nodes > MAX_NODES {
            let what = "more than 4,000,000 values";
            return Err(YamlError::TooMuch { line, what });
        }
        let node = Node { line: began, value };
        if anchor != 0 {
            let (nodes, bytes) = size(&node);
            self.nodes = self.nodes.saturating_add(nodes);
            self.copied = self.copied.saturating_add(bytes);
            self.anchored.push((anchor, copy(&node)));
        }
        match self.open.last_mut() {
            None => {
                if node.text().is_some() || !matches!(node.value, Value::Scalar(_)) {
                    self.documents.push(node);
                }
            }
            Some((Open::List(items), ..)) => items.push(node),
            Some((Open::Map(_, key @ None), ..)) => {
                *key = Some(node.text().unwrap_or_default().to_owned());
            }
            Some((Open::Map(entries, key), ..)) => {
                entries.push((key.take().unwrap_or_default(), node));
            }
        }
        Ok(())
    }
}

/// How many nodes and bytes of text there are, this one included.
fn size(node: &Node) -> (usize, usize) {
    let below: Box<dyn Iterator<Item = (usize, usize)>> = match &node.value {
        Value::Scalar(text) => return (1, text.len()),
        Value::List(items) => Box::new(items.iter().map(size)),
        Value::Map(entries) => Box::new(entries.iter().map(|(key, node)| {
            let (nodes, bytes) = size(node);
            (nodes, bytes.saturating_add(key.len()))
        })),
    };
    below.fold((1, 0), |(nodes, bytes), (more, longer)| {
        (nodes.saturating_add(more), bytes.saturating_add(longer))
    })
}

fn copy(node: &Node) -> Node {
    let value = match &node.value {
        Value::Scalar(text) => Value::Scalar(text.clone()),
        Value::List(items) => Value::List(items.iter().map(copy).collect()),
        Value::Map(entries) => {
            let entries = entries.iter().map(|(key, node)| (key.clone(), copy(node)));
            Value::Map(entries.collect())
        }
    };
    Node {
        line: node.line,
        value,
    }
}

/// No text has four thousand million lines.
fn narrow(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_keep_their_lines() {
        let text = "kind: A\nspec:\n  hosts: [x, \"*\"]\n---\n---\n{\"kind\": \"B\", \"n\": 7}\n";
        let documents = documents(text).ok().unwrap();
        assert_eq!(documents.len(), 2);
        assert_eq!(documents[0].text_at(&["kind"]), Some("A"));
        assert_eq!(
            documents[0].texts_at(&["spec", "hosts"]),
            [("x".to_owned(), 3), ("*".to_owned(), 3)]
        );
        assert_eq!(documents[1].text_at(&["n"]), Some("7"));
        assert_eq!(documents[1].get("n").unwrap().line, 6);
    }

    #[test]
    fn an_alias_is_a_copy() {
        let documents = documents("a: &x {k: v}\nb: *x\n").ok().unwrap();
        assert_eq!(documents[0].text_at(&["b", "k"]), Some("v"));
    }

    #[test]
    fn a_bomb_of_aliases_ends_at_the_bound() {
        let mut text = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..12 {
            let before = level - 1;
            let items = vec![format!("*a{before}"); 10].join(",");
            text = format!("{text}a{level}: &a{level} [{items}]\n");
        }
        let error = documents(&text).err().unwrap();
        assert!(matches!(error, YamlError::TooMuch { .. }), "{error}");
    }

    #[test]
    fn what_is_too_deep_or_torn_is_an_error_with_its_line() {
        let deep = documents(&"[".repeat(5000)).err().unwrap();
        let said = deep.to_string();
        assert!(
            said.contains("deep") || said.contains("recursion"),
            "{said}"
        );
        let torn = documents("a: b\nc: \"secret words").err().unwrap();
        assert!(torn.to_string().contains("line "), "{torn}");
        assert!(!torn.to_string().contains("words"), "{torn}");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a-c:&*!|>{}\\[\\],\"' \n-]{0,200}") {
            let _either = documents(&text);
        }
    }
}
