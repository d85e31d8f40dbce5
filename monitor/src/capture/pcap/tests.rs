//! What holds for capture files of every kind: whole, torn at every byte, compressed, damaged, and no captures at all.

use std::io::Write as _;

use proptest::prelude::*;
use rstest::rstest;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::build::{MICROSECONDS, MODIFIED, NANOSECONDS, PcapNg, RAW, packets, pcap};
use super::order::Order;
use super::seen::{Seen, read, read_slowly, read_whole};
use super::*;

fn pcapng(order: Order, packets: &[Vec<u8>]) -> Vec<u8> {
    let file = PcapNg::new(order).named("eth0").block(0x0bad, |_| ());
    let with_packets = packets.iter().zip(0..).fold(file, |file, (packet, ticks)| {
        file.enhanced(0, ticks, packet)
    });
    with_packets.statistics(0, [0, 0]).into_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

/// A file of every kind, all with the same packets.
fn files(packets: &[Vec<u8>]) -> Vec<(&'static str, Vec<u8>)> {
    let little = pcap(Order::Little, MICROSECONDS, RAW, packets);
    let ng = pcapng(Order::Little, packets);
    vec![
        ("gzip pcap", gzip(&little)),
        ("zstd pcapng", zstd(&ng)),
        ("pcap, little endian", little),
        (
            "pcap, big endian",
            pcap(Order::Big, MICROSECONDS, RAW, packets),
        ),
        (
            "pcap, nanoseconds",
            pcap(Order::Little, NANOSECONDS, RAW, packets),
        ),
        (
            "pcap, nanoseconds, big endian",
            pcap(Order::Big, NANOSECONDS, RAW, packets),
        ),
        (
            "pcap, modified",
            pcap(Order::Little, MODIFIED, RAW, packets),
        ),
        ("pcapng, little endian", ng),
        ("pcapng, big endian", pcapng(Order::Big, packets)),
    ]
}

#[test]
fn every_kind_of_file_gives_its_packets() {
    let packets = packets(5);
    for (name, file) in files(&packets) {
        let seen = read_whole(&file);
        assert_eq!(seen.packets(), packets, "{name}");
        assert!(seen.lost.is_empty(), "{name}");
    }
}

#[test]
fn a_pipe_that_gives_byte_by_byte_makes_no_difference() {
    for (name, file) in files(&packets(5)) {
        let (seen, result) = read_slowly(&file);
        assert!(result.is_ok(), "{name}");
        assert_eq!(seen, read_whole(&file), "{name}");
    }
}

#[test]
fn more_packets_than_the_buffer_holds_all_come_out() {
    let packets = packets(9_000);
    for (name, file) in files(&packets) {
        assert_eq!(read_whole(&file).packets(), packets, "{name}");
    }
}

/// Nothing comes out of a torn file that would not have come out of the whole one, and the tear is told.
#[test]
fn a_file_torn_at_any_byte_gives_what_came_before() {
    for (name, file) in files(&packets(3)) {
        let whole = read_whole(&file);
        let (mut told, mut ended) = (0, 0);
        for length in 0..file.len() {
            let (seen, result) = read(&file[..length]);
            assert!(
                whole.frames.starts_with(&seen.frames),
                "{name} torn at {length}"
            );
            match result {
                Ok(()) => ended += 1,
                Err(error) => {
                    told += 1;
                    check_tear(&error, length, name);
                }
            }
        }
        // Between two records a file may just end.
        assert!(
            ended <= 8,
            "{name}: {ended} tears went unnoticed, {told} were told"
        );
    }
}

fn check_tear(error: &ReadError, length: usize, name: &str) {
    match error {
        ReadError::Empty { .. } => assert_eq!(length, 0, "{name}"),
        ReadError::NotACapture { .. } => assert!(length < 4, "{name} torn at {length}"),
        ReadError::Torn { have, need, .. } => assert!(have < need, "{name} torn at {length}"),
        other => panic!("{name} torn at {length}: {other}"),
    }
}

#[rstest]
#[case::gzip(gzip)]
#[case::zstd(zstd)]
fn a_torn_compressed_file_gives_most_of_what_its_bytes_hold(
    #[case] compress: fn(&[u8]) -> Vec<u8>,
) {
    let packets = packets(20_000);
    let file = compress(&pcap(Order::Little, MICROSECONDS, RAW, &packets));
    let (seen, result) = read(&file[..file.len() * 9 / 10]);
    assert!(matches!(result, Err(ReadError::Torn { .. })));
    assert!(
        seen.frames.len() > 14_000,
        "only {} packets",
        seen.frames.len()
    );
}

#[test]
fn a_tear_names_the_byte_where_the_torn_record_starts() {
    let packets = packets(3);
    let file = pcap(Order::Little, MICROSECONDS, RAW, &packets);
    let last = file.len() - packets[2].len() - 16;
    let (seen, result) = read(&file[..file.len() - 1]);
    let error = result.unwrap_err();
    assert_eq!(seen.frames.len(), 2);
    assert!(error.is_partial());
    assert_eq!(
        error.to_string(),
        format!(
            "standard input is cut short: the record at byte {last} has 63 of at least 64 bytes"
        )
    );
}

#[rstest]
#[case::gzip(gzip)]
#[case::zstd(zstd)]
fn compressed_files_joined_end_to_end_are_one(#[case] compress: fn(&[u8]) -> Vec<u8>) {
    let packets = packets(4);
    let file = pcap(Order::Big, MICROSECONDS, RAW, &packets);
    let (front, back) = file.split_at(50);
    let joined = [compress(front), compress(back)].concat();
    assert_eq!(read_whole(&joined).packets(), packets);
}

#[test]
fn skippable_zstd_frames_are_skipped() {
    let packets = packets(2);
    let skippable = [0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
    let file = zstd(&pcap(Order::Big, MICROSECONDS, RAW, &packets));
    let joined = [&skippable, file.as_slice(), &skippable].concat();
    assert_eq!(read_whole(&joined).packets(), packets);
    let (_, result) = read(&joined[..joined.len() - 1]);
    assert!(matches!(result, Err(ReadError::Torn { .. })));
}

#[rstest]
#[case::gzip(gzip)]
#[case::zstd(zstd)]
fn damaged_compressed_data_is_an_error(#[case] compress: fn(&[u8]) -> Vec<u8>) {
    let mut file = compress(&pcap(Order::Big, MICROSECONDS, RAW, &packets(20)));
    let middle = file.len() / 2;
    file[middle] ^= 0xff;
    let (_, result) = read(&file);
    assert!(result.is_err());
}

#[test]
fn an_empty_file_is_told_apart_from_a_capture_without_packets() {
    let (_, result) = read(b"");
    let error = result.unwrap_err();
    assert_eq!(error.to_string(), "cannot read standard input: it is empty");
    assert!(!error.is_partial());

    for (name, file) in files(&[]) {
        let seen = read_whole(&file);
        assert!(seen.frames.is_empty(), "{name}");
        assert_eq!(seen.interfaces.len(), 1, "{name}");
    }
}

#[rstest]
#[case::text(b"GET / HTTP/1.1", "the bytes 47 45 54 20")]
#[case::three_bytes(b"\xd4\xc3\xb2", "the bytes d4 c3 b2")]
#[case::xz(b"\xfd7zXZ\0", "the magic of an xz file")]
fn what_is_no_capture_is_named_by_what_it_starts_with(#[case] file: &[u8], #[case] found: &str) {
    let (seen, result) = read(file);
    let error = result.unwrap_err();
    assert_eq!(seen, Seen::default());
    assert_eq!(
        error.to_string(),
        format!("cannot read standard input: neither pcap nor pcapng, it starts with {found}")
    );
    assert!(error.help().is_some());
}

#[rstest]
#[case::pcap(pcap(Order::Little, MICROSECONDS, RAW, &packets(1)), 24 + 8)]
#[case::pcapng(PcapNg::new(Order::Little).named("eth0").into_bytes(), 28 + 4)]
fn a_record_that_claims_too_much_is_an_error_not_an_allocation(
    #[case] mut file: Vec<u8>,
    #[case] length_at: usize,
) {
    file[length_at..length_at + 4].copy_from_slice(&0x7fff_fff0_u32.to_le_bytes());
    let (_, result) = read(&file);
    assert!(
        matches!(result, Err(ReadError::TooLarge { .. })),
        "{result:?}"
    );
}

#[test]
fn a_directory_and_a_missing_file_cannot_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.pcap");
    for path in [folder.path(), &missing] {
        let source = Source::from_argument(path);
        let error = super::read(source, &mut Seen::default(), &mut |_| ()).unwrap_err();
        assert!(matches!(error, ReadError::Open { .. }));
        assert_eq!(error.to_string(), format!("cannot open {}", path.display()));
    }
}

#[test]
fn progress_ends_at_the_size_of_the_file_as_stored() {
    let packets = packets(100_000);
    let stored = gzip(&pcap(Order::Little, MICROSECONDS, RAW, &packets));
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&stored).unwrap();

    let (mut seen, mut reports) = (Seen::default(), Vec::new());
    let source = Source::from_argument(file.path());
    super::read(source, &mut seen, &mut |progress| reports.push(progress)).unwrap();

    assert_eq!(seen.frames.len(), packets.len());
    assert!(reports.is_sorted_by_key(|progress| progress.read));
    let size = stored.len() as u64;
    let end = Progress {
        read: size,
        total: Some(size),
    };
    assert_eq!(reports.last(), Some(&end));
}

#[test]
fn a_dash_is_standard_input() {
    assert_eq!(Source::from_argument("-"), Source::Stdin);
    assert_eq!(Source::from_argument("./-"), Source::Path("./-".into()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn damaged_files_never_panic(
        which in 0..9_usize,
        damage in prop::collection::vec((0..600_usize, any::<u8>()), 1..6),
    ) {
        let (_, mut file) = files(&packets(3)).swap_remove(which);
        for (at, value) in damage {
            let at = at % file.len();
            file[at] = value;
        }
        let _ = read(&file);
    }

    #[test]
    fn random_bytes_behind_a_magic_never_panic(
        magic in prop::sample::select(vec![
            vec![0xd4, 0xc3, 0xb2, 0xa1],
            vec![0xa1, 0xb2, 0xc3, 0xd4],
            vec![0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a],
            vec![0x1f, 0x8b],
            vec![0x28, 0xb5, 0x2f, 0xfd],
        ]),
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let _ = read(&[magic, bytes].concat());
    }
}
