//! What stands around a handshake: the tunnel it came through, the proxy before it, the dialogue that asked for it.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

use crate::label::labelled;
use crate::wire::TunnelKind;

/// The tunnel that the first packet came through; the innermost where there are several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tunnel {
    /// Its kind.
    pub kind: TunnelKind,
    /// VNI, GRE key, ERSPAN session or TEID; null where the header has none.
    pub id: Option<u32>,
    /// The end on the client's side.
    pub client_end: IpAddr,
    /// The end on the server's side.
    pub server_end: IpAddr,
}

/// A PROXY protocol header before the ClientHello: a proxy speaks for somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProxyProtocol {
    /// 1 (text) or 2 (binary).
    pub version: u8,
    /// Whom the proxy speaks for; null when it does not say, as in a health check of its own.
    pub client: Option<ProxiedPeer>,
    /// Whom that client asked; null when the proxy does not say.
    pub server: Option<ProxiedPeer>,
}

/// An end of the connection that a proxy took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProxiedPeer {
    /// IP address.
    pub address: IpAddr,
    /// Port.
    pub port: u16,
}

labelled! {
    /// The cleartext protocol in which TLS was asked for.
    pub enum Starttls {
        /// SMTP or LMTP (RFC 3207).
        Smtp = "smtp",
        /// IMAP (RFC 9051 section 6.2.1).
        Imap = "imap",
        /// POP3 (RFC 2595).
        Pop3 = "pop3",
        /// NNTP (RFC 4642).
        Nntp = "nntp",
        /// ManageSieve (RFC 5804).
        ManageSieve = "sieve",
        /// IRC (IRCv3 tls).
        Irc = "irc",
        /// FTP (RFC 4217).
        Ftp = "ftp",
        /// XMPP (RFC 6120 section 5).
        Xmpp = "xmpp",
        /// LDAP (RFC 4511 section 4.14).
        Ldap = "ldap",
        /// PostgreSQL (SSLRequest).
        PostgreSql = "postgresql",
        /// MySQL and MariaDB (SSLRequest).
        MySql = "mysql",
        /// A tunnel through an HTTP proxy (RFC 9110 section 9.3.6).
        HttpConnect = "http_connect",
    }
}
