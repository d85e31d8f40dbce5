"""A server that does one odd thing with each connection. Arguments are key=value; `fault` says which thing."""
import os
import socket
import ssl
import struct
import sys
import threading
import time

options = dict(word.split("=", 1) for word in sys.argv[1:])

HANDSHAKE, CERTIFICATE = 22, 11


def read(connection):
    return connection.recv(65536)


def close_unread(connection):
    """The kernel sends RST, for there is unread data."""
    connection.recv(1, socket.MSG_PEEK)


def close_read(connection):
    read(connection)


def reset(connection):
    read(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def reset_at_once(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silent(connection):
    while read(connection):
        pass


def half(connection):
    """Half of its first flight, and nothing more."""
    _tls, flight = first_flight(connection)
    connection.sendall(flight[: len(flight) // 2])
    silent(connection)


def half_reset(connection):
    """It begins to answer and dies."""
    _tls, flight = first_flight(connection)
    connection.sendall(flight[: len(flight) // 2])
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def http(connection):
    read(connection)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def smtp(connection):
    connection.sendall(b"220 mail.example ESMTP ready\r\n")
    silent(connection)


def garbled(connection):
    """A ServerHello whose inner lengths do not fit."""
    _tls, flight = first_flight(connection)
    at = 5 + 4 + 2 + 32
    connection.sendall(flight[:at] + b"\xff" + flight[at + 1 :])
    silent(connection)


def another_certificate(connection):
    """A key that does not belong to the certificate: its signature is made with the key, the certificate is another's."""
    _tls, flight = first_flight(connection)
    pem = open(options["another"]).read().split("-----END CERTIFICATE-----\n")[:-1]
    chain = [ssl.PEM_cert_to_DER_cert(one + "-----END CERTIFICATE-----\n") for one in pem]
    listed = b"".join(len(der).to_bytes(3, "big") + der for der in chain)
    body = len(listed).to_bytes(3, "big") + listed
    connection.sendall(b"".join(record(body if kind == CERTIFICATE else old, kind) for kind, old in messages(flight)))
    silent(connection)


def forged_reset(connection):
    """Somebody between the two ends it: an RST in the server's name, from farther away; the server never knows."""
    read(connection)
    time.sleep(0.1)  # The server's kernel acknowledges the hello first: what the RST is compared with.
    reset_from_afar(connection, int(options.get("ttl", "33")))
    time.sleep(20)


def slow(connection):
    """A good server that takes its time."""
    connection.recv(1, socket.MSG_PEEK)
    time.sleep(2)
    with context().wrap_socket(connection, server_side=True) as secure:
        answer(secure)


def answer(secure):
    """HTTP, one connection for each request of version 1.0."""
    while request := secure.recv(4096):
        secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
        if b"HTTP/1.0" in request:
            secure.unwrap()
            return


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(options["certificate"], options["key"])
    if options.get("to"):
        made.maximum_version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[options["to"]]
    return made


def first_flight(connection):
    """What a good server would send first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context().wrap_bio(incoming, outgoing, server_side=True)
    while not outgoing.pending:
        incoming.write(read(connection))
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
    return tls, outgoing.read()


def messages(flight):
    """Type and body of each handshake message in records of TLS 1.2."""
    stream = b""
    while flight:
        length = int.from_bytes(flight[3:5], "big")
        stream, flight = stream + flight[5 : 5 + length], flight[5 + length :]
    while stream:
        length = int.from_bytes(stream[1:4], "big")
        yield stream[0], stream[4 : 4 + length]
        stream = stream[4 + length :]


def record(body, kind):
    message = bytes([kind]) + len(body).to_bytes(3, "big") + body
    return bytes([HANDSHAKE, 3, 3]) + len(message).to_bytes(2, "big") + message


def reset_from_afar(connection, ttl):
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    import forge

    forge.reset(connection, ttl)


FAULTS = {
    "close-unread": close_unread,
    "close": close_read,
    "reset": reset,
    "reset-at-once": reset_at_once,
    "silent": silent,
    "half": half,
    "half-reset": half_reset,
    "http": http,
    "smtp": smtp,
    "garbled": garbled,
    "another-certificate": another_certificate,
    "forged-reset": forged_reset,
    "slow": slow,
}


def serve(connection, fault):
    with connection:
        try:
            fault(connection)
        except OSError as error:
            print(error, flush=True)


def main():
    fault = FAULTS[options["fault"]]
    with socket.create_server((options["address"], int(options["port"]))) as listener:
        while True:
            connection, _client = listener.accept()
            threading.Thread(target=serve, args=(connection, fault), daemon=True).start()


main()
