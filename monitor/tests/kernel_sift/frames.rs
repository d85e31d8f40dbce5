//! Frames, from captures and made by hand.

/// The frames of a classic little-endian pcap of Ethernet.
pub(crate) fn of_capture(bytes: &[u8]) -> Vec<Vec<u8>> {
    let long = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    assert_eq!((long(0), long(20)), (0xa1b2_c3d4, 1));
    let mut frames = Vec::new();
    let mut at = 24;
    while at < bytes.len() {
        let length = long(at + 8) as usize;
        frames.push(bytes[at + 16..at + 16 + length].to_vec());
        at += 16 + length;
    }
    frames
}

/// An IP header to be, without its lengths.
#[derive(Clone, Debug)]
pub(crate) enum Ip {
    V4 {
        source: [u8; 4],
        destination: [u8; 4],
        options: Vec<u8>,
        fragment: u16,
    },
    V6 {
        source: u8,
        destination: u8,
        extensions: Vec<(u8, Vec<u8>)>,
    },
}

impl Ip {
    pub(crate) fn v4(source: [u8; 4], destination: [u8; 4]) -> Self {
        Self::V4 {
            source,
            destination,
            options: Vec::new(),
            fragment: 0x4000,
        }
    }

    /// The header, for what follows it.
    fn header(&self, protocol: u8, following: usize) -> Vec<u8> {
        match self {
            Self::V4 {
                source,
                destination,
                options,
                fragment,
            } => {
                let length = u16::try_from(20 + options.len() + following).unwrap();
                let words = u8::try_from(5 + options.len() / 4).unwrap();
                let start = [
                    &[0x40 | words, 0][..],
                    &length.to_be_bytes(),
                    &[0, 7],
                    &fragment.to_be_bytes(),
                    &[64, protocol, 0, 0],
                ]
                .concat();
                [&start[..], source, destination, options].concat()
            }
            Self::V6 {
                source,
                destination,
                extensions,
            } => {
                let ends = [*source, *destination];
                v6(ends, extensions, protocol, following)
            }
        }
    }

    fn ethertype(&self) -> [u8; 2] {
        match self {
            Self::V4 { .. } => [0x08, 0x00],
            Self::V6 { .. } => [0x86, 0xdd],
        }
    }
}

/// Extensions are their kind, and their bytes from the second one on.
fn v6(ends: [u8; 2], extensions: &[(u8, Vec<u8>)], protocol: u8, following: usize) -> Vec<u8> {
    let kinds: Vec<u8> = extensions
        .iter()
        .map(|extension| extension.0)
        .chain([protocol])
        .collect();
    let chain: Vec<u8> = extensions
        .iter()
        .zip(&kinds[1..])
        .flat_map(|((_, bytes), next)| [&[*next][..], bytes].concat())
        .collect();
    let length = u16::try_from(chain.len() + following).unwrap();
    let address = |last: u8| [&[0x20, 0x01, 0x0d, 0xb8][..], &[0; 11], &[last]].concat();
    [
        &[0x60, 0, 0, 0][..],
        &length.to_be_bytes(),
        &[kinds[0], 64],
        &address(ends[0]),
        &address(ends[1]),
        &chain,
    ]
    .concat()
}

/// A TCP header to be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tcp {
    pub(crate) source: u16,
    pub(crate) destination: u16,
    pub(crate) flags: u8,
    pub(crate) sequence: u32,
    pub(crate) acknowledgement: u32,
    pub(crate) options: Vec<u8>,
}

impl Tcp {
    pub(crate) fn with(&self, flags: u8, sequence: u32, acknowledgement: u32) -> Self {
        Self {
            flags,
            sequence,
            acknowledgement,
            ..self.clone()
        }
    }

    pub(crate) fn syn(&self, sequence: u32) -> Self {
        self.with(0x02, sequence, 0)
    }

    pub(crate) fn syn_ack(&self, sequence: u32, acknowledgement: u32) -> Self {
        self.with(0x12, sequence, acknowledgement)
    }

