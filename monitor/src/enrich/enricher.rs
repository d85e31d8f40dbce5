//! Writes names into events.

use std::net::IpAddr;

use super::held::Held;
use super::told::Told;
use super::{Directory, End, Named, Shared};
use crate::flow::Side;
use crate::frame::Timestamp;
use crate::report::{Event, Handshake, HandshakeDirection, LegReport, Peer, Revision};

/// Writes names into events, as they were when the handshake began. An event whose ends may soon have a name waits for it, a
/// second at most; without a directory, none waits.
#[derive(Debug, Default)]
pub struct Enricher {
    directory: Option<Shared>,
    held: Held,
    told: Told,
    /// The version of the directory that all that wait have been looked up in.
    asked: u64,
    now: Timestamp,
    forgotten: Timestamp,
    losses: Losses,
}

/// Names that were not written, by reason.
#[derive(Clone, Copy, Debug, Default)]
struct Losses {
    no_room: u64,
    no_answer: u64,
}

/// What both ends are called.
struct Ends {
    client: Named,
    server: Named,
}

impl Enricher {
    /// One that asks this directory.
    pub fn new(directory: Shared) -> Self {
        Self {
            directory: Some(directory),
            ..Self::default()
        }
    }

    /// Gives the event with its names; nothing when it waits for them.
    pub fn event(&mut self, event: Event) -> Option<Event> {
        let Some(directory) = &self.directory else {
            return Some(event);
        };
        if matches!(&event, Event::Revision(revision) if self.held.has(revision.id)) {
            self.held.push(event, self.now);
            return None;
        }
        if directory.read(|directory| may_gain(&event, directory, self.now)) {
            if self.held.has_room() {
                self.held.push(event, self.now);
                return None;
            }
            self.losses.no_room += 1;
        }
        Some(self.named(event))
    }

    /// Time has come this far.
    pub fn advance(&mut self, now: Timestamp) {
        self.now = now;
        let Some(directory) = self.directory.as_ref() else {
            return;
        };
        if now.since(self.forgotten) > std::time::Duration::from_secs(10) || now < self.forgotten {
            self.forgotten = now;
            directory.write(|directory| directory.forget(now));
        }
    }

    /// The next event that has waited long enough, or need not wait any more.
    pub fn due(&mut self) -> Option<Event> {
        if self.held.is_empty() {
            return None;
        }
        let directory = self.directory.as_ref()?;
        let now = self.now;
        let found = directory.read(|directory| {
            if directory.version() == self.asked {
                return None;
            }
            let found = self.held.first(|event| !may_gain(event, directory, now));
            if found.is_none() {
                self.asked = directory.version();
            }
            found
        });
        let event = found.or_else(|| {
            let overdue = self.held.overdue(now)?;
            self.losses.no_answer += 1;
            Some(overdue)
        });
        event.map(|event| self.named(event))
    }

    /// The next of those that wait: nothing more will come.
    pub fn rest(&mut self) -> Option<Event> {
        let event = self.held.first(|_| true)?;
        Some(self.named(event))
    }

