//! A veth pair: one end here, the other in a network namespace made for it. Both go when it is dropped.

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};

static NUMBER: AtomicU8 = AtomicU8::new(1);

pub(crate) struct Veth {
    /// The name of the end here.
    pub(crate) name: String,
    /// The address of the end here.
    pub(crate) address: String,
    /// Its IPv6 address.
    pub(crate) address_v6: String,
    namespace: String,
}

impl Veth {
    pub(crate) fn new() -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self::make(
            &format!("tm{}x{number}", std::process::id() % 100_000),
            number,
        )
    }

    pub(crate) fn named(name: &str) -> Self {
        Self::make(name, NUMBER.fetch_add(1, Ordering::Relaxed))
    }

    fn make(name: &str, number: u8) -> Self {
        let namespace = format!("{name}ns");
        let net = format!("10.{}.{number}", 64 + std::process::id() % 64);
        run(&format!("ip netns add {namespace}"));
        run(&format!(
            "ip link add {name} type veth peer name eth0 netns {namespace}"
        ));
        run(&format!("ip addr add {net}.1/24 dev {name}"));
        let net_v6 = format!("fd00:{:x}:{number:x}:", std::process::id() & 0xffff);
        run(&format!("ip addr add {net_v6}:1/64 dev {name} nodad"));
        run(&format!("ip link set {name} up"));
        run(&format!("ip -n {namespace} addr add {net}.2/24 dev eth0"));
        run(&format!(
            "ip -n {namespace} addr add {net_v6}:2/64 dev eth0 nodad"
        ));
        run(&format!("ip -n {namespace} link set eth0 up"));
        Self {
            name: name.to_owned(),
            address: format!("{net}.1"),
            address_v6: format!("{net_v6}:1"),
            namespace,
        }
    }

    /// Lets IPv6 packets be larger than an IP length can say (BIG TCP).
    pub(crate) fn with_big_tcp(self) -> Self {
        let sizes = "gso_max_size 200000 gro_max_size 200000";
        run(&format!("ip link set dev {} {sizes}", self.name));
        self
    }

    /// A client in the namespace: connects to `address`, sends `bytes`, and reads until the end.
    pub(crate) fn client(&self, (address, port): (&str, u16), bytes: &[u8]) -> Child {
        let escaped: Vec<_> = bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
        let escaped = escaped.concat();
        let script = format!(
            "exec 3<>/dev/tcp/{address}/{port}; printf '{escaped}' >&3; cat <&3 >/dev/null"
        );
        Command::new("ip")
            .args(["netns", "exec", &self.namespace, "bash", "-c", &script])
            .stdin(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// How many BPF filters there are on both sides.
    pub(crate) fn filters(&self) -> usize {
        ["ingress", "egress"]
            .into_iter()
            .map(|side| self.list(side).matches("handle ").count())
            .sum()
    }

    pub(crate) fn has_qdisc(&self) -> bool {
        output(&format!("tc qdisc show dev {}", self.name)).contains("clsact")
    }

    /// The line of the filter that ingress packets meet first.
    pub(crate) fn first_filter(&self) -> String {
        self.list("ingress")
            .lines()
            .find(|line| line.contains("handle "))
            .unwrap_or_default()
            .to_owned()
    }

    /// Puts somebody else's filter in front.
    pub(crate) fn add_other_filter(&self) {
        let words = [
            "filter", "add", "dev", &self.name, "ingress", "prio", "1", "protocol", "all",
            "handle", "0x9",
        ];
        let program = ["bpf", "da", "bytecode", "1,6 0 0 4294967295"];
        assert!(
            Command::new("tc")
                .args(words)
                .args(program)
                .status()
                .unwrap()
                .success()
        );
    }

    pub(crate) fn remove_filter(&self, program: &str) {
        assert!(self.list("ingress").contains(program));
        run(&format!(
            "tc filter del dev {} ingress prio 1 handle 0x544c protocol all bpf",
            self.name
        ));
    }

    fn list(&self, side: &str) -> String {
        output(&format!("tc filter show dev {} {side}", self.name))
    }
}

impl Drop for Veth {
    fn drop(&mut self) {
        for command in [
            format!("ip link del {}", self.name),
            format!("ip netns del {}", self.namespace),
        ] {
            let _ = shell(&command).status();
        }
    }
}

fn run(command: &str) {
    assert!(
        shell(command).status().unwrap().success(),
        "{command}: needs root and iproute2"
    );
}

fn output(command: &str) -> String {
    String::from_utf8(shell(command).output().unwrap().stdout).unwrap()
}

fn shell(command: &str) -> Command {
    let mut words = command.split(' ');
    let mut shell = Command::new(words.next().unwrap());
    shell.args(words);
    shell
}
