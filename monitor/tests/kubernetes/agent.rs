//! `tlsmon run` itself, on a veth pair, with names from the API. Needs root.
#![cfg(feature = "live")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::*;
use crate::api::PODS;
use crate::objects::pod;

/// A veth pair: the server's end here, the client's in a namespace of its own.
struct Veth {
    name: String,
    namespace: String,
    /// The addresses of the two ends.
    server: String,
    client: String,
}

impl Veth {
    fn new(number: u8) -> Self {
        let id = std::process::id();
        let name = format!("tk{}x{number}", id % 100_000);
        let (namespace, net) = (
            format!("{name}ns"),
            format!("10.{}.{number}", 128 + id % 64),
        );
        run(&format!("ip netns add {namespace}"));
        run(&format!(
            "ip link add {name} type veth peer name eth0 netns {namespace}"
        ));
        run(&format!("ip addr add {net}.1/24 dev {name}"));
        run(&format!("ip link set {name} up"));
        run(&format!("ip -n {namespace} addr add {net}.2/24 dev eth0"));
        run(&format!("ip -n {namespace} link set eth0 up"));
        Self {
            name,
            namespace,
            server: format!("{net}.1"),
            client: format!("{net}.2"),
        }
    }

    /// A client that sends a hello, and a server that resets the connection behind it.
    fn refuse(&self, port: u16) {
        let listener = TcpListener::bind((self.server.as_str(), port)).unwrap();
        let hello = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/streams/badsni_nginx_reject_handshake.client");
        let script = format!(
            "exec 3<>/dev/tcp/{}/{port}; cat {} >&3; cat <&3",
            self.server,
            hello.display()
        );
        let mut client = Command::new("ip")
            .args(["netns", "exec", &self.namespace, "bash", "-c", &script])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = [0; 100];
        stream.read_exact(&mut bytes).unwrap();
        // Closed with bytes unread, it is reset.
        drop(stream);
        client.wait().unwrap();
    }
}

impl Drop for Veth {
    fn drop(&mut self) {
        let _ = Command::new("ip")
            .args(["netns", "del", &self.namespace])
            .status();
    }
}

#[track_caller]
fn run(words: &str) {
    let mut words = words.split(' ');
    let status = Command::new(words.next().unwrap())
        .args(words)
        .status()
        .unwrap();
    assert!(status.success(), "this needs root");
}

/// The agent; it ends with the test.
struct Agent {
    process: Child,
    lines: BufReader<ChildStdout>,
}

impl Agent {
    fn start(veth: &Veth, listen: &str, more: &[&str]) -> Self {
        Self::of(Self::command(veth, listen, more))
    }

    fn command(veth: &Veth, listen: &str, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tlsmon"));
        command.args([
            "run",
            "--interface",
            &veth.name,
            "--port",
            "8443",
            "--output",
            "json",
        ]);
        command
            .args(["--node", NODE, "--listen", listen])
            .args(more);
        command.env_remove("KUBERNETES_SERVICE_HOST");
        command
    }

