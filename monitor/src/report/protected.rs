//! What is encrypted, as the report shows it: that it was sent, and what it is inferred to be.

use schemars::JsonSchema;
use serde::Serialize;

use crate::label::labelled;

labelled! {
    /// What an encrypted record holds, as its place and its size tell: inferred, never seen.
    pub enum Inferred {
        /// EncryptedExtensions.
        EncryptedExtensions = "encrypted_extensions",
        /// CertificateRequest.
        CertificateRequest = "certificate_request",
        /// Certificate.
        Certificate = "certificate",
        /// A Certificate without certificates: the client has none.
        EmptyCertificate = "empty_certificate",
        /// CertificateVerify.
        CertificateVerify = "certificate_verify",
        /// Finished.
        Finished = "finished",
        /// Messages of the handshake that cannot be told apart.
        Flight = "flight",
        /// Data that the client sends before the server has answered.
        EarlyData = "early_data",
        /// EndOfEarlyData.
        EndOfEarlyData = "end_of_early_data",
        /// NewSessionTicket.
        SessionTicket = "session_ticket",
        /// An alert.
        Alert = "alert",
        /// What both are here for.
        ApplicationData = "application_data",
        /// A message of another handshake inside the first (TLS 1.2 and before).
        Renegotiation = "renegotiation",
    }
}

/// The encrypted records of both sides up to the one that decided, each side's in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Protected {
    /// The client's.
    pub client: Vec<ProtectedRecordReport>,
    /// The server's.
    pub server: Vec<ProtectedRecordReport>,
    /// How many more there were: of each side the first sixteen are listed.
    pub not_listed: u32,
}

/// A record with encrypted content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProtectedRecordReport {
    /// The content type in its header; TLS 1.3 always says 23.
    pub content_type: u8,
    /// The length of its body.
    pub bytes: u16,
    /// What it is inferred to hold, in order; empty where place and size do not tell.
    pub inferred: &'static [Inferred],
}
