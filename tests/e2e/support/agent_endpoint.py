# SPDX-License-Identifier: Apache-2.0
"""The place of a LiveKit server where workers register, as a test plays it: another version, nonsense, or
jobs with tokens of the test's own.

    with AgentEndpoint() as endpoint, Worker(endpoint, fake=True) as worker:
        job = endpoint.assign("kitchen", token, url=livekit.url)
        endpoint.wait_for_end(job)      # ("failed", why)

The messages are those of livekit_agent.proto, written by hand: the numbers below are its fields.
"""

import base64
import hashlib
import itertools
import socket
import struct
import threading
import time

from .livekit import KEY, SECRET

BINARY, TEXT, CLOSE, PING, PONG = 2, 1, 8, 9, 10
STATES = {2: "success", 3: "failed"}
WAIT_SECONDS = 60


class AgentEndpoint:
    """`refuses`: (status, body) for whoever connects. `begins_with`: the (opcode, payload) that answers a
    worker's first message instead of its registration."""

    def __init__(self, refuses=None, begins_with=None, version="1.9.12", agent_protocol=1):
        self.key, self.secret = KEY, SECRET
        self.refuses = refuses
        self.registration = begins_with or (BINARY, registered(version, agent_protocol))
        self.workers, self.told, self.numbers = [], [], itertools.count(1)
        self.changed = threading.Condition()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"ws://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for one in self.workers:
            one.close()

    def assign(self, room, token, url, metadata="transcriber"):
        """The id of a job that the worker has taken."""
        job_id = f"AJ_test{next(self.numbers)}"
        job = field(1, job_id) + field(3, field(2, room)) + field(6, metadata)
        self._send(field(2, field(1, job)))
        self._wait(lambda: [m for kind, m in self.told if kind == 2 and m[1] == [job_id.encode()]], "an answer")
        self._send(field(3, field(1, job) + field(2, url) + field(3, token)))
        return job_id

    def wait_for_end(self, job_id, seconds=WAIT_SECONDS):
        """("success" or "failed", why)"""

        def ended():
            for kind, message in self.told:
                state = STATES.get(message.get(2, [0])[0]) if kind == 4 else None
                if state and message[1] == [job_id.encode()]:
                    return state, message.get(3, [b""])[0].decode()
            return None

        return self._wait(ended, f"the end of {job_id}", seconds)

    def _wait(self, condition, what, seconds=WAIT_SECONDS):
        limit = time.monotonic() + seconds
        with self.changed:
            while not (found := condition()):
                if not self.changed.wait(max(limit - time.monotonic(), 0)):
                    raise AssertionError(f"{what}: not within {seconds} s; told: {self.told[-10:]}")
            return found

    def _send(self, payload, opcode=BINARY):
        self._wait(lambda: self.workers, "a worker")
        head = bytes([0x80 | opcode])
        size = len(payload)
        head += bytes([size]) if size < 126 else b"\x7e" + struct.pack(">H", size)
        self.workers[-1].sendall(head + payload)

    # --- a thread for each connection ---

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rb") as stream:
            lines = list(iter(lambda: stream.readline().strip(), b""))
            if self.refuses:
                status, body = self.refuses
                connection.sendall(
                    f"HTTP/1.1 {status} No\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()
                )
                return
            fields_ = dict(line.lower().split(b": ", 1) for line in lines[1:])
            key = next(line for line in lines if line.lower().startswith(b"sec-websocket-key")).split(b": ")[1]
            accept = base64.b64encode(
                hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
            )
            assert b"authorization" in fields_
            connection.sendall(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
            )
            with self.changed:
                self.workers.append(connection)
                self.changed.notify_all()
            try:
                while self._take(stream):
                    pass
            except OSError:
                return

    def _take(self, stream):
        head = stream.read(2)
        if len(head) < 2:
            return False
        size = head[1] & 0x7F
        if size >= 126:
            size = int.from_bytes(stream.read(2 if size == 126 else 8), "big")
        mask = stream.read(4)
        payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(stream.read(size)))
        opcode = head[0] & 0x0F
        if opcode == PING:
            self._send(payload, PONG)
        elif opcode == BINARY:
            [(kind, [message])] = fields(payload).items()
            if kind == 1:
                opcode, answer = self.registration
                self._send(answer, opcode)
            if kind == 5:
                self._send(field(4, b""))
            with self.changed:
                self.told.append((kind, fields(message)))
                self.changed.notify_all()
        return opcode != CLOSE


def registered(version, agent_protocol):
    server = field(2, version) + field(5, "ND_test") + field(7, agent_protocol)
    return field(1, field(1, "AW_test") + field(3, server))


def field(number, value):
    """Of a protobuf message: a number, or bytes or a text."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def fields(data):
    """{number: [value]}: numbers, and bytes."""
    found, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        key = number()
        kind = key & 7
        if kind == 0:
            value = number()
        else:
            size = {1: 8, 5: 4}.get(kind)
            size = number() if size is None else size
            value = data[at : at + size]
            at += size
        found.setdefault(key >> 3, []).append(value)
    return found
