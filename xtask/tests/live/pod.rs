//! In what a pod of `deploy/overlays/least-privilege` has, and with the configuration that it mounts, tlsmon works.

use std::process::Command;

use xtask::paths;

#[test]
fn a_pod_of_least_privilege_becomes_ready_keeps_no_capability_that_it_does_not_need_and_ends_in_time()
 {
    let root = tempfile::tempdir().unwrap();
    let output = Command::new("timeout")
        .args(["40", "unshare", "--mount", "--net", "--pid", "--fork", "sh"])
        .args(["-c", include_str!("pod.sh"), "pod.sh"])
        .arg(root.path())
        .arg(paths::tlsmon("debug"))
        .arg(paths::root().join("deploy/base/tlsmon.toml"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let log = String::from_utf8_lossy(&output.stderr);
    for line in ["readyz 200", "healthz 200", "ended 0"] {
        assert!(
            said.lines().any(|one| one == line),
            "no {line:?} in\n{said}{log}"
        );
    }
    // clsact needs CAP_NET_ADMIN to leave in order; a TCX link needs none.
    let kept = if said.contains(r#"tlsmon_interfaces{attach="tcx"} 1"#) {
        "capabilities 0000000000000000"
    } else {
        "capabilities 0000000000001000"
    };
    assert!(said.contains(kept), "{said}{log}");
}
