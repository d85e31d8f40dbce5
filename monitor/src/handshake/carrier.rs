//! What carries a handshake, and what that showed by itself.

use smallvec::SmallVec;

use crate::flow::{End, Negotiation, Protocol, Quic, Refused, Side, Tcp};
use crate::frame::Timestamp;
use crate::report::Transport;
use crate::wire::quic::ConnectionId;

/// What carries a handshake: each with the facts that only it has. The methods are the questions that both can answer.
#[derive(Debug)]
pub enum Carrier {
    /// A TCP connection.
    Tcp(Tcp),
    /// A QUIC connection.
    Quic(Box<Quic>),
}

impl Default for Carrier {
    fn default() -> Self {
        Self::Tcp(Tcp::default())
    }
}

impl Carrier {
    /// The TCP connection, if it is one.
    pub const fn tcp(&self) -> Option<&Tcp> {
        match self {
            Self::Tcp(tcp) => Some(tcp),
            Self::Quic(_) => None,
        }
    }

    /// The QUIC connection, if it is one.
    pub const fn quic(&self) -> Option<&Quic> {
        match self {
            Self::Tcp(_) => None,
            Self::Quic(quic) => Some(quic),
        }
    }

    /// What its ports are ports of.
    pub const fn protocol(&self) -> Protocol {
        match self {
            Self::Tcp(_) => Protocol::Tcp,
            Self::Quic(_) => Protocol::Udp,
        }
    }

    /// The report's word for it.
    pub const fn transport(&self) -> Transport {
        match self {
            Self::Tcp(_) => Transport::Tcp,
            Self::Quic(_) => Transport::Quic,
        }
    }

    /// The first end that was seen: FIN, RST, CONNECTION_CLOSE, or ICMP that answers the opening.
    pub const fn end(&self) -> Option<End> {
        match self {
            Self::Tcp(tcp) => tcp.end,
            Self::Quic(quic) => quic.end,
        }
    }

    /// Whether the client has knocked (SYN, Initial packet), and the server has neither answered nor been gone on with.
    pub fn is_only_opening(&self) -> bool {
        match self {
            Self::Tcp(tcp) => tcp.is_only_opening(),
            Self::Quic(quic) => quic.is_only_opening(),
        }
    }

    /// What ICMP said about the client's opening.
    pub fn unreachable(&self) -> Option<&Refused> {
        match self {
            Self::Tcp(tcp) => tcp.unreachable.as_deref(),
            Self::Quic(quic) => quic.unreachable.as_ref(),
        }
    }

    /// Whether the client closed its side of a TCP connection before the server had said anything.
    pub fn left_early(&self) -> bool {
        self.tcp().is_some_and(|tcp| tcp.left_early)
    }

    /// Whether any packet of this side was seen.
    pub fn has_seen(&self, side: Side) -> bool {
        match self {
            Self::Tcp(tcp) => tcp.seen[side].packets > 0,
            Self::Quic(quic) => quic.seen[side].datagrams > 0,
        }
    }

    /// When the connection stood, where that comes before the TLS handshake.
    pub fn opened(&self) -> Option<Timestamp> {
        self.tcp().and_then(|tcp| tcp.connected.or(tcp.syn_ack))
    }

    /// What the client chose at random to tell this connection from others: TCP's initial sequence number, the first
    /// connection ID of QUIC.
    pub fn nonce(&self) -> SmallVec<[u8; ConnectionId::MAX]> {
        match self {
            Self::Tcp(tcp) => SmallVec::from_slice(&tcp.isn.unwrap_or_default().to_be_bytes()),
            Self::Quic(quic) => {
                SmallVec::from_slice(quic.first_id().unwrap_or_default().as_bytes())
            }
        }
    }

    /// The server's last word, if it is that it does not speak the client's version of QUIC.
    pub fn negotiated_away(&self) -> Option<&Negotiation> {
        self.quic().and_then(Quic::negotiated_away)
    }

    /// What a reset and a close are called here.
    pub const fn words(&self) -> [&'static str; 2] {
        match self {
            Self::Tcp(_) => ["RST", "FIN"],
            Self::Quic(_) => ["port unreachable", "CONNECTION_CLOSE"],
        }
    }
}
