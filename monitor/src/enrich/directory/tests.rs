//! Who is told to have an address, when several may have it.

use serde_json::{Value, json};

use super::*;
use crate::flow::Side;
use crate::report::Transport;

const SECOND: u64 = 1_000_000_000;

fn at(seconds: u64) -> Timestamp {
    Timestamp(seconds * SECOND)
}

fn live(seconds: u64) -> Seen {
    Seen::live(at(seconds))
}

/// A pod of this node that has run since a second; without an address it is about to have one.
fn pod(name: &str, address: &str, since: u64) -> Value {
    let status = json!({
        "phase": "Running", "podIP": address, "hostIP": "10.128.0.5",
        "startTime": at(since).to_string(),
    });
    json!({ "metadata": { "name": name, "namespace": "shop", "uid": name }, "status": status })
}

fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    object.pointer_mut(parent).unwrap()[name] = value;
    object
}

/// A pod that uses the network of its node, and declares a port of it.
fn on_host(name: &str, port: u16) -> Value {
    let ports = json!([{ "ports": [{ "containerPort": port }] }]);
    let spec = json!({ "hostNetwork": true, "containers": ports });
    with(pod(name, "10.128.0.5", 0), "/spec", spec)
}

fn slice(service: &str, port: u16, pods: &[(&str, &str)]) -> Value {
    let endpoint = |(address, pod): &(&str, &str)| json!({ "addresses": [address], "targetRef": { "kind": "Pod", "name": pod } });
    let endpoints: Vec<_> = pods.iter().map(endpoint).collect();
    let labels = json!({ "kubernetes.io/service-name": service });
    let metadata = json!({ "name": service, "namespace": "pay", "labels": labels });
    json!({ "metadata": metadata, "endpoints": endpoints, "ports": [{ "port": port }] })
}

fn service(name: &str, spec: &Value, status: &Value) -> Value {
    json!({ "metadata": { "name": name, "namespace": "edge" }, "spec": spec, "status": status })
}

/// A directory, and how to fill it.
struct Filled(Directory);

impl Filled {
    fn new() -> Self {
        Self(Directory::new("gke-1"))
    }

    fn object<T: Watched>(&mut self, object: Value, seen: Seen) -> &mut Self {
        self.0
            .apply::<T>(serde_json::from_value(object).unwrap(), seen);
        self
    }

    fn pod(&mut self, pod: Value, seconds: u64) -> &mut Self {
        self.object::<PodObject>(pod, live(seconds))
    }

    fn slice(&mut self, slice: Value, seconds: u64) -> &mut Self {
        self.object::<SliceObject>(slice, live(seconds))
    }

    fn service(&mut self, service: Value) -> &mut Self {
        self.object::<ServiceObject>(service, live(0))
    }

    fn gone(&mut self, pod: Value, seconds: u64) -> &mut Self {
        let pod: PodObject = serde_json::from_value(pod).unwrap();
        self.0.remove(&pod, live(seconds));
        self
    }

    fn server(&self, address: &str, port: u16, seconds: u64) -> Named {
        self.end(address, port, Side::Server, seconds)
    }

    fn client(&self, address: &str, seconds: u64) -> Named {
        self.end(address, 40_000, Side::Client, seconds)
    }

    fn end(&self, address: &str, port: u16, side: Side, seconds: u64) -> Named {
        let end = End {
            address: address.parse().unwrap(),
            port: (port, Transport::Tcp),
            side,
        };
        self.0.look_up(end, at(seconds))
    }

    fn client_pod(&self, address: &str, seconds: u64) -> String {
        name(self.client(address, seconds).pod)
    }
}

fn name(name: Option<Arc<str>>) -> String {
    name.map_or_else(|| "nobody".to_owned(), |name| name.to_string())
}

