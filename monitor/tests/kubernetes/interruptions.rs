//! Streams that end, break off, go silent or are too late.

use super::*;
use crate::api::{PODS, SERVICES, SLICES};
use crate::objects::pod;

/// A cluster with one pod here, and its names.
async fn one_pod(settings: Settings) -> (Cluster, Names) {
    let cluster = Cluster::start().await;
    cluster.apply(PODS, pod("shop", "first-7d4b9-a", NODE, Some("10.4.2.1")));
    let names = Names::with(&cluster, settings);
    names.up().await;
    (cluster, names)
}

/// Another pod comes, and the first goes.
fn change(cluster: &Cluster) {
    cluster.apply(PODS, pod("shop", "second-7d4b9-b", NODE, Some("10.4.2.2")));
    cluster.delete(PODS, "shop", "first-7d4b9-a");
}

async fn is_changed(names: &Names) {
    eventually(|| names.pod("10.4.2.2").is_some() && names.pod("10.4.2.1").is_none()).await;
    assert_eq!(names.pod("10.4.2.2").as_deref(), Some("second-7d4b9-b"));
}

#[tokio::test]
async fn a_stream_that_is_cut_goes_on_where_it_was_and_nothing_is_lost() {
    let (cluster, names) = one_pod(settings()).await;
    for _ in 0..5 {
        cluster.cut();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    cluster.cut();
    change(&cluster);
    is_changed(&names).await;
    names.up().await;
    assert_eq!(cluster.lists(PODS), 1, "it was listed again");
    assert!(cluster.asked("watch=true") > 3);
}

#[tokio::test]
async fn a_stream_that_ends_in_order_goes_on_at_once() {
    let watch = Duration::from_secs(1);
    let (cluster, names) = one_pod(Settings {
        watch,
        ..settings()
    })
    .await;
    eventually(|| cluster.asked(&format!("{PODS}?")) >= 4).await;
    change(&cluster);
    is_changed(&names).await;
    assert_eq!(cluster.lists(PODS), 1, "it was listed again");
    let troubles = Trouble::ALL
        .iter()
        .map(|trouble| names.troubles(Kind::Pod, *trouble));
    assert_eq!(troubles.sum::<u64>(), 0);
}

#[tokio::test]
async fn a_bookmark_keeps_a_quiet_watch_from_being_too_late() {
    let (cluster, names) = one_pod(settings()).await;
    cluster.bookmark();
    a_while().await;
    cluster.compact();
    cluster.cut();
    a_while().await;
    change(&cluster);
    is_changed(&names).await;
    for path in [PODS, SERVICES, SLICES] {
        assert_eq!(cluster.lists(path), 1, "{path} was listed again");
    }
    assert_eq!(names.troubles(Kind::Pod, Trouble::Gone), 0);
}

/// Makes the version of every watch too old, and changes something meanwhile.
async fn too_late(by_status: bool) {
    let (cluster, names) = one_pod(settings()).await;
    let alive = now();
    cluster.state().gone_by_status = by_status;
    cluster.state().forbidden.insert(PODS.to_owned());
    cluster.cut();
    eventually(|| names.state(Kind::Pod) == WatchState::Down).await;
    change(&cluster);
    cluster.compact();
    cluster.state().forbidden.clear();
    is_changed(&names).await;
    assert!(names.troubles(Kind::Pod, Trouble::Gone) >= 1);
    assert_eq!(cluster.lists(PODS), 2, "{:?}", cluster.state().requests);
    assert_ne!(
        names.pod_at("10.4.2.1", alive).as_deref(),
        Some("second-7d4b9-b")
    );
}

#[tokio::test]
async fn a_watch_that_is_too_late_by_a_word_in_the_stream_lists_again() {
    too_late(false).await;
}

#[tokio::test]
async fn a_watch_that_is_too_late_by_its_status_lists_again() {
    too_late(true).await;
}

#[tokio::test]
async fn a_stream_that_goes_silent_is_given_up_and_begun_anew() {
    let silence = Duration::from_millis(400);
    let (cluster, names) = one_pod(Settings {
        silence,
        ..settings()
    })
    .await;
    cluster.state().mute = true;
    cluster.cut();
    tokio::time::sleep(Duration::from_millis(100)).await;
    change(&cluster);
    eventually(|| names.troubles(Kind::Pod, Trouble::Silent) >= 1).await;
    assert!(
        names.pod("10.4.2.2").is_none(),
        "a mute stream told something"
    );
    cluster.state().mute = false;
    is_changed(&names).await;
    assert_eq!(cluster.lists(PODS), 1, "it was listed again");
}

#[tokio::test]
async fn a_list_that_trickles_is_waited_for_as_long_as_it_keeps_coming() {
    let cluster = Cluster::start().await;
    cluster.apply(PODS, pod("shop", "first-7d4b9-a", NODE, Some("10.4.2.1")));
    cluster.state().trickle = Some(Duration::from_millis(60));
    let silence = Duration::from_secs(1);
    let names = Names::with(
        &cluster,
        Settings {
            silence,
            ..settings()
        },
    );
    eventually(|| names.pod("10.4.2.1").is_some()).await;
    assert_eq!(cluster.lists(PODS), 1);
    assert_eq!(names.troubles(Kind::Pod, Trouble::Malformed), 0);
}

#[tokio::test]
async fn a_list_whose_next_page_is_forgotten_begins_anew_and_loses_no_name() {
    let cluster = Cluster::start().await;
    cluster.state().page = Some(3);
    for number in 0..7 {
        let name = format!("web-7d4b9-{number}");
        cluster.apply(
            PODS,
            pod("shop", &name, NODE, Some(&format!("10.4.2.{number}"))),
        );
    }
    cluster.state().pages_left = Some(1);
    let names = Names::of(&cluster);
    names.up().await;
    assert_eq!(names.pod("10.4.2.6").as_deref(), Some("web-7d4b9-6"));
    assert!(names.troubles(Kind::Pod, Trouble::Gone) >= 1);
    assert!(cluster.lists(PODS) >= 5);
}

#[tokio::test]
async fn what_went_while_nothing_was_told_is_not_named_any_more_and_what_stayed_is() {
    let (cluster, names) = one_pod(settings()).await;
    cluster.apply(PODS, pod("shop", "stays-7d4b9-c", NODE, Some("10.4.2.3")));
    eventually(|| names.pod("10.4.2.3").is_some()).await;
    let all = [PODS, SERVICES, SLICES];
    cluster.state().forbidden.extend(all.map(str::to_owned));
    cluster.cut();
    eventually(|| names.state(Kind::Pod) == WatchState::Down).await;
    change(&cluster);
    cluster.compact();
    assert_eq!(names.pod("10.4.2.3").as_deref(), Some("stays-7d4b9-c"));
    cluster.state().forbidden.clear();
    is_changed(&names).await;
    assert_eq!(names.pod("10.4.2.3").as_deref(), Some("stays-7d4b9-c"));
}
