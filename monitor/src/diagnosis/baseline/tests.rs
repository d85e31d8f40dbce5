//! What a baseline learns, forgets, and has no room for.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rstest::rstest;

use super::lesson::Seen;
use super::profile::Chosen;
use super::*;
use crate::flow::{Endpoint, Protocol};
use crate::frame::Timestamp;
use crate::tls::{ClientHello, Version};

fn server(last: u8) -> Service {
    let address = IpAddr::from([192, 0, 2, last]);
    (Protocol::Tcp, Endpoint { address, port: 443 })
}

fn at(seconds: u64) -> Timestamp {
    Timestamp((1_700_000_000 + seconds) * 1_000_000_000)
}

/// A hello that offers TLS 1.2 and one cipher suite.
fn hello() -> ClientHello {
    let body = [&[3, 3][..], &[7; 32], &[0, 0, 2, 0xc0, 0x2f, 1, 0]].concat();
    Arc::unwrap_or_clone(ClientHello::parse(&body).unwrap())
}

const CHOSEN: Chosen<'_> = Chosen {
    version: Version::TLS1_2,
    suite: 0xc02f,
    group: Some(29),
    scheme: Some(0x0804),
    alpn: Some(b"h2"),
};

fn lesson<'a>(name: Option<&'a str>, seen: Seen<'a>, at: Timestamp) -> Lesson<'a> {
    let count = |happened| u32::from(happened);
    let answered = matches!(seen, Seen::Answer(_));
    let refused = matches!(seen, Seen::Refusal { .. });
    Lesson {
        at,
        name: name.map(str::as_bytes),
        client: IpAddr::from([198, 51, 100, 1]),
        key: None,
        tried: Tried {
            completed: count(answered),
            answered: count(answered),
            refused: count(refused),
            ..Tried::default()
        },
        seen,
    }
}

fn answered(name: Option<&str>, at: Timestamp) -> Lesson<'_> {
    lesson(name, Seen::Answer(Some(CHOSEN)), at)
}

fn chose<'a>(name: &'a str, chosen: Chosen<'a>) -> Lesson<'a> {
    lesson(Some(name), Seen::Answer(Some(chosen)), at(0))
}

fn refused<'a>(name: Option<&'a str>, hello: &'a ClientHello, at: Timestamp) -> Lesson<'a> {
    lesson(name, Seen::Refusal { mute: true, hello }, at)
}

#[test]
fn names_are_told_apart_and_add_up() {
    let mut endpoints = Endpoints::new(8);
    for name in [Some("a.test"), Some("b.test"), None] {
        endpoints.learn(server(1), &answered(name, at(0)));
    }
    let baseline = endpoints.of(server(1));
    assert_eq!(baseline.named(b"a.test", at(2)).completed, 1);
    assert_eq!(baseline.with_sni(at(2)).completed, 2);
    assert_eq!(baseline.without_sni(at(2)).completed, 1);
}

#[test]
fn what_happened_before_the_window_is_forgotten() {
    let mut endpoints = Endpoints::new(8);
    endpoints.learn(server(1), &answered(Some("a.test"), at(0)));
    let baseline = endpoints.of(server(1));
    assert_eq!(baseline.with_sni(at(300)).completed, 1);
    assert_eq!(baseline.with_sni(at(420)).completed, 0);
    assert_eq!(baseline.profile(None, at(300)).versions().count(), 1);
    assert_eq!(baseline.profile(None, at(420)).versions().count(), 0);
}

#[test]
fn endpoints_are_bounded_and_evictions_counted() {
    let mut endpoints = Endpoints::new(4);
    let learn = |last: u8| endpoints.learn(server(last), &answered(None, at(last.into())));
    let evicted: u64 = (0..10).map(learn).map(|learned| learned.evicted).sum();
    assert_eq!(evicted, 6);
    let kept = |last: &u8| endpoints.of(server(*last)).without_sni(at(9)).completed > 0;
    assert_eq!((0..10).filter(kept).count(), 4);
    assert!(kept(&9), "the newest stays");
}