#[test]
fn both_addresses_of_a_pod_are_its_own() {
    let ips = json!([{ "ip": "10.4.2.7" }, { "ip": "fd00::7" }]);
    let mut filled = Filled::new();
    filled.pod(with(pod("web", "10.4.2.7", 5), "/status/podIPs", ips), 6);
    assert_eq!(filled.client_pod("10.4.2.7", 7), "web");
    assert_eq!(filled.client_pod("fd00::7", 7), "web");
    assert_eq!(filled.client_pod("10.4.2.8", 7), "nobody");
}

#[test]
fn a_handshake_before_the_address_was_told_has_the_name_too_and_one_before_the_pod_has_none() {
    let mut filled = Filled::new();
    filled.pod(pod("web", "10.4.2.7", 20), 25);
    assert_eq!(filled.client_pod("10.4.2.7", 21), "web");
    assert_eq!(filled.client_pod("10.4.2.7", 19), "nobody");
}

#[test]
fn an_address_that_is_used_again_has_the_name_of_its_time() {
    let mut filled = Filled::new();
    filled
        .pod(pod("old", "10.4.2.7", 5), 6)
        .gone(pod("old", "10.4.2.7", 5), 30);
    filled.pod(pod("new", "10.4.2.7", 40), 42);
    let named = [10, 30, 35, 41, 50].map(|seconds| filled.client_pod("10.4.2.7", seconds));
    assert_eq!(named, ["old", "old", "nobody", "new", "new"]);
}

#[test]
fn where_the_end_of_the_old_pod_is_told_late_the_time_in_which_it_may_have_been_either_has_no_name()
{
    let mut filled = Filled::new();
    filled.pod(pod("old", "10.4.2.7", 5), 6);
    filled.pod(pod("new", "10.4.2.7", 40), 42);
    filled.gone(pod("old", "10.4.2.7", 5), 60);
    let named = [39, 41, 43, 61].map(|seconds| filled.client_pod("10.4.2.7", seconds));
    assert_eq!(named, ["old", "nobody", "new", "new"]);
    assert!(
        filled.client("10.4.2.7", 41).is_here,
        "either is a pod of this node"
    );
}

#[test]
fn a_pod_that_has_ended_gives_its_address_up_though_the_api_still_shows_it() {
    let mut filled = Filled::new();
    let job = pod("job", "10.4.2.7", 5);
    filled
        .pod(job.clone(), 6)
        .pod(with(job, "/status/phase", json!("Succeeded")), 20);
    filled.pod(pod("web", "10.4.2.7", 30), 31);
    assert_eq!(filled.client_pod("10.4.2.7", 10), "job");
    assert_eq!(filled.client_pod("10.4.2.7", 25), "nobody");
    assert_eq!(filled.client_pod("10.4.2.7", 40), "web");
}

#[test]
fn a_pod_of_the_same_name_is_another_one() {
    let mut filled = Filled::new();
    filled.pod(pod("db-0", "10.4.2.7", 5), 6);
    let again = with(
        pod("db-0", "10.4.2.8", 30),
        "/metadata/uid",
        json!("another"),
    );
    filled.pod(again, 31);
    assert_eq!(filled.client_pod("10.4.2.7", 40), "nobody");
    assert_eq!(filled.client_pod("10.4.2.8", 40), "db-0");
    assert_eq!(filled.client_pod("10.4.2.8", 29), "nobody");
}

#[test]
fn a_pod_that_got_another_address_did_not_have_it_from_the_beginning() {
    let mut filled = Filled::new();
    filled
        .pod(pod("web", "10.4.2.7", 5), 6)
        .pod(pod("web", "10.4.2.8", 5), 100);
    filled.pod(pod("web", "10.4.2.8", 5), 101);
    assert_eq!(filled.client_pod("10.4.2.8", 101), "web");
    assert_eq!(filled.client_pod("10.4.2.7", 50), "web");
    assert_eq!(filled.client_pod("10.4.2.7", 101), "nobody");
}

