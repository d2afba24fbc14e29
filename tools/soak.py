#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does the server give back what sessions took?

    soak.py [--sessions 10000] [--warm 1000] [--at-once 4]
        Opens sessions, speaks one turn in each, takes the whole reply, closes them. What the server
        holds after all of them is compared with what it held after the first --warm: memory at
        most --growth-max percent more, threads and descriptors equal.

    soak.py --idle 1000 [--real]
        Opens sessions that each have one spoken turn and then stay: resident memory per session.

In a sanitizer build memory is not judged: the sanitizer keeps what is freed. Fake models, unless
--real. Needs `tools/deps --with tests`; runs bin/parley (PARLEY_BIN_DIR).
Exit status 1 when a limit is passed.
"""

import argparse
import asyncio
import base64
import json
import mmap
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CACHE = Path(os.environ.get("PARLEY_CACHE") or Path.home() / ".cache/parley")
SILENCE_MS = 300
SETTLE_SECONDS = 30

sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests/e2e"))


def parse(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--warm", type=int, default=1_000)
    # A leak shows at any number; the memory of a peak, which the allocator keeps, depends on how many
    # sessions happen to be at the same point, so more at once make the figure less steady.
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--growth-max", type=float, default=2.0, help="percent of memory")
    parser.add_argument("--idle", type=int, help="measure so many idle sessions instead")
    parser.add_argument("--idle-max", type=float, default=0.5, help="MiB per idle session")
    parser.add_argument("--real", action="store_true", help="real models instead of fakes")
    return parser.parse_args(arguments)


def is_sanitized(program):
    with open(program, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as code:
        return any(code.find(name) >= 0 for name in (b"__asan_init", b"__tsan_init"))


class Held:
    """What a process holds now."""

    def __init__(self, pid):
        status = Path(f"/proc/{pid}/status").read_text()
        self.resident_kib = int(status.partition("VmRSS:")[2].split()[0])
        self.threads = int(status.partition("Threads:")[2].split()[0])
        self.descriptors = len(list(Path(f"/proc/{pid}/fd").iterdir()))

    def __str__(self):
        return (
            f"{self.resident_kib / 1024:.1f} MiB resident, {self.threads} threads, "
            f"{self.descriptors} descriptors"
        )


async def settled(pid, descriptors):
    """What is held once closed connections are gone; what is held anyway when they never go."""
    limit = time.monotonic() + SETTLE_SECONDS
    held = Held(pid)
    while held.descriptors > descriptors and time.monotonic() < limit:
        await asyncio.sleep(0.1)
        held = Held(pid)
    return held


class Speaker:
    """The turn that every session has."""

    def __init__(self, real):
        from support import speech

        sound = speech.clip("wisdom").pcm if real else speech.tone(300)
        pcm = sound + speech.silence(SILENCE_MS + 400)
        self.append = json.dumps(
            {"type": "input_audio_buffer.append", "audio": base64.b64encode(pcm).decode()}
        )
        self.short = json.dumps(
            {"type": "session.update", "session": {"type": "realtime", "max_output_tokens": 8}}
        )
        self.real = real

    async def open(self, url):
        from websockets.asyncio.client import connect

        return await connect(
            f"{url}?model=parley", max_size=None, compression=None, ping_interval=None,
            open_timeout=120,
        )  # fmt: skip

    async def turn(self, socket):
        if self.real:
            await socket.send(self.short)
        await socket.send(self.append)
        async for text in socket:
            # Audio makes most of the frames; only the short ones are worth parsing.
            if len(text) < 10_000:
                event = json.loads(text)
                if event["type"] == "error":
                    raise SystemExit(f"the server answered an error: {event['error']}")
                if event["type"] == "response.done":
                    if event["response"]["status"] not in ("completed", "incomplete"):
                        raise SystemExit(f"a reply failed: {event['response']}")
                    return
        raise SystemExit(f"the server closed a session: {socket.close_code}")


async def spread(count, at_once, work):
    """Runs work() count times, so many at once."""
    left = iter(range(count))

    async def worker():
        for _ in left:
            await work()

    await asyncio.gather(*[worker() for _ in range(at_once)])


async def churn(server, options):
    speaker = Speaker(options.real)
    pid = server.process.pid
    before = Held(pid)
    print(f"at the start:            {before}", flush=True)

    async def one():
        socket = await speaker.open(server.socket_url)
        await speaker.turn(socket)
        await socket.close()

    start = time.monotonic()
    await spread(options.warm, options.at_once, one)
    warm = await settled(pid, before.descriptors)
    print(f"after {options.warm:6} sessions:   {warm}", flush=True)
    await spread(options.sessions - options.warm, options.at_once, one)
    after = await settled(pid, warm.descriptors)
    print(f"after {options.sessions:6} sessions:   {after}", flush=True)
    seconds = time.monotonic() - start
    growth = 100 * (after.resident_kib - warm.resident_kib) / warm.resident_kib
    print(f"growth {growth:+.2f} %, {seconds:.0f} s, {options.sessions / seconds:.0f} sessions/s")
    problems = []
    if growth > options.growth_max and not options.sanitized:
        problems.append(f"memory grew by {growth:.2f} %")
    if after.threads != warm.threads:
        problems.append(f"{warm.threads} threads became {after.threads}")
    if after.descriptors != warm.descriptors:
        problems.append(f"{warm.descriptors} descriptors became {after.descriptors}")
    return problems


async def idle(server, options):
    speaker = Speaker(options.real)
    pid = server.process.pid
    open_sockets = []

    async def one():
        socket = await speaker.open(server.socket_url)
        await speaker.turn(socket)
        open_sockets.append(socket)

    # The first sessions make what all sessions share; they are not what one more costs.
    await spread(20, options.at_once, one)
    before = Held(pid)
    print(f"with {len(open_sockets):6} sessions:   {before}", flush=True)
    await spread(options.idle, options.at_once, one)
    after = Held(pid)
    print(f"with {len(open_sockets):6} sessions:   {after}", flush=True)
    each = (after.resident_kib - before.resident_kib) / 1024 / options.idle
    print(f"{each:.3f} MiB for each idle session after one spoken turn")
    await asyncio.gather(*[socket.close() for socket in open_sockets])
    is_large = each > options.idle_max and not options.sanitized
    return [f"{each:.3f} MiB per session"] if is_large else []


def main(arguments):
    from support import places
    from support.server import Server

    options = parse(arguments)
    options.sanitized = is_sanitized(places.program())
    settings = {
        "playout.lead_ms": 0, "turn.silence_ms": SILENCE_MS, "log.level": "warn",
        "limits.sessions": 100_000, "limits.connections": 100_000,
    }  # fmt: skip
    work = idle if options.idle else churn
    with Server(fake=not options.real, settings=settings) as server:
        problems = asyncio.run(work(server, options))
    for problem in problems:
        print(f"FAILED: {problem}", file=sys.stderr)
    return 1 if problems else 0


def enter_environment(script):
    python = CACHE / "venv/tests/bin/python"
    if Path(sys.prefix) != python.parents[1]:
        if not python.exists():
            sys.exit(f"{python} is missing: run tools/deps --with tests")
        os.execv(python, [python, "-B", script, *sys.argv[1:]])


if __name__ == "__main__":
    enter_environment(__file__)
    sys.exit(main(sys.argv[1:]))
