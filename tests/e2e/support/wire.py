# SPDX-License-Identifier: Apache-2.0
"""A client that speaks the protocol by hand: sends what it is told, keeps and checks all that comes."""

import asyncio
import base64
import itertools
import json

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from . import events, ladder, speech

# Limits of a test that fails, not times that a server has to keep: a loaded machine is slow.
ANSWER_SECONDS = 60
CHUNK_MS = 100


class Unexpected(AssertionError):
    """What came is not what the test waited for."""


class Wire:
    """`async with Wire(server) as wire:`; `wire.events` holds everything received, in order."""

    def __init__(self, server, query="model=parley", subprotocols=None, headers=None, ssl=None):
        self.address = server.socket_url + (f"?{query}" if query else "")
        self.options = {"subprotocols": subprotocols, "additional_headers": headers}
        if ssl is not None:
            self.options["ssl"] = ssl
        self.events = []
        self.read = 0  # events before this index were looked at
        self.closed = None  # (code, reason)
        self.numbers = itertools.count(1)
        self.news = asyncio.Event()

    async def __aenter__(self):
        self.socket = await connect(
            self.address, max_size=None, compression=None, open_timeout=ANSWER_SECONDS, **self.options
        )
        self.reader = asyncio.create_task(self._receive())
        return self

    async def __aexit__(self, kind, *_):
        await self.socket.close()
        await self.reader
        if kind is None:
            self.check_all()

    async def _receive(self):
        try:
            async for text in self.socket:
                if not isinstance(text, str):
                    raise Unexpected("a binary frame from the server")
                self.events.append(json.loads(text))
                self.news.set()
        except ConnectionClosed:
            pass
        self.closed = (self.socket.close_code, self.socket.close_reason)
        self.news.set()

    def check_all(self):
        found = [problem for event in self.events for problem in events.problems(event)]
        ids = [event.get("event_id") for event in self.events]
        if len(set(ids)) != len(ids):
            found.append("an event_id came twice")
        found += ladder.problems(self.events)
        if found:
            raise AssertionError("\n".join(found))

    # --- what is sent ---

    async def send(self, kind, **fields):
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def send_raw(self, frame):
        await self.socket.send(frame)

    async def say(self, pcm, chunk_ms=CHUNK_MS):
        """Appends audio faster than it would be spoken; the server's clock counts samples."""
        step = chunk_ms * speech.BYTES_PER_MS
        for at in range(0, len(pcm), step):
            audio = base64.b64encode(pcm[at : at + step]).decode()
            await self.send("input_audio_buffer.append", audio=audio)

    async def update(self, **session):
        await self.send("session.update", session={"type": "realtime", **session})
        return await self.later("session.updated")

    async def add_text(self, text, role="user", **more):
        kind = "output_text" if role == "assistant" else "input_text"
        item = {"type": "message", "role": role, "content": [{"type": kind, "text": text}], **more}
        await self.send("conversation.item.create", item=item)
        return (await self.later("conversation.item.done"))["item"]["id"]

    # --- what is received ---

    async def next(self, within=ANSWER_SECONDS):
        """The next event that was not looked at."""
        try:
            await asyncio.wait_for(self._wait_for_news(), within)
        except TimeoutError:
            raise Unexpected(f"nothing more came within {within} s; {self.tail()}") from None
        self.read += 1
        return self.events[self.read - 1]

    async def _wait_for_news(self):
        while self.read >= len(self.events):
            if self.closed:
                raise Unexpected(f"the connection is closed: {self.closed}; {self.tail()}")
            self.news.clear()
            await self.news.wait()

    async def later(self, kind, where=None, within=ANSWER_SECONDS):
        """The next event of a kind; what comes before it is passed over, but not an error."""
        while True:
            event = await self.next(within)
            if event["type"] == kind and (where is None or where(event)):
                return event
            if event["type"] == "error":
                raise Unexpected(f"waiting for {kind}, got {event['error']}")

    async def until(self, kind, where=None):
        """Everything up to and including the next event of a kind."""
        start = self.read
        await self.later(kind, where)
        return self.events[start : self.read]

    async def error(self, code=None, within=ANSWER_SECONDS):
        """The next error, whose code must be the given one."""
        while True:
            event = await self.next(within)
            if event["type"] == "error":
                if code is not None and event["error"].get("code") != code:
                    raise Unexpected(f"error {event['error']} instead of {code}")
                return event["error"]

    async def settle(self):
        """Waits until all that was sent has been answered, and returns what came meanwhile.

        The server takes events in order, so the answer to one more question ends the wait.
        """
        start = self.read
        mark = f"settle_{next(self.numbers)}"
        await self.send("conversation.item.retrieve", item_id="item_nobody", event_id=mark)
        while True:
            event = await self.next()
            if event["type"] == "error" and event["error"].get("event_id") == mark:
                return self.events[start : self.read - 1]

    async def quiet(self, seconds, kind):
        """Fails when an event of a kind comes within so many seconds."""
        try:
            event = await self.later(kind, within=seconds)
        except Unexpected:
            return
        raise Unexpected(f"came, and should not have: {event}")

    async def end(self, within=ANSWER_SECONDS):
        """(code, reason) with which the server closed the connection."""
        await asyncio.wait_for(asyncio.shield(self.reader), within)
        return self.closed

    def all(self, kind):
        return [event for event in self.events if event["type"] == kind]

    def tail(self):
        return "last: " + ", ".join(event.get("type", "?") for event in self.events[-8:])


def joined(received, kind):
    """The deltas of a kind put together; audio as bytes."""
    deltas = [event["delta"] for event in received if event["type"] == kind]
    if kind == "response.output_audio.delta":
        return b"".join(base64.b64decode(delta, validate=True) for delta in deltas)
    return "".join(deltas)
