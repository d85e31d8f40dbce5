//! Live capture on a veth pair: attach, traffic, records, counts, and what a killed run leaves behind. Needs root.
#![cfg(feature = "live")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's helpers may fail as a test may"
)]

use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use monitor::capture::attach::Way;
use monitor::capture::live::{Live, LiveConfig, Snapshot};
use monitor::frame::{Direction, Frame, FrameSink, InterfaceId, Timestamp};

mod veth;
use veth::Veth;

#[derive(Default)]
struct Seen {
    frames: Vec<(Direction, u32, Vec<u8>)>,
    interfaces: Vec<String>,
    lost: Vec<(&'static str, u64)>,
    ticks: usize,
}

impl FrameSink for Seen {
    fn frame(&mut self, frame: Frame<'_>) {
        self.frames
            .push((frame.direction, frame.wire_len, frame.network.to_vec()));
    }
    fn interface(&mut self, _: InterfaceId, name: &str) {
        self.interfaces.push(name.to_owned());
    }
    fn lost(&mut self, _: &'static str, reason: &'static str, count: u64) {
        self.lost.push((reason, count));
    }
    fn tick(&mut self, _: Timestamp) {
        self.ticks += 1;
    }
}

fn config(veth: &Veth, attach: Way) -> LiveConfig {
    LiveConfig {
        interfaces: vec![veth.name.clone()],
        ports: "443".parse().unwrap(),
        attach,
        ..LiveConfig::default()
    }
}

/// Runs live capture while `traffic` runs, and a little longer, so that everything has been drained and counted.
fn watch(mut live: Live, traffic: impl FnOnce()) -> (Seen, Snapshot) {
    let counters = live.counters();
    let stop = Arc::new(AtomicBool::new(false));
    let stopper = Arc::clone(&stop);
    let thread = thread::spawn(move || {
        let mut seen = Seen::default();
        live.run(&mut seen, &stopper).unwrap();
        seen
    });
    traffic();
    wait(Duration::from_millis(300));
    stop.store(true, Ordering::Relaxed);
    (thread.join().unwrap(), counters.snapshot())
}

fn wait(time: Duration) {
    thread::park_timeout(time);
}

/// The client in the namespace sends `hello`, the server here answers with `answer` and closes; 4 MB of bulk follow.
fn exchange(veth: &Veth, hello: &[u8], answer: &[u8], bulk: usize) {
    exchange_at(veth, &veth.address, hello, &[answer, &sealed(bulk)]);
}

fn exchange_at(veth: &Veth, address: &str, hello: &[u8], answers: &[&[u8]]) {
    let listener = listen(address);
    let client = veth.client((address, 443), hello);
    let (mut stream, _) = listener.accept().unwrap();
    let mut read = vec![0; hello.len()];
    stream.read_exact(&mut read).unwrap();
    for answer in answers {
        stream.write_all(answer).unwrap();
    }
    drop(stream);
    finish(client);
}

/// A program that another test is just starting may hold the last listener here for a moment longer.
fn listen(address: &str) -> TcpListener {
    for _ in 0..100 {
        match TcpListener::bind((address, 443)) {
            Err(error) if error.kind() == ErrorKind::AddrInUse => wait(Duration::from_millis(10)),
            listener => return listener.unwrap(),
        }
    }
    panic!("{address} stays in use");
}

fn finish(mut client: Child) {
    assert!(client.wait().unwrap().success());
}

fn client_hello(length: usize) -> Vec<u8> {
    let mut hello = vec![22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3];
    hello.extend((11..length).map(|index| u8::try_from(index % 251).unwrap()));
    hello
}

fn server_hello() -> Vec<u8> {
    let mut hello = vec![22, 3, 3, 0, 80, 2, 0, 0, 76];
    hello.resize(85, 7);
    hello
}

/// ApplicationData records, 16 KB each.
fn sealed(bytes: usize) -> Vec<u8> {
    let record = [&[23, 3, 3, 0x40, 0x00][..], &[0x5a; 16384]].concat();
    record.iter().copied().cycle().take(bytes).collect()
}

fn payload_of(frame: &[u8]) -> &[u8] {
    let tcp = usize::from(frame[0] & 15) * 4;
    &frame[tcp + usize::from(frame[tcp + 12] >> 4) * 4..]
}

fn sees_a_handshake(way: Way) {
    let veth = Veth::new();
    let live = Live::open(&config(&veth, way)).unwrap();
    let hello = client_hello(1700);
    let (seen, counts) = watch(live, || exchange(&veth, &hello, &server_hello(), 4 << 20));

    assert_eq!(seen.interfaces, std::slice::from_ref(&veth.name));
    assert!(
        seen.ticks >= 20,
        "{} ticks in a third of a second",
        seen.ticks
    );
    let flags: Vec<_> = seen
        .frames
        .iter()
        .map(|(direction, _, bytes)| (*direction, bytes[33]))
        .collect();
    assert_eq!(flags[0], (Direction::Ingress, 0x02), "SYN");
    assert_eq!(flags[1], (Direction::Egress, 0x12), "SYN/ACK");
    assert!(
        flags
            .iter()
            .any(|(direction, flags)| *direction == Direction::Egress && flags & 1 == 1),
        "FIN of the server"
    );
    let sent: Vec<u8> = seen
        .frames
        .iter()
        .filter(|frame| frame.0 == Direction::Ingress)
        .flat_map(|frame| payload_of(&frame.2).to_vec())
        .collect();
    assert_eq!(sent, hello);
    let answered: Vec<u8> = seen
        .frames
        .iter()
        .filter(|frame| frame.0 == Direction::Egress)
        .flat_map(|frame| payload_of(&frame.2).to_vec())
        .collect();
    assert!(answered.starts_with(&server_hello()));
    assert!(
        answered.len() <= 32 * 1024,
        "{} bytes of bulk reached the ring",
        answered.len()
    );
    assert_eq!(seen.lost, []);
    assert_eq!(counts.seen, counts.sent + counts.skipped);
    assert_eq!(counts.inserted, 1);
    assert_eq!(
        if way == Way::Clsact { (0, 1) } else { (1, 0) },
        (
            counts.watched.attachments.tcx,
            counts.watched.attachments.clsact
        )
    );
}

#[test]
fn tcx_brings_the_handshake_and_leaves_the_bulk() {
    sees_a_handshake(Way::Auto);
}

#[test]
fn clsact_brings_the_handshake_and_leaves_the_bulk() {
    sees_a_handshake(Way::Clsact);
}

#[test]
fn a_large_packet_arrives_as_pieces_that_join_without_a_gap() {
    let veth = Veth::new();
    let live = Live::open(&config(&veth, Way::Auto)).unwrap();
    // Handshake records, so that nothing looks protected and the byte budget alone ends it.
    let certificates = [&[22, 3, 3, 0x40, 0x00, 11][..], &vec![0x33; 40_000]].concat();
    let (seen, _) = watch(live, || {
        exchange(&veth, &client_hello(500), &certificates, 0);
    });
    let mut next: Option<u32> = None;
    let mut total = 0;
    for (_, wire_len, bytes) in seen.frames.iter().filter(|(direction, _, bytes)| {
        *direction == Direction::Egress && !payload_of(bytes).is_empty()
    }) {
        let sequence = u32::from_be_bytes(bytes[24..28].try_into().unwrap());
        let payload = payload_of(bytes);
        assert_eq!(next.unwrap_or(sequence), sequence);
        assert_eq!(
            u32::from(u16::from_be_bytes([bytes[2], bytes[3]])),
            *wire_len
        );
        assert_eq!(payload, &certificates[total..total + payload.len()]);
        next = Some(sequence.wrapping_add(u32::try_from(payload.len()).unwrap()));
        total += payload.len();
    }
    assert_eq!(total, 32 * 1024);
    assert_eq!(seen.lost, [("snap", 1)]);
}

/// Where the sequence number, the payload and the length field of a packet are, whatever its IP version.
fn segment(packet: &[u8]) -> (u32, &[u8], u32) {
    let short = |at: usize| u32::from(u16::from_be_bytes([packet[at], packet[at + 1]]));
    let (tcp, length) = match packet[0] >> 4 {
        4 => (20, short(2)),
        _ if packet[6] == 0 => (48, short(4) + 40),
        _ => (40, short(4) + 40),
    };
    let sequence = u32::from_be_bytes(packet[tcp + 4..tcp + 8].try_into().unwrap());
    let header_len = usize::from(packet[tcp + 12] >> 4) * 4;
    (sequence, &packet[tcp + header_len..], length)
}

#[test]
fn a_packet_that_is_larger_than_an_ip_length_can_say_arrives_in_pieces_too() {
    let veth = Veth::new().with_big_tcp();
    let generous = LiveConfig {
        bytes_per_direction: 64 << 20,
        ring_bytes: 64 << 20,
        ..config(&veth, Way::Auto)
    };
    let live = Live::open(&generous).unwrap();
    let bulk: Vec<u8> = (0..8_u32 << 20)
        .map(|at| (at % 253) as u8 & 0x7f | 0x40)
        .collect();
    let (seen, _) = watch(live, || {
        let hello = client_hello(500);
        exchange_at(&veth, &veth.address_v6, &hello, &[&server_hello(), &bulk]);
    });
    let all = [server_hello(), bulk].concat();
    let mut first: Option<u32> = None;
    let mut end = 0;
    let mut cut = 0;
    for (direction, wire_len, packet) in &seen.frames {
        let (sequence, payload, length) = segment(packet);
        if *direction == Direction::Ingress || payload.is_empty() {
            continue;
        }
        let at = sequence.wrapping_sub(*first.get_or_insert(sequence)) as usize;
        assert_eq!((at, payload), (end, &all[at..at + payload.len()]));
        assert_eq!(length, if *wire_len > 65_535 { 40 } else { *wire_len });
        cut = *wire_len;
        end = at + payload.len();
    }
    assert_eq!(seen.lost, [("snap", 1)], "the end of the first such packet");
    // It is the sixteenth piece, and says how long the rest was.
    assert!(cut + 15 * 4096 > 65_535, "{cut} bytes after {end}");
}

#[test]
fn a_full_ring_is_counted_and_the_kernel_programs_say_so_where_they_are_asked_to() {
    static SAID: Mutex<Vec<String>> = Mutex::new(Vec::new());
    struct Listener;
    impl log::Log for Listener {
        fn enabled(&self, _: &log::Metadata<'_>) -> bool {
            true
        }
        fn log(&self, record: &log::Record<'_>) {
            SAID.lock().unwrap().push(record.args().to_string());
        }
        fn flush(&self) {}
    }
    log::set_logger(&Listener).unwrap();
    log::set_max_level(log::LevelFilter::Debug);

    let veth = Veth::new();
    let small = LiveConfig {
        ring_bytes: 64 * 1024,
        kernel_log: true,
        ..config(&veth, Way::Auto)
    };
    let live = Live::open(&small).unwrap();
    let certificates = [&[22, 3, 3, 0x40, 0x00, 11][..], &vec![0x33; 40_000]].concat();
    for _ in 0..4 {
        exchange(&veth, &client_hello(500), &certificates, 0);
    }
    let (seen, counts) = watch(live, || {});
    let full: u64 = seen
        .lost
        .iter()
        .filter(|(reason, _)| *reason == "ring_full")
        .map(|(_, count)| count)
        .sum();
    assert!(
        full > 0 && counts.lost.contains(&("ring_full", full)),
        "{:?}",
        seen.lost
    );
    let said = SAID.lock().unwrap().join("\n");
    assert!(
        said.contains("no room in the ring for a packet of "),
        "{said}"
    );
}

#[test]
fn an_interface_that_appears_later_is_watched_and_one_that_goes_is_forgotten() {
    let first = Veth::new();
    let patterns = vec![first.name.clone(), format!("{}later", first.name)];
    let live = Live::open(&LiveConfig {
        interfaces: patterns.clone(),
        ..LiveConfig::default()
    })
    .unwrap();
    let counters = live.counters();
    let mut between = 0;
    let (seen, counts) = watch(live, || {
        let later = Veth::named(&patterns[1]);
        wait(Duration::from_millis(500));
        between = counters.snapshot().watched.attachments.tcx;
        drop(later);
        wait(Duration::from_millis(500));
    });
    assert_eq!(seen.interfaces, patterns);
    assert_eq!((between, counts.watched.attachments.tcx), (2, 1));
}

#[test]
fn a_killed_run_with_tcx_leaves_nothing() {
    let veth = Veth::new();
    kill_a_run(&veth, "tcx");
    assert_eq!(veth.filters(), 0);
    assert!(!veth.has_qdisc());
    // Were a link left, its program would still count as the first one on the hook; a new run sees each packet once.
    let live = Live::open(&config(&veth, Way::Tcx)).unwrap();
    let (seen, _) = watch(live, || {
        exchange(&veth, &client_hello(500), &server_hello(), 0);
    });
    assert_eq!(
        seen.frames
            .iter()
            .filter(|(_, _, bytes)| bytes[33] == 0x02)
            .count(),
        1
    );
}

#[test]
fn the_filters_of_a_killed_run_are_replaced_by_the_next_one_and_removed_at_its_end() {
    let veth = Veth::new();
    kill_a_run(&veth, "clsact");
    kill_a_run(&veth, "clsact");
    assert_eq!(veth.filters(), 2, "one for each side");
    let live = Live::open(&config(&veth, Way::Clsact)).unwrap();
    assert_eq!(veth.filters(), 2);
    drop(live);
    assert_eq!(veth.filters(), 0);
}

#[test]
fn filters_that_were_removed_or_overtaken_are_put_back_in_front() {
    let veth = Veth::new();
    let live = Live::open(&config(&veth, Way::Clsact)).unwrap();
    let mut orders = Vec::new();
    watch(live, || {
        veth.add_other_filter();
        wait(Duration::from_millis(500));
        orders.push(veth.first_filter());
        veth.remove_filter("tlsmon_in");
        wait(Duration::from_millis(500));
        orders.push(veth.first_filter());
    });
    for order in orders {
        assert!(
            order.contains("0x544c") && order.contains("tlsmon_in"),
            "{order}"
        );
    }
    assert_eq!(veth.filters(), 1, "the other filter stays");
}

#[test]
fn with_all_privileges_dropped_tcx_goes_on_and_attaches_to_new_interfaces() {
    let veth = Veth::new();
    let later = format!("{}later", veth.name);
    let mut child = spawn_child(&format!("{},{later}", veth.name), "tcx", "drop");
    let later = Veth::named(&later);
    wait(Duration::from_millis(500));
    exchange(&later, &client_hello(500), &server_hello(), 0);
    wait(Duration::from_millis(300));
    drop(child.stdin.take());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.contains("capabilities 0000000000000000 frames "),
        "{said}"
    );
    assert!(!said.contains("frames 0"), "{said}");
}

