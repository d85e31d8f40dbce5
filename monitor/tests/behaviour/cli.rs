//! The command line: exit statuses, messages, and output that programs can rely on.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn tlsmon(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("tlsmon"));
    command.args(args).env_clear();
    command
}

fn capture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/captures")
        .join(name)
        .display()
        .to_string()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn objects(output: &Output) -> Vec<serde_json::Value> {
    stdout(output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn every_capture() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "pcap")
    });
    files.sort();
    files
}

#[test]
fn a_capture_without_failures_ends_with_0_and_one_with_failures_too() {
    for name in ["ok_tls13.pcap", "nosni_envoy.pcap"] {
        assert_eq!(
            tlsmon(&["replay", &capture(name)]).status.code(),
            Some(0),
            "{name}"
        );
    }
}

#[test]
fn with_fail_the_status_tells_whether_there_were_failures() {
    assert_eq!(
        tlsmon(&["replay", "--fail", &capture("ok_tls13.pcap")])
            .status
            .code(),
        Some(0)
    );
    assert_eq!(
        tlsmon(&["replay", "--fail", &capture("nosni_envoy.pcap")])
            .status
            .code(),
        Some(1)
    );
}

#[test]
fn failures_only_are_printed_unless_all_are_asked_for() {
    let ok = capture("ok_tls13.pcap");
    assert_eq!(stdout(&tlsmon(&["replay", &ok])), "");
    assert!(stdout(&tlsmon(&["replay", "--all", &ok])).contains("established"));
}

#[test]
fn people_read_the_verdict_its_evidence_and_the_next_step() {
    let text = stdout(&tlsmon(&["replay", &capture("nosni_envoy.pcap")]));
    for words in [
        "no-sni-rejected (likely)",
        "server RST",
        "without server_name",
        "next: send SNI",
        "tlsmon explain no-sni-rejected",
    ] {
        assert!(text.contains(words), "{words:?} is not in\n{text}");
    }
}

#[test]
fn data_goes_to_stdout_and_talk_to_stderr() {
    let output = tlsmon(&[
        "replay",
        "--output",
        "json",
        "--all",
        &capture("nosni_envoy.pcap"),
    ]);
    let objects = objects(&output);
    assert_eq!(objects.len(), 2, "a handshake and a summary");
    assert_eq!(
        (&objects[0]["type"], &objects[1]["type"]),
        (&"handshake".into(), &"summary".into())
    );
    assert_eq!(stderr(&output), "");
    assert!(
        stderr(&tlsmon(&["replay", &capture("nosni_envoy.pcap")])).contains("no-sni-rejected"),
        "the summary table"
    );
}

#[test]
fn every_line_of_every_capture_is_valid_by_the_printed_schema() {
    let schema: serde_json::Value =
        serde_json::from_str(&stdout(&tlsmon(&["generate", "schema"]))).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for path in every_capture() {
        let output = tlsmon(&[
            "replay",
            "--output",
            "json",
            "--all",
            path.to_str().unwrap(),
        ]);
        for object in objects(&output) {
            let errors: Vec<_> = validator
                .iter_errors(&object)
                .map(|error| error.to_string())
                .collect();
            assert!(errors.is_empty(), "{}: {errors:?}", path.display());
        }
    }
}

#[test]
fn a_capture_on_standard_input_gives_the_same_as_from_its_file() {
    let path = capture("nosni_envoy.pcap");
    let piped = command(&["replay", "--output", "json", "-"])
        .stdin(std::fs::File::open(&path).unwrap())
        .output()
        .unwrap();
    assert_eq!(
        stdout(&piped),
        stdout(&tlsmon(&["replay", "--output", "json", &path]))
    );
}

