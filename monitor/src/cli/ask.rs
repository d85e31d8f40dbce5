//! Asks a running agent: which one, and what it takes to be let in.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use hyper::StatusCode;
use tokio::runtime::Builder;

use crate::remote::{Address, Agent, Broken, Trust};

/// What an agent beyond this host asks for.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct KeyArgs {
    /// A file with the token that the agent asks for, where it is not on this host
    #[arg(long, env = "TLSMON_TOKEN_FILE", value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// A file with the certificate of who issued the agent's (PEM), for https
    #[arg(long, env = "TLSMON_CA_FILE", value_name = "FILE")]
    ca_file: Option<PathBuf>,
}

/// Why a file that lets one in cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// The token.
    #[error("cannot read the token in {0}")]
    Token(PathBuf, #[source] std::io::Error),
    /// The certificate of the issuer.
    #[error("cannot read the certificates in {0}")]
    Trust(PathBuf, #[source] std::io::Error),
}

impl KeyError {
    /// What to do about it.
    pub(crate) const fn help(&self) -> &'static str {
        match self {
            Self::Token(..) => "--token-file names a file with the agent's token in it",
            Self::Trust(..) => {
                "--ca-file names a PEM file with the certificate of who issued the agent's"
            }
        }
    }
}

impl KeyArgs {
    /// The agent at this address.
    pub(crate) fn agent(&self, address: &Address) -> Result<Agent, KeyError> {
        Ok(Agent {
            name: address.to_string(),
            address: address.clone(),
            token: self.token()?,
            trust: self.trust()?,
        })
    }

    /// The token, where there is one.
    pub(crate) fn token(&self) -> Result<Option<String>, KeyError> {
        let read = |path: &Path| {
            let text = std::fs::read_to_string(path);
            text.map_err(|cause| KeyError::Token(path.to_owned(), cause))
        };
        let text = self.token_file.as_deref().map(read).transpose()?;
        Ok(text.map(|text| text.trim().to_owned()))
    }

    fn trust(&self) -> Result<Option<Trust>, KeyError> {
        let read = |path: &Path| {
            Trust::of_file(path).map_err(|cause| KeyError::Trust(path.to_owned(), cause))
        };
        self.ca_file.as_deref().map(read).transpose()
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// A file that lets one in cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Nothing can be asked at all.
    #[error("cannot prepare to ask")]
    Runtime(#[source] std::io::Error),
    /// The agent does not answer, or refuses to.
    #[error("cannot ask the agent on {agent}")]
    Broken {
        /// Where.
        agent: String,
        /// Why.
        source: Broken,
    },
    /// What answers is no agent.
    #[error("the answer of {agent} {what}")]
    Odd {
        /// Where.
        agent: String,
        /// What is wrong with it.
        what: &'static str,
    },
}

impl FetchError {
    /// What to do about it.
    pub(crate) fn help(&self) -> &'static str {
        match self {
            Self::Key(error) => error.help(),
            Self::Runtime(_) => "has this host open files and memory left? see ulimit -n",
            Self::Broken { source, .. } => match source {
                Broken::Refused(StatusCode::NOT_FOUND, _) => {
                    "GET /api/v1/handshakes lists the failures; only those that are kept have packets (--proof-mib, --proofs of \"tlsmon run\")"
                }
                Broken::Refused(StatusCode::UNAUTHORIZED, _) => {
                    "--token-file names a file with the agent's token in it"
                }
                Broken::Refused(..) => "see docs/api.md",
                _ => {
                    "is \"tlsmon run\" running there? for a pod: kubectl port-forward POD 9469, then --connect 127.0.0.1:9469"
                }
            },
            Self::Odd { .. } => "is it the address of a tlsmon agent?",
        }
    }
}

/// What the agent answers to a path with a query.
pub(crate) fn get(
    agent: &Agent,
    path: &str,
    query: &[(&str, String)],
) -> Result<Vec<u8>, FetchError> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(FetchError::Runtime)?;
    let answer = runtime.block_on(agent.whole(&with_query(path, query)));
    answer.map_err(|source| FetchError::Broken {
        agent: agent.name.clone(),
        source,
    })
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
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let agent = KeyArgs::default().agent(&address.parse().unwrap()).unwrap();
        let error = get(&agent, "/", &[]).unwrap_err();
        assert!(error.to_string().contains(&address));
        assert!(error.help().contains("port-forward"));
    }
}
