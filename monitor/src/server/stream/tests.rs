//! Readers of a real server: usual, slow, killed, and two hundred at once.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{broadcast, oneshot};
use tokio::time::Instant;

use super::*;
use crate::filter::Filter;
use crate::report::Event;
use crate::report::example;
use crate::server::{Door, Readiness, bind, serve};
use crate::sink::fanout::Fanout;
use crate::sink::queue::Offer;
use crate::sink::summary::Tally;

/// A server on a thread of its own, as in `tlsmon run`, and the capture's end of it.
struct Agent {
    address: SocketAddr,
    fanout: Fanout,
    _stop: oneshot::Sender<()>,
}

fn start() -> Agent {
    let metrics = Arc::new(Metrics::new("test").unwrap());
    let fanout = Fanout {
        filter: Filter::default(),
        metrics: Arc::clone(&metrics),
        tally: Tally::new(),
        recent: Arc::default(),
        lately: Arc::default(),
        feed: Arc::default(),
        proofs: None,
        queue: None,
    };
    let state = ServerState {
        metrics,
        readiness: Readiness::waiting_for("nothing"),
        recent: Arc::clone(&fanout.recent),
        lately: Arc::clone(&fanout.lately),
        baselines: Arc::default(),
        feed: Arc::clone(&fanout.feed),
        proofs: None,
    };
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let listener = runtime
        .block_on(bind((Ipv4Addr::LOCALHOST, 0).into()))
        .unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        runtime.block_on(serve(vec![Door::plain(listener)], state, async {
            let _ = stopped.await;
        }));
    });
    Agent {
        address,
        fanout,
        _stop: stop,
    }
}

/// One reader's end of a stream.
struct Ear(BufReader<TcpStream>);

impl Ear {
    /// Asks, and reads up to the first heartbeat, so that whatever comes now is for this reader too.
    fn ask(agent: &Agent, path: &str) -> (Self, Vec<Value>) {
        let mut ear = Self::send(agent, path);
        let mut before = Vec::new();
        loop {
            let line = ear.line().unwrap();
            if line["type"] == "heartbeat" {
                return (ear, before);
            }
            before.push(line);
        }
    }

    fn send(agent: &Agent, path: &str) -> Self {
        let mut stream = TcpStream::connect(agent.address).unwrap();
        let wait = Some(Duration::from_secs(30));
        stream.set_read_timeout(wait).unwrap();
        // Version 1.0: the body is not in chunks.
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
        Self(BufReader::new(stream))
    }

    fn text(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line
    }

    /// The next object.
    fn line(&mut self) -> Option<Value> {
        loop {
            let line = self.text();
            if line.is_empty() {
                return None;
            }
            let object = line.trim().trim_start_matches("data: ");
            if object.starts_with('{') {
                return Some(serde_json::from_str(object).unwrap());
            }
        }
    }

    /// Counts what comes up to the handshake that ends it: handshakes, and what was missed.
    fn count(mut self) -> (u64, u64) {
        let (mut seen, mut missed) = (0, 0);
        let last = format!("\"port\":{LAST},");
        loop {
            let text = self.text();
            if text.starts_with("{\"type\":\"handshake\"") {
                if text.contains(&last) {
                    return (seen, missed);
                }
                seen += 1;
            } else if text.starts_with("{\"type\":\"loss\"") {
                let line: Value = serde_json::from_str(&text).unwrap();
                assert_eq!(line["where"], "stream");
                missed += line["count"].as_u64().unwrap();
            } else {
                assert!(!text.is_empty(), "the stream ended");
            }
        }
    }
}

/// The port of the client of the last handshake.
const LAST: u16 = 9;

fn handshake(client: [u8; 4], port: u16) -> Event {
    let mut handshake = example::no_sni();
    handshake.client.address = client.into();
    handshake.client.port = port;
    Event::Handshake(Box::new(handshake))
}

#[test]
fn a_reader_gets_what_it_asks_for_in_the_form_that_it_asks_for() {
    let mut agent = start();
    let (mut lines, _) = Ear::ask(&agent, "/api/v1/stream?client=10.0.0.0/8");
    let (mut events, _) = Ear::ask(&agent, "/api/v1/stream?format=sse&all");
    assert_eq!(
        agent.fanout.event(handshake([192, 0, 2, 1], 1)),
        Offer::Taken
    );
    for event in example::events() {
        assert_eq!(agent.fanout.event(event), Offer::Taken);
    }
    let kinds: Vec<_> = std::iter::from_fn(|| lines.line())
        .map(|line| line["type"].as_str().unwrap().to_owned())
        .take_while(|kind| kind != "probe")
        .collect();
    assert_eq!(
        kinds,
        ["handshake", "handshake", "revision", "loss", "summary"]
    );
    assert!(events.text().trim().is_empty());
    let run = format!("{:08x}", agent.fanout.recent.position().run);
    assert_eq!(events.text(), format!("id: {run}-1\n"));
    assert_eq!(events.text(), "event: handshake\n");
    assert!(events.text().starts_with("data: {\"type\":\"handshake\""));
    assert_eq!(events.text(), "\n");
}

