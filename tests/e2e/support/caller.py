# SPDX-License-Identifier: Apache-2.0
"""The other end of a telephone call, as Twilio's Media Streams have it, written from their documentation: asks
`/twilio/voice` what to do, connects as it says, sends 20 ms of mu-law at a time, plays what comes in real time, sends
marks back when they have been played, or at once after a clear."""

import base64
import hashlib
import hmac
import json
import queue
import subprocess
import threading
import time
import urllib.parse
import urllib.request
import xml.etree.ElementTree as xml

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from . import speech

RATE = 8000
FRAME_MS = 20
FRAME = RATE * FRAME_MS // 1000
SILENCE = b"\xff"
PATIENCE_SECONDS = 60
STREAM = "MZ18ad3ab5a668481ce02b83e7395059f0"


def mulaw(pcm):
    """Of s16 at 24 kHz."""
    return converted(pcm, ["-f", "s16le", "-ar", str(speech.RATE), "-ac", "1"], "mulaw", RATE)


def pcm(sound):
    """s16 at 24 kHz of mu-law."""
    return converted(sound, ["-f", "mulaw", "-ar", str(RATE), "-ac", "1"], "s16le", speech.RATE)


def converted(sound, source, encoding, rate):
    command = ["ffmpeg", "-v", "error", *source, "-i", "-", "-f", encoding, "-ar", str(rate),
               "-ac", "1", "-"]  # fmt: skip
    return subprocess.run(command, input=sound, capture_output=True, check=True).stdout


def signature(token, url, fields=()):
    text = url + "".join(name + value for name, value in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


class Caller:
    """`with Caller(server) as call:` has dialled and is connected."""

    def __init__(self, server, token=None, parameters=None, tracks=("inbound",)):
        self.where = self.ask(server, token)
        self.tracks = tracks
        headers = {}
        if token:
            headers["X-Twilio-Signature"] = signature(token, self.where)
        self.socket = connect(self.where, additional_headers=headers, compression=None)
        self.events = []  # "media" (once in a row), "mark", "clear", as they came
        self.heard = bytearray()  # mu-law that was really played
        self.waiting = []  # (when it has been played, sound or the name of a mark)
        self.plays_until = time.monotonic()
        self.sent = {track: queue.Queue() for track in tracks}
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.close_code = None
        self.number = 0
        self.send(event="connected", protocol="Call", version="1.0.0")
        self.send(event="start", streamSid=STREAM, start={
            "accountSid": "AC1", "streamSid": STREAM, "callSid": "CA1", "tracks": list(tracks),
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": RATE, "channels": 1},
            "customParameters": parameters or {}})  # fmt: skip
        self.threads = [
            threading.Thread(target=work, daemon=True)
            for work in (self._read, self._play, self._talk)
        ]
        for thread in self.threads:
            thread.start()

    def ask(self, server, token):
        url = server.url + "/twilio/voice"
        fields = [("CallSid", "CA1"), ("From", "+14158675309"), ("To", "+18005551212")]
        headers = {"X-Twilio-Signature": signature(token, url, fields)} if token else {}
        body = urllib.parse.urlencode(fields).encode()
        with urllib.request.urlopen(
            urllib.request.Request(url, data=body, headers=headers), timeout=30
        ) as answer:
            assert answer.headers["Content-Type"] == "text/xml", answer.headers
            stream = xml.fromstring(answer.read()).find("Connect/Stream")
        return stream.get("url")

    def send(self, **message):
        self.number += 1
        self.socket.send(json.dumps({"sequenceNumber": str(self.number), **message}))

    def say(self, sound, track="inbound"):
        """Mu-law, to be sent in real time; silence otherwise."""
        self.sent[track].put(sound)

    def press(self, digits):
        for digit in digits:
            self.send(event="dtmf", streamSid=STREAM,
                      dtmf={"track": "inbound_track", "digit": digit})  # fmt: skip

    def hang_up(self):
        self.send(event="stop", streamSid=STREAM, stop={"accountSid": "AC1", "callSid": "CA1"})
        self.over.wait(PATIENCE_SECONDS)

    def wait_for(self, condition):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with self.lock:
                if condition():
                    return True
            if self.over.wait(0.02):
                break
        return condition()

    def wait_until_quiet(self, since=0):
        """Something was heard after byte `since`, and nothing more waits to be played."""
        return self.wait_for(lambda: len(self.heard) > since and not self.waiting)

    def _talk(self):
        at, chunk = time.monotonic(), 0
        sounds = dict.fromkeys(self.tracks, b"")
        while not self.over.is_set():
            chunk += 1
            for track, sound in sounds.items():
                if not sound and not self.sent[track].empty():
                    sound = self.sent[track].get()
                frame, sounds[track] = sound[:FRAME].ljust(FRAME, SILENCE), sound[FRAME:]
                try:
                    self.send(event="media", streamSid=STREAM, media={
                        "track": track, "chunk": str(chunk), "timestamp": str(chunk * FRAME_MS),
                        "payload": base64.b64encode(frame).decode()})  # fmt: skip
                except ConnectionClosed:
                    return
            at += FRAME_MS / 1000
            self.over.wait(max(0, at - time.monotonic()))

    def _play(self):
        """What is due has been played, and marks go back."""
        while not self.over.wait(0.01):
            marks = []
            with self.lock:
                while self.waiting and self.waiting[0][0] <= time.monotonic():
                    _, what = self.waiting.pop(0)
                    if isinstance(what, str):
                        marks.append(what)
                    else:
                        self.heard += what
            self._send_marks(marks)

    def _send_marks(self, marks):
        for name in marks:
            try:
                self.send(event="mark", streamSid=STREAM, mark={"name": name})
            except ConnectionClosed:
                return

    def _read(self):
        try:
            for message in self.socket:
                self._take(json.loads(message))
        except ConnectionClosed:
            pass
        self.close_code = self.socket.protocol.close_code
        self.over.set()

    def _take(self, message):
        assert message["streamSid"] == STREAM, message
        cleared = []
        with self.lock:
            event = message["event"]
            if event != "media" or self.events[-1:] != ["media"]:
                self.events.append(event)
            if event == "media":
                sound = base64.b64decode(message["media"]["payload"], validate=True)
                self.plays_until = max(self.plays_until, time.monotonic())
                for at in range(0, len(sound), FRAME):
                    piece = sound[at : at + FRAME]
                    self.plays_until += len(piece) / RATE
                    self.waiting.append((self.plays_until, piece))
            elif event == "mark":
                name = message["mark"]["name"]
                self.waiting.append((max(self.plays_until, time.monotonic()), name))
            elif event == "clear":
                cleared = [what for _, what in self.waiting if isinstance(what, str)]
                self.waiting.clear()
                self.plays_until = time.monotonic()
            else:
                raise AssertionError(f"Twilio knows no {event}")
        self._send_marks(cleared)

    def close(self):
        self.over.set()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Overheard(Caller):
    """A call of others, whose sound is only streamed: whatever is sent into it is an error of Twilio's (31924)."""

    def ask(self, server, token):
        return f"ws://{server.host}:{server.port}/twilio/listen"

    def _take(self, message):
        self.events.append(message)
