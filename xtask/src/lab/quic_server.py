"""A QUIC server that has each client prove its address (Retry), and speaks versions 1 and 2."""

import argparse
import asyncio

from aioquic.asyncio.server import serve
from aioquic.quic.configuration import QuicConfiguration


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("certificate")
    parser.add_argument("key")
    options = parser.parse_args()
    configuration = QuicConfiguration(is_client=False, alpn_protocols=["h3"])
    configuration.load_cert_chain(options.certificate, options.key)
    await serve("0.0.0.0", 443, configuration=configuration, retry=True)
    print("listening", flush=True)
    await asyncio.Future()


asyncio.run(main())