#[test]
fn a_reader_that_comes_back_goes_on_where_it_was() {
    let mut agent = start();
    let _ = agent.fanout.event(handshake([192, 0, 2, 1], 1));
    let position = agent.fanout.recent.position();
    let _ = agent.fanout.event(handshake([192, 0, 2, 1], 2));
    let path = format!("/api/v1/stream?since={position}");
    let (mut ear, before) = Ear::ask(&agent, &path);
    let _ = agent.fanout.event(handshake([192, 0, 2, 1], 3));
    let port = |line: &Value| line["client"]["port"].as_u64().unwrap();
    assert_eq!(before.iter().map(port).collect::<Vec<_>>(), [2]);
    assert_eq!(port(&ear.line().unwrap()), 3);
    for _ in 0..600 {
        let _ = agent.fanout.event(handshake([192, 0, 2, 1], 4));
    }
    let (_, before) = Ear::ask(&agent, "/api/v1/stream?since=start");
    assert_eq!(before.len(), 513);
    assert_eq!(
        (&before[0]["reason"], &before[0]["count"]),
        (&"forgotten".into(), &91.into())
    );
}

/// The client's port and the position of each handshake up to the heartbeat, or as many as are asked for.
fn told(lines: impl IntoIterator<Item = Value>) -> Vec<(u64, String)> {
    let handshakes = lines.into_iter().filter(|line| line["type"] == "handshake");
    let told = handshakes.map(|line| {
        let position = line["position"].as_str().unwrap().to_owned();
        (line["client"]["port"].as_u64().unwrap(), position)
    });
    told.collect()
}

#[test]
fn a_reader_that_is_cut_off_between_any_two_lines_goes_on_without_a_gap_or_a_repetition() {
    let mut agent = start();
    for port in 1..=9 {
        // Every third is for somebody else.
        let client = if port % 3 == 0 {
            [198, 51, 100, 1]
        } else {
            [192, 0, 2, 1]
        };
        let _ = agent.fanout.event(handshake(client, port));
    }
    let path = "/api/v1/stream?client=192.0.2.0/24&since=";
    let (_, whole) = Ear::ask(&agent, &format!("{path}start"));
    let whole = told(whole);
    assert_eq!(whole.len(), 6);
    for cut in 0..whole.len() {
        let (_, rest) = Ear::ask(&agent, &format!("{path}{}", whole[cut].1));
        assert_eq!(told(rest), whole[cut + 1..], "cut behind {cut}");
    }
    // What comes while it reads has positions that go on as well.
    let (mut ear, _) = Ear::ask(&agent, "/api/v1/stream");
    let _ = agent.fanout.event(handshake([192, 0, 2, 1], 10));
    let _ = agent.fanout.event(handshake([192, 0, 2, 1], 11));
    let live = told([ear.line().unwrap()]);
    let (_, rest) = Ear::ask(&agent, &format!("{path}{}", live[0].1));
    assert_eq!((live[0].0, told(rest)[0].0), (10, 11));
}

#[test]
fn wrong_words_are_answered_and_not_streamed() {
    let agent = start();
    for (query, said) in [
        ("format=xml", "neither ndjson nor sse"),
        ("since=yesterday", "no position"),
        ("cause=no-sni", "no-sni-rejected"),
    ] {
        let mut ear = Ear::send(&agent, &format!("/api/v1/stream?{query}"));
        assert!(ear.text().contains("400 Bad Request"));
        let rest: Vec<_> =
            std::iter::from_fn(|| Some(ear.text()).filter(|line| !line.is_empty())).collect();
        assert!(rest.concat().contains(said), "{rest:?}");
    }
}

/// How a reader behaves.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    /// Reads all as it comes.
    Usual,
    /// Reads what is for one client in a hundred.
    Choosy,
    /// Reads nothing until it is over.
    Stalled,
    /// Goes away in the middle of it.
    Killed,
}

impl Manner {
    const fn of(number: u32) -> Self {
        match number {
            0..10 => Self::Usual,
            10..140 => Self::Choosy,
            140..170 => Self::Stalled,
            _ => Self::Killed,
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Choosy => "/api/v1/stream?client=10.0.0.7,192.0.2.9",
            _ => "/api/v1/stream",
        }
    }

