//! The first datagram of a QUIC connection, and nothing after it.

use std::net::UdpSocket;

use anyhow::{Context as _, Result};

use super::{CLIENT, Network, POD};

/// An Initial packet with a ClientHello for `server.test`, as aioquic sent it once.
const INITIAL: &[u8] = include_bytes!("initial.bin");

/// Sends it from the client to the pod's port 443, and tells the source port.
pub fn knock(network: &Network) -> Result<u16> {
    let port = network.port();
    let socket = network.client.inside(|| UdpSocket::bind((CLIENT, port)))?;
    let socket = socket.with_context(|| format!("cannot take UDP port {port}"))?;
    socket.send_to(INITIAL, (POD, 443))?;
    Ok(port)
}
