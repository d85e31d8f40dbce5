//! tlsmon watches and never touches: bytes arrive as they were sent, whatever becomes of tlsmon.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;
use xtask::lab::{Curl, Process, Server, until};

use crate::scene::{NAME, SOON, Scene, assert_no_loss};

/// How much is carried. Slow enough to be under way when tlsmon is killed.
const BYTES: usize = 32 << 20;

#[test]
fn bulk_arrives_unchanged_with_tlsmon_running_ended_and_killed() {
    let scene = Scene::new();
    let sent = write_noise(&scene.pki.folder().join("bulk"));
    let _nginx = Server::nginx(&scene.network, &scene.pki, NAME).unwrap();
    let agent = scene.agent();

    let (mut transfer, file) = download(&scene, "running");
    assert!(transfer.wait(SOON * 6).unwrap().success());
    assert_eq!(fs::read(&file).unwrap(), sent);

    let (mut transfer, file) = download(&scene, "ended");
    wait_for_some(&file);
    assert_no_loss(&agent.end(Signal::SIGTERM).unwrap());
    assert!(transfer.wait(SOON * 6).unwrap().success());
    assert_eq!(fs::read(&file).unwrap(), sent);

    let agent = scene.agent();
    let (mut transfer, file) = download(&scene, "killed");
    wait_for_some(&file);
    agent.end(Signal::SIGKILL).unwrap();
    assert!(transfer.wait(SOON * 6).unwrap().success());
    assert_eq!(fs::read(&file).unwrap(), sent);
}

/// Bulk is not TLS handshakes: the kernel must keep it from user space.
#[test]
fn bulk_after_the_handshake_does_not_reach_user_space() {
    let scene = Scene::new();
    write_noise(&scene.pki.folder().join("bulk"));
    let _nginx = Server::nginx(&scene.network, &scene.pki, NAME).unwrap();
    let agent = scene.agent();
    let (mut transfer, _file) = download(&scene, "counted");
    assert!(transfer.wait(SOON * 6).unwrap().success());
    // Counters leave the kernel once a second.
    let packets = |verdict: &str| agent.metric("tlsmon_kernel_packets_total", &[verdict]);
    let seen = until("the packets to be counted", SOON, || {
        Ok(Some(packets("verdict=\"seen\"")?).filter(|seen| *seen > 10_000.0))
    })
    .unwrap();
    let sent = packets("verdict=\"sent\"").unwrap();
    assert!(sent < 200.0, "{sent} of {seen} packets sent to user space");
}

fn download(scene: &Scene, name: &str) -> (Process, PathBuf) {
    let file = scene.pki.folder().join(name);
    let path = file.to_str().unwrap();
    let curl = Curl::to(NAME)
        .path("bulk")
        .with(&["--limit-rate", "24M", "--output", path]);
    let mut command = curl.command(scene.network.port(), &scene.pki).unwrap();
    let log = scene.pki.folder().join(format!("{name}.log"));
    (
        Process::start(&scene.network.client, &mut command, &log).unwrap(),
        file,
    )
}

fn wait_for_some(file: &Path) {
    until("the first megabyte", Duration::from_secs(10), || {
        Ok(fs::metadata(file)
            .is_ok_and(|data| data.len() > 1 << 20)
            .then_some(()))
    })
    .unwrap();
}

/// Bytes that no two places share (xorshift), so that a swap shows as well as a change.
fn write_noise(file: &Path) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    let bytes: Vec<u8> = words.take(BYTES / 8).flatten().collect();
    fs::write(file, &bytes).unwrap();
    bytes
}
