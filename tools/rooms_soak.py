#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does a worker give back what agents in rooms took?

    rooms_soak.py [--jobs 1000] [--at-once 4]
        So many jobs, a few at a time, in ten rounds. An agent comes into a room, and then: nobody says
        anything; somebody says a little and reads his words; the assistant greets, and is heard or cut off;
        somebody has no microphone, is muted, or sends nothing; nobody comes at all. The room is deleted, left
        by its people, or the agent is taken out of it. After each round, when the worker is idle, what it
        holds is looked at: no session, track, or thing of LiveKit's client may be left, threads and descriptors
        no more than in the first half, and memory grows by --growth-max KiB per job at most from the second
        round on. LiveKit's client, which keeps memory of rooms that are left while others are in them (see
        below), is in processes of its own, each for 64 rooms: there may be two of them at most, and no more
        memory in them than --clients-max.

    rooms_soak.py --client
        What LiveKit's client keeps by itself, without Parley: the Python client, which is the same library,
        comes into a room and leaves it, when it was alone, when somebody with a microphone is there, and when
        that one has left before.

A real LiveKit server, and people who are LiveKit's own Python participants. In a sanitizer build memory is
not judged. Stand-ins of models with --fake. Needs `tools/deps --with rooms`; runs bin/parley
(PARLEY_BIN_DIR). Exit status 1 when something is wrong.
"""

import argparse
import contextlib
import ctypes
import gc
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CACHE = Path(os.environ.get("PARLEY_CACHE") or Path.home() / ".cache/parley")
NAME = "parley-soak"
ROUNDS = 10
JUDGED_JOBS = 100  # fewer: threads and descriptors are only shown
IDLE_SECONDS = 90
ALONE_SECONDS = 30  # LiveKit may forget a room that was deleted while its agent came
WORDS_SECONDS, SENTENCES_MAX = 10, 5
GREETING = "Good morning, and welcome to this room. I am listening, and I will answer when I am asked."
# What is zero when the worker is idle.
ZERO = (
    "parley_room_worker_jobs", "parley_room_sessions", "parley_room_tracks", "parley_livekit_handles",
    "parley_livekit_answers_awaited", "parley_livekit_processes_lost_total",
)  # fmt: skip

sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "tests/e2e"), str(ROOT / "tools")]


def parse(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--growth-max", type=float, default=30.0, help="KiB per job, of the worker")
    parser.add_argument("--clients-max", type=float, default=150.0, help="MiB of LiveKit's client")
    parser.add_argument("--client", action="store_true", help="LiveKit's client alone")
    parser.add_argument("--visits", type=int, default=20, help="of LiveKit's client alone")
    parser.add_argument("--ends", choices=("any", "left"), default="any",
                        help="left: people always leave before the agent, and LiveKit ends the room")
    parser.add_argument("--fake", action="store_true", help="the stand-ins")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(arguments)


class Visits:
    """What can happen in a room; `dice` decide how long it takes, and how it ends."""

    def __init__(self, livekit, worker, fake, ends):
        from support import person, speech

        person.loop()  # before several threads want it
        self.livekit, self.worker, self.ends = livekit, worker, ends
        self.said_again = 0  # who was not heard the first time
        self.sentence = speech.tone(800) if fake else speech.clip("wisdom").pcm

    @contextlib.contextmanager
    def agent(self, room, metadata, microphone=True):
        """A person in a room with an agent that listens."""
        from support.person import Person

        self.livekit.create_room(room, empty_timeout=60, departure_timeout=1)
        self.livekit.dispatch(room, NAME, metadata)
        with Person(self.livekit, room, "ada", microphone=microphone) as ada:
            ada.wait_for_agent(60)
            yield ada

    def silent(self, room, dice):
        with self.agent(room, "transcriber"):
            time.sleep(dice.random())
            self.end(room, dice)

    def says_a_little(self, room, dice):
        with self.agent(room, "transcriber") as ada:
            ada.wait_for_agent(60, "listening")
            for attempt in range(1, SENTENCES_MAX + 1):
                ada.say(self.sentence, 24000)
                with contextlib.suppress(AssertionError):
                    ada.wait_for(lambda: ada.said_by("ada"), WORDS_SECONDS, "words")
                    break
            else:
                raise AssertionError(f"never heard; {ada.summary()}")
            if attempt > 1:
                self.said_again += 1
            self.end(room, dice)

    def is_greeted(self, room, dice):
        with self.agent(room, {"agent": "assistant", "greeting": GREETING}) as ada:
            [agent] = ada.agents
            began = time.monotonic()
            ada.wait_for(lambda: ada.sound_of(agent.identity).heard_after(began - 60), 60, "the greeting")
            if dice.random() < 0.5:
                ada.wait_for_agent(60, "listening")
            self.end(room, dice)

    def has_no_microphone(self, room, dice):
        with self.agent(room, "transcriber", microphone=False):
            time.sleep(dice.random() / 2)
            self.end(room, dice)

    def is_muted(self, room, dice):
        with self.agent(room, "transcriber") as ada:
            ada.mute()
            time.sleep(dice.random())
            self.end(room, dice)

    def leaves_at_once(self, room, _dice):
        """While the agent is joining; LiveKit ends the room."""
        from support.person import Person

        self.livekit.create_room(room, empty_timeout=60, departure_timeout=1)
        with Person(self.livekit, room, "ada"):
            self.livekit.dispatch(room, NAME, "transcriber")

    def nobody_comes(self, room, dice):
        """The room is deleted while the agent is joining, or when it is there."""
        self.livekit.create_room(room, empty_timeout=60)
        self.livekit.dispatch(room, NAME, dice.choice(("transcriber", "assistant")))
        states = dice.choice((("JOINED", "ACTIVE"), ("ACTIVE",), ("ACTIVE",)))
        limit = time.monotonic() + 60
        while time.monotonic() < limit:
            if any(one["state"] in states for one in self.livekit.participants(room)):
                break
            time.sleep(0.05)
        self.livekit.delete_room(room)

    def end(self, room, dice):
        draw = dice.random() if self.ends == "any" else 1
        if draw < 0.5:
            self.livekit.delete_room(room)
        elif draw < 0.6:
            for dispatch in self.livekit.dispatches(room):
                fields = {"dispatch_id": dispatch["id"]}
                self.livekit.call("AgentDispatchService", "DeleteDispatch", room, **fields)
        elif draw < 0.7:
            for one in self.livekit.participants(room):
                if one["identity"].startswith("agent-"):
                    self.livekit.remove(room, one["identity"])
        # Else its people leave, and LiveKit ends it.


# How often each of them comes.
KINDS = (
    ("silent", 25), ("says_a_little", 20), ("is_greeted", 15), ("has_no_microphone", 10), ("is_muted", 10),
    ("leaves_at_once", 10), ("nobody_comes", 10),
)  # fmt: skip


@dataclass
class Look:
    """What an idle worker holds."""

    jobs: int
    seconds: float
    resident_mib: float
    proportional_mib: float  # what is shared with other processes is divided by their number
    own_mib: float  # heap and stacks, which hang on nobody else
    threads: int
    descriptors: int
    clients: int  # processes of LiveKit's client
    clients_mib: float  # their own memory together
    left: dict

    def __str__(self):
        left = ", ".join(f"{name} {value:g}" for name, value in self.left.items()) or "nothing left"
        return (
            f"{self.jobs:5} jobs {self.seconds:6.0f} s  RSS {self.resident_mib:6.1f} MiB  "
            f"PSS {self.proportional_mib:6.1f} MiB  own {self.own_mib:6.1f} MiB  {self.threads} threads  "
            f"{self.descriptors} descriptors  clients {self.clients}, {self.clients_mib:5.1f} MiB  {left}"
        )


def memory_mib(pid, name):
    """Of a process: "Pss", what it shares with others divided by their number; "Anonymous", its own."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return int(text.partition(f"{name}:")[2].split()[0]) / 1024