    /// How many names were not written, by reason, since the last call.
    pub fn losses(&mut self) -> [(&'static str, u64); 4] {
        let Losses { no_room, no_answer } = std::mem::take(&mut self.losses);
        let directory = self.directory.as_ref();
        let of_directory = directory.map(|directory| directory.write(Directory::losses));
        let [full, past] = of_directory.unwrap_or_default();
        [("hold_full", no_room), ("no_answer", no_answer), full, past]
    }

    /// What it asks.
    pub const fn directory(&self) -> Option<&Shared> {
        self.directory.as_ref()
    }

    fn named(&mut self, mut event: Event) -> Event {
        let told = match &mut event {
            Event::Revision(revision) => self.told.write(revision),
            _ => false,
        };
        if let Some(directory) = self.directory.as_ref().filter(|_| !told) {
            directory.read(|directory| write(&mut event, directory));
        }
        if let Event::Handshake(handshake) = &event {
            self.told.note(handshake);
        }
        event
    }
}

/// Whether an event may soon have more names than now.
fn may_gain(event: &Event, directory: &Directory, now: Timestamp) -> bool {
    let (ends, client, server) = match event {
        Event::Handshake(handshake) => (
            of_handshake(handshake, directory),
            handshake.client.address,
            handshake.server.address,
        ),
        Event::Revision(revision) => (
            of_revision(revision, directory),
            revision.client.address,
            revision.server.address,
        ),
        Event::Loss(_) | Event::Summary(_) | Event::Probe(_) | Event::Check(_) => return false,
    };
    let may_learn =
        |named: &Named, address: IpAddr| named.is_nobody() && directory.may_learn(address, now);
    may_learn(&ends.client, client) || may_learn(&ends.server, server)
}

fn write(event: &mut Event, directory: &Directory) {
    match event {
        Event::Handshake(handshake) => {
            let ends = of_handshake(handshake, directory);
            if let Some(direction) = ends.direction() {
                handshake.direction = direction;
            }
            ends.client.write(&mut handshake.client);
            ends.server.write(&mut handshake.server);
        }
        Event::Revision(revision) => {
            let ends = of_revision(revision, directory);
            ends.client.write(&mut revision.client);
            ends.server.write(&mut revision.server);
        }
        Event::Loss(_) | Event::Summary(_) | Event::Probe(_) | Event::Check(_) => {}
    }
}

/// By its own addresses and those of its legs: on the way, a client may become its node, and a Service one of its pods.
fn of_handshake(handshake: &Handshake, directory: &Directory) -> Ends {
    let ask = |address, port, side| {
        let port = (port, handshake.transport);
        let end = End {
            address,
            port,
            side,
        };
        directory.look_up(end, handshake.time)
    };
    let of_peer = |peer: &Peer, side| ask(peer.address, peer.port, side);
    let client = |leg: &LegReport| ask(leg.client.address, leg.client.port, Side::Client);
    let server = |leg: &LegReport| ask(leg.server.address, leg.server.port, Side::Server);
    let legs = handshake.legs.iter();
    Ends {
        client: legs
            .clone()
            .map(client)
            .fold(of_peer(&handshake.client, Side::Client), Named::or),
        server: legs
            .rev()
            .map(server)
            .fold(of_peer(&handshake.server, Side::Server), Named::or),
    }
}

fn of_revision(revision: &Revision, directory: &Directory) -> Ends {
    let ask = |peer: &Peer, side| {
        let end = End {
            address: peer.address,
            port: (peer.port, revision.transport),
            side,
        };
        directory.look_up(end, revision.begun)
    };
    Ends {
        client: ask(&revision.client, Side::Client),
        server: ask(&revision.server, Side::Server),
    }
}

impl Ends {
    /// Seen from the pods of this node, and from the node itself: who serves here is called, else who is here calls.
    const fn direction(&self) -> Option<HandshakeDirection> {
        if self.server.is_here {
            Some(HandshakeDirection::Inbound)
        } else if self.client.is_here {
            Some(HandshakeDirection::Outbound)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::enrich::object::{PodObject, ServiceObject};
    use crate::enrich::{Kind, Seen};
    use crate::report::ProxiedPeer;
    use crate::report::example;

    /// When the example's connection begins.
    const BEGUN: Timestamp = Timestamp(1_747_629_980_117_000_000);
    const GATEWAY: &str = "10.4.2.7";
    const CALLER: &str = "10.138.0.28";

    fn seconds(later: u64) -> Timestamp {
        Timestamp(BEGUN.0 + later * 1_000_000_000)
    }

    /// An enricher whose directory knows these pods of this node, and is told of all.
    fn knowing(pods: &[(&str, &str)]) -> Enricher {
        let directory = Shared::new("gke-1");
        for (name, address) in pods {
            tell(&directory, name, address, BEGUN);
        }
        directory.write(|directory| {
            for kind in Kind::ALL {
                directory.set_up(*kind);
            }
        });
        Enricher::new(directory)
    }

    fn tell(directory: &Shared, name: &str, address: &str, at: Timestamp) {
        let pod: PodObject = serde_json::from_value(json!({
            "metadata": { "name": name, "namespace": "shop", "uid": name },
            "status": { "podIP": address, "hostIP": "10.128.0.5", "startTime": "2020-01-01T00:00:00Z" },
        }))
        .unwrap();
        directory.write(|directory| directory.apply(pod, Seen::live(at)));
    }

    fn no_sni() -> Handshake {
        let mut handshake = example::no_sni();
        handshake.client = Peer::at(CALLER.parse().unwrap(), 19432);
        handshake.server = Peer::at(GATEWAY.parse().unwrap(), 443);
        handshake.direction = HandshakeDirection::Unknown;
        handshake
    }

    fn event(handshake: &Handshake) -> Event {
        Event::Handshake(Box::new(handshake.clone()))
    }

    fn enriched(enricher: &mut Enricher, handshake: &Handshake) -> Handshake {
        match enricher.event(event(handshake)) {
            Some(Event::Handshake(handshake)) => *handshake,
            other => panic!("{other:?}"),
        }
    }

    fn pods(handshake: &Handshake) -> [Option<&str>; 2] {
        [&handshake.client, &handshake.server].map(|peer| peer.pod.as_deref())
    }

    #[test]
    fn the_direction_is_seen_from_the_pods() {
        let direction = |pods: &[(&str, &str)]| enriched(&mut knowing(pods), &no_sni()).direction;
        let (server, client) = (("web", GATEWAY), ("job", CALLER));
        assert_eq!(direction(&[server]), HandshakeDirection::Inbound);
        assert_eq!(direction(&[client]), HandshakeDirection::Outbound);
        assert_eq!(direction(&[client, server]), HandshakeDirection::Inbound);
        assert_eq!(direction(&[]), HandshakeDirection::Unknown);
        assert_eq!(
            direction(&[("other", "10.4.2.9")]),
            HandshakeDirection::Unknown
        );
    }

    #[test]
    fn a_service_on_the_card_and_a_pod_behind_it_are_one_server() {
        let mut enricher = knowing(&[("web", GATEWAY)]);
        let service: ServiceObject = serde_json::from_value(json!({
            "metadata": { "name": "gateway", "namespace": "shop" },
            "spec": { "clusterIP": "10.8.0.1", "ports": [{ "port": 443 }] },
        }))
        .unwrap();
        let directory = enricher.directory().unwrap();
        directory.write(|directory| directory.apply(service, Seen::live(BEGUN)));
        let mut handshake = no_sni();
        handshake.server = Peer::at("10.8.0.1".parse().unwrap(), 443);
        let alone = enriched(&mut enricher, &handshake);
        assert_eq!(
            (pods(&alone), alone.direction),
            ([None, None], HandshakeDirection::Unknown)
        );
        assert_eq!(alone.server.service.as_deref(), Some("gateway"));
        let leg = |client: &str, server: &str, port| LegReport {
            interface: "eth0".into(),
            client: ProxiedPeer {
                address: client.parse().unwrap(),
                port: 19432,
            },
            server: ProxiedPeer {
                address: server.parse().unwrap(),
                port,
            },
            ended: None,
        };
        handshake.legs = vec![
            leg(CALLER, "10.8.0.1", 443),
            leg("10.128.0.5", GATEWAY, 8443),
        ];
        let joined = enriched(&mut enricher, &handshake);
        assert_eq!(pods(&joined), [None, Some("web")]);
        assert_eq!(joined.server.service.as_deref(), Some("gateway"));
        assert_eq!(joined.server.address, handshake.server.address);
        assert_eq!(joined.direction, HandshakeDirection::Inbound);

        let mut revision = example::revision();
        (revision.id, revision.begun) = (joined.id, BEGUN);
        revision.server = handshake.server.clone();
        match enricher.event(Event::Revision(Box::new(revision))) {
            Some(Event::Revision(revision)) => assert_eq!(revision.server, joined.server),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_revision_has_the_names_of_when_it_began() {
        let mut enricher = knowing(&[("old", GATEWAY)]);
        let directory = enricher.directory().unwrap();
        tell(directory, "new", GATEWAY, seconds(60));
        let mut revision = example::revision();
        (revision.begun, revision.time) = (seconds(120), seconds(180));
        revision.server = Peer::at(GATEWAY.parse().unwrap(), 443);
        match enricher.event(Event::Revision(Box::new(revision))) {
            Some(Event::Revision(revision)) => {
                assert_eq!(revision.server.pod.as_deref(), Some("new"));
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn without_a_directory_nothing_waits_and_nothing_changes() {
        let mut enricher = Enricher::default();
        let unchanged = enriched(&mut enricher, &no_sni());
        assert_eq!(pods(&unchanged), [None, None]);
        enricher.advance(BEGUN);
        assert!(enricher.due().is_none() && enricher.rest().is_none());
    }

    #[test]
    fn while_all_is_listed_a_handshake_waits_and_its_revision_stays_behind_it() {
        let mut enricher = Enricher::new(Shared::new("gke-1"));
        enricher.advance(BEGUN);
        let handshake = no_sni();
        assert!(enricher.event(event(&handshake)).is_none());
        let mut revision = example::revision();
        revision.id = handshake.id;
        assert!(
            enricher
                .event(Event::Revision(Box::new(revision)))
                .is_none()
        );
        enricher.advance(seconds(0).plus(std::time::Duration::from_millis(999)));
        assert!(enricher.due().is_none());
        enricher.advance(seconds(1));
        assert!(matches!(enricher.due(), Some(Event::Handshake(_))));
        assert!(matches!(enricher.due(), Some(Event::Revision(_))));
        assert!(enricher.due().is_none());
        assert!(enricher.losses().contains(&("no_answer", 2)));
    }

    #[test]
    fn what_waits_is_bounded_and_what_finds_no_room_goes_on_at_once() {
        let mut enricher = Enricher::new(Shared::new("gke-1"));
        let gone_on = (0..1030).filter(|_| enricher.event(event(&no_sni())).is_some());
        assert_eq!(gone_on.count(), 6);
        assert!(enricher.losses().contains(&("hold_full", 6)));
        assert_eq!(std::iter::from_fn(|| enricher.rest()).count(), 1024);
    }

    #[test]
    fn a_clock_that_is_set_back_makes_nobody_wait_for_longer() {
        let mut enricher = Enricher::new(Shared::new("gke-1"));
        enricher.advance(seconds(100));
        assert!(enricher.event(event(&no_sni())).is_none());
        enricher.advance(BEGUN);
        assert!(enricher.due().is_some());
    }
}
