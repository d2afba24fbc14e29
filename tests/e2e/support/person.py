# SPDX-License-Identifier: Apache-2.0
"""A participant of a LiveKit room, by LiveKit's own Python client (the environment `rooms`).

    with Person(livekit, "room", "ada") as ada, Person(livekit, "room", "bob") as bob:
        said = ada.say(speech.clip("best_and_worst").pcm)
        bob.wait_for(lambda: bob.sound_of("ada").heard_after(said.began), 10, "ada is heard")

All persons of a process share one thread with one event loop; methods are called from the test's
thread and return when it is done. Times are of time.monotonic(). What comes is kept, whole, and
wait_for() looks at it again whenever something new has come.
"""

import asyncio
import concurrent.futures
import contextlib
import functools
import logging
import os
import threading
import time
from dataclasses import dataclass, field

import numpy
from livekit import rtc
from livekit.rtc import _ffi_client

JOIN_SECONDS = 30
CALL_SECONDS = 60
HEARD_MS = 20
# The library tells every person of every piece that any microphone took: few pieces, and large. They
# are given this far ahead of the clock, so that a late event loop is not heard.
SAID_MS = 100
LEAD_SECONDS = 0.15
QUEUE_MS = 400
BEHIND_SECONDS = 0.1  # of silence that should have left: it is left out
QUIET = 300.0  # root mean square of what counts as silence, of 32768
TRANSCRIPTION, CHAT = "lk.transcription", "lk.chat"
STATE = "lk.agent.state"
# The library warns of each channel that closes when somebody leaves.
logging.getLogger("livekit").setLevel(logging.CRITICAL)


@functools.cache
def loop():
    """The one event loop, in its thread."""
    # The client hands every line of its log to Python, of every level, which is a third of its work.
    before = os.environ.get("RUST_LOG")
    os.environ["RUST_LOG"] = "off"
    client = _ffi_client.FfiClient.instance
    client._ffi_lib.livekit_ffi_initialize(_ffi_client.ffi_event_callback, False, b"python", b"tests")
    if before is None:
        del os.environ["RUST_LOG"]  # what is started from here has its own
    else:
        os.environ["RUST_LOG"] = before
    made = asyncio.new_event_loop()
    threading.Thread(target=made.run_forever, name="persons", daemon=True).start()
    return made


@dataclass
class Said:
    """When a piece of sound left the microphone: its first and its last sample."""

    began: float
    ended: float


@dataclass
class Sound:
    """What came of one track. Frames are (arrival, level, samples as bytes)."""

    identity: str
    sid: str
    name: str
    rate: int
    frames: list = field(default_factory=list)
    ended: bool = False

    def pcm(self, since=0.0, until=float("inf")):
        return b"".join(samples for at, _, samples in list(self.frames) if since <= at <= until)

    def heard_after(self, time_, level=QUIET):
        """When the first loud frame came that came after `time_`, or None."""
        return next((at for at, loud, _ in list(self.frames) if at > time_ and loud > level), None)

    def loud_until(self, level=QUIET):
        """When the last loud frame came, or None."""
        return next((at for at, loud, _ in reversed(list(self.frames)) if loud > level), None)

    def quiet_for(self, level=QUIET):
        """Seconds since the last loud frame, by now; None where there never was one."""
        last = self.loud_until(level)
        return None if last is None else time.monotonic() - last


@dataclass
class Text:
    """A text stream. `sender` is on whose behalf it was sent; chunks are (arrival, text)."""

    topic: str
    sender: str
    stream_id: str
    attributes: dict
    opened: float
    chunks: list = field(default_factory=list)
    closed: float | None = None
    problem: str = ""

    @property
    def text(self):
        return "".join(text for _, text in list(self.chunks))

    @property
    def segment(self):
        return self.attributes.get("lk.segment_id", "")

    @property
    def final(self):
        """Whether it is whole, and says that it is the last of its segment."""
        return self.closed is not None and self.attributes.get("lk.transcription_final") == "true"

    @property
    def translation(self):
        """The language that it is translated to; empty for what was said itself."""
        return self.attributes.get("parley.translation", "")


@dataclass
class Segment:
    """Of the legacy transcription packets."""

    identity: str
    track_sid: str
    id: str
    text: str
    language: str
    start: int
    end: int
    final: bool
    at: float


