//! Somebody else's BPF program on the same hook: it counts packets and passes them on, or sends them another way.

use std::fmt::Debug;

use aya::maps::{Array, MapData};
use aya::programs::tc::{NlOptions, TcAttachOptions, TcHandle};
use aya::programs::{LinkOrder, SchedClassifier, TcAttachType};
use aya::{Ebpf, EbpfLoader};
use object::write::{Object, Relocation, Symbol, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, RelocationFlags, SectionKind, SymbolFlags, SymbolKind,
    SymbolScope,
};
use xtask::lab::Namespace;

/// What becomes of a packet that was counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Then {
    /// The next program decides.
    Next,
    /// IPv4 goes straight into the namespace behind this interface: `bpf_redirect_peer`.
    IntoPod(u32),
    /// IPv4 leaves by this interface at once: `bpf_redirect_neigh`.
    Out(u32),
}

/// How the program is attached.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// A TCX link before all others.
    First,
    /// A TCX link behind all others, as Cilium's.
    Last,
    /// A clsact filter of priority 1 and handle 1, as Cilium's.
    Filter,
}

/// The program; it leaves its hook when this is dropped.
pub(crate) struct Neighbour<'a> {
    namespace: &'a Namespace,
    ebpf: Option<Ebpf>,
    count: Array<MapData, u64>,
}

impl<'a> Neighbour<'a> {
    /// Loads and attaches it.
    pub(crate) fn attach(
        namespace: &'a Namespace,
        (interface, hook): (&str, TcAttachType),
        place: Place,
        then: Then,
    ) -> Self {
        let options = match place {
            Place::First => TcAttachOptions::TcxOrder(LinkOrder::first()),
            Place::Last => TcAttachOptions::TcxOrder(LinkOrder::last()),
            Place::Filter => TcAttachOptions::Netlink(NlOptions {
                priority: 1,
                handle: TcHandle::new(0, 1),
                classid: None,
            }),
        };
        let mut ebpf = EbpfLoader::new().load(&file(&code(then))).unwrap();
        let program: &mut SchedClassifier = ebpf.program_mut(NAME).unwrap().try_into().unwrap();
        program.load().unwrap();
        let attached = namespace.inside(|| program.attach_with_options(interface, hook, options));
        attached.unwrap().unwrap();
        let count = ebpf.take_map(MAP).unwrap().try_into().unwrap();
        Self {
            namespace,
            ebpf: Some(ebpf),
            count,
        }
    }

    /// How many packets it has seen.
    pub(crate) fn packets(&self) -> u64 {
        self.count.get(&0, 0).unwrap()
    }
}

impl Drop for Neighbour<'_> {
    fn drop(&mut self) {
        let ebpf = self.ebpf.take();
        // A filter is removed by the number of its interface, which means another one elsewhere.
        let _ = self.namespace.inside(|| drop(ebpf));
    }
}

const NAME: &str = "neighbour";
const MAP: &str = "COUNT";

/// Where the code names the map, in bytes.
const MAP_AT: u64 = 4 * 8;
/// `R_BPF_64_64`: a map's address.
const MAP_ADDRESS: u32 = 1;

/// Where in `struct __sk_buff` the protocol is, and what it is for IPv4, in the order of the network.
const PROTOCOL: i16 = 16;
const IPV4: i32 = 0x0008;
const REDIRECT_NEIGH: i32 = 152;
const REDIRECT_PEER: i32 = 155;

/// One instruction: the operation, the two registers, an offset, a number.
fn instruction(operation: u8, (to, from): (u8, u8), offset: i16, number: i32) -> [u8; 8] {
    let [o0, o1] = offset.to_le_bytes();
    let [n0, n1, n2, n3] = number.to_le_bytes();
    [operation, from << 4 | to, o0, o1, n0, n1, n2, n3]
}

fn code(then: Then) -> Vec<u8> {
    let set = |register, number| instruction(0xb7, (register, 0), 0, number);
    let call = |helper| instruction(0x85, (0, 0), 0, helper);
    let end = instruction(0x95, (0, 0), 0, 0);
    let count = [
        instruction(0xbf, (6, 1), 0, 0),   // r6 = the packet
        instruction(0x62, (10, 0), -4, 0), // a key on the stack
        instruction(0xbf, (2, 10), 0, 0),
        instruction(0x07, (2, 0), 0, -4),
        instruction(0x18, (1, 0), 0, 0), // r1 = the map
        instruction(0x00, (0, 0), 0, 0),
        call(1),                         // bpf_map_lookup_elem
        instruction(0x15, (0, 0), 2, 0), // skip where there is none
        set(1, 1),
        instruction(0xdb, (0, 1), 0, 0), // add, all CPUs in one
    ];
    let redirect = |interface: u32, helper| {
        vec![
            instruction(0x61, (1, 6), PROTOCOL, 0),
            instruction(0x55, (1, 0), 6, IPV4), // leave what is not IPv4
            set(1, interface.cast_signed()),
            set(2, 0),
            set(3, 0),
            set(4, 0),
            call(helper),
            end,
        ]
    };
    let then = match then {
        Then::Next => Vec::new(),
        Then::IntoPod(interface) => redirect(interface, REDIRECT_PEER),
        Then::Out(interface) => redirect(interface, REDIRECT_NEIGH),
    };
    [&count[..], &then, &[set(0, -1), end]].concat().concat()
}

/// The code as an object file, with a map of one number.
fn file(code: &[u8]) -> Vec<u8> {
    let mut object = Object::new(BinaryFormat::Elf, Architecture::Bpf, Endianness::Little);
    let mut section = |name: &str, kind, bytes: &[u8]| {
        let id = object.add_section(Vec::new(), name.into(), kind);
        object.append_section_data(id, bytes, 8);
        id
    };
    // An array (2) of one number: sizes of key and value, entries, flags.
    let map: Vec<u8> = [2_u32, 4, 8, 1, 0]
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    let maps = section("maps", SectionKind::Data, &map);
    let text = section("classifier", SectionKind::Text, code);
    section("license", SectionKind::Data, b"GPL\0");
    let mut symbol = |name: &str, kind, section, size: usize| {
        object.add_symbol(Symbol {
            name: name.into(),
            value: 0,
            size: size.try_into().unwrap(),
            kind,
            scope: SymbolScope::Linkage,
            weak: false,
            section: SymbolSection::Section(section),
            flags: SymbolFlags::None,
        })
    };
    let map = symbol(MAP, SymbolKind::Data, maps, map.len());
    symbol(NAME, SymbolKind::Text, text, code.len());
    let relocation = Relocation {
        offset: MAP_AT,
        symbol: map,
        addend: 0,
        flags: RelocationFlags::Elf {
            r_type: MAP_ADDRESS,
        },
    };
    object.add_relocation(text, relocation).unwrap();
    object.write().unwrap()
}