#[test]
fn an_endpoint_that_was_only_knocked_at_in_vain_takes_no_room() {
    let mut endpoints = Endpoints::new(1);
    endpoints.learn(server(1), &answered(None, at(0)));
    let learned = endpoints.learn(server(2), &lesson(None, Seen::Trouble, at(1)));
    assert_eq!(learned, Learned::default());
    assert_eq!(endpoints.of(server(1)).without_sni(at(1)).completed, 1);
}

#[test]
fn names_that_were_only_refused_take_no_room() {
    let hello = hello();
    let mut endpoints = Endpoints::new(1);
    for n in 0..1000 {
        let name = format!("{n}.test");
        endpoints.learn(server(1), &refused(Some(&name), &hello, at(0)));
    }
    let baseline = endpoints.of(server(1));
    assert_eq!(
        (baseline.names(), baseline.with_sni(at(0)).refused),
        (0, 1000)
    );
    assert!(baseline.knows_all_names());
}

#[test]
fn names_at_one_endpoint_are_bounded_but_still_counted_together() {
    let mut endpoints = Endpoints::new(1);
    let mut unnamed = 0;
    for n in 0..1000 {
        let name = format!("{n}.test");
        let learned = endpoints.learn(server(1), &answered(Some(&name), at(0)));
        unnamed += learned.unnamed;
    }
    let baseline = endpoints.of(server(1));
    assert_eq!((baseline.names(), unnamed), (512, 488));
    assert_eq!(baseline.with_sni(at(0)).completed, 1000);
    assert!(!baseline.knows_all_names());
}

#[test]
fn names_that_were_not_used_lately_make_room() {
    let mut endpoints = Endpoints::new(1);
    for n in 0..512 {
        let name = format!("{n}.test");
        endpoints.learn(server(1), &answered(Some(&name), at(0)));
    }
    let learned = endpoints.learn(server(1), &answered(Some("new.test"), at(600)));
    assert_eq!(learned.unnamed, 0);
    assert_eq!(endpoints.of(server(1)).names(), 1);
}

#[test]
fn names_at_all_endpoints_together_are_bounded() {
    let mut endpoints = Endpoints::new(64);
    for last in 0..64 {
        for n in 0..400 {
            let name = format!("{n}.test");
            endpoints.learn(server(last), &answered(Some(&name), at(0)));
        }
    }
    let names: usize = (0..64).map(|last| endpoints.of(server(last)).names()).sum();
    assert_eq!(names, 16_384);
}

#[test]
fn what_was_chosen_is_told_by_name_and_together() {
    let mut endpoints = Endpoints::new(1);
    let newer = Chosen {
        version: Version::TLS1_3,
        suite: 0x1301,
        scheme: None,
        alpn: None,
        ..CHOSEN
    };
    endpoints.learn(server(1), &chose("old.test", CHOSEN));
    endpoints.learn(server(1), &chose("new.test", newer));
    let baseline = endpoints.of(server(1));
    let versions = |name: &str| -> Vec<_> {
        let profile = baseline.profile(Some(name.as_bytes()), at(1));
        profile.versions().collect()
    };
    assert_eq!(versions("old.test"), [Version::TLS1_2]);
    assert_eq!(versions("new.test"), [Version::TLS1_3]);
    assert_eq!(versions("other.test"), [Version::TLS1_2, Version::TLS1_3]);
    let all = baseline.profile(None, at(1));
    assert_eq!(all.answered, 2);
    assert_eq!(all.suites().collect::<Vec<_>>(), [0xc02f, 0x1301]);
    assert_eq!(all.groups().collect::<Vec<_>>(), [29]);
    assert_eq!(all.schemes().collect::<Vec<_>>(), [0x0804]);
    assert_eq!(all.protocols().collect::<Vec<_>>(), [b"h2"]);
}

