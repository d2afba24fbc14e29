#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does the speech service stay well for hours?

    speech_soak.py [--users 50] [--minutes 60]
        So many users have sentences spoken, one after another: phrases that come again and ones that do
        not, every format, both HTTP interfaces. Some leave in the middle, some ask for nonsense. Every
        answer is looked at: whole, of the right kind, and of one sentence byte for byte the same.
        Memory is looked at every second; at the end threads and descriptors are what they were.

In a sanitizer build (make check-long) memory may grow until what it keeps of freed memory is full;
a report of the sanitizer fails the run. Fake voice with --fake. Runs bin/parley (PARLEY_BIN_DIR).
Exit status 1 when something is wrong.
"""

import argparse
import contextlib
import json
import random
import socket
import sys
import threading
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "tests/e2e"), str(ROOT / "bench/speech"), str(ROOT / "tools")]
from sentences import COMMON, novel  # noqa: E402
from soak import is_sanitized  # noqa: E402
from support.speaking import PATH, Client, Watch, held, request_body  # noqa: E402

FORMATS = ("pcm", "wav", "mp3", "opus", "aac", "flac")
CHECKED = "The same sentence sounds the same every time."
# What leaves an answer in the middle, and what is nonsense, of a hundred.
LEAVERS, NONSENSE = 5, 3
WRONG = (b"", b"{}", b"nonsense", b'{"input":7}', b'{"input":"\xff","voice":"v"}')
SETTLE_SECONDS = 30


def parse(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between two sentences")
    parser.add_argument("--growth-max", type=float, default=10.0,
                        help="percent of memory, from a fifth of the time to the end")
    parser.add_argument("--fake", action="store_true", help="the stand-in voice")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(arguments)


class Users:
    def __init__(self, server, options):
        self.server, self.options = server, options
        self.news, self.lock = novel(options.seed), threading.Lock()
        self.seen, self.problems = Counter(), Counter()
        self.end = 0.0
        with contextlib.closing(self.client()) as client:
            self.same = client.speak(CHECKED).body

    def client(self):
        return Client(self.server.host, self.server.port, timeout=300)

    def run(self):
        self.end = time.monotonic() + self.options.minutes * 60
        threads = [
            threading.Thread(target=self.guarded, args=(number,))
            for number in range(self.options.users)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def guarded(self, number):
        try:
            self.talk(random.Random(self.options.seed * 1000 + number))
        except Exception as error:  # noqa: BLE001  (one user's trouble is a finding, not the end)
            self.note(f"a user could not go on: {error!r}")

    def note(self, problem):
        with self.lock:
            self.problems[problem] += 1

    def talk(self, dice):
        client = self.client()
        while time.monotonic() < self.end:
            draw = dice.randrange(100)
            if draw < LEAVERS:
                kind = self.leave(dice)
            elif draw < LEAVERS + NONSENSE:
                kind = self.talk_nonsense(client, dice)
            else:
                kind = self.listen(client, dice)
            with self.lock:
                self.seen[kind] += 1
            time.sleep(self.options.pause)
        client.close()

    def text(self, dice):
        if dice.random() < 0.5:
            return dice.choice(COMMON)
        with self.lock:
            return next(self.news)

    def listen(self, client, dice):
        if dice.randrange(10) == 0:
            said = client.speak(CHECKED)
            if said.status == 200 and said.body != self.same:
                self.note("the same sentence sounded different")
            return self.judge(said, "checked")
        if dice.randrange(5) == 0:
            body = json.dumps({"text": self.text(dice)}).encode()
            said = client.post("/v1/audio/stream", body)
            if said.status == 200 and json.loads(said.body)["code"] != 200:
                self.note("a stream of chunks without its end")
            return self.judge(said, "chunks")
        form = dice.choice(FORMATS)
        return self.judge(client.speak(self.text(dice), response_format=form), form)

    def judge(self, said, kind):
        if said.status == 429:
            time.sleep(min(int(said.headers["retry-after"]), 5))
            return "refused with a time"
        if said.status != 200 or said.broken or not said.body:
            self.note(f"{kind}: {said.status} {said.broken} {said.body[:200]!r}")
        return kind

    def talk_nonsense(self, client, dice):
        said = client.post(PATH, dice.choice(WRONG))
        if said.status != 400 or not said.error():
            self.note(f"nonsense: {said.status} {said.body[:200]!r}")
        return "nonsense"

    def leave(self, dice):
        """Asks, reads a little, and hangs up."""
        body = request_body(" ".join(dice.sample(COMMON, 5)))
        with socket.create_connection((self.server.host, self.server.port), timeout=300) as one:
            one.sendall(
                b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s"
                % (PATH.encode(), len(body), body)
            )
            one.recv(dice.choice((1, 1000, 20_000)))
        return "left"


def settled(pid):
    """What is held once closed connections are gone: when it has not changed for two seconds."""
    limit = time.monotonic() + SETTLE_SECONDS
    before, since = held(pid)[3], time.monotonic()
    while time.monotonic() - since < 2 and time.monotonic() < limit:
        time.sleep(0.1)
        now = held(pid)[3]
        if now != before:
            before, since = now, time.monotonic()
    return held(pid)


def soak(server, options):
    pid = server.process.pid
    users = Users(server, options)  # the first sentence is spoken: all threads are there
    _, _, threads, descriptors = settled(pid)
    watch = Watch(pid)
    users.run()
    samples = watch.stop()
    after = settled(pid)
    print(f"{sum(users.seen.values())} answers: {dict(users.seen.most_common())}")
    problems = [f"{count} times: {what}" for what, count in users.problems.most_common(10)]
    if not users.seen["pcm"] + users.seen["mp3"]:
        problems.append("nothing was spoken")
    tenths = [samples[place * (len(samples) - 1) // 10] for place in range(11)] if samples else []
    print("memory: " + ", ".join(f"{one.seconds:.0f} s {one.resident_mib:.0f} MiB" for one in tenths))
    print(f"at the end {after[0]:.0f} MiB, {after[2]} threads, {after[3]} descriptors")
    if tenths and not options.sanitized:
        growth = 100 * (samples[-1].resident_mib / tenths[2].resident_mib - 1)
        print(f"growth since a fifth of the time: {growth:+.1f} %")
        if growth > options.growth_max:
            problems.append(f"memory grew by {growth:.1f} %")
    if after[2] != threads:
        problems.append(f"{threads} threads became {after[2]}")
    if after[3] > descriptors:
        problems.append(f"{descriptors} descriptors became {after[3]}")
    return problems


def main(arguments):
    from support import places
    from support.server import Server

    options = parse(arguments)
    options.sanitized = is_sanitized(places.program())
    # Nobody is turned away for a voice that is slow, as it is under a sanitizer.
    settings = {"log.level": "warn", "tts.backlog_ms": 60_000}
    with Server(fake=options.fake, settings=settings) as server:
        problems = soak(server, options)
    for problem in problems:
        print(f"FAILED: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
