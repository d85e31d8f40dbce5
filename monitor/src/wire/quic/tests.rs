//! The samples of RFC 9001 appendix A and RFC 9369 appendix A, and what holds for every datagram.

use proptest::prelude::*;
use rstest::rstest;

use super::*;

/// The CRYPTO frame of the client's Initial packet, the same in both appendices (section A.2).
const CLIENT_FRAME: &str = "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c\
    00000413011302010000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d0017001800100007000504616c\
    706e000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b0003\
    020304000d0010000e0403050306030203080408050806002d00020101001c00024001003900320408ffffffffffffffff05048000ffff0704\
    8000ffff0801100104800075300901100f088394c8f03e51570806048000ffff";

const SERVER_V1: &str = "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780b\
    b38cc5a99f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795\
    d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee";

const SERVER_V2: &str = "dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698baeea26b91eb761d9b89237bbf8726\
    3017915358230035f7fd3945d88965cf17f9af6e16886c61bfc703106fbaf3cb4cfa52382dd16a393e42757507698075b2c984c707f0a0812d\
    8cd5a6881eaf21ceda98f4bd23f6fe1a3e2c43edd9ce7ca84bed8521e2e140";

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn id() -> ConnectionId {
    ConnectionId::new(&hex("8394c8f03e515708")).unwrap()
}

fn only(datagram: &[u8]) -> Packet<'_> {
    let mut packets = Packets::new(datagram, u32::try_from(datagram.len()).unwrap());
    let packet = packets.next().unwrap();
    assert_eq!(packets.next(), None);
    packet
}

fn initial(datagram: &[u8]) -> Initial<'_> {
    match only(datagram) {
        Packet::Initial(initial) => initial,
        other => panic!("no Initial packet: {other:?}"),
    }
}

#[rstest]
#[case::v1_client(Version::V1, Sender::Client, ["1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2"])]
#[case::v1_server(Version::V1, Sender::Server, ["cf3a5331653c364c88f0f379b6067e37", "0ac1493ca1905853b0bba03e", "c206b8d9b9f0f37644430b490eeaa314"])]
#[case::v2_client(Version::V2, Sender::Client, ["8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f", "45b95e15235d6f45a6b19cbcb0294ba9"])]
#[case::v2_server(Version::V2, Sender::Server, ["82db637861d55e1d011f19ea71d5d2a7", "dd13c276499c0249d3310652", "edf6d05c83121201b436e16877593c3a"])]
fn keys_follow_from_the_id_as_in_the_appendix(
    #[case] version: Version,
    #[case] sender: Sender,
    #[case] parts: [&str; 3],
) {
    let [key, iv, hp] = parts;
    let keys = Keys::derive(version, &id(), sender).unwrap();
    assert_eq!(keys.key.to_vec(), hex(key));
    assert_eq!(keys.iv.to_vec(), hex(iv));
    assert_eq!(keys.hp.to_vec(), hex(hp));
}

/// Sections A.2: header, its protected form, and the tag at the packet's end.
#[rstest]
#[case::v1(
    Version::V1,
    "c300000001088394c8f03e5157080000449e00000002",
    "c000000001088394c8f03e5157080000449e7b9aec34",
    "e221af44860018ab0856972e194cd934"
)]
#[case::v2(
    Version::V2,
    "d36b3343cf088394c8f03e5157080000449e00000002",
    "d76b3343cf088394c8f03e5157080000449ea0c95e82",
    "a18b2faa745b6fe189cf772a9f84cbfc"
)]
fn the_clients_initial_of_the_appendix_is_sealed_and_opened(
    #[case] version: Version,
    #[case] header: &str,
    #[case] protected: &str,
    #[case] tag: &str,
) {
    let keys = Keys::derive(version, &id(), Sender::Client).unwrap();
    let mut payload = hex(CLIENT_FRAME);
    payload.resize(1162, 0);
    let datagram = keys.seal_with_header(hex(header), 2, payload);
    assert_eq!(datagram.len(), 1200);
    assert_eq!(datagram[..22], hex(protected));
    assert_eq!(datagram[1184..], hex(tag));

    let opened = keys.open(&initial(&datagram), None).unwrap();
    assert_eq!(opened.number, 2);
    let frames: Vec<_> = opened.frames().collect();
    let data = &hex(CLIENT_FRAME)[4..];
    assert_eq!(frames, [Frame::Crypto { offset: 0, data }]);
}

const T051: Version = Version(u32::from_be_bytes(*b"T051"));

/// No document has samples of these; the salts are those of other readers.
#[rstest]
#[case::t050(Version(u32::from_be_bytes(*b"T050")))]
#[case::t051(T051)]
fn googles_versions_have_frames_of_their_own(#[case] version: Version) {
    let head = Head {
        version,
        destination: id(),
        source: ConnectionId::new(&[]).unwrap(),
    };
    let keys = Keys::derive(version, &id(), Sender::Client).unwrap();
    // PING, CRYPTO, and an acknowledgement, which is not read.
    let datagram = keys.seal(&head, 1, &[7, 8, 0, 2, b'h', b'i', 0x60, 1, 2, 3], 40);
    let opened = keys.open(&initial(&datagram), None).unwrap();
    let data = b"hi";
    assert!(opened.frames().eq([Frame::Crypto { offset: 0, data }]));
    assert!(opens_connection(&datagram));
}

