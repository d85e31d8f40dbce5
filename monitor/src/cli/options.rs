//! Flags that `run` and `replay` share.

use std::time::Duration;

use clap::Args;

use crate::filter::FilterArgs;
use crate::handshake::Deadlines;
use crate::sink::printer::Format;

/// In which form, for every verb that prints reports.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct OutputArgs {
    /// The form of the output
    #[arg(
        long = "output",
        env = "TLSMON_OUTPUT",
        value_enum,
        default_value_t,
        value_name = "FORM",
        id = "output"
    )]
    pub(crate) form: Format,
}

/// What is printed, and when silence is a finding.
#[derive(Args, Clone, Debug)]
pub(crate) struct ReportArgs {
    /// The form of the output.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// Exit with status 1 when a failing handshake was found
    #[arg(long, env = "TLSMON_FAIL", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) fail: bool,
    /// How long a SYN may stay unanswered
    #[arg(long, env = "TLSMON_CONNECT_TIMEOUT", value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub(crate) connect_timeout: Duration,
    /// How long a handshake message may stay unanswered
    #[arg(long, env = "TLSMON_ANSWER_TIMEOUT", value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) answer_timeout: Duration,
    /// How long a client may take for its first byte, or to choose a certificate that it is asked for
    #[arg(long, env = "TLSMON_IDLE_TIMEOUT", value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(crate) idle_timeout: Duration,
    /// Which handshakes are printed.
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
}

impl ReportArgs {
    /// The deadlines that these flags set.
    pub(crate) fn deadlines(&self) -> Deadlines {
        Deadlines {
            connect: self.connect_timeout,
            answer: self.answer_timeout,
            idle: self.idle_timeout,
            ..Deadlines::default()
        }
    }
}

/// A positive number of seconds, fractions allowed.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|error| format!("{error}"))?;
    let duration = Duration::try_from_secs_f64(number).map_err(|error| error.to_string())?;
    if duration.is_zero() {
        Err("must be more than zero".to_owned())
    } else {
        Ok(duration)
    }
}

/// The name of this node: what was said, else the host's.
#[cfg(feature = "live")]
pub(crate) fn node_name(said: Option<&str>) -> String {
    let host = || {
        let host = rustix::system::uname();
        host.nodename().to_string_lossy().into_owned()
    };
    said.map_or_else(host, str::to_owned)
}
