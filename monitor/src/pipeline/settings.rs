//! What a pipeline watches, and its bounds.

use std::sync::Arc;

use crate::handshake::Deadlines;
use crate::ports::PortSet;

/// What a pipeline watches, and its bounds.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The ports it watches.
    pub ports: Ports,
    /// How long each phase may take.
    pub deadlines: Deadlines,
    /// How many conversations are held at once; the one whose deadline is nearest makes room.
    pub max_conversations: usize,
    /// How many server endpoints have a baseline.
    pub max_endpoints: usize,
    /// How many bytes all conversations together may hold while they wait for others.
    pub max_buffered: usize,
    /// The name of this node.
    pub node: Option<Arc<str>>,
    /// One in how many flows is watched.
    pub sample_rate: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ports: Ports::Any,
            deadlines: Deadlines::default(),
            max_conversations: 65_536,
            max_endpoints: 1024,
            max_buffered: 64 << 20,
            node: None,
            sample_rate: 1,
        }
    }
}

/// Which ports are watched.
#[derive(Clone, Debug)]
pub enum Ports {
    /// Every port; what does not speak TLS is reported only on ports that are TLS's own.
    Any,
    /// These ports, where everything is expected to speak TLS.
    Set(PortSet),
}

impl Ports {
    /// Ports where TLS comes first, by the IANA registry or by wide use.
    const TLS_FIRST: &[u16] = &[
        443,   // HTTPS
        465,   // SMTP submission (RFC 8314)
        563,   // NNTP
        636,   // LDAP
        853,   // DNS (RFC 7858)
        989,   // FTP data
        990,   // FTP
        992,   // Telnet
        993,   // IMAP
        995,   // POP3
        2376,  // Docker
        3269,  // Active Directory's global catalogue
        5061,  // SIP
        5671,  // AMQP
        5986,  // Windows remote management
        6443,  // Kubernetes API
        6514,  // syslog (RFC 5425)
        6697,  // IRC (RFC 7194)
        8443,  // HTTPS where 443 is taken; Istio's and Apigee's gateways behind a service
        8883,  // MQTT
        10250, // kubelet
    ];

    /// Whether packets from or to this port are looked at.
    pub fn watches(&self, port: u16) -> bool {
        match self {
            Self::Any => true,
            Self::Set(ports) => ports.contains(port),
        }
    }

    /// Whether a server on this port is expected to speak TLS.
    pub fn is_tls(&self, port: u16) -> bool {
        match self {
            Self::Any => Self::TLS_FIRST.contains(&port),
            Self::Set(ports) => ports.contains(port),
        }
    }
}
