#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does the recognition service stay well for hours?

    recognition_soak.py [--clients 30] [--minutes 60]
        So many clients come and go at every interface: raw, FunASR, sherpa-onnx (both), Vosk, Wyoming,
        xiaozhi, recordings that are posted. Each says something and reads the answer; some send garbage,
        some hang up in the middle, some stop and say nothing for a while, some leave a connection half
        open (no more is sent, nothing is read, and then it is cut without a word). Memory is looked at
        every second; at the end no stream is left, and threads and descriptors are what they were.

In a sanitizer build memory is not judged; a report of the sanitizer fails the run. Stand-ins with --fake.
Needs `tools/deps --with tests`; runs bin/parley (PARLEY_BIN_DIR). Exit status 1 when something is wrong.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import random
import socket
import struct
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "tests/e2e"), str(ROOT / "tools")]
from soak import is_sanitized  # noqa: E402
from speech_soak import settled  # noqa: E402
from support import speech  # noqa: E402
from support.speaking import Watch, held  # noqa: E402

RATE = 16_000
FRAME = RATE * 2 * 60 // 1000
PORTS = ("funasr", "sherpa_offline", "sherpa_online", "vosk", "wyoming")
# Who behaves badly, of a hundred.
GARBAGE, HANG_UP, HALF_OPEN, PAUSE = 10, 10, 5, 5
ANSWER_SECONDS = 120  # a sanitizer build on a loaded machine
RETRY_SECONDS = 2
LEFT_OPEN_SECONDS = 90  # transport/listener.h: a body 60 s, an answer that nobody takes 30 s


def parse(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--pause", type=float, default=8.0,
                        help="seconds at most that a client says nothing; a device's hello is waited for 10")
    parser.add_argument("--growth-max", type=float, default=10.0,
                        help="percent of memory, from a fifth of the time to the end")
    parser.add_argument("--fake", action="store_true", help="the stand-ins")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(arguments)


class Cut(Exception):
    """The server has ended the connection."""


class WebSocket:
    """So little of a client that it can send anything at any time, and be cut at any place."""

    @classmethod
    async def open(cls, port, path="/", headers=()):
        self = cls()
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: Upgrade", "Upgrade: websocket",
                 "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", *headers]  # fmt: skip
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = await self.reader.readuntil(b"\r\n\r\n")
        self.status = int(head.split()[1])
        return self

    def send(self, payload, opcode=None):
        opcode = opcode or (1 if isinstance(payload, str) else 2)
        data = payload.encode() if isinstance(payload, str) else payload
        head = bytes([0x80 | opcode])
        if len(data) < 126:
            head += bytes([0x80 | len(data)])
        elif len(data) < 65_536:
            head += bytes([0x80 | 126]) + struct.pack(">H", len(data))
        else:
            head += bytes([0x80 | 127]) + struct.pack(">Q", len(data))
        self.writer.write(head + bytes(4) + data)  # a mask of zeros changes nothing

    async def receive(self):
        """(opcode, payload)"""
        while True:
            first, second = await self.reader.readexactly(2)
            size = second & 0x7F
            if size >= 126:
                size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
            payload = await self.reader.readexactly(size)
            if first & 0x0F == 9:
                self.send(payload, 10)
            elif first & 0x0F == 8:
                raise Cut(payload)
            elif first & 0x0F != 10:
                return first & 0x0F, payload

    async def until(self, is_it):
        while True:
            _, payload = await self.receive()
            text = payload.decode()
            if is_it(text):
                return text


