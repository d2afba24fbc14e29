# SPDX-License-Identifier: Apache-2.0
"""A client for Realtime sessions (OpenAI's Realtime API over WebSocket, as `parley serve` speaks it).

    with parley.connect("http://127.0.0.1:8080", instructions="Be brief.") as session:
        reply = session.say("Hello!")
        print(reply.text, len(reply.audio) / reply.rate_hz, "seconds")
"""

import json

from .realtime_events import (
    TIMEOUT, TRANSCRIPTS, RealtimeError, ReplyReader, address, headers_of, message_of, session_of,
    to_base64, to_samples, update_of,
)
from .socket_sync import Socket
from .websocket import ConnectionEnded


class RealtimeClient:
    """A session, from a thread that may wait. Made by `connect`; a context manager."""

    def __init__(self, socket, settings, timeout):
        self._socket = socket
        self.timeout = timeout
        self.session = self._await("session.created")["session"]
        if settings:
            self.update(**settings)

    # --- whole turns

    def say(self, text, **response):
        """One turn in text; returns the Reply. `response`: settings of this response alone."""
        self.send(message_of(text))
        return self.respond(**response)

    def respond(self, **response):
        """Asks for a response to what was said, and waits for it."""
        self.create_response(**response)
        return self.reply()

    def reply(self):
        """The rest of the response that is being made, or the next one."""
        reader = ReplyReader()
        while not reader.add(self.receive()):
            pass
        return reader.reply

    # --- audio

    def send_audio(self, samples):
        """24 kHz mono: floats in [-1, 1], int16, or bytes of 16-bit samples."""
        self.send({"type": "input_audio_buffer.append", "audio": to_base64(samples)})

    def commit(self):
        """Ends the user's turn by hand (with turn detection the server does it)."""
        self.send({"type": "input_audio_buffer.commit"})

    def clear(self):
        self.send({"type": "input_audio_buffer.clear"})

    def audio(self):
        """The samples of the next response, block by block, as they come."""
        for event in self:
            if event["type"] == "response.output_audio.delta":
                yield to_samples(event["delta"])
            elif event["type"] == "response.done":
                return

    def transcripts(self):
        """What the user said, utterance by utterance, without end."""
        for event in self:
            if event["type"] in TRANSCRIPTS:
                yield event["transcript"]

    # --- events

    def update(self, **session):
        """Changes the session's settings; returns them as the server has them now."""
        self.send(update_of(session))
        self.session = self._await("session.updated")["session"]
        return self.session

    def create_response(self, **response):
        self.send({"type": "response.create", **({"response": response} if response else {})})

    def cancel(self):
        self.send({"type": "response.cancel"})

    def send(self, event):
        """Any event, as a dict. Raises RealtimeError when the connection has ended."""
        try:
            self._socket.send(json.dumps(event))
        except ConnectionEnded as closed:
            raise RealtimeError(f"the connection has ended: {closed}") from closed

    def receive(self, timeout=None):
        """The next event. Raises TimeoutError, or RealtimeError when the connection has ended."""
        try:
            return json.loads(self._socket.recv(self.timeout if timeout is None else timeout))
        except ConnectionEnded as closed:
            raise RealtimeError(f"the connection has ended: {closed}") from closed

    def __iter__(self):
        """All events, until the connection ends."""
        while True:
            try:
                event = self.receive()
            except RealtimeError:
                return
            yield event

    def close(self):
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def _await(self, kind):
        while (event := self.receive())["type"] != kind:
            if event["type"] == "error":
                raise RealtimeError(event["error"].get("message", "error"), event)
        return event


def connect(url, *, model="parley", api_key=None, instructions=None, modalities=None, session=None,
            timeout=TIMEOUT):
    """Opens a session with a server, such as "http://127.0.0.1:8080".

    modalities: ["text"] or ["audio"]. session: further settings, as `session.update` takes them.
    timeout: seconds that any wait may take.
    """
    socket = Socket(address(url, model), headers_of(api_key), timeout)
    try:
        return RealtimeClient(socket, session_of(instructions, modalities, session), timeout)
    except BaseException:
        socket.close()
        raise
