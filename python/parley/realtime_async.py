# SPDX-License-Identifier: Apache-2.0
"""The client for Realtime sessions (realtime.py) for asyncio."""

import json

from .realtime_events import (
    TIMEOUT, TRANSCRIPTS, RealtimeError, ReplyReader, address, headers_of, message_of, session_of,
    to_base64, to_samples, update_of,
)
from .socket_async import AsyncSocket
from .websocket import ConnectionEnded


class AsyncRealtimeClient:
    """The same session for asyncio. Made by `connect_async`; an async context manager."""

    def __init__(self, socket, timeout):
        self._socket = socket
        self.timeout = timeout
        self.session = {}

    async def say(self, text, **response):
        await self.send(message_of(text))
        return await self.respond(**response)

    async def respond(self, **response):
        await self.create_response(**response)
        return await self.reply()

    async def reply(self):
        reader = ReplyReader()
        while not reader.add(await self.receive()):
            pass
        return reader.reply

    async def send_audio(self, samples):
        await self.send({"type": "input_audio_buffer.append", "audio": to_base64(samples)})

    async def commit(self):
        await self.send({"type": "input_audio_buffer.commit"})

    async def clear(self):
        await self.send({"type": "input_audio_buffer.clear"})

    async def audio(self):
        async for event in self:
            if event["type"] == "response.output_audio.delta":
                yield to_samples(event["delta"])
            elif event["type"] == "response.done":
                return

    async def transcripts(self):
        async for event in self:
            if event["type"] in TRANSCRIPTS:
                yield event["transcript"]

    async def update(self, **session):
        await self.send(update_of(session))
        self.session = (await self._await("session.updated"))["session"]
        return self.session

    async def create_response(self, **response):
        await self.send({"type": "response.create", **({"response": response} if response else {})})

    async def cancel(self):
        await self.send({"type": "response.cancel"})

    async def send(self, event):
        try:
            await self._socket.send(json.dumps(event))
        except ConnectionEnded as closed:
            raise RealtimeError(f"the connection has ended: {closed}") from closed

    async def receive(self, timeout=None):
        try:
            return json.loads(await self._socket.recv(self.timeout if timeout is None else timeout))
        except ConnectionEnded as closed:
            raise RealtimeError(f"the connection has ended: {closed}") from closed

    async def __aiter__(self):
        while True:
            try:
                event = await self.receive()
            except RealtimeError:
                return
            yield event

    async def close(self):
        await self._socket.close()

    async def _await(self, kind):
        while (event := await self.receive())["type"] != kind:
            if event["type"] == "error":
                raise RealtimeError(event["error"].get("message", "error"), event)
        return event


class _AsyncConnection:
    """`async with connect_async(url) as session`, or `session = await connect_async(url)`."""

    def __init__(self, url, headers, settings, timeout):
        self._url = url
        self._headers = headers
        self._settings = settings
        self._timeout = timeout
        self._session = None

    def __await__(self):
        return self._open().__await__()

    async def __aenter__(self):
        self._session = await self._open()
        return self._session

    async def __aexit__(self, *unused):
        await self._session.close()

    async def _open(self):
        socket = await AsyncSocket.open(self._url, self._headers, self._timeout)
        session = AsyncRealtimeClient(socket, self._timeout)
        try:
            session.session = (await session._await("session.created"))["session"]
            if self._settings:
                await session.update(**self._settings)
        except BaseException:
            await socket.close()
            raise
        return session


def connect_async(url, *, model="parley", api_key=None, instructions=None, modalities=None,
                  session=None, timeout=TIMEOUT):
    """`parley.connect` for asyncio: await it, or `async with` it."""
    return _AsyncConnection(address(url, model), headers_of(api_key),
                            session_of(instructions, modalities, session), timeout)
