//! Handshakes as `tlsmon run`, `tlsmon replay` and the agent's API print them, held against the findings.

use std::collections::BTreeMap;

use hashbrown::HashSet;

use super::draft::{About, Draft, serves};
use super::inventory::{Inventory, Kind, Listener};
use super::line::{Answer, Line, Peer};
use super::service::Service;
use crate::report::{Cause, Handshake, HandshakeId, Outcome, Place, Revision, Seen};

/// Groups by cause and name that are kept; what is more is counted with the last.
const MAX_GROUPS: usize = 10_000;
/// Client addresses that are told apart in a group.
const MAX_CLIENTS: usize = 10_000;
/// Handshakes of agents that are told apart: the nodes of both ends may each have seen one. What is more may count twice.
const MAX_IDS: usize = 1_000_000;
/// Addresses that are shown.
const SHOWN: usize = 5;

/// Why handshakes failed, for which name, and at which server.
type Key = (Cause, Option<String>, String);

/// The same, with the Service that the server is.
type Where<'a> = (Cause, Option<&'a str>, Option<&'a Service>);

/// Handshakes by why they failed, for which name and where.
#[derive(Default)]
pub(crate) struct Observed {
    groups: BTreeMap<Key, Group>,
    handshakes: u64,
    ids: HashSet<u64>,
    unreadable: u64,
    left_out: u64,
}

#[derive(Default)]
struct Group {
    handshakes: u64,
    /// And how many handshakes of each.
    clients: BTreeMap<String, u64>,
}

impl Observed {
    /// Takes a line of JSON.
    pub(crate) fn line(&mut self, line: &[u8]) {
        if line.trim_ascii().is_empty() {
            return;
        }
        match serde_json::from_slice::<Line>(line) {
            Ok(line) => self.take(line),
            Err(_) => self.unreadable = self.unreadable.saturating_add(1),
        }
    }

    /// Takes an answer of the API. What another agent told is not counted again.
    pub(crate) fn answer(&mut self, body: &[u8]) -> Result<(), serde_json::Error> {
        let answer: Answer = serde_json::from_slice(body)?;
        for line in answer.handshakes {
            let id = line.id.as_deref();
            let id = id.and_then(|id| id.parse::<HandshakeId>().ok());
            let is_new = id.is_none_or(|HandshakeId(id)| {
                !self.ids.contains(&id) && (self.ids.len() >= MAX_IDS || self.ids.insert(id))
            });
            if is_new {
                self.take(line);
            }
        }
        Ok(())
    }

    fn take(&mut self, mut line: Line) {
        let is_revision = line.kind == "revision";
        if !is_revision && line.kind != "handshake" {
            return;
        }
        let failed = is_revision || line.outcome.as_deref() == Some(Outcome::Failed.label());
        let parsed = |cause: String| cause.parse::<Cause>().ok();
        let cause = line.cause.take().filter(|_| failed).and_then(parsed);
        let was = line.was.take().and_then(|was| was.cause).and_then(parsed);
        let name = line.name();
        let server = line.server.map(Peer::called).unwrap_or_default();
        let client = line.client.map(|client| client.address);
        let key = cause.map(|cause| (cause, name, server));
        if is_revision {
            self.revise(was, key, client);
        } else {
            self.count(key, client);
        }
    }

    /// Takes a handshake of a capture.
    pub(crate) fn handshake(&mut self, handshake: &Handshake) {
        let hello = handshake.client_hello.as_ref();
        let name = hello.and_then(|hello| hello.sni.as_deref());
        let failed = handshake.outcome == Outcome::Failed;
        let server = handshake.server.address.to_string();
        let cause = handshake.cause.filter(|_| failed);
        let key = cause.map(|cause| (cause, name.map(str::to_owned), server));
        self.count(key, Some(handshake.client.address.to_string()));
    }

