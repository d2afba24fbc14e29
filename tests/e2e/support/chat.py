# SPDX-License-Identifier: Apache-2.0
"""A language model's endpoint that answers a script: each entry is a text, or a function's name and its
arguments."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def deltas_of(entry):
    if isinstance(entry, str):
        for word in entry.split(" "):
            yield {"content": word + " "}, None
        yield {}, "stop"
        return
    name, arguments = entry
    function = {"name": name, "arguments": json.dumps(arguments)}
    yield {"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": function}]}, None
    yield {}, "tool_calls"


class Chat:
    """`with Chat(["Hello.", ("lamp", {})]) as chat:`, then `chat.url`; `chat.requests` are what came."""

    def __init__(self, script):
        self.script = list(script)
        self.requests = []
        chat = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                chat.requests.append(json.loads(body))
                entry = chat.script.pop(0)
                out = b""
                for delta, reason in deltas_of(entry):
                    choice = {"index": 0, "delta": delta, "finish_reason": reason}
                    event = {"id": "c", "object": "chat.completion.chunk", "choices": [choice]}
                    out += b"data: " + json.dumps(event).encode() + b"\n\n"
                out += b"data: [DONE]\n\n"
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Content-Length", str(len(out)))
                self.end_headers()
                self.wfile.write(out)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
