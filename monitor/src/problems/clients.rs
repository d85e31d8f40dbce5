//! Who is affected.

use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::report::{Handshake, Peer, ProxyProtocol, Revision};

/// The clients of one group, by address.
#[derive(Clone, Debug, Default)]
pub struct Clients {
    known: HashMap<IpAddr, Client>,
    others: u64,
}

/// One client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its address; that which a PROXY protocol header names, where there is one.
    pub address: IpAddr,
    /// `namespace/pod`, where it is known.
    pub pod: Option<Arc<str>>,
    /// How often it failed.
    pub count: u64,
}

impl Clients {
    /// How many are told apart.
    pub fn known(&self) -> usize {
        self.known.len()
    }

    /// Failures of clients that are not told apart: there were too many.
    pub const fn others(&self) -> u64 {
        self.others
    }

    /// Those that are told apart, who failed most first.
    pub fn ranked(&self) -> Vec<&Client> {
        let mut ranked: Vec<_> = self.known.values().collect();
        ranked.sort_by_key(|client| (std::cmp::Reverse(client.count), client.address));
        ranked
    }

    /// One failure of this client; `most` are told apart.
    pub(super) fn add(&mut self, client: &Affected, most: usize) {
        let room = self.known.len() < most;
        match self.known.get_mut(&client.address) {
            Some(known) => {
                known.count += 1;
                known.pod = client.pod.clone().or_else(|| known.pod.take());
            }
            None if room => {
                let known = Client {
                    address: client.address,
                    pod: client.pod.clone(),
                    count: 1,
                };
                self.known.insert(client.address, known);
            }
            None => self.others += 1,
        }
    }

    pub(super) fn take(&mut self, client: &Affected) {
        let Some(known) = self.known.get_mut(&client.address) else {
            self.others = self.others.saturating_sub(1);
            return;
        };
        known.count = known.count.saturating_sub(1);
        if known.count == 0 {
            self.known.remove(&client.address);
        }
    }
}

/// The client of one failure.
#[derive(Clone, Debug)]
pub struct Affected {
    /// Its address; that which a PROXY protocol header names, where there is one.
    pub address: IpAddr,
    /// `namespace/pod`, where it is known.
    pub pod: Option<Arc<str>>,
}

impl Affected {
    pub(super) fn of(handshake: &Handshake) -> Self {
        Self::behind(&handshake.client, handshake.proxy_protocol)
    }

    pub(super) fn revised(revision: &Revision) -> Self {
        Self::behind(&revision.client, revision.proxy_protocol)
    }

    /// Whom a proxy speaks for has no pod that is known here.
    fn behind(client: &Peer, proxy: Option<ProxyProtocol>) -> Self {
        if let Some(proxied) = proxy.and_then(|header| header.client) {
            return Self {
                address: proxied.address,
                pod: None,
            };
        }
        let pod = match (&client.namespace, &client.pod) {
            (Some(namespace), Some(pod)) => Some(format!("{namespace}/{pod}").into()),
            _ => None,
        };
        Self {
            address: client.address,
            pod,
        }
    }
}
