# SPDX-License-Identifier: Apache-2.0
"""A WebSocket for asyncio, over the standard library's streams."""

import asyncio
import collections
import ssl

from .websocket import Address, ConnectionEnded, Handshake, Wire

_BLOCK = 64 << 10
_CLOSE_SECONDS = 5.0  # that the server has to answer a close


class AsyncSocket:
    """For one task that receives; any may send."""

    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer
        self._wire = Wire()
        self._messages = collections.deque()

    @staticmethod
    async def open(url, headers, timeout):
        address = Address.of(url)
        context = ssl.create_default_context() if address.is_secure else None
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection(address.host, address.port, ssl=context)
            made = AsyncSocket(reader, writer)
            try:
                handshake = Handshake(address, headers)
                writer.write(handshake.request)
                head = await reader.readuntil(b"\r\n\r\n")
                handshake.check(head.removesuffix(b"\r\n\r\n"))
            except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
                writer.close()
                raise ConnectionEnded("the server did not answer the WebSocket handshake") from error
            except BaseException:
                writer.close()
                raise
        return made

    async def send(self, text):
        self._writer.write(self._wire.text(text))
        try:
            await self._writer.drain()
        except OSError as error:
            raise ConnectionEnded(str(error)) from error

    async def recv(self, timeout):
        """The next message. Raises TimeoutError, ConnectionEnded."""
        async with asyncio.timeout(timeout):
            while not self._messages:
                await self._receive()
        return self._messages.popleft()

    async def _receive(self):
        if self._wire.end:
            raise self._wire.end
        try:
            block = await self._reader.read(_BLOCK)
        except OSError as error:
            raise ConnectionEnded(str(error)) from error
        if not block:
            self._wire.end = ConnectionEnded("the server ended the connection")
            return
        self._messages.extend(self._wire.feed(block))
        if data := self._wire.take_to_send():
            self._writer.write(data)

    async def close(self):
        try:
            if not self._wire.end:
                self._wire.close()
                self._writer.write(self._wire.take_to_send())
                async with asyncio.timeout(_CLOSE_SECONDS):
                    while not self._wire.end:
                        await self._receive()
        except OSError:
            pass  # it has ended, which is what was wanted
        self._wire.end = self._wire.end or ConnectionEnded("the connection was closed")
        self._writer.close()
