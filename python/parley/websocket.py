# SPDX-License-Identifier: Apache-2.0
"""WebSocket messages (RFC 6455), the client's side, without sockets.

`Wire` is given the bytes that came and gives the bytes to send; `socket_sync` and `socket_async` move
them. Text and binary messages; no extensions.
"""

import base64
import hashlib
import os
import struct
import urllib.parse
from dataclasses import dataclass

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
_TEXT, _BINARY, _CLOSE, _PING, _PONG = 1, 2, 8, 9, 10
_NORMAL, _TOO_BIG = 1000, 1009
MESSAGE_BYTES_MAX = 32 << 20
HEAD_BYTES_MAX = 64 << 10  # of the server's answer to the handshake


class ConnectionEnded(ConnectionError):
    """The server closed the connection, or it broke."""


@dataclass(frozen=True)
class Address:
    """Where to connect to, and what to ask for."""

    host: str
    port: int
    is_secure: bool
    target: str

    @staticmethod
    def of(url):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("ws", "wss") or not parts.hostname:
            raise ValueError(f"{url!r} is no address of a WebSocket: give ws://host:port/path")
        is_secure = parts.scheme == "wss"
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Address(parts.hostname, parts.port or (443 if is_secure else 80), is_secure, target)


class Handshake:
    """The request, and the check of the answer."""

    def __init__(self, address, headers):
        self._key = base64.b64encode(os.urandom(16))
        host = f"[{address.host}]" if ":" in address.host else address.host
        lines = [
            f"GET {address.target} HTTP/1.1", f"Host: {host}:{address.port}", "Upgrade: websocket",
            "Connection: Upgrade", f"Sec-WebSocket-Key: {self._key.decode()}",
            "Sec-WebSocket-Version: 13", *(f"{name}: {value}" for name, value in headers.items()),
        ]
        if any("\r" in line or "\n" in line for line in lines):
            raise ValueError("a header has a line end in it")
        self.request = "\r\n".join([*lines, "", ""]).encode()

    def check(self, head):
        """`head`: the answer up to its empty line."""
        status, *lines = head.decode("latin-1").split("\r\n")
        fields = {}
        for line in lines:
            name, _, value = line.partition(":")
            fields[name.strip().lower()] = value.strip()
        if status.split(" ")[1:2] != ["101"]:
            raise ConnectionEnded(f"the server refused the WebSocket: {status}")
        wanted = base64.b64encode(hashlib.sha1(self._key + _GUID).digest()).decode()
        if fields.get("sec-websocket-accept") != wanted:
            raise ConnectionEnded("the server's answer is no WebSocket handshake")


class Wire:
    """Messages out of bytes, and bytes out of messages."""

    def __init__(self):
        self._bytes = bytearray()
        self._parts = []  # of a message in fragments
        self._kind = None
        self._is_closing = False
        self.to_send = bytearray()  # answers that are due: pongs, the close
        self.end = None  # why nothing comes any more, once that is so

    def feed(self, data):
        """Takes bytes that came; gives the messages that they complete. Sets `end`."""
        self._bytes += data
        messages = []
        try:
            self._read(messages)
        except ConnectionEnded as error:
            self.end = error
        return messages

    def _read(self, messages):
        while (frame := self._frame()) is not None:
            is_final, code, payload = frame
            if code == _CLOSE:
                self.close(payload[:2] or struct.pack(">H", _NORMAL))
                raise ConnectionEnded(_reason(payload))
            if code == _PING:
                self.to_send += _frame_of(_PONG, payload)
            elif code in (_TEXT, _BINARY) or (code == 0 and self._kind):
                self._kind = code or self._kind
                self._parts.append(payload)
                if is_final:
                    whole = b"".join(self._parts)
                    messages.append(_decoded(whole) if self._kind == _TEXT else whole)
                    self._parts, self._kind = [], None
            elif code != _PONG:
                raise ConnectionEnded(f"the server sent a frame of the unknown kind {code}")

    def text(self, message):
        return _frame_of(_TEXT, message.encode())

    def close(self, code=struct.pack(">H", _NORMAL)):
        if not self._is_closing:
            self._is_closing = True
            self.to_send += _frame_of(_CLOSE, code)

    def take_to_send(self):
        data, self.to_send = bytes(self.to_send), bytearray()
        return data

    def _frame(self):
        """(is_final, code, payload) of the next whole frame, or None."""
        data = self._bytes
        if len(data) < 2:
            return None
        size, start = data[1] & 0x7F, 2
        if data[1] & 0x80:
            raise ConnectionEnded("the server sent a masked frame")
        if size >= 126:
            form, start = (">H", 4) if size == 126 else (">Q", 10)
            if len(data) < start:
                return None
            size = struct.unpack_from(form, data, 2)[0]
        if size + sum(map(len, self._parts)) > MESSAGE_BYTES_MAX:
            self.close(struct.pack(">H", _TOO_BIG))
            raise ConnectionEnded(f"the server sent a message of more than {MESSAGE_BYTES_MAX} bytes")
        if len(data) < start + size:
            return None
        payload = bytes(data[start:start + size])
        first = data[0]
        del data[:start + size]
        return bool(first & 0x80), first & 0x0F, payload


def _frame_of(code, payload):
    size = len(payload)
    head = bytes([0x80 | code])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 1 << 16:
        head += struct.pack(">BH", 0x80 | 126, size)
    else:
        head += struct.pack(">BQ", 0x80 | 127, size)
    mask = os.urandom(4)
    pad = mask * (size // 4 + 1)
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(pad[:size], "big")
    return head + mask + masked.to_bytes(size, "big")


def _decoded(text):
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise ConnectionEnded(f"the server sent text that is no UTF-8: {error}") from error


def _reason(payload):
    if len(payload) < 2:
        return "the server closed the connection"
    code = struct.unpack_from(">H", payload)[0]
    text = payload[2:].decode("utf-8", "replace")
    return f"the server closed the connection: {code} {text}".rstrip()