    /// Takes what is said anew of a handshake of a capture.
    pub(crate) fn revision(&mut self, revision: &Revision) {
        let name = revision.sni.as_deref().map(str::to_owned);
        let key = (revision.cause, name, revision.server.address.to_string());
        let client = revision.client.address.to_string();
        self.revise(Some(revision.was.cause), Some(key), Some(client));
    }

    fn count(&mut self, key: Option<Key>, client: Option<String>) {
        self.handshakes = self.handshakes.saturating_add(1);
        let Some(key) = key else { return };
        if self.groups.len() >= MAX_GROUPS && !self.groups.contains_key(&key) {
            self.left_out = self.left_out.saturating_add(1);
            return;
        }
        self.groups.entry(key).or_default().add(client);
    }

    /// Counts a handshake under its better cause, if it was counted under the one before.
    fn revise(&mut self, was: Option<Cause>, key: Option<Key>, client: Option<String>) {
        let (Some(was), Some((cause, name, server))) = (was, key) else {
            return;
        };
        let before = (was, name, server);
        if was == cause
            || !self
                .groups
                .get_mut(&before)
                .is_some_and(|group| group.take(client.as_deref()))
        {
            return;
        }
        self.groups.retain(|_, group| group.handshakes > 0);
        let (_, name, server) = before;
        self.handshakes = self.handshakes.saturating_sub(1);
        self.count(Some((cause, name, server)), client);
    }

    /// How many handshakes there were.
    pub(crate) const fn handshakes(&self) -> u64 {
        self.handshakes
    }

    /// Lines that are no reports, and handshakes of more names than are kept.
    pub(crate) const fn left_out(&self) -> (u64, u64) {
        (self.unreadable, self.left_out)
    }

    /// Adds what was seen to the findings that explain it, and findings of its own for what none explains.
    pub(super) fn join(&self, inventory: &Inventory, drafts: &mut Vec<Draft>) {
        let mut own: BTreeMap<(Cause, Option<&str>, String), Draft> = BTreeMap::new();
        for ((cause, name, service), group) in self.by_service(inventory) {
            let seen = group.seen();
            let came = Came { inventory, service };
            let mut explained = false;
            for draft in drafts.iter_mut() {
                if explains(draft, cause, name) && came.may_be(draft.about.labels.as_ref()) {
                    draft.witnessed(&seen);
                    explained = true;
                }
            }
            if explained {
                continue;
            }
            if let Some(draft) = unexplained(cause, name, &came) {
                let key = (cause, name, draft.finding.what.clone());
                own.entry(key).or_insert(draft).witnessed(&seen);
            }
        }
        drafts.extend(own.into_values());
    }

    /// The same where a Service is one server, whatever its addresses, and all that are none are one too.
    fn by_service<'a>(
        &'a self,
        inventory: &'a Inventory,
    ) -> impl Iterator<Item = (Where<'a>, Group)> {
        let mut merged: BTreeMap<_, (Option<&Service>, Group)> = BTreeMap::new();
        for ((cause, name, server), group) in &self.groups {
            let service = inventory.service(server);
            let key = (*cause, name.as_deref(), service.map(|one| &one.name));
            let (_, all) = merged
                .entry(key)
                .or_insert_with(|| (service, Group::default()));
            all.handshakes = all.handshakes.saturating_add(group.handshakes);
            for (client, count) in &group.clients {
                *all.clients.entry(client.clone()).or_default() += count;
            }
        }
        merged
            .into_iter()
            .map(|((cause, name, _), (service, group))| ((cause, name, service), group))
    }
}

impl Group {
    fn add(&mut self, client: Option<String>) {
        self.handshakes = self.handshakes.saturating_add(1);
        let is_full = self.clients.len() >= MAX_CLIENTS;
        if let Some(client) = client.filter(|client| !is_full || self.clients.contains_key(client))
        {
            *self.clients.entry(client).or_default() += 1;
        }
    }

    /// Takes a handshake of this client out. False where none of its is known.
    fn take(&mut self, client: Option<&str>) -> bool {
        let Some(client) = client else { return false };
        let Some(count) = self.clients.get_mut(client) else {
            return false;
        };
        *count -= 1;
        if *count == 0 {
            self.clients.remove(client);
        }
        self.handshakes = self.handshakes.saturating_sub(1);
        true
    }

