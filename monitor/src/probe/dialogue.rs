//! One connection as a dialogue, without its socket: the server's bytes go in, what to do next comes out.

use std::sync::Arc;
use std::time::Duration;

use smallvec::SmallVec;

use super::answer::{Answer, Ending};
use super::bytes::vec16;
use crate::handshake::{Cleartext, FirstBytes};
use crate::report::ClientCertificateWish;
use crate::tls::{
    Chain, Deframer, HandshakeType, Item, ServerHello, ServerName, Staple, Version, alert,
};

/// The most bytes that are read of an answer: the longest handshake message four times over.
pub const MAX_BYTES: usize = 256 * 1024;
/// How many alerts are kept.
const MAX_ALERTS: usize = 8;

/// What is to be done on the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Read on.
    Read,
    /// Send this, and read on for a short while: silence is an answer to it.
    Send(Vec<u8>),
    /// Close: the question is answered.
    Close,
}

/// How the connection ended, as the socket tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It was closed by this side.
    Ours,
    /// RST.
    Reset,
    /// FIN.
    Closed,
    /// Time was up.
    Timeout,
}

/// A connection on which the hello was sent.
#[derive(Debug)]
pub struct Dialogue<'a> {
    /// The name in the hello.
    name: Option<&'a ServerName>,
    deframer: Deframer,
    first: FirstBytes,
    bytes: usize,
    heard: Heard,
}

/// What was heard so far.
#[derive(Debug, Default)]
struct Heard {
    ending: Option<Ending>,
    not_tls: bool,
    hello: Option<Arc<ServerHello>>,
    group: Option<u16>,
    certificate: Option<Box<[u8]>>,
    staple: Option<Box<[u8]>>,
    asked_for_certificate: bool,
    /// The client has said that it has none.
    declined: bool,
    flight_over: bool,
    alerts: SmallVec<[(u8, u8); 2]>,
}

impl<'a> Dialogue<'a> {
    /// Begins when the hello for this name has been sent.
    pub fn new(name: Option<&'a ServerName>) -> Self {
        Self {
            name,
            deframer: Deframer::default(),
            first: FirstBytes::default(),
            bytes: 0,
            heard: Heard::default(),
        }
    }

    /// Takes what the server sent.
    pub fn receive(&mut self, bytes: &[u8]) -> Next {
        self.bytes = self.bytes.saturating_add(bytes.len());
        self.first.push(bytes);
        let heard = &mut self.heard;
        self.deframer.push(bytes, &mut |item| heard.item(item));
        if self.bytes > MAX_BYTES {
            heard.ending.get_or_insert(Ending::TooMuch);
        }
        if heard.not_tls && self.first.is_settled() {
            let protocol = self.first.protocol();
            heard.ending.get_or_insert(Ending::Cleartext(protocol));
        }
        heard.next()
    }

    /// Whether an answer to the hello has come.
    pub fn is_answered(&self) -> bool {
        self.heard.hello.is_some() || self.heard.ending.is_some()
    }

    /// Whether a plain alert may still be sent: nothing is encrypted yet.
    pub fn is_plain(&self) -> bool {
        let hello = self.heard.hello.as_ref();
        hello.is_none_or(|hello| !hello.version().is_tls13() || hello.is_hello_retry_request())
    }

    /// The answer, when the connection ended so.
    pub fn end(self, cut: &Cut, connect: Duration, took: Duration) -> Answer {
        let heard = self.heard;
        let protocol = self.first.protocol();
        let wish = heard.wish(cut);
        let ending = heard.ended(cut, protocol);
        let chain = heard.certificate.as_ref();
        let chain = chain.and_then(|body| Chain::read(body, self.name).ok());
        let staple = heard.staple.as_ref();
        let serial = chain
            .as_ref()
            .and_then(|chain| chain.leaf.serial.as_deref());
        let staple = staple.map(|body| Staple::read(body, serial));
        Answer {
            ending,
            connect: Some(connect),
            took,
            group: heard.group,
            chain: chain.map(Box::new),
            staple: staple.map(Box::new),
            wish,
            hello: heard.hello,
            alerts: heard.alerts,
        }
    }
}

impl Answer {
    /// There was no dialogue: the connection was not set up, or ended before the hello was sent.
    pub const fn without_dialogue(
        ending: Ending,
        connect: Option<Duration>,
        took: Duration,
    ) -> Self {
        Self {
            ending,
            connect,
            took,
            hello: None,
            group: None,
            chain: None,
            staple: None,
            wish: ClientCertificateWish::NotShown,
            alerts: SmallVec::new_const(),
        }
    }
}