#[test]
fn what_a_list_does_not_have_is_gone_since_the_word_before() {
    let mut filled = Filled::new();
    filled
        .pod(pod("gone", "10.4.2.7", 5), 6)
        .pod(pod("stays", "10.4.2.8", 5), 6);
    filled.0.begin_list(Kind::Pod);
    let seen = Seen::late(at(60), at(20));
    filled.object::<PodObject>(pod("stays", "10.4.2.8", 5), seen);
    filled.0.end_list(Kind::Pod, seen);
    let named = [19, 21, 70].map(|seconds| filled.client_pod("10.4.2.7", seconds));
    assert_eq!(named, ["gone", "nobody", "nobody"]);
    assert_eq!(filled.client_pod("10.4.2.8", 21), "stays");
}

#[test]
fn of_the_pods_that_use_the_nodes_address_a_servers_port_tells_which_and_a_clients_does_not() {
    let mut filled = Filled::new();
    filled
        .pod(on_host("proxy", 8443), 6)
        .pod(on_host("other", 9100), 6);
    let server = filled.server("10.128.0.5", 8443, 7);
    assert_eq!(name(server.pod), "proxy");
    assert_eq!(name(server.node), "gke-1");
    assert_eq!(name(filled.server("10.128.0.5", 443, 7).pod), "nobody");
    let client = filled.client("10.128.0.5", 7);
    assert_eq!(
        (name(client.pod), name(client.node)),
        ("nobody".to_owned(), "gke-1".to_owned())
    );
    assert!(client.is_here);
    filled.pod(on_host("second-proxy", 8443), 8);
    assert_eq!(name(filled.server("10.128.0.5", 8443, 9).pod), "nobody");
}

#[test]
fn a_port_of_the_node_that_leads_into_a_pod_is_the_pods() {
    let ports = json!([{ "ports": [{ "containerPort": 8443, "hostPort": 443 }] }]);
    let mut filled = Filled::new();
    filled.pod(
        with(
            pod("edge", "10.4.2.7", 5),
            "/spec",
            json!({ "containers": ports }),
        ),
        6,
    );
    assert_eq!(name(filled.server("10.128.0.5", 443, 7).pod), "edge");
    assert_eq!(name(filled.server("10.128.0.5", 8443, 7).pod), "nobody");
    assert_eq!(filled.client_pod("10.4.2.7", 7), "edge");
}

#[test]
fn a_pod_elsewhere_is_named_at_its_port_and_as_a_client_where_its_address_can_be_no_nodes() {
    let mut filled = Filled::new();
    filled.slice(
        slice(
            "bank",
            8443,
            &[("10.4.9.9", "bank-0"), ("10.128.0.9", "exporter-x")],
        ),
        20,
    );
    assert_eq!(name(filled.server("10.4.9.9", 8443, 21).pod), "bank-0");
    assert_eq!(
        filled.client_pod("10.4.9.9", 21),
        "nobody",
        "no pod here tells the range"
    );
    filled.pod(pod("web", "10.4.2.7", 5), 6);
    assert_eq!(filled.client_pod("10.4.9.9", 21), "bank-0");
    let server = filled.server("10.128.0.9", 8443, 21);
    assert_eq!(
        (name(server.pod), name(server.service)),
        ("exporter-x".to_owned(), "bank".to_owned())
    );
    assert_eq!(
        filled.client_pod("10.128.0.9", 21),
        "nobody",
        "a node's address"
    );
    assert!(!filled.client("10.4.9.9", 21).is_here);
}

#[test]
fn an_endpoint_that_moves_from_one_slice_to_another_keeps_its_name() {
    let mut filled = Filled::new();
    filled.slice(
        slice(
            "bank",
            8443,
            &[("10.4.9.9", "bank-0"), ("10.4.9.8", "bank-1")],
        ),
        20,
    );
    filled.slice(slice("bank", 8443, &[("10.4.9.8", "bank-1")]), 40);
    filled.slice(slice("bank-b", 8443, &[("10.4.9.9", "bank-0")]), 41);
    let named = [21, 40, 41, 60].map(|seconds| name(filled.server("10.4.9.9", 8443, seconds).pod));
    assert_eq!(named, ["bank-0"; 4]);
    assert_eq!(name(filled.server("10.4.9.8", 8443, 60).pod), "bank-1");
}

