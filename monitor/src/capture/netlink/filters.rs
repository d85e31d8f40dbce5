//! tc filters.

use std::io;

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::tc::{TcAttribute, TcFilterBpfOption, TcMessage, TcOption};

use super::{Listed, dump};

/// A filter on a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::capture) struct Filter {
    pub(in crate::capture) priority: u16,
    pub(in crate::capture) handle: u32,
    /// The protocol that it is asked about, as `linux/if_ether.h` numbers them.
    pub(in crate::capture) protocol: u16,
    /// Whether it is a BPF filter.
    pub(in crate::capture) is_bpf: bool,
    /// The program's name, where it is one.
    pub(in crate::capture) program: Option<String>,
}

/// The filters on one hook of an interface, in the order in which packets meet them.
pub(in crate::capture) fn filters(interface: u32, parent: u32) -> io::Result<Vec<Filter>> {
    let mut request = TcMessage::with_index(i32::try_from(interface).unwrap_or_default());
    request.header.parent = parent.into();
    let answers: Listed<_> = dump(&RouteNetlinkMessage::GetTrafficFilter(request))?;
    Ok(answers.keep(filter).items)
}

fn filter(message: RouteNetlinkMessage) -> Option<Filter> {
    let RouteNetlinkMessage::NewTrafficFilter(message) = message else {
        return None;
    };
    let handle = u32::from(message.header.handle);
    let is_elsewhere = |attribute: &TcAttribute| matches!(attribute, TcAttribute::Chain(1..));
    if handle == 0 || message.attributes.iter().any(is_elsewhere) {
        return None; // the head of a chain of filters, or in a chain that packets are only sent to
    }
    let is_bpf =
        |attribute: &TcAttribute| matches!(attribute, TcAttribute::Kind(kind) if kind == "bpf");
    let [high, low, protocol @ ..] = message.header.info.to_be_bytes();
    Some(Filter {
        priority: u16::from_be_bytes([high, low]),
        handle,
        protocol: u16::from_be(u16::from_be_bytes(protocol)),
        is_bpf: message.attributes.iter().any(is_bpf),
        program: program_name(&message.attributes),
    })
}

fn program_name(attributes: &[TcAttribute]) -> Option<String> {
    let options = attributes.iter().find_map(|attribute| match attribute {
        TcAttribute::Options(options) => Some(options),
        _ => None,
    })?;
    options.iter().find_map(|option| match option {
        TcOption::Bpf(TcFilterBpfOption::ProgName(name)) => Some(name.clone()),
        _ => None,
    })
}