    pub(crate) fn ack(&self, sequence: u32, acknowledgement: u32) -> Self {
        self.with(0x18, sequence, acknowledgement)
    }

    fn header(&self) -> Vec<u8> {
        let words = u8::try_from(5 + self.options.len() / 4).unwrap();
        let ports = [self.source.to_be_bytes(), self.destination.to_be_bytes()].concat();
        let numbers = [
            self.sequence.to_be_bytes(),
            self.acknowledgement.to_be_bytes(),
        ]
        .concat();
        [
            &ports[..],
            &numbers,
            &[words << 4, self.flags, 1, 0, 0, 0, 0, 0],
            &self.options,
        ]
        .concat()
    }
}

pub(crate) fn ethernet(ip: &Ip, tcp: &Tcp, payload: &[u8]) -> Vec<u8> {
    tagged(&[], ip, tcp, payload)
}

/// With VLAN tags in the bytes.
fn tagged(tags: &[u8], ip: &Ip, tcp: &Tcp, payload: &[u8]) -> Vec<u8> {
    framed(tags, ip, 6, &[&tcp.header()[..], payload].concat())
}

/// An IP packet of any protocol, in Ethernet.
pub(crate) fn framed(tags: &[u8], ip: &Ip, protocol: u8, body: &[u8]) -> Vec<u8> {
    [
        &[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2][..],
        tags,
        &ip.ethertype(),
        &ip.header(protocol, body.len()),
        body,
    ]
    .concat()
}

pub(crate) fn client_hello(length: usize) -> Vec<u8> {
    let mut hello = vec![22, 3, 1, 2, 0, 1];
    hello.resize(length, 0x2a);
    hello
}

pub(crate) fn server_hello() -> Vec<u8> {
    let mut hello = vec![22, 3, 3, 0, 80, 2];
    hello.resize(85, 7);
    hello
}