#[test]
fn more_suites_than_are_told_apart_are_noticed_and_old_ones_make_room() {
    let mut endpoints = Endpoints::new(1);
    let chosen = |suite| Chosen { suite, ..CHOSEN };
    for suite in 0..40 {
        endpoints.learn(server(1), &chose("a.test", chosen(suite)));
    }
    let profile = endpoints.of(server(1)).profile(None, at(0));
    assert_eq!((profile.suites().count(), profile.is_whole()), (32, false));
    let later = Seen::Answer(Some(chosen(99)));
    endpoints.learn(server(1), &lesson(Some("a.test"), later, at(600)));
    let profile = endpoints.of(server(1)).profile(None, at(600));
    assert_eq!(profile.suites().collect::<Vec<_>>(), [99]);
    assert!(profile.is_whole());
}

#[test]
fn what_is_known_already_is_no_news() {
    let mut endpoints = Endpoints::new(1);
    let learn = |endpoints: &mut Endpoints, seconds| {
        let learned = endpoints.learn(server(1), &answered(Some("a.test"), at(seconds)));
        learned.news
    };
    let news: Vec<_> = (0..5).map(|n| learn(&mut endpoints, n)).collect();
    assert_eq!(news, [true, true, true, false, false]);
    let hello = hello();
    endpoints.learn(server(1), &refused(Some("b.test"), &hello, at(6)));
    assert!(learn(&mut endpoints, 7), "the first behind a refusal");
}

#[test]
fn a_run_of_refusals_ends_with_an_answer() {
    let hello = hello();
    let mut endpoints = Endpoints::new(1);
    for name in [Some("a.test"), None, Some("b.test"), Some("a.test")] {
        endpoints.learn(server(1), &refused(name, &hello, at(0)));
    }
    let run = endpoints.of(server(1)).refusals();
    assert_eq!((run.count, run.names(), run.nameless), (4, 2, 1));
    assert_eq!((run.variety(), run.clients(), run.served), (3, 1, false));
    endpoints.learn(server(1), &answered(Some("c.test"), at(1)));
    assert_eq!(endpoints.of(server(1)).refusals().count, 0);
    endpoints.learn(server(1), &refused(Some("c.test"), &hello, at(2)));
    assert!(endpoints.of(server(1)).refusals().served);
}

#[rstest]
#[case::of_a_name_that_is_served(Some("a.test"))]
#[case::of_a_connection(None)]
fn a_refusal_makes_what_came_around_it_doubtful(#[case] served: Option<&str>) {
    let hello = hello();
    let mut endpoints = Endpoints::new(1);
    let trouble = served.map_or_else(
        || lesson(None, Seen::Trouble, at(20)),
        |name| refused(Some(name), &hello, at(20)),
    );
    endpoints.learn(server(1), &answered(Some("a.test"), at(0)));
    endpoints.learn(server(1), &answered(Some("a.test"), at(10)));
    endpoints.learn(server(1), &trouble);
    let up = |endpoints: &Endpoints, seconds| endpoints.of(server(1)).was_up(at(seconds));
    assert!(up(&endpoints, 5), "answered before and after");
    assert!(!up(&endpoints, 15), "trouble is all that follows");
    endpoints.learn(server(1), &answered(Some("a.test"), at(30)));
    assert!(!up(&endpoints, 15), "nobody knows when it came back");
    assert!(up(&endpoints, 35));
}

#[test]
fn a_name_that_is_refused_again_after_others_completed_is_told() {
    let hello = hello();
    let mut endpoints = Endpoints::new(1);
    let again = |endpoints: &Endpoints| endpoints.of(server(1)).refused_again(b"x.test");
    endpoints.learn(server(1), &answered(Some("a.test"), at(0)));
    endpoints.learn(server(1), &refused(Some("x.test"), &hello, at(1)));
    endpoints.learn(server(1), &refused(Some("x.test"), &hello, at(2)));
    assert_eq!(again(&endpoints), None, "it may be down all the time");
    endpoints.learn(server(1), &answered(Some("a.test"), at(3)));
    endpoints.learn(server(1), &refused(Some("x.test"), &hello, at(4)));
    assert_eq!(again(&endpoints), Some(3));
    endpoints.learn(server(1), &refused(Some("a.test"), &hello, at(5)));
    assert_eq!(again(&endpoints), None, "trouble makes it doubtful");
}

