//! Whose word a handshake waits for.

use super::{Carrier, Conversation, Deadlines};
use crate::flow::Side;
use crate::frame::Timestamp;

impl Conversation {
    /// Whose word is missing, where the other side has acknowledged all that was said. Who is in the middle of saying
    /// something is to go on with it:
    ///
    /// - the client, until its hello is whole, and in TLS 1.2 and before from the rest of its flight until its Finished;
    /// - the server, until its flight is whole: in TLS 1.2 and before that is told by ServerHelloDone or its Finished, in
    ///   TLS 1.3 it is taken for whole when it has encrypted records.
    ///
    /// Of QUIC nothing can be said behind the ServerHello.
    pub fn awaited(&self) -> Option<Side> {
        let (_, last) = self.moved?;
        let arrived = match &self.carrier {
            Carrier::Tcp(_) => self.has_all_of(last),
            Carrier::Quic(_) => self.hello_acked() && self.progress.server_hello.is_none(),
        };
        let whole = match last {
            Side::Client => self.client_flight_is_whole(),
            Side::Server => self.server_flight_is_whole(),
        };
        arrived.then_some(if whole { last.other() } else { last })
    }

    fn client_flight_is_whole(&self) -> bool {
        let progress = &self.progress;
        let asked = progress.client_hello.is_some() || progress.ssl2_hello.is_some();
        match progress.server_hello {
            None => asked,
            Some(_) => progress.sides.client.finished.is_some(),
        }
    }

    fn server_flight_is_whole(&self) -> bool {
        let progress = &self.progress;
        let server = &progress.sides.server;
        match progress.server_hello {
            None => progress.retried,
            Some(_) if self.is_tls13() => !server.protected.kept().is_empty(),
            Some(_) => progress.server_done || server.finished.is_some(),
        }
    }

    /// How long the next word may take from the last on. A client that is asked for a certificate may have to ask a person;
    /// in TLS 1.3 it cannot be seen whether it is.
    pub(super) fn next_word(&self, deadlines: &Deadlines) -> Option<Timestamp> {
        let (at, last) = self.moved?;
        let progress = &self.progress;
        let may_choose = progress.asks_certificate || self.is_tls13();
        let chooses = last == Side::Server
            && may_choose
            && self.server_flight_is_whole()
            && !self.is_sent_again(Side::Server);
        Some(at.plus(match () {
            () if progress.sides.client.not_tls => deadlines.cleartext,
            () if chooses => deadlines.idle,
            () => deadlines.answer,
        }))
    }
}
