//! Which keys open the Initial packets of a conversation.

use smallvec::SmallVec;

use crate::flow::Side;
use crate::wire::quic::{ConnectionId, Initial, Keys, Opened, Sender, Version};

/// How many pairs of keys are kept: the client's first, after a Retry, and both for another version (RFC 9369 section 4.1).
const MAX_PAIRS: usize = 4;

/// The keys that have opened packets of a conversation.
#[derive(Clone, Debug, Default)]
pub struct Opener {
    pairs: SmallVec<[Pair; 1]>,
    /// The largest packet number of each side that was opened.
    largest: crate::flow::Sides<Option<u64>>,
}

/// The keys that follow from one connection ID.
#[derive(Clone, Debug)]
struct Pair {
    version: Version,
    id: ConnectionId,
    client: Keys,
    server: Keys,
}

impl Opener {
    /// How many pairs of keys are known.
    pub(super) fn len(&self) -> usize {
        self.pairs.len()
    }

    /// The IDs that the keys follow from, the first first.
    pub fn ids(&self) -> impl Iterator<Item = ConnectionId> {
        self.pairs.iter().map(|pair| pair.id)
    }

    /// Opens a packet.
    pub fn open(&mut self, from: Side, initial: &Initial<'_>) -> Option<Opened> {
        Some(self.open_by(from, initial)?.1)
    }

    /// Opens a packet, and tells the ID that its keys follow from. The first way that works:
    ///
    /// 1. With keys that have opened packets before.
    /// 2. With the keys that the same IDs give for this packet's version, when that is another: compatible version negotiation.
    /// 3. A client's, with the keys that its own destination ID gives: its first, or its first after a Retry.
    pub fn open_by(&mut self, from: Side, initial: &Initial<'_>) -> Option<(ConnectionId, Opened)> {
        let version = initial.head.version;
        let mut known = self.pairs.iter().filter(|pair| pair.version == version);
        let opened = known
            .find_map(|pair| pair.open(from, initial, self.largest[from]))
            .or_else(|| self.open_with_new(from, initial));
        if let Some((_, opened)) = &opened {
            self.largest[from] = self.largest[from].max(Some(opened.number));
        }
        opened
    }

    fn open_with_new(
        &mut self,
        from: Side,
        initial: &Initial<'_>,
    ) -> Option<(ConnectionId, Opened)> {
        let version = initial.head.version;
        let own = (from == Side::Client).then_some(initial.head.destination);
        let ids: SmallVec<[ConnectionId; MAX_PAIRS]> = self
            .ids()
            .chain(own)
            .filter(|id| !self.has(version, id))
            .collect();
        ids.iter()
            .filter_map(|id| Pair::derive(version, id))
            .find_map(|pair| {
                let opened = pair.open(from, initial, self.largest[from])?;
                self.keep(pair);
                Some(opened)
            })
    }

    fn has(&self, version: Version, id: &ConnectionId) -> bool {
        let mut pairs = self.pairs.iter();
        pairs.any(|pair| pair.version == version && pair.id == *id)
    }

    /// Keeps a pair; the newest makes room, for the first says who the connection is.
    fn keep(&mut self, pair: Pair) {
        self.pairs.truncate(MAX_PAIRS - 1);
        self.pairs.push(pair);
    }
}

impl Pair {
    fn derive(version: Version, id: &ConnectionId) -> Option<Self> {
        Some(Self {
            version,
            id: *id,
            client: Keys::derive(version, id, Sender::Client)?,
            server: Keys::derive(version, id, Sender::Server)?,
        })
    }

    fn open(
        &self,
        from: Side,
        initial: &Initial<'_>,
        largest: Option<u64>,
    ) -> Option<(ConnectionId, Opened)> {
        let keys = match from {
            Side::Client => &self.client,
            Side::Server => &self.server,
        };
        Some((self.id, keys.open(initial, largest)?))
    }
}
