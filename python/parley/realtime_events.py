# SPDX-License-Identifier: Apache-2.0
"""Events of Realtime sessions: what the client sends, and a response put together of what comes."""

import base64
import urllib.parse
from dataclasses import dataclass, field

import numpy as np

from .errors import EngineError

PATH = "/v1/realtime"
RATE_HZ = 24_000  # of audio in both directions
TIMEOUT = 60.0  # seconds until `receive` gives up


class RealtimeError(EngineError):
    """The server answered with an error event, or the connection ended. `event` is the event."""

    def __init__(self, message, event=None):
        super().__init__(message)
        self.event = event


@dataclass
class Reply:
    """What came of one response: text, or the words of the audio, and the audio itself."""

    text: str = ""
    audio: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    status: str = ""
    rate_hz: int = RATE_HZ
    response: dict = field(default_factory=dict)
    events: list = field(default_factory=list)


class ReplyReader:
    """Gathers the events of a response."""

    def __init__(self):
        self.reply = Reply()
        self._text = []
        self._audio = []

    def add(self, event):
        """True when the response is done. Raises RealtimeError for an error event."""
        self.reply.events.append(event)
        kind = event["type"]
        if kind in ("response.output_text.delta", "response.output_audio_transcript.delta"):
            self._text.append(event["delta"])
        elif kind == "response.output_audio.delta":
            self._audio.append(to_samples(event["delta"]))
        elif kind == "error":
            raise RealtimeError(event["error"].get("message", "error"), event)
        elif kind == "response.done":
            self.reply.response = event["response"]
            self.reply.status = event["response"].get("status", "")
            self.reply.text = "".join(self._text)
            if self._audio:
                self.reply.audio = np.concatenate(self._audio)
            return True
        return False


def to_samples(delta):
    """Float32 samples of an event's base64 text."""
    return np.frombuffer(base64.b64decode(delta), "<i2").astype(np.float32) / 32_768


def to_base64(samples):
    """Text for an event, of float samples in [-1, 1], int16 samples, or bytes of them."""
    if isinstance(samples, (bytes, bytearray, memoryview)):
        return base64.b64encode(samples).decode()
    samples = np.asarray(samples)
    if samples.dtype.kind == "f":
        samples = np.clip(np.rint(samples * 32_768), -32_768, 32_767)
    return base64.b64encode(samples.astype("<i2").tobytes()).decode()


def address(url, model="parley"):
    """The WebSocket address of a session: of a server's http address, or complete as it is."""
    parts = urllib.parse.urlsplit(url if "://" in url else f"http://{url}")
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    path = PATH if parts.path.rstrip("/") in ("", "/v1") else parts.path
    query = parts.query or urllib.parse.urlencode({"model": model})
    return urllib.parse.urlunsplit((scheme, parts.netloc, path, query, ""))


def headers_of(api_key):
    return {"Authorization": f"Bearer {api_key}"} if api_key else {}


def message_of(text):
    return {"type": "conversation.item.create", "item": {
        "type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}}


def update_of(session):
    return {"type": "session.update", "session": {"type": "realtime", **session}}


def session_of(instructions, modalities, session):
    settings = dict(session or {})
    if instructions is not None:
        settings["instructions"] = instructions
    if modalities is not None:
        settings["output_modalities"] = list(modalities)
    return settings


TRANSCRIPTS = ("conversation.item.input_audio_transcription.completed",)
