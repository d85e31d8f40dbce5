//! `tlsmon generate`: files for other programs, made from the same definitions that the program itself uses.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use clap_complete::Shell;

use super::config::{CONFIGURED, is_setting};
use super::{CliError, Exit, command, print};
use crate::sink::schema;

/// What to print.
#[derive(Args, Debug)]
pub(crate) struct GenerateArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Shell completions
    Completions {
        /// The shell
        shell: Shell,
    },
    /// The man page, in roff: of all, or of one verb
    Man {
        /// The verb
        #[arg(value_name = "VERB")]
        verb: Option<String>,
    },
    /// The JSON Schema of what `--output json` prints
    Schema,
    /// The OpenAPI document of the agent's API
    Openapi,
    /// A configuration file with every setting, its default and its meaning
    Config,
}

pub(super) fn generate(args: &GenerateArgs) -> Result<Exit, CliError> {
    print(&match &args.what {
        What::Completions { shell } => completions(*shell),
        What::Man { verb } => man(verb.as_deref())?,
        What::Schema => format!("{:#}\n", schema::schema().to_value()),
        What::Openapi => format!("{:#}\n", crate::server::openapi()),
        What::Config => config(),
    })
}

fn completions(shell: Shell) -> String {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut command(), "tlsmon", &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// The page of all verbs, which names those of each, or the page of one.
fn man(verb: Option<&str>) -> Result<String, CliError> {
    let mut command = command();
    command.build();
    let page = match verb {
        None => Some(command),
        Some(verb) => command.find_subcommand(verb).cloned(),
    };
    let page = page.ok_or_else(|| CliError::NoVerb(verb.unwrap_or_default().to_owned()))?;
    let name = page.get_display_name().unwrap_or("tlsmon").to_owned();
    let mut out = Vec::new();
    clap_mangen::Man::new(page.name(name))
        .render(&mut out)
        .map_err(|source| CliError::System {
            doing: "write the man page",
            source,
        })?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn config() -> String {
    let mut text = String::from(
        "# tlsmon settings. The environment and the command line come before this file.\n\
         # A setting holds for every verb that has it. Without \"port\", run watches 443 and replay all ports.\n",
    );
    let mut seen: Vec<String> = Vec::new();
    let mut command = command();
    command.build();
    for verb in CONFIGURED {
        let Some(sub) = command.find_subcommand(verb) else {
            continue;
        };
        for arg in sub.get_arguments().filter(|arg| !arg.is_hide_set()) {
            let Some(long) = arg
                .get_long()
                .filter(|long| is_setting(verb, long) && !seen.iter().any(|name| name == long))
            else {
                continue;
            };
            seen.push(long.to_owned());
            let _ = write!(
                text,
                "\n# {}\n#{long} = {}\n",
                arg.get_help().unwrap_or_default(),
                default_of(arg)
            );
        }
    }
    text
}

fn default_of(arg: &clap::Arg) -> String {
    let quoted = |value: &clap::builder::OsStr| match value.to_string_lossy().as_ref() {
        flag @ ("true" | "false") => flag.to_owned(),
        text => format!("{text:?}"),
    };
    match arg.get_default_values() {
        [] if matches!(arg.get_action(), clap::ArgAction::SetTrue) => "false".to_owned(),
        [] => "[]".to_owned(),
        [one] => quoted(one),
        many => format!(
            "[{}]",
            many.iter().map(quoted).collect::<Vec<_>>().join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;

    use super::*;
    use crate::cli::{Cli, config::with_defaults};

    fn parsed(command: clap::Command, args: &[&str]) -> String {
        let matches = command.try_get_matches_from(args).unwrap();
        format!("{:#?}", Cli::from_arg_matches(&matches).unwrap())
    }

    #[test]
    fn the_printed_file_says_what_holds_without_it() {
        let printed = config();
        let settings = printed.lines().filter_map(|line| line.strip_prefix('#'));
        let settings = settings.filter(|line| !line.starts_with(' ') && !line.ends_with("[]"));
        // The one default that differs between verbs; the head of the file says so.
        let settings = settings.filter(|line| !line.starts_with("port "));
        let settings: Vec<_> = settings.collect();
        assert!(settings.len() > 4, "{printed}");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tlsmon.toml");
        std::fs::write(&file, settings.join("\n")).unwrap();
        for args in [
            &["tlsmon", "run"][..],
            &["tlsmon", "replay", "x"],
            &["tlsmon", "probe", "x"],
        ] {
            if command().find_subcommand(args[1]).is_none() {
                continue;
            }
            let with_file = with_defaults(command(), &file).unwrap();
            assert_eq!(parsed(with_file, args), parsed(command(), args), "{args:?}");
        }
    }
}
