//! Answers that say no.

use super::*;
use crate::api::{PODS, SERVICES, SLICES};
use crate::objects::{pod, service};

#[tokio::test]
async fn a_token_that_was_exchanged_is_read_anew() {
    let cluster = Cluster::start().await;
    cluster.apply(PODS, pod("shop", "web-7d4b9-a", NODE, Some("10.4.2.1")));
    let names = Names::of(&cluster);
    names.up().await;
    cluster.state().tokens = ["second".to_owned()].into();
    cluster.cut();
    eventually(|| names.troubles(Kind::Pod, Trouble::Unauthorized) >= 2).await;
    assert_eq!(names.pod("10.4.2.1").as_deref(), Some("web-7d4b9-a"));
    cluster.identity.set_token("second");
    names.up().await;
    assert_eq!(cluster.lists(PODS), 1, "it was listed again");
}

#[tokio::test]
async fn what_may_not_be_read_leaves_the_rest_alone_and_is_read_once_it_may() {
    let cluster = Cluster::start().await;
    cluster.state().forbidden.insert(PODS.to_owned());
    cluster.apply(PODS, pod("shop", "web-7d4b9-a", NODE, Some("10.4.2.1")));
    cluster.apply(SERVICES, service("shop", "web", "10.8.0.1"));
    let names = Names::of(&cluster);
    eventually(|| names.troubles(Kind::Pod, Trouble::Forbidden) >= 1).await;
    eventually(|| names.state(Kind::Service) == WatchState::Up).await;
    assert_eq!(names.state(Kind::Pod), WatchState::Down);
    assert_eq!(names.server("10.8.0.1").service.as_deref(), Some("web"));
    assert!(names.server("10.4.2.1").is_nobody());
    cluster.state().forbidden.clear();
    names.up().await;
    assert_eq!(names.pod("10.4.2.1").as_deref(), Some("web-7d4b9-a"));
}

#[tokio::test]
async fn a_server_that_fails_is_asked_ever_more_seldom_until_it_answers() {
    let cluster = Cluster::start().await;
    cluster.apply(PODS, pod("shop", "web-7d4b9-a", NODE, Some("10.4.2.1")));
    let always = std::iter::repeat_n((PODS.to_owned(), 500), 8);
    cluster.state().failures = always.collect();
    let begun = Instant::now();
    let names = Names::of(&cluster);
    names.up().await;
    // At the least, half of 20, 40, 80, 160 and four times 200 ms.
    assert!(
        begun.elapsed() > Duration::from_millis(500),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(cluster.lists(PODS), 9);
    assert_eq!(names.troubles(Kind::Pod, Trouble::Refused), 8);
    assert_eq!(names.pod("10.4.2.1").as_deref(), Some("web-7d4b9-a"));
}

#[tokio::test]
async fn a_stream_that_is_cut_at_its_beginning_again_and_again_is_no_flood() {
    let cluster = Cluster::start().await;
    let names = Names::of(&cluster);
    names.up().await;
    let before = cluster.state().requests.len();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(1) {
        cluster.cut();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let asked = cluster.state().requests.len() - before;
    assert!((6..80).contains(&asked), "{asked} requests in a second");
}

#[tokio::test]
async fn a_server_with_another_certificate_is_not_talked_to() {
    let (cluster, other) = (Cluster::start().await, Cluster::start().await);
    other.apply(PODS, pod("shop", "web-7d4b9-a", NODE, Some("10.4.2.1")));
    let (mine, theirs) = (cluster.identity.kubeconfig(), other.identity.kubeconfig());
    let ca = |file: &std::path::Path| file.with_file_name("ca.pem");
    std::fs::copy(ca(&mine), ca(&theirs)).unwrap();
    let names = Names::of(&other);
    eventually(|| names.troubles(Kind::Pod, Trouble::Unreachable) >= 2).await;
    assert_eq!(other.asked(""), 0, "it was asked all the same");
    for path in [PODS, SERVICES, SLICES] {
        assert_eq!(other.lists(path), 0);
    }
    assert!(names.server("10.4.2.1").is_nobody());
}

#[test]
fn a_file_that_says_nothing_is_named_with_a_remedy() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "no: kubeconfig\n: [").unwrap();
    let error = Source::find(Some(file.path())).unwrap_err();
    assert!(
        error.to_string().contains("cannot use the kubeconfig"),
        "{error}"
    );
    assert!(error.help().contains("--kubeconfig"));
}
