# SPDX-License-Identifier: Apache-2.0
"""The console's page of rooms as Parley serves it, with the two requests that it makes, and without
Parley: what agents do is played by the test."""

import http.server
import json
import queue
import threading

from . import places

CLIENT = places.CACHE / "sdk/livekit-client/livekit-client.umd.js"
TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}


class RoomsSite:
    """`fails` answers a path with (status, message) instead; `orders` are for agents."""

    def __init__(self, livekit, key=None):
        places.need(CLIENT, "run tools/deps")
        self.livekit, self.key = livekit, key
        self.fails, self.orders = {}, queue.Queue()
        handler = type("Handler", (Handler,), {"site": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path, body, authorization):
        """(status, JSON) of a POST."""
        if path in self.fails:
            status, message = self.fails[path]
            return status, {"error": {"message": message}}
        if self.key and authorization != f"Bearer {self.key}":
            return 401, {"error": {"message": "a key is needed", "code": "invalid_api_key"}}
        if path == "/v1/rooms/token":
            identity, name = body["participant_identity"], body["participant_name"]
            token = self.livekit.token(identity, body["room_name"], name=name)
            return 201, {"server_url": self.livekit.url, "participant_token": token}
        if path == "/v1/rooms/dispatch":
            self.orders.put(body)
            return 200, {"id": "AD_test"}
        return 404, {"error": {"message": "no such path"}}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.lstrip("/") or "index.html"
        file = CLIENT if name == "livekit-client.js" else places.ROOT / "web" / name
        if "/" in name or not file.is_file():
            return self.reply(404, b"", "text/plain")
        return self.reply(200, file.read_bytes(), TYPES[file.suffix[1:]])

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, answer = self.site.answer(self.path, body, self.headers.get("Authorization"))
        self.reply(status, json.dumps(answer).encode(), "application/json")

    def reply(self, status, body, kind):
        livekit = self.site.livekit.http_url
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        # As src/server/web_assets.cpp has it.
        self.send_header(
            "Content-Security-Policy",
            f"default-src 'self'; connect-src 'self' ws: wss: {livekit}; object-src 'none'; "
            "frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
        )
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