    /// Whether all that it did not see it was told that it missed. A hundred events are for those that are choosy.
    fn check(self, seen: u64, missed: u64) {
        match self {
            Self::Killed => {}
            // What the server itself did not keep up with is counted before the filter.
            Self::Choosy => assert!(seen + missed >= 100, "{seen} {missed}"),
            Self::Usual => assert_eq!(seen + missed, EVENTS),
            Self::Stalled => {
                assert_eq!(seen + missed, EVENTS);
                assert!(missed > 0, "a reader of nothing missed nothing");
            }
        }
    }
}

/// How many events pass in a second.
const EVENTS: u64 = 10_000;

/// A reader that gives what it saw and what it missed once it is over.
fn read(
    agent: &Agent,
    manner: Manner,
    ready: mpsc::Sender<()>,
    mut over: broadcast::Receiver<()>,
) -> JoinHandle<(u64, u64)> {
    let mut ear = Ear::send(agent, manner.path());
    std::thread::spawn(move || {
        while ear.line().unwrap()["type"] != "heartbeat" {}
        ready.send(()).unwrap();
        match manner {
            Manner::Killed => {
                ear.line();
                return (0, 0);
            }
            Manner::Stalled => drop(over.blocking_recv()),
            Manner::Usual | Manner::Choosy => {}
        }
        ear.count()
    })
}

/// Ten thousand a second: a hundred of them, one for each client, each hundredth of a second. Gives the longest time for a hundred.
fn play(agent: &mut Agent, runtime: &Runtime) -> Duration {
    let mut slowest = Duration::ZERO;
    for hundredth in 0..100 {
        runtime.block_on(async { sleep(Duration::from_millis(10)).await });
        let begun = Instant::now();
        for client in 0..100 {
            let event = handshake([10, 0, 0, client], 1000 + hundredth);
            assert_eq!(agent.fanout.event(event), Offer::Taken);
        }
        slowest = slowest.max(begun.elapsed());
    }
    slowest
}

#[test]
fn two_hundred_readers_cost_the_capture_nothing_and_each_knows_what_it_missed() {
    let mut agent = start();
    let (ready, all_ready) = mpsc::channel();
    let (over, _) = broadcast::channel(1);
    let manners = (0..200).map(Manner::of);
    let readers: Vec<_> = manners
        .map(|manner| {
            (
                manner,
                read(&agent, manner, ready.clone(), over.subscribe()),
            )
        })
        .collect();
    for _ in 0..200 {
        all_ready.recv_timeout(Duration::from_secs(30)).unwrap();
    }
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let slowest = play(&mut agent, &runtime);
    assert!(
        slowest < Duration::from_secs(1),
        "{slowest:?} for 100 events"
    );
    assert_eq!(agent.fanout.tally.failures(), EVENTS);
    let grouped = agent.fanout.lately.read(|groups| {
        let counts = groups.problems.iter().map(|problem| problem.count);
        counts.sum::<u64>()
    });
    assert_eq!(grouped, EVENTS);
    // Those that stalled read on, and then the end comes for everybody.
    while !agent.fanout.feed.is_empty() {
        runtime.block_on(async { sleep(Duration::from_millis(10)).await });
    }
    let _ = over.send(());
    let _ = agent.fanout.event(handshake([192, 0, 2, 9], LAST));
    for (manner, reader) in readers {
        let (seen, missed) = reader.join().unwrap();
        manner.check(seen, missed);
    }
    let metrics = agent.fanout.metrics.render();
    let line = "tlsmon_lost_total{reason=\"slow_reader\",where=\"stream\"} ";
    let counted = metrics.lines().find_map(|text| text.strip_prefix(line));
    assert!(counted.unwrap().parse::<u64>().unwrap() > 0);
}

#[test]
fn one_reader_too_many_is_told_to_come_back_later() {
    let agent = start();
    let ears: Vec<_> = (0..READERS)
        .map(|_| Ear::ask(&agent, "/api/v1/stream"))
        .collect();
    let mut refused = Ear::send(&agent, "/api/v1/stream");
    assert!(refused.text().contains("503 Service Unavailable"));
    let head: Vec<_> =
        std::iter::from_fn(|| Some(refused.text()).filter(|line| line.len() > 2)).collect();
    assert!(head.concat().contains("retry-after: 5"), "{head:?}");
    drop(ears);
    let mut again = Ear::send(&agent, "/api/v1/stream");
    while again.text().contains("503") {
        again = Ear::send(&agent, "/api/v1/stream");
    }
}