class Person:
    """`agents` are (name, metadata) that the room gets when this person makes it; `token` replaces
    all that is said about who it is; `hears` says of an identity whether its tracks are subscribed to."""

    def __init__(
        self, livekit, room, identity, *, name="", metadata="", attributes=None, kind="", agents=(), token=None,
        url=None, rate=24000, microphone=True, listens=True, hears=None,
    ):  # fmt: skip
        self.identity, self.rate, self.listens, self.hears = identity, rate, listens, hears
        self.sounds, self.texts, self.segments, self.data, self.events = [], [], [], [], []
        self.changes = []  # (arrival, identity, attributes that changed)
        self.microphone = None
        self.news = threading.Condition()
        self.tasks = set()
        self.token = token or livekit.token(
            identity, room, name=name, metadata=metadata, attributes=attributes, kind=kind,
            agents=agents, grants={"canUpdateOwnMetadata": True},
        )  # fmt: skip
        self._do(self._join(url or livekit.url, microphone), JOIN_SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.leave()

    # --- in and out ---

    async def _join(self, url, microphone):
        self.room = rtc.Room(loop=asyncio.get_running_loop())
        for name in dir(self):
            if name.startswith("_on_"):
                self.room.on(name[len("_on_") :], getattr(self, name))
        for topic in (TRANSCRIPTION, CHAT):
            self.room.register_text_stream_handler(topic, self._read_text)
        await self.room.connect(url, self.token, rtc.RoomOptions(auto_subscribe=self.hears is None))
        for participant in self.room.remote_participants.values():
            for publication in participant.track_publications.values():
                self._on_track_published(publication, participant)
        if microphone:
            self.microphone = Microphone(self.rate)
            track = rtc.LocalAudioTrack.create_audio_track("microphone", self.microphone.source)
            options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
            self.publication = await self.room.local_participant.publish_track(track, options)
            self.track = track
            self._run(self.microphone.run())

    def leave(self):
        self._do(self._leave())

    async def _leave(self):
        await self.room.disconnect()
        if self.microphone:
            self.microphone.stop()
        # Streams of tracks end with the room; those that do not are left behind.
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        if self.microphone:
            await self.microphone.source.aclose()

    # --- the microphone ---

    def say(self, pcm, rate=None):
        """Speaks `pcm` (mono, 16 bits) in real time, after what is being said; silence surrounds it."""
        seconds = len(pcm) / 2 / (rate or self.rate)
        return self.start_saying(pcm, rate).result(CALL_SECONDS + seconds)

    def start_saying(self, pcm, rate=None):
        """As say(), without waiting: a future of Said."""
        if (rate or self.rate) != self.rate:
            resampler = rtc.AudioResampler(rate, self.rate, quality=rtc.AudioResamplerQuality.HIGH)
            pieces = [*resampler.push(bytearray(pcm)), *resampler.flush()]
            pcm = b"".join(bytes(piece.data) for piece in pieces)
        said = concurrent.futures.Future()
        loop().call_soon_threadsafe(self.microphone.queue, pcm, said)
        return said

    def publish_nothing(self):
        """A track on which no sound ever comes."""
        track = rtc.LocalAudioTrack.create_audio_track("nothing", rtc.AudioSource(self.rate, 1))
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        self._do(self.room.local_participant.publish_track(track, options))

    def mute(self, muted=True):
        loop().call_soon_threadsafe(self.track.mute if muted else self.track.unmute)

    def unmute(self):
        self.mute(False)

    # --- words ---

    def write(self, text, topic=CHAT, to=None, attributes=None):
        participant = self.room.local_participant
        return self._do(participant.send_text(
            text, topic=topic, destination_identities=to, attributes=attributes
        ))  # fmt: skip

    def write_on_behalf(self, sender, pieces, topic=TRANSCRIPTION, attributes=None, at_end=None):
        """A text stream of another's words, as agents send what people said."""
        return self._do(self._write_on_behalf(sender, pieces, topic, attributes, at_end))

    async def _write_on_behalf(self, sender, pieces, topic, attributes, at_end):
        writer = await self.room.local_participant.stream_text(
            topic=topic, attributes=attributes, sender_identity=sender
        )
        for piece in pieces:
            await writer.write(piece)
        await writer.aclose(attributes=at_end)

    def rpc(self, identity, method, payload="", seconds=10):
        """The answer; rtc.RpcError where it was refused."""
        return self._do(self.room.local_participant.perform_rpc(
            destination_identity=identity, method=method, payload=payload, response_timeout=seconds
        ))  # fmt: skip

    def serve(self, method, function):
        """`function` answers calls of that method: payload in, text out."""
        answer = lambda call: function(call.payload)
        self._do(self._call(self.room.local_participant.register_rpc_method, method, answer))

    def send_data(self, data, topic="", to=()):
        self._do(self.room.local_participant.publish_data(
            data, topic=topic, destination_identities=list(to)
        ))  # fmt: skip

    def set_attributes(self, attributes):
        self._do(self.room.local_participant.set_attributes(attributes))

    # --- what there is to see and hear ---

    @property
    def others(self):
        """{identity: participant}, now."""
        return dict(self.room.remote_participants)

    @property
    def agents(self):
        kind = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
        return [one for one in self.others.values() if one.kind == kind]

    def attributes_of(self, identity):
        one = self.others.get(identity)
        return dict(one.attributes) if one else {}

    def tracks_there(self, identity):
        """Of that participant, whether they are subscribed to or not."""
        one = self.others.get(identity)
        return list(one.track_publications.values()) if one else []

    def sounds_of(self, identity):
        """Of each of that participant's tracks, in the order in which they came."""
        return [sound for sound in list(self.sounds) if sound.identity == identity]

    def sound_of(self, identity, name=None):
        """Of the newest track, or the newest that is called so; an empty one before there is any."""
        found = [s for s in self.sounds_of(identity) if name in (None, s.name)]
        return found[-1] if found else Sound(identity, "", "", self.rate)

    def said_by(self, sender, final=True, translation=""):
        """Transcriptions of what `sender` said, or their translations, in the order in which they came."""
        return [
            text for text in list(self.texts)
            if (text.topic, text.sender, text.translation) == (TRANSCRIPTION, sender, translation)
            and (text.final or not final)
        ]  # fmt: skip

    def wait_for(self, condition, seconds=30, what="something"):
        """The first true value of `condition`, which is asked again whenever something came."""
        limit = time.monotonic() + seconds
        with self.news:
            while True:
                value = condition()
                if value:
                    return value
                left = limit - time.monotonic()
                if left <= 0:
                    raise AssertionError(
                        f"{self.identity} waited {seconds} s for {what}; {self.summary()}"
                    )
                self.news.wait(min(left, 0.05))

    def wait_for_agent(self, seconds=30, state=None):
        """The first agent in the room that is in that state, or in any."""

        def found():
            return next((a for a in self.agents if state in (None, a.attributes.get(STATE))), None)

        return self.wait_for(found, seconds, f"an agent that is {state or 'there'}")

    def summary(self):
        """Of what came, for a test that fails."""
        people = {name: dict(one.attributes) for name, one in self.others.items()}
        texts = [(t.topic, t.sender, t.attributes, t.text) for t in list(self.texts)[-8:]]
        sounds = [(s.identity, s.name, len(s.frames), s.quiet_for()) for s in list(self.sounds)]
        return f"others: {people}; last texts: {texts}; tracks: {sounds}; events: {self.events[-8:]}"

    # --- what the library tells, in the loop's thread ---

    def _on_track_subscribed(self, track, publication, participant):
        if self.listens and track.kind == rtc.TrackKind.KIND_AUDIO:
            sound = Sound(participant.identity, publication.sid, publication.name, self.rate)
            self._tell(self.sounds, sound)
            self._run(self._listen(track, sound))

    def _on_track_published(self, publication, participant):
        if self.hears is not None and self.hears(participant.identity):
            publication.set_subscribed(True)

    async def _listen(self, track, sound):
        stream = rtc.AudioStream(track, sample_rate=self.rate, num_channels=1, frame_size_ms=HEARD_MS)
        try:
            async for event in stream:
                samples = bytes(event.frame.data)
                self._tell(sound.frames, (time.monotonic(), level(samples), samples))
        finally:
            sound.ended = True
            with contextlib.suppress(Exception):
                await stream.aclose()

    def _read_text(self, reader, identity):
        info = reader.info
        text = Text(info.topic, identity, info.stream_id, dict(info.attributes or {}), time.monotonic())
        self._tell(self.texts, text)
        self._run(self._follow_text(reader, text))

    async def _follow_text(self, reader, text):
        try:
            async for chunk in reader:
                self._tell(text.chunks, (time.monotonic(), chunk))
        except rtc.StreamError as error:
            text.problem = str(error)
        text.attributes = dict(reader.info.attributes or {})  # with those of the end
        text.closed = time.monotonic()
        self._tell()

    def _on_transcription_received(self, segments, participant, publication):
        identity = participant.identity if participant else ""
        sid = publication.sid if publication else ""
        for one in segments:
            self._tell(self.segments, Segment(
                identity, sid, one.id, one.text, one.language, one.start_time, one.end_time, one.final,
                time.monotonic(),
            ))  # fmt: skip

    def _on_data_received(self, packet):
        sender = packet.participant.identity if packet.participant else ""
        self._tell(self.data, (time.monotonic(), packet.topic, sender, bytes(packet.data)))

    def _on_participant_attributes_changed(self, changed, participant):
        self._tell(self.changes, (time.monotonic(), participant.identity, dict(changed)))

    def _on_participant_connected(self, participant):
        self._event("joined", participant.identity)

    def _on_participant_disconnected(self, participant):
        self._event("left", participant.identity)

    def _on_track_muted(self, participant, publication):
        self._event("muted", participant.identity)

    def _on_track_unmuted(self, participant, publication):
        self._event("unmuted", participant.identity)

    def _on_track_unsubscribed(self, track, publication, participant):
        self._event("track ended", participant.identity)

    def _on_reconnecting(self):
        self._event("reconnecting", "")

    def _on_reconnected(self):
        self._event("reconnected", "")

    def _on_disconnected(self, reason):
        self._event("disconnected", rtc.DisconnectReason.Name(reason))

    def _event(self, name, about):
        self._tell(self.events, (time.monotonic(), name, about))

    def _tell(self, kept=None, news=None):
        with self.news:
            if kept is not None:
                kept.append(news)
            self.news.notify_all()

    def _run(self, coroutine):
        task = asyncio.get_running_loop().create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _do(self, coroutine, seconds=CALL_SECONDS):
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(coroutine, seconds), loop()).result()

    async def _call(self, function, *arguments):
        return function(*arguments)


