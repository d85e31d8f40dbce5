//! What is there, and what changes.

use serde_json::json;

use super::*;
use crate::api::{OLD_SLICES, PODS, SERVICES, SLICES};
use crate::objects::{pod, service, slice};

fn ends(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter()
        .map(|(address, pod)| ((*address).to_owned(), (*pod).to_owned()))
        .collect()
}

#[tokio::test]
async fn pods_here_pods_elsewhere_and_services_have_names_after_the_first_list() {
    let cluster = Cluster::start().await;
    cluster.apply(
        PODS,
        pod("shop", "cart-7d4b9-x2x9q", NODE, Some("10.4.2.7")),
    );
    cluster.apply(
        PODS,
        pod("shop", "elsewhere-7d4b9-aaaaa", "gke-2", Some("10.4.9.9")),
    );
    cluster.apply(
        SLICES,
        slice("pay", "bank", 1, &ends(&[("10.4.3.3", "bank-0")])),
    );
    cluster.apply(SLICES, slice("pay", "empty", 1, &[]));
    cluster.apply(SERVICES, service("shop", "cart", "10.8.0.1"));
    let names = Names::of(&cluster);
    names.up().await;
    let cart = names.server("10.4.2.7");
    assert_eq!(cart.pod.as_deref(), Some("cart-7d4b9-x2x9q"));
    assert_eq!(cart.namespace.as_deref(), Some("shop"));
    assert_eq!(cart.workload.as_deref(), Some("cart"));
    assert!(cart.is_here);
    let bank = names.server("10.4.3.3");
    assert_eq!(bank.pod.as_deref(), Some("bank-0"));
    assert_eq!(bank.service.as_deref(), Some("bank"));
    assert_eq!((bank.workload, bank.is_here), (None, false));
    let service = names.server("10.8.0.1");
    assert_eq!(service.service.as_deref(), Some("cart"));
    assert_eq!(service.namespace.as_deref(), Some("shop"));
    assert!(
        names.server("10.4.9.9").is_nobody(),
        "a pod of another node was read"
    );
    assert_eq!(
        names
            .directory
            .read(|directory| directory.snapshots().map(|one| one.objects)),
        [1, 1, 2]
    );
}

#[tokio::test]
async fn only_what_is_needed_is_asked_for_and_from_the_cache() {
    let cluster = Cluster::start().await;
    let names = Names::of(&cluster);
    names.up().await;
    let requests = cluster.state().requests.clone();
    assert_eq!(requests.len(), 6, "{requests:?}");
    for path in [PODS, SERVICES, SLICES] {
        let of_path: Vec<_> = requests
            .iter()
            .filter(|one| one.starts_with(path))
            .collect();
        let [list, watch] = of_path[..] else {
            panic!("{of_path:?}")
        };
        assert!(list.contains("resourceVersion=0"), "{list}");
        assert!(
            watch.contains("watch=true") && watch.contains("resourceVersion=100"),
            "{watch}"
        );
        for request in of_path {
            let of_node = request.contains("fieldSelector=spec.nodeName=gke-1");
            assert_eq!(of_node, path == PODS, "{request}");
        }
    }
}

#[tokio::test]
async fn a_list_in_pages_is_read_to_its_end() {
    let cluster = Cluster::start().await;
    cluster.state().page = Some(3);
    for number in 0..10 {
        let name = format!("web-7d4b9-{number}");
        cluster.apply(
            PODS,
            pod("shop", &name, NODE, Some(&format!("10.4.2.{number}"))),
        );
    }
    let names = Names::of(&cluster);
    names.up().await;
    assert_eq!(names.pod("10.4.2.0").as_deref(), Some("web-7d4b9-0"));
    assert_eq!(names.pod("10.4.2.9").as_deref(), Some("web-7d4b9-9"));
    assert_eq!(cluster.lists(PODS), 4);
}

#[tokio::test]
async fn a_pod_has_its_name_from_its_address_on_until_it_goes_and_before_that_for_ever() {
    let cluster = Cluster::start().await;
    let names = Names::of(&cluster);
    names.up().await;
    cluster.apply(PODS, pod("shop", "web-7d4b9-a", NODE, None));
    let is_starting = || {
        names
            .directory
            .read(|directory| directory.may_learn("10.4.2.7".parse().unwrap(), now()))
    };
    eventually(is_starting).await;
    assert_eq!(names.pod("10.4.2.7"), None);
    cluster.apply(PODS, pod("shop", "web-7d4b9-a", NODE, Some("10.4.2.7")));
    eventually(|| names.pod("10.4.2.7").is_some()).await;
    assert!(!is_starting());
    let alive = now();
    a_while().await;
    cluster.delete(PODS, "shop", "web-7d4b9-a");
    eventually(|| names.pod("10.4.2.7").is_none()).await;
    assert_eq!(
        names.pod_at("10.4.2.7", alive).as_deref(),
        Some("web-7d4b9-a")
    );
}

#[tokio::test]
async fn an_address_that_is_used_again_has_the_name_of_its_time() {
    let cluster = Cluster::start().await;
    cluster.apply(PODS, pod("shop", "old-7d4b9-a", NODE, Some("10.4.2.7")));
    let names = Names::of(&cluster);
    names.up().await;
    // What comes behind a watch's beginning may be of the time before.
    tokio::time::sleep(Duration::from_millis(3100)).await;
    let first = now();
    cluster.delete(PODS, "shop", "old-7d4b9-a");
    eventually(|| names.pod("10.4.2.7").is_none()).await;
    let between = now();
    // The kubelet writes seconds.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let mut new = pod("shop", "new-7d4b9-b", NODE, Some("10.4.2.7"));
    new["status"]["startTime"] = json!(jiff_now());
    cluster.apply(PODS, new);
    eventually(|| names.pod("10.4.2.7").is_some()).await;
    assert_eq!(
        names.pod_at("10.4.2.7", first).as_deref(),
        Some("old-7d4b9-a")
    );
    assert_ne!(
        names.pod_at("10.4.2.7", between).as_deref(),
        Some("old-7d4b9-a")
    );
    assert_eq!(names.pod("10.4.2.7").as_deref(), Some("new-7d4b9-b"));
}

#[tokio::test]
async fn a_server_of_the_time_before_slices_had_a_version_is_asked_in_its_words() {
    let cluster = Cluster::start().await;
    {
        let mut state = cluster.state();
        state.missing.remove(OLD_SLICES);
        state.missing.insert(SLICES.to_owned());
    }
    cluster.apply(
        OLD_SLICES,
        slice("pay", "bank", 1, &ends(&[("10.4.3.3", "bank-0")])),
    );
    let names = Names::of(&cluster);
    names.up().await;
    assert_eq!(names.pod("10.4.3.3").as_deref(), Some("bank-0"));
}

/// Now, to the second, as the kubelet writes it.
fn jiff_now() -> String {
    let seconds = now().0 / 1_000_000_000;
    Timestamp(seconds * 1_000_000_000).to_string()
}
