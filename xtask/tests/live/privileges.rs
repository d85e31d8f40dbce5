//! Without the privileges it needs, tlsmon says which and ends.

use std::process::Command;

use xtask::paths;

#[test]
fn run_without_capabilities_ends_with_3_and_says_what_would_help() {
    let output = Command::new("setpriv")
        .args(["--bounding-set=-all", "--inh-caps=-all"])
        .arg(paths::tlsmon("debug"))
        .args(["run", "--interface", "lo"])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("help:"), "{stderr}");
    assert!(
        stderr.contains("CAP_BPF") || stderr.contains("root"),
        "{stderr}"
    );
}

#[test]
fn doctor_says_that_this_machine_can_run_it() {
    let output = Command::new(paths::tlsmon("debug"))
        .args(["doctor", "--json"])
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{stdout}");
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    let checks = report
        .pointer("/checks")
        .and_then(serde_json::Value::as_array);
    let hooks = checks
        .unwrap()
        .iter()
        .find(|check| xtask::lab::word(check, "/name") == "hooks");
    // Only TCX links are tried; and nothing may be in the way of them here.
    assert_eq!(
        hooks.map(|hooks| xtask::lab::word(hooks, "/status")),
        Some("ok"),
        "{stdout}"
    );
}
