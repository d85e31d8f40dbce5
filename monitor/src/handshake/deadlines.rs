//! How long each phase may take before the silence itself is the finding.

use std::time::Duration;

/// How long each phase of a handshake may take. Measured in packet time, so that a replay decides as a live run did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// From the first SYN to the answer.
    pub connect: Duration,
    /// From the TCP connection to the client's first byte; from the server's flight to the client's, where the server may
    /// have asked for a certificate: a person may have to choose one.
    pub idle: Duration,
    /// From a handshake message to the next.
    pub answer: Duration,
    /// From the client's Finished (TLS 1.3) to the server's objection, if it has one; from the client's FIN right behind its
    /// hello to the server's answer; from the end of a handshake whose certificate has a fault to the client's first word.
    pub objection: Duration,
    /// From cleartext on a TLS port to the server's answer.
    pub cleartext: Duration,
    /// How long a decided conversation is remembered, so that its last packets are not taken for a new one. Short: on a busy
    /// node these would fill the table.
    pub memory: Duration,
    /// The same for one that was decided by silence: its client may knock for two more minutes (tcp_syn_retries).
    pub memory_of_silence: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            idle: Duration::from_mins(1),
            answer: Duration::from_secs(10),
            objection: Duration::from_secs(1),
            cleartext: Duration::from_secs(2),
            memory: Duration::from_secs(5),
            memory_of_silence: Duration::from_mins(2),
        }
    }
}

/// A client that waited this long and left had no answer; one that left sooner did not wait for it.
pub const PATIENCE: Duration = Duration::from_secs(1);
