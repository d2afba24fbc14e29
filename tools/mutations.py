#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do clients that send broken events disturb anybody else?

    mutations.py [--events 200000] [--rate 500] [--runs 5]
        A server with fake models has two kinds of clients: some that talk, and, in every second of
        2 x --runs runs, some that send --rate mutated events a second, --events in all. The server
        must live, its memory be the same after the last of those runs as after the first, and the
        median over the runs of the talkers' 99th percentile must stay within 20 % or 5 ms.

The mutations come from fuzz/corpus/client_event and --seed. Needs `tools/deps --with tests`; runs
bin/parley (PARLEY_BIN_DIR). Exit status 1 when a limit is passed.
"""

import argparse
import asyncio
import collections
import json
import os
import random
import statistics
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import soak  # noqa: E402  (what a process holds, and the environment)
from mutations_lib import Mutator  # noqa: E402

TALKERS = 4
PAUSE_SECONDS = 0.02  # of a talker between two turns
TURNS_PER_SESSION = 50  # a conversation that grows would be slower for a reason of its own
BREAKERS = 20
EVENTS_PER_SESSION = 500
SHARE_MAX = 1.2
MS_MAX = 5.0
WORDS = "the sea the ships and the harbours of the world"


def parse(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--rate", type=int, default=500, help="events a second")
    parser.add_argument("--runs", type=int, default=5, help="with, and as many without")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--growth-max", type=float, default=5.0, help="percent of memory")
    parser.add_argument("--break", dest="breaking", metavar="URL", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


async def connect(url):
    from websockets.asyncio.client import connect as open_socket

    return await open_socket(
        f"{url}?model=parley", max_size=None, compression=None, ping_interval=None, open_timeout=60
    )


# --- those who send broken events: a process of their own --------------------------------------------


async def breaker(url, mutator, turns, count):
    """Sends when it is told to; a connection that ends is followed by another."""
    from websockets.exceptions import ConnectionClosed

    socket = reader = None
    on_this = 0
    while await turns.get():
        if socket is None:
            socket = await connect(url)
            reader = asyncio.create_task(take_all(socket))
            on_this = 0
        try:
            await socket.send(mutator.frame())
            count["sent"] += 1
        except ConnectionClosed:
            count[f"closed with {socket.close_code}"] += 1
            socket = None
            continue
        on_this += 1
        if on_this == EVENTS_PER_SESSION:
            await socket.close()
            socket = None
    if socket is not None:
        await socket.close()
        await reader


async def take_all(socket):
    async for _ in socket:
        pass


async def break_things(options):
    turns = asyncio.Queue(maxsize=options.rate)
    count = collections.Counter()
    workers = [
        asyncio.create_task(breaker(options.breaking, Mutator(options.seed * 1000 + i), turns, count))
        for i in range(BREAKERS)
    ]
    start = time.monotonic()
    while count["sent"] < options.events:
        due = int((time.monotonic() - start) * options.rate)
        for _ in range(due - count["asked"]):
            await turns.put(True)
            count["asked"] += 1
        await asyncio.sleep(0.01)
    seconds = time.monotonic() - start
    for _ in workers:
        await turns.put(False)
    await asyncio.gather(*workers)
    print(json.dumps({"seconds": seconds, **count}))


# --- those who talk ------------------------------------------------------------------------------------


class Talker:
    """Text turns, one after the other, until it is told to stop; the milliseconds that each took."""

    def __init__(self, url):
        self.url = url
        self.times = []

    async def turn(self, socket):
        content = [{"type": "input_text", "text": WORDS}]
        item = {"type": "message", "role": "user", "content": content}
        start = time.perf_counter()
        await socket.send(json.dumps({"type": "conversation.item.create", "item": item}))
        response = {"output_modalities": ["text"]}
        await socket.send(json.dumps({"type": "response.create", "response": response}))
        async for text in socket:
            event = json.loads(text)
            if event["type"] == "error":
                raise SystemExit(f"a talker got an error: {event['error']}")
            if event["type"] == "response.done":
                if event["response"]["status"] != "completed":
                    raise SystemExit(f"a talker's reply failed: {event['response']}")
                self.times.append(1000 * (time.perf_counter() - start))
                return
        raise SystemExit(f"a talker's session was closed: {socket.close_code}")

    async def run(self, stop):
        while not stop.is_set():
            socket = await connect(self.url)
            for _ in range(TURNS_PER_SESSION):
                await self.turn(socket)
                await asyncio.sleep(PAUSE_SECONDS)
                if stop.is_set():
                    break
            await socket.close()


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


async def one_run(server, options, number, is_broken):
    """(99th percentile in ms, what the breaking process said or nothing)"""
    stop = asyncio.Event()
    talkers = [Talker(server.socket_url) for _ in range(TALKERS)]
    tasks = [asyncio.create_task(talker.run(stop)) for talker in talkers]
    events = options.events // options.runs
    said = None
    if is_broken:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-B", __file__, "--break", server.socket_url, "--seed",
            str(options.seed + number), "--events", str(events), "--rate", str(options.rate),
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, _ = await process.communicate()
        if process.returncode != 0:
            raise SystemExit(f"the breaking process ended with {process.returncode}")
        said = json.loads(output)
    else:
        await asyncio.sleep(events / options.rate)
    stop.set()
    await asyncio.gather(*tasks)
    times = [time for talker in talkers for time in talker.times]
    shown = f"p50 {percentile(times, 0.5):6.2f}  p99 {percentile(times, 0.99):6.2f} ms of {len(times)} turns"
    return percentile(times, 0.99), shown, said


async def measure(server, options):
    pid = server.process.pid
    at_rest = soak.Held(pid).descriptors
    p99 = {True: [], False: []}
    memory = []
    sent = 0
    for number in range(options.runs):
        for is_broken in (False, True):
            value, shown, said = await one_run(server, options, number, is_broken)
            p99[is_broken].append(value)
            print(f"{'with   ' if is_broken else 'without'} {shown}", flush=True)
            if is_broken:
                sent += said["sent"]
                held = await soak.settled(pid, at_rest)
                memory.append(held.resident_kib)
                seconds = said.pop("seconds")
                print(f"        {said['sent'] / seconds:.0f} events/s {said}; then {held}", flush=True)
    without, with_them = statistics.median(p99[False]), statistics.median(p99[True])
    growth = 100 * (memory[-1] - memory[0]) / memory[0]
    print(f"median p99: {without:.2f} ms without, {with_them:.2f} ms with; {sent} events, seed {options.seed}")
    print(f"memory after the last run {growth:+.2f} % of that after the first")
    problems = []
    if with_them > max(without * SHARE_MAX, without + MS_MAX):
        problems.append("others are slower")
    if growth > options.growth_max and not options.sanitized:
        problems.append(f"memory grew by {growth:.2f} %")
    if server.process.poll() is not None or server.get("/healthz")[0] != 200:
        problems.append("the server is not well")
    return problems


def main(arguments):
    from support import places
    from support.server import Server

    options = parse(arguments)
    if options.breaking:
        asyncio.run(break_things(options))
        return 0
    options.sanitized = soak.is_sanitized(places.program())
    with Server(fake=True, settings={"log.level": "error"}) as server:
        problems = asyncio.run(measure(server, options))
    for problem in problems:
        print(f"FAILED: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    soak.enter_environment(__file__)
    sys.exit(main(sys.argv[1:]))
