//! `tlsmon triage` in a real terminal: keys go in, the screen comes out, and the terminal is as it was before when it is over.

use std::path::PathBuf;
use std::process::Command;

use nix::sys::signal::Signal;
use xtask::command::{output, require, run};
use xtask::lab::{Server, until};
use xtask::paths;

use crate::scene::{NAME, SOON, Scene};

/// A server of tmux with a socket of its own, so that nobody else's sessions are touched.
struct Terminal {
    folder: tempfile::TempDir,
}

impl Terminal {
    fn new(command: &str) -> Self {
        require("tmux").unwrap();
        let terminal = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let size = ["-x", "120", "-y", "40"];
        let start = ["-f", "/dev/null", "new-session", "-d", "-s", "t"];
        run(terminal.tmux().args(start).args(size).arg("sh")).unwrap();
        terminal.keys(&[&format!("{command}; echo STATUS=$?"), "Enter"]);
        terminal
    }

    fn tmux(&self) -> Command {
        let mut command = Command::new("tmux");
        let socket: PathBuf = self.folder.path().join("socket");
        command.arg("-S").arg(socket).env_remove("TMUX");
        command
    }

    fn keys(&self, keys: &[&str]) {
        run(self.tmux().args(["send-keys", "-t", "t"]).args(keys)).unwrap();
    }

    fn resize(&self, columns: u16, lines: u16) {
        let size = ["-x", &columns.to_string(), "-y", &lines.to_string()];
        run(self.tmux().args(["resize-window", "-t", "t"]).args(size)).unwrap();
    }

    fn screen(&self) -> String {
        output(self.tmux().args(["capture-pane", "-p", "-t", "t"])).unwrap()
    }

    fn shows(&self, text: &str) -> String {
        let found = until(text, SOON, || {
            let screen = self.screen();
            Ok(screen.contains(text).then_some(screen))
        });
        found.unwrap_or_else(|error| panic!("{error}\n{}", self.screen()))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may be gone already.
        drop(self.tmux().arg("kill-server").output());
    }
}

fn triage(name: &str) -> String {
    let capture = paths::root().join("monitor/tests/captures").join(name);
    let program = paths::tlsmon("debug");
    format!("{} triage {}", program.display(), capture.display())
}

#[test]
fn a_person_finds_the_cause_the_packets_and_the_next_step_and_leaves() {
    let terminal = Terminal::new(&triage("nosni_envoy.pcap"));
    terminal.shows("1 failure in 1 problem of 1 handshake");
    terminal.keys(&["Enter", "Enter"]);
    let screen = terminal.shows("bare acknowledgements");
    assert!(screen.contains("ClientHello, 297 B"), "{screen}");
    assert!(screen.contains(" RST "), "{screen}");
    assert!(screen.contains("enable a wildcard route"), "{screen}");
    terminal.keys(&["e"]);
    terminal.shows("On the wire");
    for size in [(1, 1), (200, 60), (3, 50), (80, 24), (1, 1), (120, 40)] {
        terminal.resize(size.0, size.1);
    }
    terminal.keys(&["Escape", "Escape", "c"]);
    terminal.shows("openssl s_client -connect 10.77.0.2:443 -noservername");
    terminal.keys(&["q"]);
    let after = terminal.shows("STATUS=0");
    assert!(!after.contains("wildcard"), "{after}");
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let terminal = Terminal::new(&format!("timeout -s TERM 1 {}", triage("nosni_envoy.pcap")));
    terminal.shows("no-sni-rejected");
    // That of `timeout`, when it had to send the signal.
    let after = terminal.shows("STATUS=124");
    assert!(!after.contains("no-sni-rejected"), "{after}");
    terminal.keys(&["echo typed", "Enter"]);
    terminal.shows("\ntyped");
}

#[test]
fn a_failure_is_on_the_screen_while_the_agent_watches_and_its_packets_are_there() {
    let scene = Scene::new();
    let _envoy = Server::envoy(&scene.network, &scene.pki, NAME).unwrap();
    let agent = scene.agent();
    let program = paths::tlsmon("debug");
    let node = scene.network.node.name();
    let terminal = Terminal::new(&format!(
        "ip netns exec {node} {} triage",
        program.display()
    ));
    terminal.shows("live");
    scene.s_client(&["-noservername"]);
    terminal.shows("1 failure in 1 problem");
    terminal.keys(&["Enter", "Enter"]);
    let screen = terminal.shows("bare acknowledgements");
    assert!(
        screen.contains("no-sni-rejected") && screen.contains(" RST "),
        "{screen}"
    );
    agent.end(Signal::SIGINT).unwrap();
    terminal.shows("LOST: ");
    terminal.keys(&["q"]);
    terminal.shows("STATUS=0");
}
