"""A TLS server of Python's ssl module. Arguments are key=value; see server/python.rs for the keys."""
import socket
import ssl
import sys
import threading

options = dict(word.split("=", 1) for word in sys.argv[1:])
VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(options["certificate"], options["key"])
    made.minimum_version = VERSIONS[options["from"]]
    made.maximum_version = VERSIONS[options["to"]]
    if "ciphers" in options:
        made.set_ciphers(options["ciphers"])
    if "alpn" in options:
        made.set_alpn_protocols(options["alpn"].split(","))
    if "authority" in options:
        made.load_verify_locations(options["authority"])
        made.verify_mode = ssl.CERT_REQUIRED
    if "only" in options:
        made.sni_callback = only
    if options.get("fault") == "internal":
        made.sni_callback = lambda *_: "not an alert number: an error of the program"
    return made


def only(_connection, name, _context):
    return None if name == options["only"] else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME


def answer(secure):
    """HTTP, one connection for each request of version 1.0."""
    while request := secure.recv(4096):
        secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
        if b"HTTP/1.0" in request:
            secure.unwrap()
            return


def serve(connection, tls):
    try:
        connection.settimeout(20)
        with tls.wrap_socket(connection, server_side=True) as secure:
            answer(secure)
    except OSError as error:
        print(error, flush=True)


def main():
    tls = context()
    with socket.create_server((options["address"], int(options["port"]))) as listener:
        while True:
            connection, _client = listener.accept()
            threading.Thread(target=serve, args=(connection, tls), daemon=True).start()


main()
