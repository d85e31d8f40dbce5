//! A node with pods on a bridge, behind services: their interfaces are followed as they come and go, and a handshake that
//! passes the card and a pod's interface is one, whatever its addresses on each.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;
use xtask::command::require;
use xtask::lab::{Agent, AgentOptions, Hello, Namespace, handshakes, pause, until, word};
use xtask::paths;

use crate::scene::{SOON, Scene, assert_no_loss, assert_says, assert_zero};

/// How soon an interface must be watched: "within a second or so", on a busy machine.
const FOLLOWED: Duration = Duration::from_secs(3);

/// Interfaces that come at once. Each costs the kernel some 50 ms to attach to.
const BURST: usize = 40;

/// The node's own interfaces that are watched: the card, and that of the pod which every scene has.
const OWN: usize = 2;

/// A node whose bridge pods are ports of.
struct Node {
    scene: Scene,
}

impl Node {
    fn new() -> Self {
        let scene = Scene::new();
        let node = &scene.network.node;
        node.ip("link add cni0 type bridge").unwrap();
        node.ip("addr add 203.0.113.1/24 dev cni0").unwrap();
        node.ip("link set cni0 up").unwrap();
        let this = Self { scene };
        this.nft(
            "add table ip services; \
             add chain ip services in { type nat hook prerouting priority -100; }",
        );
        this
    }

    fn nft(&self, rules: &str) {
        let mut nft = Command::new(require("nft").unwrap());
        self.scene.network.node.output(nft.arg(rules)).unwrap();
    }

    /// A pod on the bridge with a service before it: port 443 of the service leads to port 8443 of the pod.
    fn pod(&self, number: u8, interface: &str) -> Pod {
        let namespace = Namespace::create(&format!("pod{number}")).unwrap();
        let pod = Pod {
            address: format!("203.0.113.{number}"),
            service: format!("198.51.100.{number}"),
            interface: interface.to_owned(),
            namespace,
        };
        let node = &self.scene.network.node;
        let there = pod.namespace.name();
        node.ip(&format!(
            "link add {interface} type veth peer name eth0 netns {there}"
        ))
        .unwrap();
        node.ip(&format!("link set {interface} master cni0 up"))
            .unwrap();
        let inside = |arguments: &str| pod.namespace.ip(arguments).unwrap();
        inside(&format!("addr add {}/24 dev eth0", pod.address));
        inside("link set eth0 up");
        inside("route add default via 203.0.113.1");
        self.nft(&format!(
            "add rule ip services in iifname eth0 ip daddr {} tcp dport 443 dnat to {}:8443",
            pod.service, pod.address
        ));
        pod
    }

    fn agent(&self) -> Agent<'_> {
        let mut options = AgentOptions::new(paths::tlsmon("debug"));
        options.arguments = vec!["--interface", "uplink,pods", "--port", "443,8443"];
        Agent::start(&self.scene.network.node, &options).unwrap()
    }

    /// A hello that the pod answers with a reset; gives the client's port.
    fn refused_by(&self, pod: &Pod) -> u16 {
        let server = pod.resets();
        let mut hello = Hello::nameless().record();
        // Legs are joined by the random (RFC 8446 section 4.1.2; behind the record's and the message's head), so no two
        // clients may have the same.
        let random = self.scene.network.port();
        let place = hello.get_mut(11..13).unwrap();
        place.copy_from_slice(&random.to_be_bytes());
        let client = self.scene.network.client.inside(|| {
            let mut stream = TcpStream::connect((pod.service.as_str(), 443))?;
            stream.write_all(&hello)?;
            let port = stream.local_addr()?.port();
            let end = stream
                .read_to_end(&mut Vec::new())
                .map_err(|error| error.kind());
            assert_eq!(end, Err(ErrorKind::ConnectionReset));
            std::io::Result::Ok(port)
        });
        server.join().unwrap();
        client.unwrap().unwrap()
    }
}

struct Pod {
    address: String,
    service: String,
    interface: String,
    namespace: Namespace,
}

impl Pod {
    /// Resets the next connection, once its client has spoken.
    fn resets(&self) -> thread::JoinHandle<()> {
        let listener = self.namespace.inside(|| TcpListener::bind("0.0.0.0:8443"));
        let listener = listener.unwrap().unwrap();
        thread::spawn(move || {
            let (stream, _client) = listener.accept().unwrap();
            stream.peek(&mut [0]).unwrap();
        })
    }
}

/// Waits until so many interfaces are watched.
fn watches(agent: &Agent<'_>, count: usize, limit: Duration) {
    until(&format!("{count} interfaces"), limit, || {
        let now = agent.metric("tlsmon_interfaces", &["attach=\"tcx\""])?;
        Ok((format!("{now}") == count.to_string()).then_some(()))
    })
    .unwrap_or_else(|error| panic!("{error}\n{}", agent.get("/metrics").unwrap_or_default()));
}

