//! The scenarios as a person writes them: a text with a server, what is in the way, and the clients that come to it.
//!
//! ```text
//! server nginx certificate=expired              a server, with an address of its own
//! path node forward ip daddr SERVER drop        nft rules between them (at client, node or pod; SERVER and PORT are filled in)
//! run openssl,curl 1.2,1.3 name=a.example -> failed certificate-expired or certificate-rejected   # why both
//! ```
//!
//! Behind `->` stand the outcome and its cause; `or` another cause that is right as well, and `|` another outcome. The first is what
//! was set up, the others are what a wire that does not show all of it may honestly be taken for; the comment says why.
//!
//! A line `run` stands for one run of each client with each version, in that order; the runs of a server follow one another,
//! so what comes first is what later ones are compared with. The version `any` leaves the version to the client.

use std::fmt;

use anyhow::{Context as _, Result, bail};

use super::words::Words;

/// A server, and those who come to it one after another.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) server: String,
    pub(super) words: Words,
    pub(super) path: Vec<Obstacle>,
    pub(super) runs: Vec<Run>,
}

/// An nft rule in a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Obstacle {
    pub(super) place: String,
    pub(super) hook: String,
    pub(super) rule: String,
}

/// One client with one version.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) client: String,
    /// None leaves it to the client.
    pub(super) version: Option<String>,
    pub(super) words: Words,
    pub(super) expected: Expected,
}

/// What tlsmon must say: what was set up first, then what is right as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expected(Vec<Ending>);

/// An outcome, and one of these causes; none for what is no failure.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ending {
    outcome: String,
    causes: Vec<String>,
}

impl Expected {
    /// As the confusion table calls it.
    pub(super) fn label(&self) -> &str {
        let first = self.0.first();
        first.map_or("", |first| first.causes.first().unwrap_or(&first.outcome))
    }

    /// The outcome that was set up.
    pub(super) fn outcome(&self) -> &str {
        self.0.first().map_or("", |first| &first.outcome)
    }

    /// Whether it is no failure.
    pub(super) fn is_healthy(&self) -> bool {
        matches!(self.outcome(), "established" | "probe")
    }

    /// Whether this outcome with this cause (empty where there is none) is right.
    pub(super) fn holds(&self, outcome: &str, cause: &str) -> bool {
        let fits = |ending: &Ending| {
            let mut causes = ending.causes.iter();
            (ending.causes.is_empty() && cause.is_empty()) || causes.any(|one| one == cause)
        };
        let mut endings = self.0.iter();
        endings.any(|ending| ending.outcome == outcome && fits(ending))
    }
}

impl Block {
    /// As a person would call it.
    pub(super) fn title(&self) -> String {
        format!("{}{}", self.server, self.words)
    }

    /// The causes that its runs name, those that are right as well among them.
    pub(super) fn causes(&self) -> impl Iterator<Item = &str> {
        let endings = self.runs.iter().flat_map(|run| &run.expected.0);
        endings.flat_map(|ending| ending.causes.iter().map(String::as_str))
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version.as_deref().unwrap_or("any");
        write!(f, "{} {version}{}", self.client, self.words)
    }
}

/// Reads a table.
pub(super) fn read(text: &str) -> Result<Vec<Block>> {
    let mut blocks = Vec::new();
    for (number, line) in text.lines().enumerate() {
        add(line, &mut blocks).with_context(|| format!("line {}: {line}", number + 1))?;
    }
    Ok(blocks)
}

fn add(line: &str, blocks: &mut Vec<Block>) -> Result<()> {
    let line = line.split(" #").next().unwrap_or_default().trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(());
    }
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    if verb == "server" {
        blocks.push(server(rest)?);
        return Ok(());
    }
    let block = blocks.last_mut().context("before the first server")?;
    match verb {
        "path" => block.path.push(obstacle(rest)?),
        "run" => block.runs.extend(runs(rest)?),
        _ => bail!("{verb} is neither server, path nor run"),
    }
    Ok(())
}

fn server(rest: &str) -> Result<Block> {
    let mut words = rest.split_whitespace();
    Ok(Block {
        server: words.next().context("which server?")?.to_owned(),
        words: Words::read(words)?,
        path: Vec::new(),
        runs: Vec::new(),
    })
}

fn obstacle(rest: &str) -> Result<Obstacle> {
    let mut words = rest.splitn(3, ' ').map(str::to_owned);
    let mut next = |what: &str| words.next().with_context(|| format!("{what} is missing"));
    Ok(Obstacle {
        place: next("the place")?,
        hook: next("the hook")?,
        rule: next("the rule")?,
    })
}

fn runs(rest: &str) -> Result<Vec<Run>> {
    let (who, what) = rest.split_once(" -> ").context("there is no \" -> \"")?;
    let mut words = who.split_whitespace();
    let clients = words.next().context("which client?")?;
    let versions = words.next().context("which version?")?;
    let words = Words::read(words)?;
    let expected = expected(what)?;
    let of = |client: &str, version: &str| Run {
        client: client.to_owned(),
        version: (version != "any").then(|| version.to_owned()),
        words: words.clone(),
        expected: expected.clone(),
    };
    let pairs = clients.split(',').flat_map(|client| {
        let versions = versions.split(',');
        versions.map(move |version| (client, version))
    });
    Ok(pairs.map(|(client, version)| of(client, version)).collect())
}

fn expected(text: &str) -> Result<Expected> {
    let endings = text.split(" | ").map(|part| ending(part.trim()));
    Ok(Expected(endings.collect::<Result<_>>()?))
}

fn ending(text: &str) -> Result<Ending> {
    let (outcome, causes) = text.split_once(' ').unwrap_or((text, ""));
    let known = ["established", "probe", "failed", "not_tls"];
    if !known.contains(&outcome) {
        bail!("the outcome is one of {}", known.join(", "));
    }
    let causes = causes.split(" or ").map(str::trim);
    let causes: Vec<_> = causes.filter(|cause| !cause.is_empty()).collect();
    match outcome {
        "failed" if causes.is_empty() => bail!("a failure has a cause"),
        "established" | "probe" if !causes.is_empty() => bail!("what is no failure has no cause"),
        _ => {}
    }
    Ok(Ending {
        outcome: outcome.to_owned(),
        causes: causes.into_iter().map(str::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stands_for_each_client_with_each_version() {
        let text = "# a comment\nserver nginx certificate=expired\nrun openssl,curl 1.2,any name=a -> failed certificate-expired or certificate-rejected | established  # why\n";
        let blocks = read(text).unwrap();
        let runs: Vec<_> = blocks[0].runs.iter().map(Run::to_string).collect();
        assert_eq!(
            runs,
            [
                "openssl 1.2 name=a",
                "openssl any name=a",
                "curl 1.2 name=a",
                "curl any name=a"
            ]
        );
        let expected = &blocks[0].runs[0].expected;
        assert_eq!(expected.label(), "certificate-expired");
        assert!(
            expected.holds("failed", "certificate-rejected") && expected.holds("established", "")
        );
        assert!(!expected.holds("failed", "") && !expected.holds("probe", ""));
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_line() {
        for (text, said) in [
            ("run openssl any -> established", "before the first server"),
            ("server a\nrun openssl any -> fine", "the outcome is one of"),
            (
                "server a\nrun openssl any -> failed",
                "a failure has a cause",
            ),
            ("server a b", "not key=value"),
            ("server a\nrum openssl", "neither server, path nor run"),
        ] {
            let error = format!("{:#}", read(text).unwrap_err());
            assert!(error.contains(said), "{error}");
            assert!(error.starts_with("line "), "{error}");
        }
    }
}
