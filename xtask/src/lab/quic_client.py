"""A QUIC client: one handshake, a ping over it, and an orderly end. Prints how it went; exits with 1 where it failed."""

import argparse
import asyncio
import itertools
import socket

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.packet import QuicProtocolVersion

# linux/udp.h
UDP_SEGMENT = 103
# What aioquic makes a full datagram by default.
DATAGRAM = 1200

VERSIONS = {"1": QuicProtocolVersion.VERSION_1, "2": QuicProtocolVersion.VERSION_2}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("--local-port", type=int, required=True)
    parser.add_argument("--ca", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--alpn", default="h3")
    parser.add_argument("--version", choices=VERSIONS, default="1")
    parser.add_argument("--timeout", type=float, default=5.0)
    parser.add_argument("--large", action="store_true", help="a hello of two datagrams, as with post-quantum keys")
    parser.add_argument("--offload", action="store_true", help="hand full datagrams to the kernel as one (UDP GSO)")
    return parser.parse_args()


def configuration(options):
    version = VERSIONS[options.version]
    made = QuicConfiguration(
        is_client=True,
        alpn_protocols=[options.alpn],
        server_name=options.name,
        original_version=version,
        supported_versions=[version],
        quantum_readiness_test=options.large,
    )
    made.load_verify_locations(options.ca)
    return made


class Offloading(QuicConnectionProtocol):
    """Sends what can be sent at once at once."""

    def connection_made(self, transport):
        transport.get_extra_info("socket").setsockopt(socket.SOL_UDP, UDP_SEGMENT, DATAGRAM)
        super().connection_made(transport)

    def transmit(self):
        sent = self._quic.datagrams_to_send(now=self._loop.time())
        for full, group in itertools.groupby(sent, lambda pair: len(pair[0]) == DATAGRAM):
            group = list(group)
            batches = [group] if full else [[pair] for pair in group]
            for batch in batches:
                self._transport.sendto(b"".join(data for data, _ in batch), batch[0][1])
        super().transmit()


async def run(options):
    async with connect(
        options.address,
        443,
        configuration=configuration(options),
        create_protocol=Offloading if options.offload else QuicConnectionProtocol,
        local_port=options.local_port,
    ) as client:
        await client.ping()


def main():
    options = arguments()
    try:
        asyncio.run(asyncio.wait_for(run(options), options.timeout))
    except (OSError, asyncio.TimeoutError) as error:
        print(f"error: {type(error).__name__} {error}".strip())
        raise SystemExit(1) from None
    print("ok")


main()
