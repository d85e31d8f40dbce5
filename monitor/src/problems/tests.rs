//! Groups over reports made by hand.

use std::net::IpAddr;

use super::*;
use crate::report::{Cause, Event, Handshake, example};

const SECOND: u64 = 1_000_000_000;

fn failure(change: impl FnOnce(&mut Handshake)) -> Event {
    let mut handshake = example::no_sni();
    change(&mut handshake);
    Event::Handshake(Box::new(handshake))
}

fn named(name: &str) -> Event {
    failure(|handshake| {
        let hello = handshake.client_hello.as_mut().unwrap();
        hello.sni = Some(name.into());
    })
}

#[test]
fn failures_of_one_cause_endpoint_and_name_are_one_problem() {
    let mut problems = Problems::default();
    for second in 0..20 {
        problems.observe(&failure(|handshake| {
            handshake.time.0 += second * SECOND;
            handshake.client.port += 1;
        }));
    }
    problems.observe(&named("a.example"));
    problems.observe(&Event::Handshake(Box::new(example::established())));
    let ranked = problems.ranked();
    assert_eq!(ranked.len(), 2);
    let first = ranked[0];
    assert_eq!(first.key.endpoint.to_string(), "apigee/ingressgateway-ext");
    assert_eq!((first.count, &first.key.name), (20, &Name::None));
    assert_eq!(first.last.since(first.first).as_secs(), 19);
    assert_eq!(first.trend.total(problems.scale(), STEPS), 20);
    assert_eq!(first.clients.known(), 1);
    assert_eq!(first.examples().count(), 5);
}

#[test]
fn a_revision_moves_the_failure_and_leaves_no_empty_group() {
    let mut problems = Problems::default();
    let revision = example::revision();
    problems.observe(&failure(|handshake| {
        handshake.cause = Some(revision.was.cause);
    }));
    problems.observe(&Event::Revision(Box::new(revision.clone())));
    let ranked = problems.ranked();
    assert_eq!(ranked.len(), 1);
    assert_eq!(ranked[0].key.cause, revision.cause);
    assert_eq!((ranked[0].count, ranked[0].clients.known()), (1, 1));
    assert_eq!(ranked[0].trend.total(problems.scale(), STEPS), 1);
    assert_eq!(problems.forgotten, Forgotten::default());
}

#[test]
fn invented_names_take_bounded_room_and_hide_nothing() {
    let mut problems = Problems::default();
    problems.observe(&failure(|_| {}));
    for number in 0..10_000 {
        problems.observe(&named(&format!("n{number}.example")));
    }
    assert_eq!(problems.iter().count(), 32 + 2);
    let others = problems.iter().find(|one| one.key.name == Name::Others);
    assert_eq!(others.unwrap().count, 10_000 - 32);
    assert_eq!(problems.forgotten, Forgotten::default());
}

#[test]
fn of_more_endpoints_than_have_a_place_the_oldest_is_forgotten_and_counted() {
    let mut problems = Problems::with_capacity(4);
    for port in 1..=10_u16 {
        problems.observe(&failure(|handshake| {
            handshake.server.namespace = None;
            handshake.server.port = port;
            handshake.time.0 += u64::from(port) * SECOND;
        }));
    }
    let mut ports: Vec<_> = problems
        .iter()
        .map(|problem| problem.key.endpoint.to_string())
        .collect();
    ports.sort();
    assert_eq!(
        ports,
        ["10.4.2.7:10", "10.4.2.7:7", "10.4.2.7:8", "10.4.2.7:9"]
    );
    let gone = problems.forgotten;
    assert_eq!((gone.problems, gone.failures), (6, 6));
}

#[test]
fn a_hundred_thousand_clients_take_bounded_room_and_none_is_lost() {
    let mut problems = Problems::default();
    for number in 0..100_000_u32 {
        problems.observe(&failure(|handshake| {
            handshake.client.address = IpAddr::from(number.to_be_bytes());
        }));
    }
    let ranked = problems.ranked();
    let clients = &ranked[0].clients;
    assert_eq!(clients.known() as u64 + clients.others(), 100_000);
    assert!(clients.known() <= 64);
}

#[test]
fn an_endpoint_tells_what_completes_beside_what_fails() {
    let mut endpoints = Endpoints::default();
    endpoints.observe(&failure(|_| {}));
    endpoints.observe(&failure(|handshake| {
        handshake.outcome = crate::report::Outcome::Probe;
    }));
    let mut established = example::established();
    established.server = example::no_sni().server;
    endpoints.observe(&Event::Handshake(Box::new(established)));
    let all = endpoints.in_order();
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].established_count, all[0].failed_count), (1, 1));
    assert_eq!(all[0].causes[&Cause::NoSniRejected], 1);
    assert_eq!(
        all[0].names[""],
        NameFacts {
            established: 0,
            failed: 1
        }
    );
    assert_eq!(all[0].versions.values().sum::<u64>(), 1);
}

#[test]
fn more_endpoints_than_have_a_place_are_counted() {
    let mut endpoints = Endpoints::default();
    for port in 0..2_000_u16 {
        endpoints.observe(&failure(|handshake| {
            handshake.server.workload = None;
            handshake.server.port = port;
        }));
    }
    assert_eq!(
        endpoints.in_order().len() as u64 + endpoints.forgotten(),
        2_000
    );
}