impl Heard {
    fn item(&mut self, item: Item<'_>) {
        match item {
            Item::Handshake { kind, body, .. } => self.message(kind, body),
            Item::Alert { level, description } => self.alert(level, description),
            // The flight of TLS 1.3 goes on encrypted, and so does a session that is resumed.
            Item::Protected { .. } | Item::ChangeCipherSpec => {
                self.flight_over = self.hello.is_some();
            }
            Item::NotTls { .. } | Item::Ssl2ClientHello { .. } => self.not_tls = true,
            Item::Malformed(what) => {
                self.ending.get_or_insert(Ending::Malformed(what));
            }
        }
    }

    fn message(&mut self, kind: HandshakeType, body: &[u8]) {
        match kind {
            HandshakeType::SERVER_HELLO if self.hello.is_none() => self.server_hello(body),
            HandshakeType::CERTIFICATE if self.certificate.is_none() => {
                self.certificate = Some(body.into());
            }
            HandshakeType::CERTIFICATE_STATUS => self.staple = Some(body.into()),
            HandshakeType::SERVER_KEY_EXCHANGE => self.group = named_group(body),
            HandshakeType::CERTIFICATE_REQUEST => self.asked_for_certificate = true,
            HandshakeType::SERVER_HELLO_DONE => self.flight_over = true,
            _ => {}
        }
    }

    fn server_hello(&mut self, body: &[u8]) {
        match ServerHello::parse(body) {
            Ok(hello) => {
                self.group = hello.group;
                self.flight_over = hello.version().is_tls13();
                self.hello = Some(hello);
            }
            Err(what) => {
                self.ending.get_or_insert(Ending::Malformed(what));
            }
        }
    }

    fn alert(&mut self, level: u8, description: u8) {
        if self.alerts.len() < MAX_ALERTS {
            self.alerts.push((level, description));
        }
        let tls13 = self.version().is_some_and(Version::is_tls13);
        let is_last = alert::is_fatal(level, description, tls13);
        if is_last || description == alert::CLOSE_NOTIFY {
            self.ending.get_or_insert(Ending::Alert(description));
        }
    }

    fn version(&self) -> Option<Version> {
        self.hello.as_ref().map(|hello| hello.version())
    }

    fn next(&mut self) -> Next {
        if self.ending.is_some() {
            return Next::Close;
        }
        let wanted = self.asked_for_certificate && !self.declined;
        match self.version() {
            Some(version) if self.flight_over && wanted && !version.is_tls13() => {
                self.declined = true;
                Next::Send(no_certificate(version))
            }
            Some(_) if self.flight_over && !self.declined => Next::Close,
            _ => Next::Read,
        }
    }

    fn ended(&self, cut: &Cut, protocol: Option<Cleartext>) -> Ending {
        match (&self.ending, &self.hello) {
            (_, Some(hello)) if hello.is_hello_retry_request() => Ending::Retry,
            (_, Some(_)) => Ending::Answered,
            (Some(ending), None) => ending.clone(),
            _ if self.not_tls => Ending::Cleartext(protocol),
            (None, None) => match cut {
                Cut::Reset => Ending::Reset,
                Cut::Closed => Ending::Closed,
                Cut::Ours | Cut::Timeout => Ending::Silent,
            },
        }
    }

    /// The client has said that it has no certificate: who minds ends the handshake at once (RFC 5246 section 7.4.6), who
    /// does not waits for the next message.
    fn wish(&self, cut: &Cut) -> ClientCertificateWish {
        let refused = self.ending.is_some() || matches!(cut, Cut::Reset | Cut::Closed);
        match () {
            () if self.declined && refused => ClientCertificateWish::Required,
            () if self.declined => ClientCertificateWish::Optional,
            () if self.asked_for_certificate || !self.flight_over => {
                ClientCertificateWish::NotShown
            }
            () if self.version().is_some_and(Version::is_tls13) => ClientCertificateWish::NotShown,
            () => ClientCertificateWish::NotAsked,
        }
    }
}

/// A Certificate message without certificates, in a record.
fn no_certificate(version: Version) -> Vec<u8> {
    const MESSAGE: [u8; 7] = [11, 0, 0, 3, 0, 0, 0];
    let [major, minor] = version.0.to_be_bytes();
    [vec![22, major, minor], vec16(&MESSAGE)].concat()
}