#[test]
fn filters_choose_what_is_printed() {
    let path = capture("badsni_envoy.pcap");
    for (flag, value, printed) in [
        ("--cause", "unknown-sni", true),
        ("--cause", "no-sni-rejected", false),
        ("--sni", "*.test", true),
        ("--sni", "*.example", false),
        ("--client", "10.77.0.0/24", true),
        ("--server", "192.0.2.0/24", false),
        ("--outcome", "established", false),
    ] {
        let output = tlsmon(&["replay", flag, value, &path]);
        assert_eq!(!stdout(&output).is_empty(), printed, "{flag} {value}");
    }
}

#[test]
fn a_port_set_narrows_a_replay() {
    let path = capture("nosni_envoy.pcap");
    assert_eq!(
        stdout(&tlsmon(&["replay", "--port", "8000-9000", &path])),
        ""
    );
    assert!(!stdout(&tlsmon(&["replay", "--port", "443,8443", &path])).is_empty());
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_would_be_right() {
    for (args, words) in [
        (&["replay"][..], "<FILE>"),
        (&["replay", "--port", "0", "x"], "not a port"),
        (&["replay", "--port", "9-3", "x"], "ends before it begins"),
        (&["replay", "--cause", "bad-luck", "x"], "tlsmon explain"),
        (&["replay", "--client", "10.0.0.0/99", "x"], "10.0.0.0/99"),
        (&["replay", "--answer-timeout", "0", "x"], "more than zero"),
        (&["replay", "--no-such-flag", "x"], "--no-such-flag"),
        (&["explain", "bad-luck"], "tlsmon explain"),
        (&["explain", "sni"], "'no-sni-rejected', 'unknown-sni'"),
        (&["no-such-verb"], "no-such-verb"),
    ] {
        let output = tlsmon(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(
            stderr(&output).contains(words),
            "{args:?}: {words:?} is not in\n{}",
            stderr(&output)
        );
    }
}

#[test]
fn a_replay_has_no_names_to_filter_by_and_says_so() {
    let file = capture("badsni_envoy.pcap");
    for filter in ["--pod=web-*", "--namespace=shop"] {
        let output = tlsmon(&["replay", filter, &file]);
        assert_eq!(output.status.code(), Some(2), "{filter}");
        assert_eq!(stdout(&output), "");
        let said = stderr(&output);
        assert!(
            said.contains("addresses, no names") && said.contains("help: "),
            "{said}"
        );
    }
}

#[test]
fn an_unreadable_capture_ends_with_2_says_where_and_what_to_do_and_still_reads_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(capture("nosni_envoy.pcap")).unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    for (path, words) in [
        (file("empty", b""), "empty"),
        (
            file("foreign", b"PK\x03\x04 this is no capture at all"),
            "neither pcap nor pcapng",
        ),
        (file("torn", &whole[..whole.len() - 7]), "cut short"),
        ("/no/such/file".to_owned(), "No such file"),
    ] {
        let output = tlsmon(&["replay", &path, &capture("badsni_envoy.pcap")]);
        assert_eq!(output.status.code(), Some(2), "{path}");
        assert!(
            stderr(&output).contains(words) && stderr(&output).contains(&path),
            "{}",
            stderr(&output)
        );
        assert!(
            stdout(&output).contains("unknown-sni"),
            "the other file is read"
        );
    }
    let torn = tlsmon(&["replay", &file("torn", &whole[..whole.len() - 7])]);
    assert!(
        stderr(&torn).contains("byte 7"),
        "the offset is told: {}",
        stderr(&torn)
    );
    assert!(stderr(&torn).contains("help: "), "{}", stderr(&torn));
}

#[test]
fn a_reader_that_goes_away_ends_the_command_quietly_with_0() {
    let mut files: Vec<String> = every_capture()
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    files.extend(files.clone());
    let mut args = vec!["replay", "--all", "--output", "json"];
    args.extend(files.iter().map(String::as_str));
    let mut child = command(&args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), stderr(&output)),
        (Some(0), String::new())
    );
}

