"""A client that does one odd thing. Arguments are key=value; `do` says which thing. Its hello is OpenSSL's own."""
import os
import socket
import ssl
import struct
import sys
import time

options = dict(word.split("=", 1) for word in sys.argv[1:])


def connect():
    source = (options["from"], 0) if "from" in options else None
    made = socket.create_connection((options["address"], int(options["port"])), 15, source)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def hello():
    tls = ssl.create_default_context()
    tls.check_hostname = False
    if options.get("version") == "1.2":
        tls.maximum_version = ssl.TLSVersion.TLSv1_2
    if "alpn" in options:
        tls.set_alpn_protocols(options["alpn"].split(","))
    outgoing = ssl.MemoryBIO()
    connection = tls.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=options.get("name"))
    try:
        connection.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def after(default):
    time.sleep(float(options.get("after", default)))


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def drain(connection):
    """Until the other side ends it, or nothing came for a while."""
    connection.settimeout(float(options.get("patience", "3")))
    try:
        while connection.recv(65536):
            pass
    except OSError:
        pass


def connect_close():
    connect().close()


def connect_reset():
    reset(connect())


def idle_close():
    connection = connect()
    after(1.5)
    connection.close()


def hello_reset():
    connection = connect()
    connection.sendall(hello())
    after(0.2)
    reset(connection)


def hello_close():
    connection = connect()
    connection.sendall(hello())
    after(0.2)
    connection.close()


def hello_wait():
    connection = connect()
    connection.sendall(hello())
    drain(connection)


def part_reset():
    """A client that goes away in the middle of its hello."""
    connection = connect()
    connection.sendall(hello()[:80])
    after(0.2)
    reset(connection)


def part_wait():
    """A client whose hello never becomes whole."""
    connection = connect()
    connection.sendall(hello()[:80])
    drain(connection)


def pieces():
    """A hello in small segments, to a server that answers; then it leaves."""
    connection = connect()
    bytes_ = hello()
    for start in range(0, len(bytes_), 40):
        connection.sendall(bytes_[start : start + 40])
        time.sleep(0.005)
    drain(connection)


def garbled():
    """A hello whose session id is longer than may be."""
    connection = connect()
    bytes_ = bytearray(hello())
    bytes_[5 + 4 + 2 + 32] = 0x40
    connection.sendall(bytes(bytes_))
    drain(connection)


def forged_reset():
    """Somebody between the two ends it: an RST in the client's name, from farther away; the client never knows."""
    connection = connect()
    connection.sendall(hello())
    time.sleep(0.3)
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    import forge

    forge.reset(connection, int(options.get("ttl", "201")))
    drain(connection)


def plaintext():
    connection = connect()
    connection.sendall(options["text"].encode().decode("unicode_escape").encode("latin-1"))
    drain(connection)


ACTS = [connect_close, connect_reset, idle_close, hello_reset, hello_close, hello_wait, part_reset, part_wait, pieces, garbled, forged_reset, plaintext]
try:
    {act.__name__.replace("_", "-"): act for act in ACTS}[options["do"]]()
except OSError as error:
    sys.exit(f"{type(error).__name__}: {error}")
