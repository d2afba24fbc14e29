# SPDX-License-Identifier: Apache-2.0
"""A WebSocket for threads that may wait, over the standard library's sockets."""

import collections
import select
import socket
import ssl
import threading
import time

from .websocket import HEAD_BYTES_MAX, Address, ConnectionEnded, Handshake, Wire

_BLOCK = 64 << 10
_CLOSE_SECONDS = 5.0  # that the server has to answer a close


class Socket:
    """One thread receives; any may send."""

    def __init__(self, url, headers, timeout):
        address = Address.of(url)
        self._socket = socket.create_connection((address.host, address.port), timeout)
        self._sending = threading.Lock()
        self._wire = Wire()
        self._messages = collections.deque()
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if address.is_secure:
                context = ssl.create_default_context()
                self._socket = context.wrap_socket(self._socket, server_hostname=address.host)
            self._poll = select.poll()
            self._poll.register(self._socket, select.POLLIN)
            self._shake_hands(Handshake(address, headers))
        except BaseException:
            self._socket.close()
            raise

    def _shake_hands(self, handshake):
        self._socket.sendall(handshake.request)
        answer = bytearray()
        while b"\r\n\r\n" not in answer:
            block = self._socket.recv(_BLOCK)
            if not block or len(answer) > HEAD_BYTES_MAX:
                raise ConnectionEnded("the server did not answer the WebSocket handshake")
            answer += block
        head, _, rest = bytes(answer).partition(b"\r\n\r\n")
        handshake.check(head)
        self._take(rest)

    def send(self, text):
        data = self._wire.text(text)
        try:
            with self._sending:
                self._socket.sendall(data)
        except OSError as error:
            raise ConnectionEnded(str(error)) from error

    def recv(self, timeout):
        """The next message. Raises TimeoutError, ConnectionEnded."""
        deadline = time.monotonic() + timeout
        while not self._messages:
            if self._wire.end:
                raise self._wire.end
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"nothing came for {timeout} seconds")
            self._receive(left)
        return self._messages.popleft()

    def _receive(self, seconds):
        # Not by a timeout of the socket: whoever sends meanwhile would have it too.
        if not self._has_pending() and not self._poll.poll(max(1, int(seconds * 1000))):
            return
        try:
            block = self._socket.recv(_BLOCK)
        except OSError as error:
            self._wire.end = ConnectionEnded(str(error))
            return
        if not block:
            self._wire.end = ConnectionEnded("the server ended the connection")
            return
        self._take(block)

    def _has_pending(self):
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    def _take(self, block):
        self._messages.extend(self._wire.feed(block))
        self._send_answers()

    def _send_answers(self):
        data = self._wire.take_to_send()
        if data:
            try:
                with self._sending:
                    self._socket.sendall(data)
            except OSError as error:
                self._wire.end = self._wire.end or ConnectionEnded(str(error))

    def close(self):
        """Says goodbye, waits a little for the answer. Twice is fine."""
        if not self._wire.end:
            self._wire.close()
            self._send_answers()
            deadline = time.monotonic() + _CLOSE_SECONDS
            while not self._wire.end and (left := deadline - time.monotonic()) > 0:
                self._receive(left)
        self._wire.end = self._wire.end or ConnectionEnded("the connection was closed")
        self._socket.close()