    fn of(mut command: Command) -> Self {
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap());
        Self { process, lines }
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// Ends it, and gives what it said on stderr.
    fn end(mut self) -> String {
        run(&format!("kill -TERM {}", self.process.id()));
        let mut said = String::new();
        self.process
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        said
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a path of the agent's server answers, once it does.
fn get(address: &str, path: &str) -> String {
    let ask = || {
        let mut stream = TcpStream::connect(address).ok()?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        .ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    };
    ask().unwrap_or_default()
}

fn free_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_agent_names_the_pods_at_both_ends() {
    let veth = Veth::new(1);
    let cluster = Cluster::start().await;
    cluster.apply(PODS, pod("shop", "web-7d4b9-a", NODE, Some(&veth.server)));
    cluster.apply(
        PODS,
        pod("shop", "caller-7d4b9-b", NODE, Some(&veth.client)),
    );
    let kubeconfig = cluster.identity.kubeconfig();
    let listen = free_port();
    let more = [
        "--kubeconfig",
        kubeconfig.to_str().unwrap(),
        "--namespace",
        "shop",
        "--pod",
        "web-*",
    ];
    let mut agent = Agent::start(&veth, &listen, &more);
    let watched = "tlsmon_kubernetes_watch_up{kind=\"pod\"} 1";
    eventually(|| get(&listen, "/metrics").contains(watched)).await;
    eventually(|| get(&listen, "/readyz").starts_with("HTTP/1.1 200")).await;
    tokio::task::block_in_place(|| veth.refuse(8443));
    let report = tokio::task::block_in_place(|| agent.line());
    assert_eq!(report["server"]["pod"], "web-7d4b9-a", "{report}");
    assert_eq!(report["server"]["namespace"], "shop");
    assert_eq!(report["server"]["workload"], "web");
    assert_eq!(report["client"]["pod"], "caller-7d4b9-b");
    assert_eq!(report["direction"], "inbound");
    let metrics = get(&listen, "/metrics");
    assert!(
        metrics.contains("endpoint=\"shop/web\",outcome=\"failed\"} 1"),
        "{metrics}"
    );
    assert!(
        metrics.contains("tlsmon_kubernetes_objects{kind=\"pod\"} 2"),
        "{metrics}"
    );
    agent.end();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_kubectl_the_agent_asks_whom_the_environment_names_and_otherwise_not() {
    let veth = Veth::new(3);
    let cluster = Cluster::start().await;
    for (words, is_asked) in [(&["--kubernetes", "kubectl"][..], true), (&[], false)] {
        let listen = free_port();
        let mut command = Agent::command(&veth, &listen, words);
        command.env("KUBECONFIG", cluster.identity.kubeconfig());
        let agent = Agent::of(command);
        let up = || get(&listen, "/metrics").contains("tlsmon_kubernetes_watch_up{kind=\"pod\"} 1");
        eventually(|| get(&listen, "/readyz").starts_with("HTTP/1.1 200")).await;
        if is_asked {
            eventually(up).await;
        }
        assert_eq!(up(), is_asked);
        agent.end();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_cluster_the_agent_says_so_and_works() {
    let veth = Veth::new(2);
    let listen = free_port();
    let mut agent = Agent::start(&veth, &listen, &["-v"]);
    eventually(|| get(&listen, "/readyz").starts_with("HTTP/1.1 200")).await;
    tokio::task::block_in_place(|| veth.refuse(8443));
    let report = tokio::task::block_in_place(|| agent.line());
    assert_eq!(report["server"]["address"], veth.server);
    assert_eq!(report["server"]["pod"], Value::Null);
    assert!(!get(&listen, "/metrics").contains("tlsmon_kubernetes_watch_up{"));
    let said = agent.end();
    assert_eq!(
        said.matches("no Kubernetes API to ask").count(),
        1,
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_tries_to_read_each_kind_and_says_what_may_not_be_read() {
    let cluster = Cluster::start().await;
    let kubeconfig = cluster.identity.kubeconfig();
    let ask = || {
        let mut doctor = Command::new(env!("CARGO_BIN_EXE_tlsmon"));
        doctor.args(["doctor", "--json", "--node", NODE, "--kubeconfig"]);
        let output = doctor.arg(&kubeconfig).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = report["checks"].as_array().unwrap();
        let of_names = checks.iter().find(|check| check["name"] == "kubernetes");
        of_names.unwrap().clone()
    };
    let good = tokio::task::block_in_place(ask);
    assert_eq!(good["status"], "ok", "{good}");
    assert_eq!(cluster.asked("limit=1"), 3);
    cluster.state().forbidden.insert(PODS.to_owned());
    let bad = tokio::task::block_in_place(ask);
    assert_eq!(bad["status"], "warning", "{bad}");
    assert!(bad["found"].as_str().unwrap().contains("403"), "{bad}");
    assert!(
        bad["help"]
            .as_str()
            .unwrap()
            .contains("list and watch pods"),
        "{bad}"
    );
}