class Soak:
    def __init__(self, livekit, worker, options):
        self.livekit, self.worker, self.options = livekit, worker, options
        self.visits = Visits(livekit, worker, options.fake, options.ends)
        self.seen, self.problems, self.looks = Counter(), Counter(), []
        self.begun = time.monotonic()

    def run(self):
        jobs, done = self.options.jobs, 0
        with ThreadPoolExecutor(self.options.at_once) as threads:
            for turn in range(1, ROUNDS + 1):
                until = jobs * turn // ROUNDS
                list(threads.map(self.visit, range(done, until)))
                done = until
                self.looks.append(self.look(done))
                print(self.looks[-1], flush=True)

    def visit(self, number):
        dice = random.Random(self.options.seed * 1_000_000 + number)
        names, shares = zip(*KINDS)
        [kind] = dice.choices(names, shares)
        room = f"soak-{number}"
        try:
            getattr(self.visits, kind)(room, dice)
            self.seen[kind] += 1
        except Exception as error:  # whatever it was, the others go on
            self.problems[f"{kind}: {type(error).__name__}: {error}"[:300]] += 1
        # One that somebody else than its people was to end.
        with contextlib.suppress(Exception):
            self.livekit.delete_room(room)

    def look(self, jobs):
        from support.speaking import held
        from support.worker import client_processes

        limit = time.monotonic() + IDLE_SECONDS
        while (left := self.left()) and time.monotonic() < limit:
            time.sleep(0.2)
        time.sleep(1)  # what is closed behind
        pid = self.worker.process.pid
        resident, _, threads, descriptors = held(pid)
        clients = client_processes(pid)
        return Look(
            jobs, time.monotonic() - self.begun, resident, memory_mib(pid, "Pss"), memory_mib(pid, "Anonymous"),
            threads, descriptors, len(clients), sum(memory_mib(one, "Anonymous") for one in clients), left,
        )  # fmt: skip

    def left(self):
        values = {name: self.worker.metric(name) for name in ZERO}
        return {name: value for name, value in values.items() if value != 0}

    def judge(self):
        problems = [f"{count} times: {what}" for what, count in self.problems.most_common(10)]
        ended = {
            how: self.worker.metric(f'parley_room_worker_jobs_total{{outcome="{how}"}}') or 0
            for how in ("success", "failed", "cut")
        }
        print(f"visits: {dict(self.seen.most_common())}; jobs: {ended}")
        print(f"{self.visits.said_again} were not heard before they said it again")
        if ended["failed"] or ended["cut"]:
            problems.append(f"jobs did not end well: {ended}")
        if sum(ended.values()) < 0.9 * self.options.jobs:
            problems.append(f"only {sum(ended.values()):g} jobs of {self.options.jobs} were done")
        for look in self.looks:
            problems += [f"after {look.jobs} jobs {name} is {value:g}" for name, value in look.left.items()]
        half, warm, last = self.looks[: ROUNDS // 2], self.looks[1], self.looks[-1]
        # Of few jobs the rounds are too short to have met every state.
        is_long = self.options.jobs >= JUDGED_JOBS
        # A process of LiveKit's client that has ended keeps a thread and a descriptor until the next job.
        if is_long and last.threads > max(look.threads for look in half) + 1:
            problems.append(f"{warm.threads} threads became {last.threads}")
        if is_long and last.descriptors > max(look.descriptors for look in half) + 1:
            problems.append(f"{warm.descriptors} descriptors became {last.descriptors}")
        for look in self.looks:
            if look.clients > 2:
                problems.append(f"after {look.jobs} jobs there were {look.clients} processes of LiveKit's client")
            if look.clients_mib > self.options.clients_max and not self.options.sanitized:
                problems.append(f"after {look.jobs} jobs LiveKit's client had {look.clients_mib:.0f} MiB")
        growth = 1024 * (last.own_mib - warm.own_mib) / (last.jobs - warm.jobs)
        print(f"growth since {warm.jobs} jobs: {growth:+.1f} KiB per job")
        if growth > self.options.growth_max and not self.options.sanitized:
            problems.append(f"memory grew by {growth:.1f} KiB per job")
        return problems


def gist(line):
    """Of a line of the log, without what is of one room only."""
    try:
        entry = json.loads(line)
    except ValueError:
        return line[:100]
    return f"{entry['event']} {str(entry.get('message') or entry.get('why') or '')[:50]}".strip()


# --- LiveKit's client alone ----------------------------------------------------------------------


class HeapCounts(ctypes.Structure):
    # mallinfo2(3)
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
    )]  # fmt: skip


