"""Lists what it is given. Nothing changes here: a watch has a bookmark each minute, as from a real API, until its time is up."""

import http.server
import json
import ssl
import sys
import time
import urllib.parse

host, port, certificate, key, objects = sys.argv[1:]
objects = json.load(open(objects))


class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        if url.path not in objects:
            self.send_error(404)
        elif query.get("watch") == ["true"]:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.watch(time.monotonic() + int(query.get("timeoutSeconds", ["290"])[0]))
        else:
            answer = json.dumps({"metadata": {"resourceVersion": "1"}, "items": objects[url.path]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    def watch(self, end):
        while time.monotonic() + 60 < end:
            time.sleep(60)
            self.chunk(b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"1"}}}\n')
        time.sleep(max(0, end - time.monotonic()))
        self.chunk(b"")

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer((host, int(port)), Api)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
print("listening")
server.serve_forever()