fn kill_a_run(veth: &Veth, way: &str) {
    let mut child = spawn_child(&veth.name, way, "keep");
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A process of its own that watches until its input ends; it is up when this returns.
fn spawn_child(interfaces: &str, way: &str, privileges: &str) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "child",
            "--nocapture",
            "--test-threads=1",
        ])
        .env("CHILD", format!("{interfaces} {way} {privileges}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = Vec::new();
    let stdout = child.stdout.as_mut().unwrap();
    while !line.ends_with(b"ready\n") {
        let mut byte = [0];
        stdout.read_exact(&mut byte).unwrap();
        line.push(byte[0]);
    }
    child
}

#[test]
#[ignore = "not a test: the process that other tests kill"]
fn child() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the way in which the tests above talk to this process"
    )]
    let Ok(orders) = std::env::var("CHILD") else {
        return;
    };
    let mut words = orders.split(' ');
    let interfaces = words
        .next()
        .unwrap()
        .split(',')
        .map(str::to_owned)
        .collect();
    let attach = words.next().unwrap().parse().unwrap();
    let mut live = Live::open(&LiveConfig {
        interfaces,
        attach,
        ..LiveConfig::default()
    })
    .unwrap();
    if words.next() == Some("drop") {
        // The test harness runs this test in a thread beside its main one, which does nothing but wait.
        live.drop_privileges_of_this_thread().unwrap();
    }
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
    let capabilities = status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:\t"))
        .unwrap()
        .to_owned();
    println!("ready");
    let stop = Arc::new(AtomicBool::new(false));
    let stopper = Arc::clone(&stop);
    thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        stopper.store(true, Ordering::Relaxed);
    });
    let mut seen = Seen::default();
    live.run(&mut seen, &stop).unwrap();
    println!("capabilities {capabilities} frames {}", seen.frames.len());
}