/// One frame for each shape that headers can have; each opens a flow of its own unless it must not.
#[expect(clippy::too_many_lines, reason = "a table of frames")]
pub(crate) fn shapes() -> Vec<(&'static str, Vec<u8>)> {
    let mut shapes = Vec::new();
    let mut port = 40_000;
    let mut tcp = |flags| {
        port += 1;
        Tcp {
            source: port,
            destination: 443,
            flags,
            sequence: 1,
            ..Tcp::default()
        }
    };
    let hello = client_hello(60);
    let v4 = Ip::v4([10, 0, 0, 1], [10, 0, 0, 2]);
    let v6 = |extensions: &[(u8, &[u8])]| Ip::V6 {
        source: 1,
        destination: 2,
        extensions: extensions
            .iter()
            .map(|(kind, bytes)| (*kind, bytes.to_vec()))
            .collect(),
    };
    let hop: (u8, &[u8]) = (0, &[0, 1, 4, 0, 0, 0, 0]);
    let routing: (u8, &[u8]) = (43, &[0, 0, 0, 0, 0, 0, 0]);
    let destination: (u8, &[u8]) = (60, &[1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let authentication: (u8, &[u8]) = (51, &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let atomic: (u8, &[u8]) = (44, &[0, 0, 0, 0, 0, 0, 9]);
    let first_fragment: (u8, &[u8]) = (44, &[0, 0, 1, 0, 0, 0, 9]);
    let late_fragment: (u8, &[u8]) = (44, &[0, 0, 8, 0, 0, 0, 9]);
    shapes.push(("IPv4 SYN", ethernet(&v4, &tcp(2), &[])));
    shapes.push((
        "IPv4 SYN with data (Fast Open)",
        ethernet(&v4, &tcp(2), &hello),
    ));
    shapes.push((
        "IPv4 hello of a flow joined late",
        ethernet(&v4, &tcp(0x18), &hello),
    ));
    shapes.push((
        "IPv4 data of a flow joined late",
        ethernet(&v4, &tcp(0x18), b"GET / HTTP/1.1\r\n\r\n"),
    ));
    let other = Tcp {
        destination: 80,
        ..tcp(2)
    };
    shapes.push(("another port", ethernet(&v4, &other, &hello)));
    let source = Tcp {
        source: 8443,
        destination: 50_001,
        ..tcp(0x12)
    };
    shapes.push((
        "SYN/ACK from a configured port",
        ethernet(&v4, &source, &[]),
    ));
    shapes.push(("RST of an unknown flow", ethernet(&v4, &tcp(4), &[])));
    let options = Tcp {
        options: vec![1; 40],
        ..tcp(0x18)
    };
    shapes.push(("all TCP options", ethernet(&v4, &options, &hello)));
    let v4_options = Ip::V4 {
        source: [10, 0, 0, 3],
        destination: [10, 0, 0, 2],
        options: vec![1; 40],
        fragment: 0,
    };
    shapes.push(("all IPv4 options", ethernet(&v4_options, &options, &hello)));
    for (label, fragment) in [
        ("first fragment", 0x2000),
        ("last fragment", 0x00b9),
        ("reserved bit", 0x8000),
    ] {
        let ip = Ip::V4 {
            source: [10, 0, 0, 4],
            destination: [10, 0, 0, 2],
            options: Vec::new(),
            fragment,
        };
        shapes.push((label, ethernet(&ip, &tcp(0x18), &hello)));
        let ip = Ip::V4 {
            source: [10, 0, 0, 4],
            destination: [10, 0, 0, 2],
            options: vec![1; 4],
            fragment,
        };
        shapes.push((label, ethernet(&ip, &tcp(0x18), &hello)));
    }
    shapes.push(("IPv6 SYN", ethernet(&v6(&[]), &tcp(2), &[])));
    shapes.push(("IPv6 hello", ethernet(&v6(&[]), &tcp(0x18), &hello)));
    for (label, extensions) in [
        ("hop-by-hop", &[hop][..]),
        (
            "all extension headers",
            &[
                hop,
                routing,
                destination,
                authentication,
                atomic,
                destination,
            ],
        ),
        (
            "one extension header too many",
            &[
                hop,
                routing,
                destination,
                authentication,
                atomic,
                destination,
                routing,
            ],
        ),
        ("first fragment of IPv6", &[first_fragment]),
        ("late fragment of IPv6", &[hop, late_fragment]),
    ] {
        shapes.push((label, ethernet(&v6(extensions), &tcp(0x18), &hello)));
    }
    shapes.push((
        "VLAN tag",
        tagged(&[0x81, 0, 0, 5], &v4, &tcp(0x18), &hello),
    ));
    shapes.push((
        "service VLAN tag, IPv6",
        tagged(&[0x88, 0xa8, 0, 5], &v6(&[]), &tcp(0x18), &hello),
    ));
    shapes.push((
        "two VLAN tags",
        tagged(&[0x88, 0xa8, 0, 5, 0x81, 0, 0, 6], &v4, &tcp(0x18), &hello),
    ));
    let mut padded = ethernet(&v4, &tcp(0x10), &[]);
    padded.resize(60, 0x16);
    shapes.push(("padding that is not payload", padded));
    let mut big = ethernet(&v4, &tcp(0x18), &hello);
    big[16..18].fill(0);
    shapes.push(("BIG TCP: a length of zero", big));
    let jumbo: (u8, &[u8]) = (0, &[0, 0xc2, 4, 0, 2, 0, 0]);
    for extensions in [&[][..], &[jumbo]] {
        let mut big = ethernet(&v6(extensions), &tcp(0x18), &hello);
        big[18..20].fill(0);
        shapes.push(("BIG TCP over IPv6", big));
    }
    let mut lying = ethernet(&v4, &tcp(0x18), &hello);
    lying[46] = 0x40;
    shapes.push(("a TCP header of 16 bytes", lying));
    let mut lying = ethernet(&v4, &tcp(0x18), &[]);
    lying[46] = 0xf0;
    shapes.push(("a TCP header that is longer than its packet", lying));
    shapes.push(("ARP", [&[0xff; 12][..], &[8, 6], &[0; 46]].concat()));
    shapes.push(("two pieces", ethernet(&v4, &tcp(0x18), &client_hello(3200))));
    shapes
}
