//! Commands that ask a server again what a client asked it.

use super::record::Record;
use crate::report::Cause;

/// A command, and what it tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    /// What it shows.
    pub(crate) what: &'static str,
    /// As a shell takes it.
    pub(crate) line: String,
}

/// Those for this handshake.
pub(crate) fn all(record: &Record) -> Vec<Command> {
    let server = record.server.socket();
    let name = record.sni.as_deref();
    let command = |what, line| Command { what, line };
    let mut all = vec![command(
        "the question of the runbook, and what the answers mean",
        probe(&server, name),
    )];
    all.push(command("the handshake by hand", openssl(&server, name)));
    all.push(command("a request over it", curl(record, name)));
    if let Ok(cause) = record.word().parse::<Cause>() {
        all.push(command(
            "what the cause means",
            format!("tlsmon explain {cause}"),
        ));
    }
    all
}

fn probe(server: &str, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("tlsmon probe {server} --sni {}", quoted(name)),
        None => format!("tlsmon probe {server}"),
    }
}

fn openssl(server: &str, name: Option<&str>) -> String {
    let sni = name.map_or_else(
        || "-noservername".to_owned(),
        |name| format!("-servername {}", quoted(name)),
    );
    format!("openssl s_client -connect {server} {sni} -showcerts </dev/null")
}

/// curl sends the name of the URL, and none for an address.
fn curl(record: &Record, name: Option<&str>) -> String {
    let port = record.server.port;
    let Some(address) = record.server.address else {
        return String::new();
    };
    let host = if address.is_ipv6() {
        format!("[{address}]")
    } else {
        address.to_string()
    };
    match name {
        Some(name) => {
            let to = quoted(&format!("{name}:{port}:{host}"));
            let url = quoted(&format!("https://{name}:{port}/"));
            format!("curl -v --resolve {to} {url}")
        }
        None => format!("curl -vk https://{host}:{port}/"),
    }
}

/// As one word of a shell: a name from the wire must not become a command.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_:/[]".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) && !word.starts_with('-') {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::failure;
    use super::*;

    #[test]
    fn the_commands_ask_for_the_same_name_at_the_same_place() {
        let lines = |name| -> Vec<String> {
            let record = failure(0, 1, name, "unknown-sni");
            all(&record)
                .into_iter()
                .map(|command| command.line)
                .collect()
        };
        assert_eq!(
            lines(Some("a.example")),
            [
                "tlsmon probe 10.4.2.7:443 --sni a.example",
                "openssl s_client -connect 10.4.2.7:443 -servername a.example -showcerts </dev/null",
                "curl -v --resolve a.example:443:10.4.2.7 https://a.example:443/",
                "tlsmon explain unknown-sni",
            ]
        );
        assert!(lines(None)[1].contains("-noservername"));
    }

    #[test]
    fn a_name_from_the_wire_is_one_word_of_the_shell() {
        for hostile in [
            "a'; rm -rf /; '",
            "$(reboot)",
            "-oProxyCommand=x",
            "a b",
            "`x`",
        ] {
            let record = failure(0, 1, Some(hostile), "unknown-sni");
            for command in all(&record).iter().take(3) {
                let outside: String = command
                    .line
                    .replace(r"'\''", "")
                    .split('\'')
                    .step_by(2)
                    .collect();
                assert!(!outside.contains(['$', ';', '`']), "{}", command.line);
            }
        }
    }
}