def heap_kib():
    """What is allocated now; not what the allocator keeps for later."""
    libc = ctypes.CDLL("libc.so.6")
    libc.mallinfo2.restype = HeapCounts
    counts = libc.mallinfo2()
    return (counts.uordblks + counts.hblkhd) / 1024


def client_alone(livekit, visits):
    from support.person import Person

    program = [sys.executable, "-B", __file__, "--stay", livekit.url]
    for company in ("nobody", "one who stays", "one who leaves before"):
        before = 0.0
        for visit in range(-2, visits):
            if visit == 0:
                before = heap_kib()
            room = f"{company} {visit}"
            token = livekit.token("other", room)
            other = None
            if company != "nobody":
                # In a process of its own, so that only our side is counted.
                other = subprocess.Popen([*program, token], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                other.stdout.readline()
            with Person(livekit, room, "ada", microphone=False, listens=False) as ada:
                if other:
                    ada.wait_for(lambda: ada.tracks_there("other"), 30, "the other's track")
                if company == "one who leaves before":
                    livekit.remove(room, "other")
                    ada.wait_for(lambda: not ada.others, 30, "his leaving")
                time.sleep(0.5)
            if other:
                other.communicate()
            gc.collect()
            time.sleep(0.3)
        grown = (heap_kib() - before) / visits
        print(f"{visits} visits to a room with {company}: {grown:+.0f} KiB each", flush=True)


def stay(url, token):
    """In a room, until the standard input ends."""
    from support.person import Person

    with contextlib.suppress(Exception):  # taken out of the room
        with Person(None, "", "other", url=url, token=token, listens=False):
            print("in", flush=True)
            sys.stdin.read()
    os._exit(0)


def enter_environment():
    """Where LiveKit's client is."""
    python = CACHE / "venv/rooms/bin/python"
    if Path(sys.prefix) == python.parents[1]:
        return
    if not python.exists():
        sys.exit(f"{python} is missing: run tools/deps --with tests")
    os.execv(python, [python, "-B", *sys.argv])


def main(arguments):
    from soak import is_sanitized
    from support import places
    from support.livekit import LiveKitServer
    from support.worker import Worker

    if arguments[:1] == ["--stay"]:
        stay(*arguments[1:])
    options = parse(arguments)
    if options.client:
        with LiveKitServer() as livekit:
            client_alone(livekit, options.visits)
        return 0
    options.sanitized = is_sanitized(places.program())
    with LiveKitServer() as livekit:
        settings = {"rooms.load_max": 1.0, "rooms.alone_seconds": ALONE_SECONDS, "log.level": "warn"}
        with Worker(livekit, fake=options.fake, agent_name=NAME, settings=settings) as worker:
            worker.wait_until_registered()
            soak = Soak(livekit, worker, options)
            soak.run()
            problems = soak.judge()
            warnings = Counter(map(gist, worker.log().splitlines()))
            print("warnings:", *(f"{count} times: {what}" for what, count in warnings.most_common()), sep="\n")
    for problem in problems:
        print(f"FAILED: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    enter_environment()
    sys.exit(main(sys.argv[1:]))