def tone(ms):
    """At 16 kHz."""
    full = speech.tone(ms * 3 // 2)  # at 24 kHz: one third less long when it is played at 16
    return full[: ms * RATE // 1000 * 2]


SOUND = {ms: tone(ms) + bytes(RATE * 2) for ms in (300, 800, 1500)}


def floats(pcm):
    samples = struct.unpack(f"<{len(pcm) // 2}h", pcm)
    return struct.pack(f"<{len(samples)}f", *(one / 32768 for one in samples))


FLOATS = {ms: floats(pcm) for ms, pcm in SOUND.items()}


async def raw(port, _ports, dice, misbehave):
    link = await WebSocket.open(port, "/v1/asr/stream?partials=" + dice.choice(("true", "false")))
    await misbehave(link)
    for at in range(0, len(pcm := SOUND[dice.choice(list(SOUND))]), FRAME):
        link.send(pcm[at : at + FRAME])
    link.send('{"type":"end"}')
    await link.until(lambda text: '"done"' in text)
    return link


async def vosk(_port, ports, dice, misbehave):
    link = await WebSocket.open(ports["vosk"])
    await misbehave(link)
    for at in range(0, len(pcm := SOUND[dice.choice(list(SOUND))]), FRAME):
        link.send(pcm[at : at + FRAME])
        await link.receive()
    link.send('{"eof" : 1}')
    await link.until(lambda text: '"text"' in text)
    return link


async def funasr(_port, ports, dice, misbehave):
    link = await WebSocket.open(ports["funasr"])
    await misbehave(link)
    for _ in range(dice.randrange(1, 3)):
        link.send(json.dumps({"mode": dice.choice(("2pass", "offline", "online")), "is_speaking": True,
                              "wav_name": "soak", "chunk_size": [5, 10, 5], "audio_fs": RATE}))  # fmt: skip
        link.send(SOUND[dice.choice(list(SOUND))])
        link.send('{"is_speaking":false}')
        await link.until(lambda text: '"is_final":true' in text.replace(" ", ""))
    return link


async def sherpa_offline(_port, ports, dice, misbehave):
    link = await WebSocket.open(ports["sherpa_offline"])
    await misbehave(link)
    for _ in range(dice.randrange(1, 3)):
        data = FLOATS[dice.choice(list(FLOATS))]
        link.send(struct.pack("<ii", RATE, len(data)) + data)
        await link.until(lambda text: '"text"' in text)
    return link


async def sherpa_online(_port, ports, dice, misbehave):
    link = await WebSocket.open(ports["sherpa_online"])
    await misbehave(link)
    link.send(FLOATS[dice.choice(list(FLOATS))])
    link.send("Done")
    await link.until(lambda text: text == "Done!")
    return link


async def xiaozhi(port, _ports, _dice, misbehave):
    link = await WebSocket.open(port, "/xiaozhi/v1/", ("Device-Id: 02:00:00:00:00:01",))
    if link.status != 101:
        return link
    await misbehave(link)
    link.send(json.dumps({"type": "hello", "version": 1, "transport": "websocket",
                          "audio_params": {"format": "opus", "sample_rate": RATE, "channels": 1,
                                           "frame_duration": 60}}))  # fmt: skip
    await link.until(lambda text: '"hello"' in text)
    link.send('{"type":"listen","state":"start","mode":"auto"}')
    link.send(b"\xf8\xff\xfe")  # 20 ms of silence
    link.send('{"type":"abort"}')
    return link


async def wyoming(_port, ports, dice, misbehave):
    link = WebSocket()
    link.reader, link.writer = await asyncio.open_connection("127.0.0.1", ports["wyoming"])
    link.status = 101
    link.send = lambda data, opcode=None: link.writer.write(data.encode() if isinstance(data, str) else data)
    await misbehave(link)

    def event(kind, data=None, payload=b""):
        head = {"type": kind, "data": data or {}, "payload_length": len(payload)}
        link.writer.write(json.dumps(head).encode() + b"\n" + payload)

    layout = {"rate": RATE, "width": 2, "channels": 1}
    event("transcribe")
    event("audio-start", layout)
    event("audio-chunk", layout, SOUND[dice.choice(list(SOUND))])
    event("audio-stop")
    while True:
        head = json.loads(await link.reader.readline() or b'{"type":""}')
        data = await link.reader.readexactly(head.get("data_length", 0) + head.get("payload_length", 0))
        if head["type"] in ("", "error"):
            raise Cut(503 if b'"busy"' in data else head)
        if head["type"] == "transcript":
            return link


def wav(pcm):
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(pcm), b"WAVE", b"fmt ", 16, 1, 1, RATE, RATE * 2, 2,
                       16, b"data", len(pcm))  # fmt: skip
    return head + pcm


async def posted(port, _ports, dice, misbehave):
    link = WebSocket()
    link.reader, link.writer = await asyncio.open_connection("127.0.0.1", port)
    link.send = lambda data, opcode=None: link.writer.write(data.encode() if isinstance(data, str) else data)
    body = (b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nany\r\n--b\r\nContent-Disposition: '
            b'form-data; name="file"; filename="a.wav"\r\n\r\n' + wav(SOUND[dice.choice(list(SOUND))]) + b"\r\n--b--\r\n")  # fmt: skip
    link.writer.write(b"POST /v1/audio/transcriptions HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; "
                      b"boundary=b\r\nContent-Length: %d\r\n\r\n" % len(body))  # fmt: skip
    await misbehave(link)
    link.writer.write(body)
    head = await link.reader.readuntil(b"\r\n\r\n")
    link.status = int(head.split()[1])
    return link


FACES = (raw, vosk, funasr, sherpa_offline, sherpa_online, xiaozhi, wyoming, posted)


class HungUp(Exception):
    """As the client wanted."""


class Clients:
    def __init__(self, server, ports, options):
        self.server, self.ports, self.options = server, ports, options
        self.seen, self.problems = Counter(), Counter()

    async def run(self):
        self.end = time.monotonic() + self.options.minutes * 60
        seeds = range(self.options.seed * 1000, self.options.seed * 1000 + self.options.clients)
        await asyncio.gather(*(self.live(random.Random(seed)) for seed in seeds))

    async def live(self, dice):
        while time.monotonic() < self.end:
            await self.come(dice)

    async def come(self, dice):
        face = dice.choice(FACES)
        draw = dice.randrange(100)
        links = []

        async def misbehave(link):
            """What the client does at its beginning; a good one does nothing."""
            links.append(link)
            if getattr(link, "status", 101) != 101:
                raise Cut(link.status)
            if draw < GARBAGE:
                junk = dice.randbytes(dice.randrange(1, 5000))
                link.send(dice.choice((junk, '{"type":', "[]", '{"is_speaking":7}', junk.hex())))
                if dice.random() < 0.5:
                    link.writer.write(junk)  # no frame at all
                raise HungUp
            if draw < GARBAGE + HANG_UP:
                link.send(SOUND[800][: dice.randrange(2, 20_000)])
                raise HungUp
            if draw < GARBAGE + HANG_UP + HALF_OPEN:
                link.send(SOUND[800])
                link.writer.write_eof()
                await asyncio.sleep(dice.random() * self.options.pause)
                raise HungUp
            if draw < GARBAGE + HANG_UP + HALF_OPEN + PAUSE:
                await asyncio.sleep(dice.random() * self.options.pause)

        kind = face.__name__
        try:
            link = await asyncio.wait_for(
                face(self.server.port, self.ports, dice, misbehave), ANSWER_SECONDS + self.options.pause
            )
            links.append(link)
            if getattr(link, "status", 101) == 503:
                kind += " refused with a time"
                await asyncio.sleep(RETRY_SECONDS)
            elif getattr(link, "status", 101) not in (101, 200):
                self.problems[f"{kind}: status {link.status}"] += 1
        except HungUp:
            kind += " left"
        except (Cut, asyncio.IncompleteReadError, OSError) as cut:
            # A server that refuses says so by a close; who behaves well is not cut otherwise.
            # Wyoming's has no handshake: what is sent meanwhile may cut it before the error is read.
            refused = cut.args == (503,) or (face is wyoming and isinstance(cut, OSError)) or (cut.args and isinstance(cut.args[0], bytes)
                                              and cut.args[0][:2] == struct.pack(">H", 1013))  # fmt: skip
            kind += " refused with a time" if refused else " cut"
            if not refused and draw >= GARBAGE + HANG_UP + HALF_OPEN:
                self.problems[f"{kind}: {cut!r}"[:200]] += 1
        except asyncio.TimeoutError:
            self.problems[f"{kind}: no answer"] += 1
        self.seen[kind] += 1
        for link in links[:1]:
            if dice.random() < 0.3:  # without a word: a reset
                with contextlib.suppress(OSError):  # it is gone already
                    link.writer.get_extra_info("socket").setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                    )
            link.writer.close()