fn assert_refused_once(agent: &Agent<'_>, port: u16, pod: &Pod) {
    let report = agent.handshake(port, SOON).unwrap();
    assert_says(
        &report,
        &[
            ("/outcome", "failed"),
            ("/cause", "no-sni-rejected"),
            ("/ended/by", "server"),
            ("/interface", "eth0"),
            ("/server/address", &pod.service),
            ("/legs/0/interface", "eth0"),
            ("/legs/1/interface", &pod.interface),
            ("/legs/1/server/address", &pod.address),
        ],
    );
    let ports = ["/server/port", "/legs/1/server/port"];
    let ports = ports.map(|pointer| report.pointer(pointer).and_then(Value::as_u64));
    assert_eq!(ports, [Some(443), Some(8443)], "{report:#}");
}

#[test]
fn pods_are_followed_as_they_come_and_go_and_each_failure_is_told_once_with_its_legs() {
    let node = Node::new();
    let agent = node.agent();
    watches(&agent, OWN, FOLLOWED);
    let mut pods: Vec<_> = (101..104)
        .map(|number| node.pod(number, &format!("veth{number}")))
        .collect();
    watches(&agent, OWN + 3, FOLLOWED);
    for pod in &pods {
        assert_refused_once(&agent, node.refused_by(pod), pod);
    }
    // One goes while its last handshake is being told, and another comes under its interface's name.
    let gone = pods.remove(0);
    let last = node.refused_by(&gone);
    let name = gone.interface.clone();
    let (address, service) = (gone.address.clone(), gone.service.clone());
    drop(gone.namespace);
    watches(&agent, OWN + 2, FOLLOWED);
    let report = agent.handshake(last, SOON).unwrap();
    assert_says(
        &report,
        &[
            ("/legs/1/interface", &name),
            ("/legs/1/server/address", &address),
            ("/server/address", &service),
        ],
    );
    let pod = node.pod(104, &name);
    watches(&agent, OWN + 3, FOLLOWED);
    assert_refused_once(&agent, node.refused_by(&pod), &pod);
    assert_zero(&agent, "tlsmon_hooks", &["state=\"silent\""]);
    let ended = agent.end(Signal::SIGINT).unwrap();
    let told: Vec<_> = handshakes(&ended.stdout).collect();
    assert_eq!(told.len(), 5, "{}", ended.stdout);
    assert!(
        told.iter()
            .all(|report| word(report, "/interface") == "eth0")
    );
    assert_no_loss(&ended);
}

/// How many of the kernel's notices about routes and links were lost on sockets of the node.
fn missed(agent: &Agent<'_>) -> u64 {
    let table = std::fs::read_to_string(format!("/proc/{}/net/netlink", agent.id())).unwrap();
    // Columns: address, protocol (0 is rtnetlink), owner, groups, memory twice, dump, locks, drops, inode.
    let drops = table.lines().filter_map(|line| {
        let row: Vec<_> = line.split_whitespace().collect();
        let drops = row.get(8).filter(|_| row.get(1) == Some(&"0"))?;
        drops.parse::<u64>().ok()
    });
    drops.sum()
}

#[test]
fn a_burst_of_interfaces_is_followed_though_notices_are_lost_and_so_is_one_that_is_renamed() {
    let node = Node::new();
    let agent = node.agent();
    let host = &node.scene.network.node;
    let there = Namespace::create("burst").unwrap();
    let line = |number| {
        let there = there.name();
        let add = format!("link add gke{number} type veth peer name p{number} netns {there}");
        format!("{add}\nlink set gke{number} up\nlink set gke{number} down")
    };
    let batch: Vec<_> = (0..BURST).map(line).collect();
    let file = node.scene.pki.folder().join("burst");
    std::fs::write(&file, batch.join("\n")).unwrap();
    // While it is stopped, more notices come than its socket holds.
    agent.signal(Signal::SIGSTOP).unwrap();
    host.ip(&format!("-batch {}", file.display())).unwrap();
    assert!(missed(&agent) > 0);
    agent.signal(Signal::SIGCONT).unwrap();
    watches(&agent, OWN + BURST, FOLLOWED * 4);
    host.ip("link set gke7 name renamed7").unwrap();
    host.ip("link add veth-within type veth peer name veth-peer")
        .unwrap();
    pause(Duration::from_millis(500)).unwrap();
    watches(&agent, OWN + BURST, FOLLOWED);
    drop(there);
    watches(&agent, OWN, FOLLOWED);
    assert_zero(&agent, "tlsmon_interfaces_unwatched", &[]);
    let stderr = agent.stderr();
    assert!(!stderr.contains("WARN"), "{stderr}");
}
