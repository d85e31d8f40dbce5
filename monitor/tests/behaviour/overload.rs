//! More than there is room for: every bound holds, and what made room is counted.

use crate::support::frames::OwnedFrame;
use crate::support::talk::{Talk, first_record, stream};
use monitor::pipeline::{Pipeline, Settings};
use monitor::report::{Event, Handshake, Outcome};

/// What went in at one end and came out at the other.
struct Flood {
    pipeline: Pipeline,
    reports: Vec<Handshake>,
    lost: Vec<(String, u64)>,
}

impl Flood {
    fn of(settings: Settings) -> Self {
        Self {
            pipeline: Pipeline::new(settings),
            reports: Vec::new(),
            lost: Vec::new(),
        }
    }

    /// The same packets from another client each time.
    fn of_copies(&mut self, talk: &Talk, copies: u32) {
        for number in 0..copies {
            for frame in &talk.frames {
                self.pipeline.push(from_another(frame, number).as_frame());
            }
            self.collect();
        }
    }

    fn end(mut self) -> Self {
        self.pipeline.finish();
        self.collect();
        self
    }

    fn collect(&mut self) {
        for event in self.pipeline.events() {
            match event {
                Event::Handshake(report) => self.reports.push(*report),
                Event::Loss(loss) => self
                    .lost
                    .push((format!("{}/{}", loss.place, loss.reason), loss.count)),
                Event::Revision(_) | Event::Summary(_) | Event::Probe(_) | Event::Check(_) => {}
            }
        }
    }

    fn lost(&self, what: &str) -> u64 {
        let counts = self.lost.iter().filter(|(name, _)| name == what);
        counts.map(|(_, count)| count).sum()
    }
}

/// The packet with another client's address in it.
fn from_another(frame: &OwnedFrame, number: u32) -> OwnedFrame {
    let mut bytes = frame.bytes.clone();
    let at = if bytes[12..16] == [192, 0, 2, 1] {
        12
    } else {
        16
    };
    bytes[at..at + 4].copy_from_slice(&(0x0a00_0000 + number).to_be_bytes());
    OwnedFrame { bytes, ..*frame }
}

#[test]
fn half_open_handshakes_make_room_for_each_other_and_are_counted() {
    let (client, _) = stream("ok_tls12");
    let (hello, _) = first_record(&client);
    let mut talk = Talk::opened(443);
    talk.says(&hello[..hello.len() / 2]);
    let mut flood = Flood::of(Settings {
        max_conversations: 100,
        ..Settings::default()
    });
    flood.of_copies(&talk, 20_000);
    assert_eq!(flood.pipeline.conversations(), (100, 0));
    let flood = flood.end();
    assert_eq!(flood.lost("pipeline/table_full"), 19_900);
    assert_eq!(flood.reports.len(), 100);
    assert!(
        flood
            .reports
            .iter()
            .all(|report| report.outcome == Outcome::Incomplete)
    );
}

/// A ClientHello with as many cipher suites as fit in a message of 64 KiB less a little, in records.
fn endless_hello() -> Vec<u8> {
    const SUITES: u16 = 30_000;
    let mut body = [&[3, 3][..], &[7; 32], &[0]].concat();
    body.extend((SUITES * 2).to_be_bytes());
    body.extend((0..SUITES).flat_map(u16::to_be_bytes));
    body.extend([1, 0]);
    let [_, high, middle, low] = u32::try_from(body.len()).unwrap().to_be_bytes();
    let message = [&[1, high, middle, low], &body[..]].concat();
    let record = |part: &[u8]| {
        let length = u16::try_from(part.len()).unwrap().to_be_bytes();
        [&[22, 3, 1], &length[..], part].concat()
    };
    message.chunks(16_384).flat_map(record).collect()
}

#[test]
fn hellos_of_hostile_length_share_one_bound_on_memory() {
    const ROOM: usize = 1 << 20;
    let mut talk = Talk::opened(443);
    for part in endless_hello().chunks(1400) {
        talk.says(part);
    }
    let mut flood = Flood::of(Settings {
        max_buffered: ROOM,
        ..Settings::default()
    });
    flood.of_copies(&talk, 100);
    let flood = flood.end();
    let kept = flood
        .reports
        .iter()
        .filter(|report| report.client_hello.is_some());
    assert!(kept.count() * 60_000 <= ROOM);
    assert_eq!(flood.reports.len(), 100);
    assert!(flood.lost("pipeline/buffer_full") >= 80, "{:?}", flood.lost);
    for report in flood
        .reports
        .iter()
        .filter(|report| report.client_hello.is_none())
    {
        assert_eq!(report.outcome, Outcome::Incomplete);
        assert!(!report.capture.complete, "{report:#?}");
    }
}
