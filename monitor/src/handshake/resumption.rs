//! Whether a session is resumed, by what, and what became of early data.

use super::Progress;
use crate::report::Resumption;
use crate::tls::{ClientHello, RecordSizes, ServerHello};

/// Whether the server goes on with an earlier session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resumed {
    /// It does; by what, as far as that can be told.
    Yes(Option<Resumption>),
    /// It does not.
    No,
    /// What was seen does not tell.
    Unknown,
}

/// What became of early data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EarlyData {
    /// It was ruled out in the clear: another version, a HelloRetryRequest, or no pre-shared key.
    RuledOut,
    /// The client's flight has an EndOfEarlyData, by its size.
    Accepted,
    /// The client's flight has none.
    Rejected,
    /// What was seen does not tell.
    Unknown,
}

impl Progress {
    /// Whether the server goes on with an earlier session. The first rule that applies:
    ///
    /// 1. TLS 1.3: when it takes a pre-shared key.
    /// 2. It sent Certificate, ServerKeyExchange or ServerHelloDone: no.
    /// 3. It has the client's session id: yes. By the ticket, if the client sent one: the id is then made up (RFC 5077
    ///    section 3.4).
    /// 4. Its ChangeCipherSpec follows its ServerHello: yes. By the ticket, if the client sent one.
    /// 5. The client offered nothing that could be resumed, or a session id that the server does not repeat: no.
    pub fn resumed(&self) -> Resumed {
        let Some((answer, _)) = &self.server_hello else {
            return Resumed::Unknown;
        };
        let hello = self.client_hello.as_ref().map(|(hello, _)| hello.as_ref());
        let echoed = hello.is_some_and(|hello| answer.echoes_session_id(hello));
        match hello {
            _ if answer.version().is_tls13() => by_key(answer),
            _ if self.full => Resumed::No,
            Some(hello) if echoed => Resumed::Yes(Some(by_ticket_or_id(hello))),
            Some(hello) if self.sides.server.cipher_changed => {
                Resumed::Yes(hello.has_ticket().then_some(Resumption::Ticket))
            }
            None if self.sides.server.cipher_changed => Resumed::Yes(None),
            Some(hello) if !hello.has_ticket() || !hello.session_id.is_empty() => Resumed::No,
            _ => Resumed::Unknown,
        }
    }

    /// What became of early data; `None` when the client did not announce any.
    pub fn early_data(&self) -> Option<EarlyData> {
        let (hello, _) = self.client_hello.as_ref()?;
        let answer = self.server_hello.as_ref().map(|(answer, _)| answer);
        let sizes = answer.and_then(|answer| RecordSizes::of(answer.cipher_suite));
        let ruled_out = self.retried || answer.is_some_and(|answer| !answer.psk);
        let before_finished = self.sides.client.before_finished;
        hello.early_data.then(|| match (sizes, before_finished) {
            _ if ruled_out => EarlyData::RuledOut,
            (Some(sizes), Some(before)) if before.last == Some(sizes.of_message(0)) => {
                EarlyData::Accepted
            }
            (Some(_), Some(_)) => EarlyData::Rejected,
            _ => EarlyData::Unknown,
        })
    }
}

const fn by_key(answer: &ServerHello) -> Resumed {
    if answer.psk {
        Resumed::Yes(Some(Resumption::Psk))
    } else {
        Resumed::No
    }
}

fn by_ticket_or_id(hello: &ClientHello) -> Resumption {
    if hello.has_ticket() {
        Resumption::Ticket
    } else {
        Resumption::SessionId
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::flow::Side;
    use crate::frame::Timestamp;
    use crate::tls::{HandshakeType, Item};

    const ID: &[u8] = &[9; 32];
    const OTHER: &[u8] = &[8; 32];
    const NONE: &[u8] = &[];

    fn hello(version: &[u8], id: &[u8], choice: &[u8], extensions: &[u8]) -> Vec<u8> {
        let length = |len: usize| u8::try_from(len).unwrap();
        let block = [&[0, length(extensions.len())], extensions].concat();
        [version, &[7; 32], &[length(id.len())], id, choice, &block].concat()
    }

    fn client(id: &[u8], ticket: &[u8]) -> Vec<u8> {
        let ticket = [&[0, 35, 0, u8::try_from(ticket.len()).unwrap()], ticket].concat();
        hello(&[3, 3], id, &[0, 2, 0xc0, 0x2f, 1, 0], &ticket)
    }

    fn server(id: &[u8]) -> Vec<u8> {
        hello(&[3, 3], id, &[0xc0, 0x2f, 0], &[])
    }

    fn step(progress: &mut Progress, from: Side, kind: HandshakeType, body: &[u8]) {
        let len = u32::try_from(body.len()).unwrap() + 4;
        progress.step(from, Item::Handshake { kind, body, len }, Timestamp(1));
    }

    #[rstest]
    #[case::by_id(Some((ID, "")), ID, "ccs", Resumed::Yes(Some(Resumption::SessionId)))]
    #[case::by_ticket_with_an_id(Some((ID, "t")), ID, "ccs", Resumed::Yes(Some(Resumption::Ticket)))]
    #[case::by_ticket_alone(Some((NONE, "t")), NONE, "ccs", Resumed::Yes(Some(Resumption::Ticket)))]
    #[case::ticket_not_taken(Some((NONE, "t")), NONE, "done", Resumed::No)]
    #[case::ticket_not_yet_told(Some((NONE, "t")), NONE, "", Resumed::Unknown)]
    #[case::another_id(Some((ID, "")), OTHER, "", Resumed::No)]
    #[case::nothing_to_resume(Some((NONE, "")), OTHER, "", Resumed::No)]
    #[case::an_echo_that_means_nothing(Some((ID, "")), ID, "done", Resumed::No)]
    #[case::hello_not_seen(None, ID, "ccs", Resumed::Yes(None))]
    #[case::hello_not_seen_nor_the_end(None, ID, "", Resumed::Unknown)]
    fn a_session_is_resumed_when_the_flow_of_messages_says_so(
        #[case] offer: Option<(&[u8], &str)>,
        #[case] answer: &[u8],
        #[case] then: &str,
        #[case] expected: Resumed,
    ) {
        let mut progress = Progress::default();
        if let Some((id, ticket)) = offer {
            let hello = client(id, ticket.as_bytes());
            step(
                &mut progress,
                Side::Client,
                HandshakeType::CLIENT_HELLO,
                &hello,
            );
        }
        step(
            &mut progress,
            Side::Server,
            HandshakeType::SERVER_HELLO,
            &server(answer),
        );
        match then {
            "ccs" => progress.step(Side::Server, Item::ChangeCipherSpec, Timestamp(1)),
            "done" => step(
                &mut progress,
                Side::Server,
                HandshakeType::SERVER_HELLO_DONE,
                &[],
            ),
            _ => {}
        }
        assert_eq!(progress.resumed(), expected);
    }
}
