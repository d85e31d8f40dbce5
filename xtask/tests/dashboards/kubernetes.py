"""Lists what it is given, and answers each watch with silence: nothing changes here."""

import http.server
import json
import ssl
import sys
import threading
import urllib.parse

host, port, certificate, key, objects = sys.argv[1:]
objects = json.loads(objects)


class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        if url.path not in objects:
            self.send_error(404)
        elif urllib.parse.parse_qs(url.query).get("watch") == ["true"]:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            threading.Event().wait()
        else:
            answer = json.dumps({"metadata": {"resourceVersion": "1"}, "items": objects[url.path]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)


server = http.server.ThreadingHTTPServer((host, int(port)), Api)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
print("listening")
server.serve_forever()
