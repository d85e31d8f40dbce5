//! The filter as `run` and `replay` take it from the command line and the environment.

use std::net::IpAddr;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use globset::{GlobBuilder, GlobMatcher};
use ipnet::IpNet;

use super::Filter;
use super::cause::CauseParser;
use crate::report::{Cause, Outcome};

/// Which handshakes to show: failures, unless told otherwise.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Filters")]
pub struct FilterArgs {
    /// Show only these causes ("tlsmon explain" lists them)
    #[arg(long, env = "TLSMON_CAUSE", value_name = "CAUSE", value_delimiter = ',', value_parser = CauseParser, hide_possible_values = true)]
    pub cause: Vec<Cause>,

    /// Show only server names that match, as in '*.example.com'
    #[arg(long, env = "TLSMON_SNI", value_name = "GLOB", value_delimiter = ',', value_parser = glob)]
    pub sni: Vec<GlobMatcher>,

    /// Show only clients in these networks; an address alone is a network of one
    #[arg(long, env = "TLSMON_CLIENT", value_name = "CIDR", value_delimiter = ',', value_parser = network)]
    pub client: Vec<IpNet>,

    /// Show only servers in these networks
    #[arg(long, env = "TLSMON_SERVER", value_name = "CIDR", value_delimiter = ',', value_parser = network)]
    pub server: Vec<IpNet>,

    /// Show only handshakes with a pod or Service of these namespaces at an end, as in 'team-*'
    #[arg(long, env = "TLSMON_NAMESPACE", value_name = "GLOB", value_delimiter = ',', value_parser = glob)]
    pub namespace: Vec<GlobMatcher>,

    /// Show only handshakes with one of these pods at an end, as in 'web-*'
    #[arg(long, env = "TLSMON_POD", value_name = "GLOB", value_delimiter = ',', value_parser = glob)]
    pub pod: Vec<GlobMatcher>,

    /// Show only these outcomes
    #[arg(long, env = "TLSMON_OUTCOME", value_name = "OUTCOME", value_delimiter = ',', value_parser = outcomes())]
    pub outcome: Vec<Outcome>,

    /// Show every handshake, not failures only
    #[arg(long, env = "TLSMON_ALL", value_parser = clap::builder::FalseyValueParser::new())]
    pub all: bool,
}

impl From<FilterArgs> for Filter {
    fn from(args: FilterArgs) -> Self {
        Self {
            causes: args.cause,
            sni: args.sni,
            client: args.client,
            server: args.server,
            namespaces: args.namespace,
            pods: args.pod,
            outcomes: args.outcome,
            all: args.all,
        }
    }
}

fn outcomes() -> impl TypedValueParser<Value = Outcome> {
    PossibleValuesParser::new(Outcome::LABELS).try_map(|word| word.parse())
}

/// Names compare without regard to case (RFC 4343), and `*` crosses dots.
fn glob(pattern: &str) -> Result<GlobMatcher, globset::Error> {
    let glob = GlobBuilder::new(pattern).case_insensitive(true).build()?;
    Ok(glob.compile_matcher())
}

/// A network, or an address alone.
fn network(text: &str) -> Result<IpNet, String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.into());
    }
    text.parse().map_err(|cause: ipnet::AddrParseError| {
        format!("{cause}; a network is like 10.0.0.0/8 or 2001:db8::/32")
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use rstest::rstest;

    use super::*;
    use crate::report::example;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        filter: FilterArgs,
    }

    fn parse(arguments: &[&str]) -> Result<Filter, clap::Error> {
        let all = std::iter::once(&"tlsmon").chain(arguments);
        Command::try_parse_from(all).map(|command| command.filter.into())
    }

    #[test]
    fn values_may_be_repeated_or_separated_by_commas() {
        let filter = parse(&[
            "--cause=unknown-sni,no-sni-rejected",
            "--cause",
            "unexplained",
        ])
        .unwrap();
        let wanted = [Cause::UnknownSni, Cause::NoSniRejected, Cause::Unexplained];
        assert_eq!(filter.causes, wanted);
    }

    #[rstest]
    #[case::cause("--cause=no-sni", "no-sni-rejected")]
    #[case::outcome("--outcome=dead", "not_tls")]
    #[case::network("--client=10.0.0.0/99", "10.0.0.0/8")]
    #[case::glob("--sni=[a", "unclosed")]
    fn a_wrong_value_is_answered_with_what_is_right(#[case] argument: &str, #[case] said: &str) {
        let message = parse(&[argument]).unwrap_err().to_string();
        assert!(message.contains(said), "{message}");
    }

    #[rstest]
    #[case("api.example.com", true)]
    #[case("API.Example.COM", true)]
    #[case("*.example.com", true)]
    #[case("*", true)]
    #[case("example.com", false)]
    #[case("*.example.org", false)]
    fn a_glob_fits_whole_names_in_any_case(#[case] pattern: &str, #[case] fits: bool) {
        let filter = parse(&["--all", "--sni", pattern]).unwrap();
        assert_eq!(filter.matches(&example::established()), fits);
        assert!(!filter.matches(&example::no_sni()));
    }

    #[rstest]
    #[case("10.138.0.28")]
    #[case("10.138.0.28/16")]
    #[case("192.0.2.0/24,10.0.0.0/8")]
    fn a_client_is_picked_by_address_or_network(#[case] networks: &str) {
        let filter = parse(&["--client", networks]).unwrap();
        assert!(filter.matches(&example::no_sni()));
    }
}