/// The group of an ECDHE key exchange (RFC 8422 section 5.4).
const fn named_group(body: &[u8]) -> Option<u16> {
    match body {
        [3, high, low, ..] => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::tls::Malformed;

    /// What is made of an answer that comes in pieces of this size, up to where the dialogue closes.
    fn heard(bytes: &[u8], size: usize, cut: &Cut) -> Answer {
        let mut dialogue = Dialogue::new(None);
        for piece in bytes.chunks(size) {
            if dialogue.receive(piece) == Next::Close {
                break;
            }
        }
        dialogue.end(cut, Duration::ZERO, Duration::ZERO)
    }

    /// The stream without the alert at its end, which answered what another client had sent.
    fn before_alert(bytes: &[u8]) -> &[u8] {
        bytes.strip_suffix(&[21, 3, 3, 0, 2, 2, 40]).unwrap()
    }

    #[rstest]
    #[case::tls13(include_bytes!("../../tests/streams/ok_tls13.server"))]
    #[case::tls12(include_bytes!("../../tests/streams/ok_tls12.server"))]
    #[case::retry(include_bytes!("../../tests/streams/ok_hrr.server"))]
    #[case::client_certificate(before_alert(include_bytes!("../../tests/streams/mtls_missing_12_openssl.server")))]
    #[case::refused(include_bytes!("../../tests/streams/badsni_nginx_reject_handshake.server"))]
    #[case::in_small_records(include_bytes!("../../tests/streams/frag_records_64.server"))]
    #[case::cleartext(b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n")]
    #[case::nonsense(&[22, 3, 3, 0, 4, 2, 0, 0, 0, 9, 9, 9])]
    fn an_answer_is_the_same_however_it_is_cut(#[case] bytes: &[u8]) {
        let whole = heard(bytes, bytes.len(), &Cut::Closed);
        for size in [1, 2, 7, 100, 1448] {
            let pieces = heard(bytes, size, &Cut::Closed);
            assert_eq!(whole.ending, pieces.ending, "{size}");
            assert_eq!(whole.hello, pieces.hello, "{size}");
            assert_eq!(whole.chain, pieces.chain, "{size}");
            assert_eq!(whole.wish, pieces.wish, "{size}");
        }
    }

    #[rstest]
    #[case::rst(&[], Cut::Reset, Ending::Reset)]
    #[case::fin(&[], Cut::Closed, Ending::Closed)]
    #[case::silence(&[], Cut::Timeout, Ending::Silent)]
    #[case::half_a_record(&[22, 3, 3, 1], Cut::Timeout, Ending::Silent)]
    #[case::a_warning_and_silence(&[21, 3, 3, 0, 2, 1, 112], Cut::Timeout, Ending::Silent)]
    #[case::a_fatal_alert(&[21, 3, 3, 0, 2, 2, 112], Cut::Closed, Ending::Alert(112))]
    #[case::an_alert_before_rst(&[21, 3, 3, 0, 2, 2, 40], Cut::Reset, Ending::Alert(40))]
    #[case::close_notify(&[21, 3, 3, 0, 2, 1, 0], Cut::Closed, Ending::Alert(0))]
    #[case::short_cleartext(b"no\n", Cut::Closed, Ending::Cleartext(None))]
    #[case::ssh(b"SSH-2.0-x", Cut::Timeout, Ending::Cleartext(Some(Cleartext::Ssh)))]
    #[case::nonsense(&[22, 3, 3, 0, 0], Cut::Ours, Ending::Malformed(Malformed::EmptyRecord))]
    fn an_end_is_told_apart(#[case] bytes: &[u8], #[case] cut: Cut, #[case] ending: Ending) {
        assert_eq!(heard(bytes, 100, &cut).ending, ending);
    }

    #[test]
    fn who_never_comes_to_an_end_is_left() {
        let warnings = [21, 3, 3, 0, 2, 1, 1].repeat(MAX_BYTES);
        let mut dialogue = Dialogue::new(None);
        let mut taken = 0;
        for piece in warnings.chunks(16 * 1024) {
            taken += piece.len();
            if dialogue.receive(piece) == Next::Close {
                break;
            }
        }
        assert!(taken <= MAX_BYTES + 16 * 1024, "{taken}");
        let answer = dialogue.end(&Cut::Ours, Duration::ZERO, Duration::ZERO);
        assert_eq!(answer.ending, Ending::TooMuch);
        assert_eq!(answer.alerts.len(), MAX_ALERTS);
    }
}