#[test]
fn the_order_is_file_then_environment_then_flag() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("tlsmon.toml");
    std::fs::write(
        &config,
        "all = true\noutput = \"json\"\ncause = [\"unknown-sni\"]\n",
    )
    .unwrap();
    let config = config.display().to_string();
    let path = capture("badsni_envoy.pcap");
    let from_file = tlsmon(&["replay", "--config", &config, &path]);
    assert!(
        stdout(&from_file).starts_with('{'),
        "{}",
        stderr(&from_file)
    );
    let by_environment = command(&["replay", "--config", &config, &path])
        .env("TLSMON_OUTPUT", "text")
        .output()
        .unwrap();
    assert!(!stdout(&by_environment).starts_with('{'));
    let by_flag = command(&["replay", "--config", &config, "--output", "json", &path])
        .env("TLSMON_OUTPUT", "text")
        .output()
        .unwrap();
    assert!(stdout(&by_flag).starts_with('{'));
}

#[test]
fn a_configuration_with_an_unknown_name_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("tlsmon.toml");
    std::fs::write(&config, "interfaec = \"eth0\"\n").unwrap();
    let output = tlsmon(&["replay", "--config", config.to_str().unwrap(), "x"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("interfaec") && stderr(&output).contains("help: "),
        "{}",
        stderr(&output)
    );
}

#[cfg(all(feature = "live", feature = "kubernetes"))]
#[test]
fn a_kubeconfig_that_is_not_there_is_named_with_what_to_do() {
    let args = ["run", "--listen", "none", "--kubernetes", "kubectl"];
    let output = command(&args)
        .env("KUBECONFIG", "/no/such/kubeconfig")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = stderr(&output);
    assert!(
        said.contains("/no/such/kubeconfig") && said.contains("help: set KUBECONFIG"),
        "{said}"
    );
}

