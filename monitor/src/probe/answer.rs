//! What a server did with a question.

use std::sync::Arc;
use std::time::Duration;

use smallvec::SmallVec;

use super::Asked;
use crate::diagnosis::millis;
use crate::handshake::Cleartext;
use crate::report::{ClientCertificateWish, ProbeAnswer};
use crate::tls::{Chain, Malformed, ServerHello, Staple, alert, names};

/// A question and its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The question.
    pub asked: Asked,
    /// The answer.
    pub answer: Answer,
}

/// What a server did.
#[derive(Clone, Debug)]
pub struct Answer {
    /// How it ended, or what answered the question.
    pub ending: Ending,
    /// How long the connection took to be set up; none when it was not.
    pub connect: Option<Duration>,
    /// From the hello to the ServerHello, or to what came instead; from the begin when no hello was sent.
    pub took: Duration,
    /// The ServerHello, or HelloRetryRequest.
    pub hello: Option<Arc<ServerHello>>,
    /// The group of the key exchange, in whichever version it was named.
    pub group: Option<u16>,
    /// The certificates, where they came in the clear.
    pub chain: Option<Box<Chain>>,
    /// The OCSP response stapled to them.
    pub staple: Option<Box<Staple>>,
    /// Whether the client's certificate is wanted.
    pub wish: ClientCertificateWish,
    /// Level and description of each alert; at most eight are kept.
    pub alerts: SmallVec<[(u8, u8); 2]>,
}

/// How a connection ended, or what answered its question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// ServerHello, and up to TLS 1.2 the server's flight behind it as far as it came.
    Answered,
    /// HelloRetryRequest.
    Retry,
    /// A fatal alert, or close_notify.
    Alert(u8),
    /// RST.
    Reset,
    /// FIN.
    Closed,
    /// Nothing in time.
    Silent,
    /// Cleartext, of a protocol that is known or not.
    Cleartext(Option<Cleartext>),
    /// Bytes that make no sense.
    Malformed(Malformed),
    /// More bytes than any answer takes.
    TooMuch,
    /// The connection ended before the hello was sent; true: by RST.
    HungUp {
        /// By RST, not by FIN.
        reset: bool,
    },
    /// RST in answer to the SYN.
    Refused,
    /// No answer to the SYN.
    ConnectTimeout,
    /// The system says why there is no connection.
    Unreachable(String),
}

impl Answer {
    /// The server took the hello: it chose, or asked for another key share.
    pub const fn is_answered(&self) -> bool {
        matches!(self.ending, Ending::Answered | Ending::Retry)
    }

    /// The same, and a client may take what it chose.
    pub(super) fn suits(&self, asked: &Asked) -> bool {
        let fits = |hello: &ServerHello| {
            asked.offers_version(hello.version()) && asked.offers_suite(hello.cipher_suite)
        };
        self.is_answered() && self.hello.as_deref().is_none_or(fits)
    }

    /// There was no connection at all.
    pub(super) const fn is_unconnected(&self) -> bool {
        matches!(
            self.ending,
            Ending::Refused | Ending::ConnectTimeout | Ending::Unreachable(_)
        )
    }

    /// The server ended it without a word of why.
    pub(super) const fn is_wordless(&self) -> bool {
        matches!(
            self.ending,
            Ending::Reset | Ending::Closed | Ending::Alert(alert::CLOSE_NOTIFY)
        )
    }

    /// The word for it.
    pub(super) const fn kind(&self) -> ProbeAnswer {
        match self.ending {
            Ending::Answered => ProbeAnswer::ServerHello,
            Ending::Retry => ProbeAnswer::HelloRetryRequest,
            Ending::Alert(_) => ProbeAnswer::Alert,
            Ending::Reset => ProbeAnswer::Reset,
            Ending::Closed => ProbeAnswer::Close,
            Ending::Silent => ProbeAnswer::Silence,
            Ending::Cleartext(_) => ProbeAnswer::Cleartext,
            Ending::Malformed(_) | Ending::TooMuch => ProbeAnswer::Malformed,
            Ending::HungUp { .. } => ProbeAnswer::HungUp,
            Ending::Refused => ProbeAnswer::Refused,
            Ending::ConnectTimeout => ProbeAnswer::ConnectTimeout,
            Ending::Unreachable(_) => ProbeAnswer::Unreachable,
        }
    }

    /// It for people: `TLS1.3 TLS_AES_128_GCM_SHA256 x25519`, `alert unrecognized_name`, `RST`.
    pub fn words(&self) -> String {
        let took = millis(self.took);
        match &self.ending {
            Ending::Answered | Ending::Retry => self.chosen(),
            Ending::Alert(description) => format!("alert {}", alert_name(*description)),
            Ending::Reset => "RST".to_owned(),
            Ending::Closed => "FIN".to_owned(),
            Ending::Silent => format!("no answer within {took}"),
            Ending::Cleartext(Some(protocol)) => format!("cleartext: {protocol}"),
            Ending::Cleartext(None) => "bytes that are no TLS".to_owned(),
            Ending::Malformed(what) => format!("bytes that make no sense as TLS ({what})"),
            Ending::TooMuch => "more bytes than any answer takes".to_owned(),
            Ending::HungUp { reset: true } => "RST before the hello was sent".to_owned(),
            Ending::HungUp { reset: false } => "FIN before the hello was sent".to_owned(),
            Ending::Refused => "connection refused".to_owned(),
            Ending::ConnectTimeout => format!("no connection within {took}"),
            Ending::Unreachable(why) => format!("no connection: {why}"),
        }
    }

    fn chosen(&self) -> String {
        let Some(hello) = &self.hello else {
            return "an answer".to_owned();
        };
        let group = self.group.map(|group| format!(" {}", group_name(group)));
        let group = group.unwrap_or_default();
        if self.ending == Ending::Retry {
            return format!("{} HelloRetryRequest for{group}", hello.version());
        }
        let alpn = if hello.alpn.is_empty() {
            String::new()
        } else {
            format!(" alpn {}", hello.alpn)
        };
        let suite = suite_name(hello.cipher_suite);
        let wanted = match self.wish {
            ClientCertificateWish::Required => ", requires a client certificate",
            ClientCertificateWish::Optional => ", asks for a client certificate",
            ClientCertificateWish::NotAsked | ClientCertificateWish::NotShown => "",
        };
        let alerts = self.alerts.iter();
        let alerts = alerts.map(|(_, what)| format!(", alert {}", alert_name(*what)));
        let alerts = alerts.collect::<String>();
        format!("{} {suite}{group}{alpn}{wanted}{alerts}", hello.version())
    }
}

/// The IANA name of an alert, else its number.
pub(super) fn alert_name(description: u8) -> String {
    names::alert(description).map_or_else(|| description.to_string(), str::to_owned)
}

/// The IANA name of a cipher suite, else its number.
pub(super) fn suite_name(suite: u16) -> String {
    names::cipher_suite(suite).map_or_else(|| format!("suite {suite:#06x}"), str::to_owned)
}

/// The IANA name of a group, else its number.
pub(super) fn group_name(group: u16) -> String {
    names::group(group).map_or_else(|| format!("group {group:#06x}"), str::to_owned)
}
