//! `tlsmon check`: findings, exit statuses, and keys that are never printed.

use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use super::{capture, command, objects, stderr, stdout, tlsmon};

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
    assert!(stderr(&agent).contains("cannot ask the agent on 127.0.0.1:1"));
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

/// An API of Kubernetes over plain HTTP that knows these paths, and how to reach it.
#[cfg(feature = "kubernetes")]
fn cluster(answers: Vec<(&'static str, String)>) -> tempfile::NamedTempFile {
    use std::io::{BufRead, BufReader};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = move |stream: std::net::TcpStream| -> Option<()> {
        let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
        while let Some(Ok(request)) = lines.next() {
            let path = request
                .split_whitespace()
                .nth(1)?
                .split('?')
                .next()?
                .to_owned();
            lines
                .by_ref()
                .find(|line| line.as_ref().is_ok_and(String::is_empty))?
                .ok()?;
            let found = answers.iter().find(|(known, _)| *known == path);
            let missing = r#"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}"#;
            let (status, body) =
                found.map_or(("404 Not Found", missing), |(_, body)| ("200 OK", body));
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            (&stream).write_all((head + body).as_bytes()).ok()?;
        }
        Some(())
    };
    let answer = std::sync::Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || answer(stream));
        }
    });
    let mut kubeconfig = tempfile::NamedTempFile::new().unwrap();
    let text = format!(
        "apiVersion: v1\nkind: Config\nclusters: [{{name: c, cluster: {{server: 'http://{address}'}}}}]\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\nusers: [{{name: u, user: {{}}}}]\ncurrent-context: c\n"
    );
    kubeconfig.write_all(text.as_bytes()).unwrap();
    kubeconfig
}

#[cfg(feature = "kubernetes")]
#[test]
fn a_cluster_is_asked_for_lists_and_for_the_secrets_that_they_name() {
    let gateways = r#"{"kind":"GatewayList","apiVersion":"networking.istio.io/v1beta1","metadata":{"continue":""},"items":[
        {"metadata":{"name":"g","namespace":"ns"},"spec":{"servers":[
            {"port":{"number":443,"protocol":"HTTPS"},"hosts":["*"],"tls":{"mode":"SIMPLE","credentialName":"there"}},
            {"port":{"number":8443,"protocol":"HTTPS"},"hosts":["*"],"tls":{"mode":"SIMPLE","credentialName":"gone"}}]}}]}"#;
    let secret = r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"there","namespace":"ns"},"data":{"tls.crt":"aGVsbG8=","tls.key":"aGVsbG8="}}"#;
    let kubeconfig = cluster(vec![
        (
            "/apis/networking.istio.io/v1beta1/gateways",
            gateways.to_owned(),
        ),
        ("/api/v1/namespaces/ns/secrets/there", secret.to_owned()),
    ]);
    let path = kubeconfig.path().to_str().unwrap();
    let output = tlsmon(&["check", "--cluster", "--kubeconfig", path]);
    let said = stdout(&output);
    let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("there is no secret gone in namespace ns"),
        "{said}{}",
        stderr(&output)
    );
    assert!(
        flat.contains("tls.crt of Secret ns/there: has no line that begins with -----BEGIN"),
        "{said}"
    );
    assert!(flat.contains("checked 1 Istio Gateway, 1 Secret"), "{said}");
}

#[cfg(feature = "kubernetes")]
#[test]
fn a_cluster_that_does_not_answer_ends_with_2() {
    let mut kubeconfig = tempfile::NamedTempFile::new().unwrap();
    kubeconfig.write_all(b"clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\ncontexts: [{name: c, context: {cluster: c, user: u}}]\nusers: [{name: u, user: {}}]\ncurrent-context: c\n").unwrap();
    let output = tlsmon(&[
        "check",
        "--cluster",
        "--kubeconfig",
        kubeconfig.path().to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output)
            .contains("cannot read /apis/networking.istio.io/v1/gateways of the cluster"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn manifests_are_held_against_what_an_agent_remembers() {
    use std::io::{BufRead, BufReader};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let seen = tlsmon(&["replay", "--output", "json", &capture("nosni_envoy.pcap")]);
    let handshake = stdout(&seen).lines().next().unwrap().to_owned();
    let agent = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let head = BufReader::new(&stream).lines().map_while(Result::ok);
        let asked: Vec<_> = head.take_while(|line| !line.is_empty()).collect();
        let body = format!(
            "{{\"schema\":\"tlsmon/v1\",\"forgotten\":0,\"handshakes\":[\n{handshake}\n]}}\n"
        );
        let head = format!("HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all((head + &body).as_bytes()).unwrap();
        asked.join("\n")
    });
    let output = check(&["lab.yaml"], &["--connect", &address, "--output", "json"]);
    assert!(
        agent
            .join()
            .unwrap()
            .starts_with("GET /api/v1/handshakes?limit=")
    );
    let finding = &objects(&output)[0]["findings"][0];
    assert_eq!(finding["cause"], "no-sni-rejected", "{finding}");
    assert_eq!(finding["seen"]["addresses"][0], "10.77.0.1");
}
