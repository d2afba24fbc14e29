# SPDX-License-Identifier: Apache-2.0
"""A webhook in a process of its own: `webhook.py NOTES PORT hang|answer`.

Writes each key that it gets into the file NOTES, and its port to stdout.
"""

import http.server
import sys
import time

notes, port, what = sys.argv[1:]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        with open(notes, "a", encoding="utf-8") as file:
            file.write(self.headers["Idempotency-Key"] + "\n")
        if what == "hang":
            time.sleep(3600)
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"done")

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
print(server.server_port, flush=True)
server.serve_forever()
