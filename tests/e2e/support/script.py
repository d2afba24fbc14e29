# SPDX-License-Identifier: Apache-2.0
"""The small language that conformance cases are written in: a case is a list of steps.

    Case("P12", "a text item is added, then done", [
        Send("conversation.item.create", item=user_text("hello")),
        Later("conversation.item.added", previous_item_id=None, item={"id": Bind("item")}),
        Later("conversation.item.done", item={"id": Ref("item"), "status": "completed"}),
    ])

A pattern names what must be there and leaves the rest open: dictionaries match if each named key
matches, lists if they are equally long and each element matches, a function if it returns true, and
everything else if it is equal. `Bind` remembers a value, `Ref` stands for it later, in what is sent
as in what is expected.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from . import speech
from .wire import Unexpected

# May come anywhere, or not at all, so no order names them.
UNORDERED = {"rate_limits.updated"}
TRANSCRIPTION = "conversation.item.input_audio_transcription."


@dataclass
class Case:
    number: str
    says: str
    steps: list
    servers: tuple = ("fake",)  # which servers it runs on: fake, real, keys
    query: str = "model=parley"
    subprotocols: list | None = None
    session: dict | None = None  # sent with session.update before the first step
    secret: dict | None = None  # connects with a client secret that was minted for this session

    @property
    def name(self):
        return f"{self.number} {self.says}"


@dataclass
class Run:
    wire: Any
    values: dict = field(default_factory=dict)
    taken: list = field(default_factory=list)  # what the last Order saw


class Bind:
    def __init__(self, name):
        self.name = name


class Ref:
    def __init__(self, name):
        self.name = name


def one_of(*values):
    return lambda value: value in values


def starts(prefix):
    return lambda value: isinstance(value, str) and value.startswith(prefix)


def has(part):
    return lambda value: isinstance(value, str) and part in value


def filled(value):
    return bool(value)


# --- steps ---


class Send:
    def __init__(self, kind, **fields):
        self.kind, self.fields = kind, fields

    async def do(self, run):
        await run.wire.send(self.kind, **resolve(self.fields, run.values))


class Raw:
    def __init__(self, frame):
        self.frame = frame

    async def do(self, run):
        await run.wire.send_raw(self.frame)


class Say:
    """Appends speech: pieces are (kind, what), kind being `tone`, `clip` or `silence`.

    On a server with fake models a clip's place is taken by a tone of the same shape, because they
    hear only how loud it is.
    """

    def __init__(self, *pieces):
        self.pieces = pieces

    async def do(self, run):
        for kind, what in self.pieces:
            pcm, spoken = self.sound(kind, what, run.values["server"])
            if spoken:
                at_ms = run.values["said_ms"]
                run.values["speech"].append((at_ms + spoken[0], at_ms + spoken[1]))
            run.values["said_ms"] += len(pcm) // speech.BYTES_PER_MS
            await run.wire.say(pcm)

    @staticmethod
    def sound(kind, what, server):
        """(bytes, where in them speech starts and ends in ms, or None)"""
        if kind == "silence":
            return speech.silence(what), None
        if kind == "clip" and server == "real":
            clip = speech.clip(what)
            return clip.pcm, (clip.speech_start_ms, clip.speech_end_ms)
        ms = what if kind == "tone" else 1200
        return speech.tone(ms), (0, ms)


class Later:
    """The next event of a kind must match; others before it are passed over, but not errors."""

    def __init__(self, kind, **pattern):
        self.kind, self.pattern = kind, pattern

    async def do(self, run):
        event = await run.wire.later(self.kind)
        match(event, self.pattern, run.values, self.kind)


class Error:
    """The next error must match."""

    def __init__(self, code=None, **pattern):
        self.code, self.pattern = code, pattern

    async def do(self, run):
        error = await run.wire.error(self.code)
        match(error, self.pattern, run.values, "error")


class Order:
    """The next events must be of exactly these kinds, in this order.

    `deltas` stands for one or more deltas of any kind; transcription events, which may come at any
    time, are left out.
    """

    def __init__(self, *kinds):
        self.kinds = list(kinds)

    async def do(self, run):
        run.taken = []
        place = -1  # of the kind that the last event had
        while place + 1 < len(self.kinds):
            event = await run.wire.next()
            kind = event["type"]
            if kind in UNORDERED or kind.startswith(TRANSCRIPTION):
                continue
            if kind.startswith("response.") and kind.endswith(".delta"):
                kind = "deltas"
            run.taken.append(event)
            if kind == "deltas" and place >= 0 and self.kinds[place] == "deltas":
                continue
            place += 1
            if kind != self.kinds[place]:
                raise Unexpected(f"{event} instead of {self.kinds[place]}")


class Never:
    """No event of these kinds came since the last step, up to the answer to one more question."""

    def __init__(self, *kinds):
        self.kinds = kinds

    async def do(self, run):
        for event in await run.wire.settle():
            if event["type"] in self.kinds or any(event["type"].startswith(k) for k in self.kinds):
                raise Unexpected(f"should not have come: {event}")


class Quiet:
    """No event of this kind comes within so many seconds."""

    def __init__(self, seconds, kind):
        self.seconds, self.kind = seconds, kind

    async def do(self, run):
        await run.wire.quiet(self.seconds, self.kind)


class Closed:
    def __init__(self, code, reason):
        self.expected = (code, reason)

    async def do(self, run):
        closed = await run.wire.end()
        if closed != self.expected:
            raise Unexpected(f"closed with {closed} instead of {self.expected}")


class Check:
    """Anything else: a function of the Run that raises, or returns false, when it does not hold."""

    def __init__(self, says, test):
        self.says, self.test = says, test

    async def do(self, run):
        answer = self.test(run)
        if asyncio.iscoroutine(answer):
            answer = await answer
        if answer is False:
            raise Unexpected(f"{self.says}: does not hold; {run.wire.tail()}")


# --- matching ---


def match(value, pattern, values, path):
    if isinstance(pattern, Bind):
        values[pattern.name] = value
    elif isinstance(pattern, Ref):
        match(value, values[pattern.name], values, path)
    elif isinstance(pattern, dict):
        if not isinstance(value, dict):
            raise Unexpected(f"{path} is {value!r}")
        for key, inner in pattern.items():
            if key not in value:
                raise Unexpected(f"{path} has no {key}: {value!r}")
            match(value[key], inner, values, f"{path}.{key}")
    elif isinstance(pattern, list):
        if not isinstance(value, list) or len(value) != len(pattern):
            raise Unexpected(f"{path} is {value!r}")
        for index, inner in enumerate(pattern):
            match(value[index], inner, values, f"{path}[{index}]")
    elif callable(pattern):
        if not pattern(value):
            raise Unexpected(f"{path} is {value!r}")
    elif value != pattern or isinstance(value, bool) != isinstance(pattern, bool):
        raise Unexpected(f"{path} is {value!r} instead of {pattern!r}")


def resolve(value, values):
    if isinstance(value, Ref):
        return values[value.name]
    if isinstance(value, dict):
        return {key: resolve(inner, values) for key, inner in value.items()}
    if isinstance(value, list):
        return [resolve(inner, values) for inner in value]
    return value