class Microphone:
    """Frames at the pace of the clock: what is to be said, else silence."""

    def __init__(self, rate):
        self.rate = rate
        self.size = rate * SAID_MS // 1000 * 2
        self.source = rtc.AudioSource(rate, 1, queue_size_ms=QUEUE_MS)
        self.waiting = []  # [pcm, position, when it began, future]
        self.running = True

    def queue(self, pcm, said):
        self.waiting.append([pcm, 0, None, said])

    def stop(self):
        self.running = False
        for _, _, _, said in self.waiting:
            said.cancel()

    async def run(self):
        # Sample n leaves at `start` + n / rate; after a pause of this thread no speech is skipped.
        start, sent = time.monotonic(), 0
        while self.running:
            at = start + sent * SAID_MS / 1000
            behind = time.monotonic() - at
            if behind > BEHIND_SECONDS and not self.waiting:
                start, at = start + behind, at + behind
            frame = self._next(at)
            await self.source.capture_frame(rtc.AudioFrame(frame, self.rate, 1, len(frame) // 2))
            sent += 1
            await asyncio.sleep(max(0.0, at + SAID_MS / 1000 - LEAD_SECONDS - time.monotonic()))

    def _next(self, at):
        frame = b""
        while self.waiting and len(frame) < self.size:
            piece = self.waiting[0]
            pcm, position, began, said = piece
            taken = pcm[position : position + self.size - len(frame)]
            if began is None:
                piece[2] = began = at + len(frame) / 2 / self.rate
            frame += taken
            piece[1] += len(taken)
            if piece[1] >= len(pcm):
                self.waiting.pop(0)
                said.set_result(Said(began, at + len(frame) / 2 / self.rate))
        return frame + bytes(self.size - len(frame))


def level(samples):
    """Root mean square of 16-bit samples."""
    values = numpy.frombuffer(samples, dtype=numpy.int16).astype(numpy.float32)
    return float(numpy.sqrt(numpy.mean(values * values))) if len(values) else 0.0
