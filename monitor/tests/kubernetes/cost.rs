//! What it costs to know a large cluster: a process of its own follows one, and says what it took.

use std::process::Command;

use super::*;
use crate::api::{PODS, SERVICES, SLICES};
use crate::objects::{pod, service, slice};

/// Where the process finds the cluster.
const KUBECONFIG: &str = "TLSMON_TEST_KUBECONFIG";

/// 100 pods here, 10,000 in 100 slices, 1,000 Services.
fn fill(cluster: &Cluster) {
    for number in 0..100 {
        let name = format!("here-7d4b9-{number}");
        cluster.apply(
            PODS,
            pod("shop", &name, NODE, Some(&format!("10.4.2.{number}"))),
        );
    }
    for number in 0..1000 {
        let address = format!("10.8.{}.{}", number / 250, number % 250);
        cluster.apply(
            SERVICES,
            service("shop", &format!("service-{number}"), &address),
        );
    }
    for number in 0..100 {
        let end = |at| {
            (
                format!("10.5.{number}.{at}"),
                format!("service-{number}-7d4b9c6f5-{at:05}"),
            )
        };
        let ends: Vec<_> = (0..100).map(end).collect();
        cluster.apply(
            SLICES,
            slice("shop", &format!("service-{number}"), 1, &ends),
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_pods_cost_few_megabytes_and_next_to_no_time() {
    let cluster = Cluster::start().await;
    fill(&cluster);
    let mut process = Command::new(std::env::current_exe().unwrap());
    process.args(["--exact", "cost::follower", "--ignored", "--nocapture"]);
    process.env(KUBECONFIG, cluster.identity.kubeconfig());
    let output = tokio::task::spawn_blocking(move || process.output().unwrap())
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    let figure = |name: &str| -> u64 {
        let mut lines = said.lines().filter_map(|line| line.strip_prefix(name));
        lines
            .next()
            .unwrap_or_else(|| panic!("no {name} in {said}"))
            .trim()
            .parse()
            .unwrap()
    };
    println!("{said}");
    assert!(figure("kept KiB:") < 16 << 10, "{said}");
    assert!(figure("peak KiB:") < 48 << 10, "{said}");
}

/// What the test above runs by itself.
#[tokio::test]
#[ignore = "run by ten_thousand_pods_cost_few_megabytes_and_next_to_no_time"]
async fn follower() {
    let file = std::env::var_os(KUBECONFIG).expect("run by the test that measures");
    let source = Source::find(Some(file.as_ref())).unwrap().unwrap();
    let directory = Shared::new(NODE);
    let before = memory("VmRSS:");
    let filled = directory.clone();
    let follow = async move { follow_all(&source, &settings(), &filled).await };
    let names = Names {
        directory,
        task: tokio::spawn(follow),
    };
    names.up().await;
    assert_eq!(
        names.pod("10.5.99.99").as_deref(),
        Some("service-99-7d4b9c6f5-00099")
    );
    let busy = cpu_ticks();
    println!("CPU ms to list: {}", busy * 10);
    println!("peak KiB: {}", memory("VmHWM:") - before);
    println!("kept KiB: {}", memory("VmRSS:") - before);
    tokio::time::sleep(Duration::from_secs(5)).await;
    println!("CPU ms in 5 idle seconds: {}", (cpu_ticks() - busy) * 10);
}

/// A line of `/proc/self/status`, in KiB.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// User and system time of this process, in hundredths of a second.
fn cpu_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit_once(')').unwrap().1;
    let fields: Vec<u64> = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|n| n.parse().unwrap())
        .collect();
    fields.iter().sum()
}