/// Sections A.3.
#[rstest]
#[case::v1(Version::V1, SERVER_V1)]
#[case::v2(Version::V2, SERVER_V2)]
fn the_servers_initial_of_the_appendix_is_opened(#[case] version: Version, #[case] packet: &str) {
    let datagram = hex(packet);
    let initial = initial(&datagram);
    assert_eq!(initial.head.source.as_bytes(), hex("f067a5502a4262b5"));
    let keys = Keys::derive(version, &id(), Sender::Server).unwrap();
    let opened = keys.open(&initial, None).unwrap();
    assert_eq!(opened.number, 1);
    let frames: Vec<_> = opened.frames().collect();
    assert!(
        matches!(
            frames[..],
            [
                Frame::Ack,
                Frame::Crypto {
                    offset: 0,
                    data: [2, 0, 0, 0x56, ..]
                }
            ]
        ),
        "{frames:?}"
    );
    let clients = Keys::derive(version, &id(), Sender::Client).unwrap();
    assert!(clients.open(&initial, None).is_none());
}

/// Sections A.4.
#[rstest]
#[case::v1("ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba")]
#[case::v2("cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6")]
fn the_retry_of_the_appendix_names_the_new_id(#[case] packet: &str) {
    let Packet::Retry(head) = only(&hex(packet)) else {
        panic!("a Retry")
    };
    assert_eq!(head.source.as_bytes(), hex("f067a5502a4262b5"));
}

/// Sections A.4 of RFC 9001, RFC 9369 and draft-ietf-quic-tls-29.
#[rstest]
#[case::v1("ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba")]
#[case::v2("cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6")]
#[case::draft_29("ffff00001d0008f067a5502a4262b5746f6b656ed16926d81f6f9ca2953a8aa4575e1e49")]
fn the_tag_of_a_retry_is_that_of_the_appendix(#[case] packet: &str) {
    let packet = hex(packet);
    let Packet::Retry(head) = only(&packet) else {
        panic!("a Retry")
    };
    let (said, tag) = packet.split_at(packet.len() - RETRY_TAG);
    assert_eq!(retry_tag(head.version, &id(), said).unwrap(), tag);
}

#[test]
fn coalesced_packets_are_told_one_by_one() {
    let mut datagram = hex(SERVER_V1);
    datagram.extend(hex("e00000000100020a0b0401020304"));
    datagram.extend([0x41, 9, 9, 9]);
    let packets: Vec<_> = Packets::new(&datagram, u32::try_from(datagram.len()).unwrap()).collect();
    let [
        Packet::Initial(initial),
        Packet::Handshake(head),
        Packet::OneRtt(rest),
    ] = packets[..]
    else {
        panic!("{packets:?}")
    };
    assert_eq!(initial.bytes, hex(SERVER_V1));
    assert_eq!(head.source.as_bytes(), [0x0a, 0x0b]);
    assert_eq!(rest, [0x41, 9, 9, 9]);
}

#[test]
fn a_version_that_is_not_known_is_left_alone() {
    for version in [0x5130_3436, 0x1a2a_3a4a, 2, 0xff00_0010_u32] {
        let mut datagram = hex(SERVER_V1);
        datagram[1..5].copy_from_slice(&version.to_be_bytes());
        assert!(!opens_connection(&datagram));
        assert_eq!(Packets::new(&datagram, 135).next(), None);
    }
}

#[test]
fn a_packet_that_the_capture_cut_says_so_and_is_not_opened() {
    let datagram = hex(SERVER_V1);
    let keys = Keys::derive(Version::V1, &id(), Sender::Server).unwrap();
    for length in 0..datagram.len() {
        for packet in Packets::new(&datagram[..length], 135) {
            let Packet::Initial(initial) = packet else {
                panic!("{packet:?} at {length}")
            };
            assert!(initial.is_cut);
            assert!(keys.open(&initial, None).is_none());
        }
        assert_eq!(
            Packets::new(&datagram[..length], u32::try_from(length).unwrap()).next(),
            None,
            "a packet longer than its datagram"
        );
    }
}

#[test]
fn an_altered_packet_is_not_opened() {
    let datagram = hex(SERVER_V1);
    let keys = Keys::derive(Version::V1, &id(), Sender::Server).unwrap();
    for at in 0..datagram.len() {
        let mut altered = datagram.clone();
        altered[at] ^= 1;
        for packet in Packets::new(&altered, 135) {
            if let Packet::Initial(initial) = packet {
                assert!(keys.open(&initial, None).is_none(), "byte {at}");
            }
        }
    }
}

proptest! {
    /// Whatever comes is read without harm, and opened by nobody.
    #[test]
    fn bytes_at_random_do_no_harm(first: u8, v2: bool, rest in prop::collection::vec(any::<u8>(), 0..200), wire_len: u32) {
        let version = if v2 { Version::V2 } else { Version::V1 };
        let mut datagram = vec![first];
        datagram.extend(version.0.to_be_bytes());
        datagram.extend(rest);
        let keys = Keys::derive(version, &id(), Sender::Client).unwrap();
        for packet in Packets::new(&datagram, wire_len) {
            if let Packet::Initial(initial) = packet {
                prop_assert!(keys.open(&initial, None).is_none());
            }
        }
    }

    /// Whatever a peer that holds the keys sends is read without harm, and ends.
    #[test]
    fn frames_at_random_do_no_harm(google: bool, payload in prop::collection::vec(prop_oneof![0_u8..0x20, any::<u8>()], 0..300)) {
        let version = if google { T051 } else { Version::V1 };
        prop_assert!(Frames::new(version, &payload).count() <= payload.len());
    }
}
