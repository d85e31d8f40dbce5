"""A TLS client of Python's ssl module. Arguments are key=value; see client/python.rs for the keys."""
import socket
import ssl
import struct
import sys
import time

options = dict(word.split("=", 1) for word in sys.argv[1:])
VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
REQUEST = b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n"


def context():
    made = ssl.create_default_context(cafile=options["authority"])
    if "version" in options:
        made.minimum_version = made.maximum_version = VERSIONS[options["version"]]
    if "name" not in options:
        made.check_hostname = False
    if "ciphers" in options:
        made.set_ciphers(options["ciphers"])
    if "alpn" in options:
        made.set_alpn_protocols(options["alpn"].split(","))
    if "certificate" in options:
        made.load_cert_chain(options["certificate"], options["key"])
    return made


def connect(tls, session=None):
    connection = socket.create_connection((options["address"], int(options["port"])))
    connection.settimeout(20)
    return tls.wrap_socket(connection, server_hostname=options.get("name"), session=session)


def ask(secure):
    secure.sendall(REQUEST)
    if not secure.recv(65536):
        raise OSError("closed without an answer")


def get(tls):
    with connect(tls) as secure:
        ask(secure)


def reuse(tls):
    """Three requests on one connection, with pauses between them."""
    with connect(tls) as secure:
        for _request in range(3):
            ask(secure)
            time.sleep(0.7)


def idle(tls):
    """Opened ahead of need and never used."""
    with connect(tls):
        time.sleep(2.5)


def reset(tls):
    """RST after the answer came: how a hasty client ends what went well."""
    secure = connect(tls)
    ask(secure)
    cut(secure)


def abort(tls):
    """RST right behind the handshake: whoever wanted the connection is gone."""
    cut(connect(tls))


def cut(secure):
    secure.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    secure.close()


def close(tls):
    """Handshake, close_notify, nothing between."""
    secure = connect(tls)
    try:
        secure.unwrap()
    except ssl.SSLError:
        pass  # The server closes without a close_notify of its own.


def resume(tls):
    with connect(tls) as secure:
        ask(secure)
        session = secure.session
    with connect(tls, session) as secure:
        ask(secure)
        if not secure.session_reused:
            raise OSError("the session was not resumed")


ACTS = {act.__name__: act for act in [get, reuse, idle, reset, abort, close, resume]}
try:
    ACTS[options.get("do", "get")](context())
except OSError as error:
    sys.exit(f"{type(error).__name__}: {error}")
