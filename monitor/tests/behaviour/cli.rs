//! The command line: exit statuses, messages, and output that programs can rely on.

mod check;
mod help;
mod runbooks;

use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

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

/// A file of a test's own.
fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn failing_handshakes_are_taken_out_of_a_capture_file() {
    let folder = scratch();
    let out = folder.path().join("out.pcapng").display().to_string();
    let taken = tlsmon(&["capture", &capture("nosni_envoy.pcap"), "-w", &out]);
    assert_eq!(taken.status.code(), Some(0), "{}", stderr(&taken));
    let again = tlsmon(&["replay", "--output", "json", &out]);
    assert_eq!(objects(&again)[0]["cause"], "no-sni-rejected");
    // The same on standard output, and only what is asked for.
    let id = objects(&again)[0]["id"].as_str().unwrap().to_owned();
    let piped = tlsmon(&["capture", &capture("nosni_envoy.pcap"), "--id", &id]);
    assert_eq!(piped.stdout, std::fs::read(&out).unwrap());
    let none = tlsmon(&[
        "capture",
        &capture("nosni_envoy.pcap"),
        "--cause",
        "unknown-sni",
        "-w",
        &out,
    ]);
    assert_eq!(none.status.code(), Some(2));
    assert!(stderr(&none).contains("help:"), "{}", stderr(&none));
}

/// What a program makes of these bytes on its standard input.
fn fed(mut command: Command, bytes: Vec<u8>) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let feeding = std::thread::spawn(move || std::io::Write::write_all(&mut stdin, &bytes));
    let output = child.wait_with_output().unwrap();
    // It may have ended before it had read all.
    let _ = feeding.join().unwrap();
    output
}

#[test]
fn failing_handshakes_are_taken_out_of_a_pipe() {
    let path = capture("nosni_envoy.pcap");
    let bytes = std::fs::read(&path).unwrap();
    let of_file = tlsmon(&["capture", &path]).stdout;
    let of_stdin = fed(command(&["capture", "-"]), bytes.clone());
    assert_eq!(of_stdin.stdout, of_file, "{}", stderr(&of_stdin));
    // A pipe with a name, as a shell makes of <(zcat FILE).
    let of_pipe = fed(command(&["capture", "/dev/stdin"]), bytes.clone());
    assert_eq!(of_pipe.stdout, of_file, "{}", stderr(&of_pipe));
    let folder = scratch();
    let out = folder.path().join("out.tar.gz").display().to_string();
    let bundle = fed(command(&["bundle", "-", "-o", &out]), bytes);
    assert_eq!(bundle.status.code(), Some(0), "{}", stderr(&bundle));
    let empty = fed(command(&["capture", "-"]), Vec::new());
    assert_eq!(empty.status.code(), Some(2));
    assert!(
        stderr(&empty).contains("standard input"),
        "{}",
        stderr(&empty)
    );
}

#[test]
fn a_failure_that_comes_through_a_pipe_is_printed_before_more_comes() {
    let mut child = command(&["replay", "--output", "json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let bytes = std::fs::read(capture("nosni_envoy.pcap")).unwrap();
    std::io::Write::write_all(&mut stdin, &bytes).unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let (sender, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = stdout.read_line(&mut line);
        sender.send(read.map(|_length| line))
    });
    let line = lines.recv_timeout(Duration::from_mins(1));
    let line = line.expect("a line while the pipe is open").unwrap();
    let event: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(event["cause"], "no-sni-rejected");
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_capture_that_nobody_can_give_is_told_with_a_remedy() {
    for (args, said) in [
        (vec!["capture", "--connect", "127.0.0.1:1"], "port-forward"),
        (vec!["capture", "--id", "12"], "sixteen"),
        (vec!["bundle"], "--output"),
        (vec!["capture", "--key", "x"], "--anonymize"),
    ] {
        let output = tlsmon(&args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(
            stderr(&output).contains(said),
            "{args:?}: {}",
            stderr(&output)
        );
    }
}

/// The files of an archive by name.
fn unpacked(archive: &Path) -> Vec<(String, Vec<u8>)> {
    let file = std::fs::File::open(archive).unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        (name, bytes)
    });
    entries.collect()
}

#[test]
fn a_bundle_holds_what_its_readme_says_and_an_anonymised_one_names_nobody() {
    let folder = scratch();
    let out = folder.path().join("out.tar.gz");
    let out_name = out.display().to_string();
    let secret = folder.path().join("key");
    std::fs::write(&secret, [7; 32]).unwrap();
    let secret = secret.display().to_string();
    let input = capture("cert_hostname_12_openssl.pcap");
    for flags in [vec![], vec!["--anonymize", "--key", &secret]] {
        let mut args = vec!["bundle", &input, "-o", &out_name];
        args.extend(&flags);
        let made = tlsmon(&args);
        assert_eq!(made.status.code(), Some(0), "{}", stderr(&made));
        let files = unpacked(&out);
        let readme = String::from_utf8(files[0].1.clone()).unwrap();
        assert_eq!(files[0].0, "tlsmon-bundle/README.txt");
        for (name, bytes) in &files[1..] {
            assert!(
                readme.contains(name.trim_start_matches("tlsmon-bundle/")),
                "{name}"
            );
            assert!(!bytes.is_empty(), "{name}");
        }
        let all: Vec<u8> = files.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
        let text = String::from_utf8_lossy(&all);
        assert!(text.contains("certificate-hostname-mismatch"));
        for original in ["10.77.0.1", "10.77.0.2", "server.test"] {
            assert_eq!(
                text.contains(original),
                flags.is_empty(),
                "{flags:?} {original}"
            );
        }
    }
}