def streams_left(server):
    """Once all that was cut has been noticed."""
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        left = json.loads(server.get("/readyz")[2]).get("streams", 0)
        if left == 0:
            return 0
        time.sleep(0.2)
    return left


def wait_for_descriptors(pid, count):
    """Until what clients left open has met its time limit: half a request is waited for longest."""
    limit = time.monotonic() + LEFT_OPEN_SECONDS
    while held(pid)[3] > count and time.monotonic() < limit:
        time.sleep(0.5)


def soak(server, ports, options):
    pid = server.process.pid
    warm = Clients(server, ports, argparse.Namespace(**{**vars(options), "minutes": 0.05, "seed": 0}))
    asyncio.run(warm.run())  # every thread is there
    _, _, threads, descriptors = settled(pid)
    watch = Watch(pid)
    clients = Clients(server, ports, options)
    asyncio.run(clients.run())
    samples = watch.stop()
    left = streams_left(server)
    wait_for_descriptors(pid, descriptors)
    after = settled(pid)
    print(f"{sum(clients.seen.values())} clients: {dict(clients.seen.most_common())}")
    problems = [f"{count} times: {what}" for what, count in clients.problems.most_common(10)]
    problems += [f"no {face.__name__} was answered" for face in FACES if not clients.seen[face.__name__]]
    tenths = [samples[place * (len(samples) - 1) // 10] for place in range(11)] if samples else []
    print("memory: " + ", ".join(f"{one.seconds:.0f} s {one.resident_mib:.0f} MiB" for one in tenths))
    print(f"at the end {after[0]:.0f} MiB, {after[2]} threads, {after[3]} descriptors, {left} streams")
    if tenths and not options.sanitized:
        growth = 100 * (samples[-1].resident_mib / tenths[2].resident_mib - 1)
        print(f"growth since a fifth of the time: {growth:+.1f} %")
        if growth > options.growth_max:
            problems.append(f"memory grew by {growth:.1f} %")
    if left:
        problems.append(f"{left} streams are left")
    if after[2] != threads:
        problems.append(f"{threads} threads became {after[2]}")
    if after[3] > descriptors:
        problems.append(f"{descriptors} descriptors became {after[3]}")
    return problems


def main(arguments):
    from support import places
    from support.server import Server

    logging.getLogger("asyncio").setLevel(logging.ERROR)  # it warns of each connection that was cut
    options = parse(arguments)
    options.sanitized = is_sanitized(places.program())
    settings = {"log.level": "error", **{f"ports.{name}": 0 for name in PORTS}}
    names = {"FunASR": "funasr", "sherpa-onnx offline": "sherpa_offline", "Vosk": "vosk", "Wyoming": "wyoming",
             "sherpa-onnx streaming": "sherpa_online"}  # fmt: skip
    with Server(fake=options.fake, settings=settings) as server:
        ports = {}
        for _ in PORTS:
            line = server.lines.get(timeout=10).removeprefix("parley ")
            name, _, address = line.partition(" listening on ")
            ports[names[name]] = int(address.rpartition(":")[2])
        problems = soak(server, ports, options)
    for problem in problems:
        print(f"FAILED: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