    fn seen(&self) -> Seen {
        Seen {
            handshakes: self.handshakes,
            clients: u64::try_from(self.clients.len()).unwrap_or(u64::MAX),
            addresses: self.clients.keys().take(SHOWN).cloned().collect(),
        }
    }
}

/// Where handshakes came to.
struct Came<'a> {
    inventory: &'a Inventory,
    service: Option<&'a Service>,
}

impl<'a> Came<'a> {
    /// Whether it may have been pods with these labels. Of a server that is no Service that is known, nobody can tell.
    fn may_be(&self, labels: Option<&BTreeMap<String, String>>) -> bool {
        match (self.service, labels) {
            (Some(service), Some(labels)) => self.inventory.may_lead_to(service, labels),
            _ => true,
        }
    }

    /// The listeners that know their hosts, of the gateways that it may have been.
    fn listeners(&self) -> impl Iterator<Item = &'a Listener> {
        let knows_hosts = |one: &&Listener| one.kind != Kind::VirtualHost;
        let listeners = self.inventory.listeners.iter().filter(knows_hosts);
        listeners.filter(|one| self.may_be(Some(&one.selector)))
    }
}

/// Whether the finding is why such a handshake fails.
fn explains(draft: &Draft, cause: Cause, name: Option<&str>) -> bool {
    let same = match draft.finding.cause {
        Some(Cause::EndpointWithoutCertificate) => matches!(
            cause,
            // A filter chain whose secret is refused resets its own hosts alone, which looks like these.
            Cause::EndpointWithoutCertificate
                | Cause::UnknownSni
                | Cause::NoSniRejected
                | Cause::Unexplained
        ),
        Some(Cause::CertificateUntrusted | Cause::CertificateChainIncomplete) => {
            matches!(
                cause,
                Cause::CertificateUntrusted
                    | Cause::CertificateChainIncomplete
                    | Cause::CertificateRejected
            )
        }
        Some(own) => own == cause,
        None => false,
    };
    same && draft.about.covers(name)
}

/// What the wire says that no finding explains, where the configuration bears on it.
fn unexplained(cause: Cause, name: Option<&str>, came: &Came<'_>) -> Option<Draft> {
    // A Service that leads to none of the gateways is none of their business.
    came.listeners().next()?;
    let takes = |name: Option<&str>| {
        let mut listeners = came.listeners().filter(|one| one.is_tls());
        listeners.find(|one| match name {
            None => one.answers_without_name(),
            Some(name) => one.hosts.iter().any(|(host, _)| serves(host, name)),
        })
    };
    let place = Place {
        object: "handshakes".to_owned(),
        ..Place::default()
    };
    let draft = match (cause, name, takes(name)) {
        (Cause::UnknownSni, Some(name), None) => Draft::failure(cause, place, format!("clients ask for {name:?}, which no route serves")).why("they are reset before any certificate is shown").fix("add the name to the hosts of a Gateway or to the environment group, or correct the clients' host name or DNS"),
        (Cause::UnknownSni | Cause::NoSniRejected, _, Some(listener)) => {
            let asked = name.map_or_else(|| "no name".to_owned(), |name| format!("{name:?}"));
            Draft::failure(cause, listener.source.whole(), format!("clients with {asked} are refused, and {} is there for them", listener.title())).why("the configuration that was read is not in force, or the handshakes are of another gateway").fix("istioctl proxy-status, istioctl proxy-config listeners POD; compare the selector with the pods' labels")
        }
        (Cause::NoSniRejected, None, None) => Draft::failure(cause, place, "clients send no SNI, and no wildcard route exists").why("they are reset before any certificate is shown").fix("enable a wildcard route for non-SNI clients, or make the clients send the name"),
        _ => return None,
    };
    Some(draft.about(&About::default()))
}
