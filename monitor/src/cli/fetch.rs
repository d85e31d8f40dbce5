//! Asks a running agent.

use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long to wait for a connection, and for each piece of an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer that is taken.
const LARGEST: u64 = 2 << 30;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// Nobody answers there.
    #[error("cannot ask the agent on {agent}")]
    Unreachable {
        /// Where.
        agent: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// It does not give what was asked for.
    #[error("the agent on {agent} answers {status}: {said}")]
    Refused {
        /// Where.
        agent: SocketAddr,
        /// The status of HTTP.
        status: u16,
        /// What it says.
        said: String,
    },
    /// What answers is no agent, or stopped in between.
    #[error("the answer of {agent} {what}")]
    Odd {
        /// Where.
        agent: SocketAddr,
        /// What is wrong with it.
        what: &'static str,
    },
}

impl FetchError {
    /// What to do about it.
    pub(crate) fn help(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => {
                "is \"tlsmon run\" running there? for a pod: kubectl port-forward POD 9469, then --connect 127.0.0.1:9469"
            }
            Self::Refused { status: 404, .. } => {
                "GET /api/v1/handshakes lists the failures; only those that are kept have packets (--proof-mib, --proofs of \"tlsmon run\")"
            }
            Self::Refused { .. } => "see docs/api.md",
            Self::Odd { .. } => "is it the address of a tlsmon agent?",
        }
    }
}

/// What the agent answers to a path with a query.
pub(crate) fn get(
    agent: SocketAddr,
    path: &str,
    query: &[(&str, String)],
) -> Result<Vec<u8>, FetchError> {
    let answer = exchange(agent, &with_query(path, query));
    let answer = answer.map_err(|source| FetchError::Unreachable { agent, source })?;
    let odd = |what| FetchError::Odd { agent, what };
    let end = answer.windows(4).position(|part| part == b"\r\n\r\n");
    let (head, body) = answer.split_at(end.ok_or_else(|| odd("is not HTTP"))?);
    let body = body.get(4..).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    let status = status_of(&head).ok_or_else(|| odd("is not HTTP"))?;
    if content_length(&head).is_some_and(|len| len != body.len()) {
        return Err(odd("ended before its end"));
    }
    if status == 200 {
        return Ok(body.to_vec());
    }
    let said = String::from_utf8_lossy(body).trim().to_owned();
    Err(FetchError::Refused {
        agent,
        status,
        said,
    })
}

/// HTTP/1.0: the answer comes in one piece, and the connection ends with it.
fn exchange(agent: SocketAddr, target: &str) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&agent, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET {target} HTTP/1.0\r\nHost: {agent}\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(LARGEST).read_to_end(&mut answer)?;
    Ok(answer)
}

/// `HTTP/1.0 200 OK`
fn status_of(head: &str) -> Option<u16> {
    let (version, rest) = head.split_once(' ')?;
    let digits = rest.get(..3).filter(|_| version.starts_with("HTTP/1."))?;
    digits.parse().ok()
}

fn content_length(head: &str) -> Option<usize> {
    let fields = head.lines().filter_map(|line| line.split_once(':'));
    let mut lengths = fields.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    lengths.next()?.1.trim().parse().ok()
}

fn with_query(path: &str, query: &[(&str, String)]) -> String {
    let mut target = path.to_owned();
    for (number, (key, value)) in query.iter().enumerate() {
        target.push(if number == 0 { '?' } else { '&' });
        target.push_str(key);
        target.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~,".contains(&byte) {
                target.push(char::from(byte));
            } else {
                // Writing into a String cannot fail.
                let _ = write!(target, "%{byte:02X}");
            }
        }
    }
    target
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped() {
        let query = [
            ("sni", "*.a b".to_owned()),
            ("client", "fd77::/16".to_owned()),
        ];
        assert_eq!(
            with_query("/x", &query),
            "/x?sni=%2A.a%20b&client=fd77%3A%3A%2F16"
        );
    }

    #[test]
    fn an_address_where_nobody_listens_is_named_with_a_remedy() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let agent = free.local_addr().unwrap();
        drop(free);
        let error = get(agent, "/", &[]).unwrap_err();
        assert!(error.to_string().contains(&agent.to_string()));
        assert!(error.help().contains("port-forward"));
    }
}