#[test]
fn a_slice_that_still_shows_a_pod_that_has_gone_from_here_is_not_believed() {
    let slice = |pods: &[(&str, &str)]| {
        let of_another = slice("web", 8443, pods);
        with(of_another, "/metadata/namespace", json!("shop"))
    };
    let mut filled = Filled::new();
    filled.pod(pod("web", "10.4.2.7", 5), 6);
    filled.slice(slice(&[("10.4.2.7", "web")]), 7);
    filled.gone(pod("web", "10.4.2.7", 5), 30);
    assert_eq!(name(filled.server("10.4.2.7", 8443, 20).pod), "web");
    assert_eq!(name(filled.server("10.4.2.7", 8443, 45).pod), "nobody");
}

#[test]
fn a_service_has_its_addresses_and_its_port_of_every_node() {
    let spec = json!({
        "clusterIP": "10.8.0.1", "clusterIPs": ["10.8.0.1", "fd08::1"], "externalIPs": ["198.51.100.1"],
        "ports": [{ "port": 443, "nodePort": 30443 }],
    });
    let status = json!({ "loadBalancer": { "ingress": [{ "ip": "203.0.113.9" }, { "hostname": "x.example" }] } });
    let mut filled = Filled::new();
    filled
        .service(service("gateway", &spec, &status))
        .pod(pod("web", "10.4.2.7", 5), 6);
    for address in ["10.8.0.1", "fd08::1", "198.51.100.1", "203.0.113.9"] {
        let named = filled.server(address, 443, 7);
        assert_eq!(name(named.service), "gateway", "{address}");
        assert_eq!(name(named.namespace), "edge", "{address}");
        assert!(!named.is_here);
    }
    assert_eq!(
        name(filled.server("10.128.0.5", 30443, 7).service),
        "gateway"
    );
    assert_eq!(
        name(filled.server("10.128.0.5", 30444, 7).service),
        "nobody"
    );
}

#[test]
fn services_that_share_an_address_are_told_by_their_ports() {
    let shared = |port| json!({ "clusterIP": "None", "externalIPs": ["203.0.113.9"], "ports": [{ "port": port }] });
    let mut filled = Filled::new();
    filled
        .service(service("one", &shared(443), &json!({})))
        .service(service("two", &shared(8443), &json!({})));
    assert_eq!(name(filled.server("203.0.113.9", 443, 7).service), "one");
    assert_eq!(name(filled.server("203.0.113.9", 8443, 7).service), "two");
    assert!(filled.server("203.0.113.9", 80, 7).is_nobody());
}

#[test]
fn a_pod_is_awaited_for_a_minute_and_only_at_addresses_that_it_may_get() {
    let mut filled = Filled::new();
    for kind in Kind::ALL {
        filled.0.set_up(*kind);
    }
    let pending = with(pod("web", "", 5), "/status/phase", json!("Pending"));
    filled.pod(pending.clone(), 6).pod(pending, 20);
    let may_learn = |filled: &Filled, address: &str, seconds| {
        filled.0.may_learn(address.parse().unwrap(), at(seconds))
    };
    assert!(may_learn(&filled, "10.4.2.7", 30));
    assert!(!may_learn(&filled, "203.0.113.9", 30));
    assert!(!may_learn(&filled, "10.4.2.7", 67));
    filled.pod(pod("web", "10.4.2.7", 5), 40);
    assert!(!may_learn(&filled, "10.4.2.9", 41));
}

#[test]
fn what_finds_no_room_is_counted() {
    let mut filled = Filled::new();
    for number in 0..8200 {
        let name = format!("pod-{number}");
        filled.pod(
            with(pod(&name, "", 5), "/status/phase", json!("Succeeded")),
            6,
        );
    }
    assert_eq!(filled.0.losses(), [("directory_full", 8), ("past_full", 0)]);
    assert_eq!(filled.0.losses(), [("directory_full", 0), ("past_full", 0)]);
}