#[test]
fn a_refused_name_is_forgotten_when_it_was_long_ago_or_there_are_many() {
    let hello = hello();
    let mut endpoints = Endpoints::new(1);
    let mut refuse = |name: &str, seconds| {
        endpoints.learn(server(1), &refused(Some(name), &hello, at(seconds)));
        endpoints.learn(server(1), &answered(Some("a.test"), at(seconds + 1)));
        endpoints.of(server(1)).refused_again(name.as_bytes())
    };
    refuse("x.test", 0);
    assert_eq!(refuse("x.test", 400), None, "more than five minutes");
    assert_eq!(refuse("x.test", 410), Some(2));
    for n in 0..16 {
        refuse(&format!("{n}.test"), 420);
    }
    assert_eq!(refuse("x.test", 430), None, "it made room");
}

#[test]
fn a_hello_that_shares_nothing_with_what_is_negotiated_is_no_sign_of_trouble() {
    let hello = hello();
    let mut endpoints = Endpoints::new(1);
    let newer = Chosen {
        version: Version::TLS1_3,
        suite: 0x1301,
        ..CHOSEN
    };
    endpoints.learn(server(1), &chose("a.test", newer));
    endpoints.learn(server(1), &refused(Some("a.test"), &hello, at(1)));
    let baseline = endpoints.of(server(1));
    assert_eq!(baseline.refusals().count, 0);
    assert!(baseline.was_up(at(1)));
}

#[test]
fn a_baseline_takes_as_much_room_as_is_said() {
    assert!(size_of::<Baseline>() <= 2048, "{}", size_of::<Baseline>());
    let name = size_of::<window::Window>() + size_of::<Box<[u8]>>();
    assert!(name <= 300, "{name}");
}

#[test]
fn runs_of_refusals_that_lie_far_apart_are_two() {
    let hello = hello();
    let mut endpoints = Endpoints::new(1);
    endpoints.learn(server(1), &refused(None, &hello, at(0)));
    let later = at(0).plus(Duration::from_mins(6));
    endpoints.learn(server(1), &refused(None, &hello, later));
    assert_eq!(endpoints.of(server(1)).refusals().count, 1);
}

#[test]
fn what_is_known_is_told_as_a_copy_with_the_names_that_were_tried_most() {
    let hello = hello();
    let mut endpoints = Endpoints::new(8);
    for n in 0..20 {
        let name = format!("{n:02}.test");
        for _ in 0..=n {
            endpoints.learn(server(1), &answered(Some(&name), at(0)));
        }
    }
    endpoints.learn(server(1), &refused(Some("19.test"), &hello, at(1)));
    endpoints.learn(server(1), &refused(None, &hello, at(2)));
    let all = endpoints.facts(at(3));
    let [facts] = &all[..] else {
        panic!("{all:?}");
    };
    assert_eq!((facts.service, facts.last_use), (server(1), at(2)));
    assert_eq!((facts.with_sni.answered, facts.with_sni.refused), (210, 1));
    assert_eq!(facts.without_sni.refused, 1);
    assert_eq!(facts.negotiated.versions, [Version::TLS1_2]);
    assert_eq!(facts.negotiated.suites, [0xc02f]);
    assert_eq!(&*facts.negotiated.protocols[0], b"h2");
    assert_eq!((facts.names.len(), facts.other_names), (16, 4));
    let most = &facts.names[0];
    assert_eq!((&*most.name, most.tried.refused), (&b"19.test"[..], 1));
    let refusals = facts.refusals.unwrap();
    assert_eq!((refusals.count, refusals.nameless), (2, 1));
    assert!(!facts.is_up, "it refuses what it answered");
    let later = endpoints.facts(at(1000));
    assert_eq!(later[0].with_sni, Tried::default());
    assert!(later[0].names.is_empty() && later[0].negotiated.versions.is_empty());
}
