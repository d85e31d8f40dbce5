//! Why bytes make no sense as TLS.

use crate::label::labelled;

labelled! {
    /// What is wrong with bytes that should be TLS. "More bytes are needed" is never one of these.
    pub enum Malformed {
        /// A record of a type that TLS does not have.
        ContentType = "content_type",
        /// A record whose version is not 3.0 to 3.4.
        RecordVersion = "record_version",
        /// A record longer than [`record::MAX_BODY`](crate::tls::record::MAX_BODY).
        RecordLength = "record_length",
        /// A handshake record without content (RFC 8446 section 5.1 forbids it).
        EmptyRecord = "empty_record",
        /// A ChangeCipherSpec that is not the single byte 1.
        ChangeCipherSpec = "change_cipher_spec",
        /// A record of another type between the pieces of one handshake message.
        Interleaved = "interleaved",
        /// A handshake message longer than [`MAX_MESSAGE`](crate::tls::MAX_MESSAGE).
        MessageLength = "message_length",
        /// The fixed part of a ClientHello breaks off or contradicts itself.
        ClientHello = "client_hello",
        /// The fixed part of a ServerHello breaks off or contradicts itself.
        ServerHello = "server_hello",
        /// A list of certificates that is empty, or whose lengths do not fit.
        Certificate = "certificate",
        /// The block of extensions breaks off or contradicts itself.
        Extensions = "extensions",
    }
}
