//! What a query asks for: the filter of the command line, and how much of what in which form.

use axum::http::{HeaderMap, header};

use crate::filter::Filter;
use crate::sink::position::Position;

/// What somebody asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Ask {
    pub(super) filter: Filter,
    /// At most so many.
    pub(super) limit: Option<usize>,
    /// What came after this.
    pub(super) since: Option<Position>,
    /// As server-sent events, if that was said.
    pub(super) is_sse: Option<bool>,
}

/// Reads a query in which these mean something besides the filter; the error says which word of it is wrong.
pub(super) fn read(pairs: &[(String, String)], own: &[&str]) -> Result<Ask, String> {
    let mut ask = Ask::default();
    let (ours, others): (Vec<_>, Vec<_>) = pairs
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .partition(|(key, _)| own.contains(key));
    for (key, value) in ours {
        ask.set(key, value)?;
    }
    ask.filter = Filter::from_query(others).map_err(|error| error.to_string())?;
    Ok(ask)
}

/// The same of the stream, where `Last-Event-ID` and `Accept` say what `since` and `format` would.
pub(super) fn of_stream(pairs: &[(String, String)], headers: &HeaderMap) -> Result<Ask, String> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let mut ask = read(pairs, &["since", "format"])?;
    let resumed = header("last-event-id").and_then(|id| id.parse().ok());
    ask.since = ask.since.or(resumed);
    let accepted = header(header::ACCEPT.as_str());
    let takes_sse = accepted.is_some_and(|kinds| kinds.contains("event-stream"));
    ask.is_sse = ask.is_sse.or(Some(takes_sse));
    Ok(ask)
}

impl Ask {
    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        match (key, value) {
            ("format", "sse") => self.is_sse = Some(true),
            ("format", "ndjson") => self.is_sse = Some(false),
            ("format", _) => return Err(format!("format: {value:?} is neither ndjson nor sse")),
            ("since", _) => {
                let position = value.parse();
                self.since =
                    Some(position.map_err(|error| format!("since: {value:?} is {error}"))?);
            }
            _ => {
                let limit = value.parse();
                self.limit =
                    Some(limit.map_err(|_error| format!("limit: {value:?} is not a number"))?);
            }
        }
        Ok(())
    }
}

/// The same where only some parameters mean anything.
pub(super) fn only(pairs: &[(String, String)], known: &[&str]) -> Result<Ask, String> {
    let stranger = pairs.iter().find(|(key, _)| !known.contains(&key.as_str()));
    match stranger {
        None => read(pairs, &["limit"]),
        Some((key, _)) if known.is_empty() => Err(format!("{key}: this takes no parameters")),
        Some((key, _)) => Err(format!("{key}: this takes {}", known.join(" and "))),
    }
}