#[test]
fn the_printed_configuration_is_one_that_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("tlsmon.toml");
    let printed = stdout(&tlsmon(&["generate", "config"]));
    let set: String = printed
        .lines()
        .map(|line| {
            let setting = line
                .strip_prefix('#')
                .filter(|setting| !setting.starts_with(' ') && !setting.ends_with("[]"));
            setting.unwrap_or(line).to_owned() + "\n"
        })
        .collect();
    assert!(set.contains("\noutput = \"text\""), "{set}");
    std::fs::write(&config, set).unwrap();
    let output = tlsmon(&[
        "replay",
        "--config",
        config.to_str().unwrap(),
        &capture("nosni_envoy.pcap"),
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn every_cause_is_explained() {
    let overview = stdout(&tlsmon(&["explain"]));
    let entries = overview
        .lines()
        .filter_map(|line| line.strip_prefix("  - "));
    let causes: Vec<_> = entries
        .map(|entry| entry.split(':').next().unwrap())
        .collect();
    assert_eq!(causes.len(), monitor::report::Cause::ALL.len());
    for cause in causes {
        let page = stdout(&tlsmon(&["explain", cause]));
        assert!(
            page.starts_with(&format!("{cause}\n")) && page.contains("  Next: "),
            "{cause}: {page}"
        );
    }
}

#[test]
fn completions_and_the_man_page_name_the_verbs() {
    for args in [
        &["generate", "completions", "bash"][..],
        &["generate", "completions", "zsh"],
        &["generate", "completions", "fish"],
        &["generate", "man"],
    ] {
        assert!(stdout(&tlsmon(args)).contains("replay"), "{args:?}");
    }
}

#[test]
fn bytes_from_the_wire_never_reach_the_terminal_raw() {
    for path in every_capture() {
        let output = tlsmon(&[
            "replay",
            "--all",
            "--color",
            "never",
            path.to_str().unwrap(),
        ]);
        let odd = output
            .stdout
            .iter()
            .find(|byte| byte.is_ascii_control() && **byte != b'\n');
        assert_eq!(odd, None, "{}", path.display());
    }
}

fn manifest(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/manifests")
        .join(name)
        .display()
        .to_string()
}

fn check(files: &[&str], others: &[&str]) -> Output {
    let files: Vec<_> = files.iter().map(|name| manifest(name)).collect();
    let mut args = vec!["check"];
    args.extend(files.iter().map(String::as_str));
    args.extend(others);
    tlsmon(&args)
}

#[test]
fn a_check_names_what_makes_clients_fail_and_where() {
    let text = stdout(&check(&["gateways.yaml", "secrets.yaml"], &[]));
    for words in [
        "tls.key of Secret istio-system/shop-tls: does not belong to the certificate",
        "and not for pay.example",
        "is no base64",
        "takes TLS 1.3 alone",
        "gateways.yaml:",
        "tlsmon explain endpoint-without-certificate",
        "no route of port 443",
        "checked 2 Istio Gateways, 3 Secrets",
    ] {
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(words), "{words:?} is not in\n{text}");
    }
}

#[test]
fn with_fail_the_status_of_a_check_tells_whether_clients_fail() {
    let good = check(&["gateways.yaml", "good-secrets.yaml"], &["--fail"]);
    assert_eq!(good.status.code(), Some(0), "{}", stdout(&good));
    assert!(stdout(&good).contains("nothing was found that makes clients fail"));
    let bad = check(&["gateways.yaml", "secrets.yaml"], &["--fail"]);
    assert_eq!(bad.status.code(), Some(1));
    assert_eq!(
        check(&["gateways.yaml", "secrets.yaml"], &[]).status.code(),
        Some(0)
    );
}

#[test]
fn a_check_is_one_line_of_json_that_fits_the_schema() {
    let schema: serde_json::Value =
        serde_json::from_str(&stdout(&tlsmon(&["generate", "schema"]))).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let files = [
        "gateways.yaml",
        "secrets.yaml",
        "routes.yaml",
        "overrides.yaml",
    ];
    let found = objects(&check(&files, &["--output", "json"]));
    assert_eq!(found.len(), 1);
    assert!(validator.is_valid(&found[0]), "{}", found[0]);
    assert_eq!(found[0]["examined"]["routes"], 2);
    let findings = found[0]["findings"].as_array().unwrap();
    let whats: Vec<_> = findings
        .iter()
        .map(|one| one["what"].as_str().unwrap())
        .collect();
    for words in [
        "expired",
        "not enableNonSniClient",
        "there is no such ApigeeRoute",
        "not among ingressGateways",
        "cannot be read",
        "is creating",
    ] {
        assert!(
            whats.iter().any(|what| what.contains(words)),
            "{words}: {whats:#?}"
        );
    }
}

#[test]
fn a_check_holds_manifests_against_the_handshakes_of_a_capture() {
    let gateways = "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: g, namespace: n}\n\
        spec: {servers: [{port: {number: 443, protocol: HTTPS}, hosts: [a.test], tls: {mode: PASSTHROUGH}}]}\n";
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(gateways.as_bytes()).unwrap();
    let path = file.path().to_str().unwrap();
    for (name, cause, words) in [
        (
            "nosni_envoy.pcap",
            "no-sni-rejected",
            "no route of port 443",
        ),
        ("badsni_envoy.pcap", "unknown-sni", "which no route serves"),
    ] {
        let seen = capture(name);
        let with_capture = tlsmon(&["check", path, "--capture", &seen, "--output", "json"]);
        let finding = &objects(&with_capture)[0]["findings"][0];
        assert_eq!(
            (&finding["severity"], &finding["cause"]),
            (&"failure".into(), &cause.into())
        );
        assert!(
            finding["what"].as_str().unwrap().contains(words),
            "{finding}"
        );
        assert_eq!(finding["seen"]["clients"], 1, "{finding}");

        let events = tlsmon(&["replay", "--output", "json", "--all", &seen]);
        let mut lines = tempfile::NamedTempFile::new().unwrap();
        lines.write_all(&events.stdout).unwrap();
        let lines = lines.path().to_str().unwrap();
        let with_events = tlsmon(&["check", path, "--events", lines, "--output", "json"]);
        assert_eq!(&objects(&with_events)[0]["findings"][0], finding);
    }
}

#[test]
fn no_part_of_a_private_key_is_ever_printed() {
    let text = std::fs::read_to_string(manifest("secrets.yaml")).unwrap();
    let keys: Vec<_> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("tls.key: "))
        .collect();
    assert_eq!(keys.len(), 3);
    // Whole, torn in the middle, decoded under stringData, and in the place of the certificate.
    let torn = text
        .replace("tls.key: ", "tls.key: \"")
        .replace("tls.crt: ", "bad: [");
    let swapped = text
        .replace("tls.key", "x")
        .replace("tls.crt", "tls.key")
        .replace("x:", "tls.crt:");
    for text in [&text, &torn, &swapped] {
        for format in ["text", "json"] {
            let mut child = command(&[
                "-vv",
                "check",
                "-",
                &manifest("gateways.yaml"),
                "--output",
                format,
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
            child
                .stdin
                .take()
                .unwrap()
                .write_all(text.as_bytes())
                .unwrap();
            let output = child.wait_with_output().unwrap();
            let said = stdout(&output) + &stderr(&output);
            assert!(!said.is_empty());
            for key in &keys {
                let pem = String::from_utf8(base64_of(key)).unwrap();
                for secret in key
                    .as_bytes()
                    .chunks(12)
                    .chain(pem.lines().nth(1).unwrap().as_bytes().chunks(12))
                {
                    let secret = std::str::from_utf8(secret).unwrap();
                    // The head of every key of that kind is the same, and so is BEGIN; a piece of a few letters is no proof.
                    assert!(
                        secret.len() < 12 || !said.contains(secret),
                        "{secret} is in\n{said}"
                    );
                }
            }
        }
    }
}

/// Base64 as RFC 4648 section 4 has it.
fn base64_of(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits = text
        .bytes()
        .filter(|byte| *byte != b'=')
        .map(value)
        .collect::<Vec<_>>();
    let bytes = digits.chunks(4).flat_map(|four| {
        let number = four
            .iter()
            .fold(0_u32, |sum, digit| sum << 6 | u32::from(*digit))
            << (6 * (4 - four.len()));
        number.to_be_bytes()[1..four.len()].to_vec()
    });
    bytes.collect()
}

#[test]
fn what_cannot_be_checked_ends_with_2_and_says_why() {
    for (text, words) in [
        ("", "nothing to check"),
        ("kind: Pod\n", "nothing to check"),
        ("a: [", "not YAML"),
        ("\u{0}", "line 1"),
    ] {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let output = tlsmon(&["check", file.path().to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2), "{text:?}");
        let said = stderr(&output);
        assert!(
            said.contains(words) && said.contains("help:"),
            "{text:?}: {said}"
        );
    }
    let agent = check(&["gateways.yaml"], &["--connect", "127.0.0.1:1"]);
    assert_eq!(agent.status.code(), Some(2));
    assert!(stderr(&agent).contains("cannot ask the agent at 127.0.0.1:1"));
}

#[test]
fn ten_thousand_secrets_are_checked() {
    let gateways = std::fs::read_to_string(manifest("gateways.yaml")).unwrap();
    let secrets = std::fs::read_to_string(manifest("secrets.yaml")).unwrap();
    let (head, items) = secrets.split_once("items:\n").unwrap();
    let first = items.split("- apiVersion").nth(1).unwrap();
    let mut text = format!("{gateways}---\n{head}items:\n{items}");
    for number in 0..10_000 {
        text.push_str("- apiVersion");
        text.push_str(&first.replace("shop-tls", &format!("other-{number}")));
    }
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let output = tlsmon(&["check", file.path().to_str().unwrap(), "--output", "json"]);
    assert_eq!(
        objects(&output)[0]["examined"]["secrets"],
        10_003,
        "{}",
        stderr(&output)
    );
}
