#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What does a room cost a worker, beside LiveKit's own Python agent?

    rooms_load.py [--rooms 10] [--minutes 5] [--peers parley session bare] [--short] [--write]
        So many rooms with two people each, who are all in this process. In each room somebody speaks
        every 8 s, Ada and Bob in turn, the rooms one after the other; the agent has to answer, aloud.
        Recogniser, language model and voice are a third program, which answers at once and always the
        same (bench/rooms/services.py), so that what is left is the agent.

        parley   one `parley worker`, the assistant: Silero, the others over HTTP
        session  livekit-agents, an AgentSession for each person: Silero, the others over HTTP
        bare     livekit-agents without a session: Silero, then a clip; asks nobody, writes nothing

Each peer has a LiveKit server of its own. --short is two rooms for a quarter of a minute, and judges
nothing. Needs `tools/deps --with tests --with bench`; runs bin/parley (PARLEY_BIN_DIR). Exit status 1
where Parley left somebody without an answer.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "bench/rooms"), str(ROOT / "tests/e2e"), str(ROOT / "tools")]
import environment  # noqa: E402

environment.enter()

from hearing import first_heard, forget, speak  # noqa: E402
from speech_load import processor  # noqa: E402
from support import speech  # noqa: E402
from support.livekit import LiveKitServer  # noqa: E402
from support.person import Person  # noqa: E402
from support.speaking import percentile  # noqa: E402
from support.worker import Worker  # noqa: E402

REPORT = ROOT / "docs/measurements/rooms-load.md"
FIGURES = "## Figures\n"  # of the report: what follows is written here
AGENT = ROOT / "bench/rooms/livekit_agent.py"
SERVICES = ROOT / "bench/rooms/services.py"
AGENT_PYTHON = environment.CACHE / "venv/rooms-bench/bin/python"
NAME = "parley-load"
PEERS = {"parley": "Parley", "session": "livekit-agents, sessions", "bare": "livekit-agents, bare"}
TURN = 8.0  # seconds from one turn of a room to its next
CLIPS = ["everything_and_nothing", "wisdom", "hope_and_despair"]
ANSWER = "wisdom"  # what the voice says, whatever it is to say
ANSWER_SECONDS = TURN - 4.5  # the longest clip is 3.8 s
LATE_SECONDS = 0.5  # clips end up to 0.46 s after their speech
START_SECONDS = 60  # of a program, and of an agent in a room
START_ATTEMPTS = 3
STOP_SECONDS = 30
SETTLE_SECONDS = 5  # processes that start are no part of what a room costs


# --- what programs use ---------------------------------------------------------------------------


def tree(pid):
    """A process and its descendants."""
    children = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(path.read_text(encoding="utf-8").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(path.parts[2]))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def cpu(pid):
    """Seconds of it, with its descendants and those that have ended."""
    ticks = 0
    for one in tree(pid):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(pid):
    """(MiB of it and its descendants, of these what is no file); what several share counts once."""
    whole = own = 0
    for one in tree(pid):
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
            kib = {line.partition(":")[0]: int(line.split()[1]) for line in lines}
            whole += kib["Pss"] + kib["SwapPss"]
            own += kib["Pss"] + kib["SwapPss"] - kib["Pss_File"]
    return whole / 1024, own / 1024


# --- programs ------------------------------------------------------------------------------------


class Program:
    """Of others: what it prints goes to a file."""

    def __init__(self, command, environment_=None):
        self.log = tempfile.NamedTemporaryFile("w+", prefix="parley-load-", suffix=".log")
        self.process = subprocess.Popen(
            [str(word) for word in command], stdout=self.log, stderr=self.log,
            env={**os.environ, **(environment_ or {})}, start_new_session=True,
        )  # fmt: skip
        self.pid = self.process.pid

    def wait_for(self, condition, what):
        limit = time.monotonic() + START_SECONDS
        while self.process.poll() is None and time.monotonic() < limit:
            text = Path(self.log.name).read_text(encoding="utf-8", errors="replace")
            if found := condition(text):
                return found
            time.sleep(0.05)
        raise SystemExit(f"{what} did not start:\n{text[-3000:]}")

    def close(self):
        left = tree(self.pid)
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        for one in left:  # its jobs' processes
            with contextlib.suppress(OSError):
                os.kill(one, 9)
        self.process.wait()
        self.log.close()


@contextlib.contextmanager
def program(*arguments, **options):
    one = Program(*arguments, **options)
    try:
        yield one
    finally:
        one.close()


@contextlib.contextmanager
def services():
    """(process id, base URL, path of the clip)"""
    with tempfile.NamedTemporaryFile(prefix="parley-load-", suffix=".pcm") as clip:
        clip.write(speech.clip(ANSWER).pcm)
        clip.flush()
        with program([sys.executable, "-B", SERVICES, clip.name]) as one:
            url = one.wait_for(lambda text: text.strip().partition("\n")[0], "the services")
            yield one.pid, url, clip.name


@contextlib.contextmanager
def parley(livekit, url, clip):
    settings = {
        "llm.url": f"{url}/v1", "llm.model": "fixed", "asr.url": f"{url}/v1", "tts.url": f"{url}/v1",
        "tts.model": "tts-1", "tts.cache.use": "off", "rooms.load_max": 1, "log.level": "warn",
    }  # fmt: skip
    with Worker(livekit, agent_name=NAME, settings=settings) as worker:
        worker.wait_until_registered()
        yield worker.process.pid


@contextlib.contextmanager
def livekit_agent(kind, livekit, url, clip):
    if not AGENT_PYTHON.exists():
        raise SystemExit(f"{AGENT_PYTHON} is missing: run tools/deps --with bench")
    where = {
        "PARLEY_BENCH": json.dumps({"name": NAME, "services": url, "clip": clip}),
        "LIVEKIT_URL": livekit.url, "LIVEKIT_API_KEY": livekit.key, "LIVEKIT_API_SECRET": livekit.secret,
    }  # fmt: skip
    with program([AGENT_PYTHON, "-B", AGENT, kind, "start"], environment_=where) as one:
        one.wait_for(lambda text: "registered worker" in text, "livekit-agents")
        yield one.pid


def worker(peer, livekit, url, clip):
    return parley(livekit, url, clip) if peer == "parley" else livekit_agent(peer, livekit, url, clip)


# --- rooms ---------------------------------------------------------------------------------------


@dataclass
class Turns:
    asked: int = 0
    late: int = 0  # our own process was
    waits: list = field(default_factory=list)  # ms
    failures: list = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, is_late, wait=None, failure=None):
        with self.lock:
            self.asked += 1
            self.late += is_late
            if wait is not None:
                self.waits.append(wait)
            if failure is not None:
                self.failures.append(failure)


class Pair:
    """Two people in a room, and the agent that comes when the first does."""

    def __init__(self, livekit, number):
        self.livekit, self.room = livekit, f"room-{number}"
        # All people share one process: of what there is to hear only the agent's voice is taken there, once.
        agents = lambda identity: identity.startswith("agent-")
        self.ears = Person(livekit, self.room, "ada", name="Ada", agents=[(NAME, "assistant")], hears=agents)
        nobody = lambda identity: False
        self.people = [self.ears, Person(livekit, self.room, "bob", name="Bob", hears=nobody)]

    def wait_for_agent(self):
        for _ in range(START_ATTEMPTS):
            with contextlib.suppress(AssertionError):
                return self.ears.wait_for(self._agent_is_ready, START_SECONDS, "an agent")
            # LiveKit asks once, and a worker that is late has lost the job.
            self.livekit.dispatch(self.room, NAME, "assistant")
        raise SystemExit(f"no agent came: {self.ears.summary()}")

    def _agent_is_ready(self):
        """It is heard. A session has a voice for each person."""
        return len(self._voices()) > 0

    def _voices(self):
        return [sound for agent in self.ears.agents for sound in self.ears.sounds_of(agent.identity)]

    def turn(self, number, turns):
        person = self.people[number % len(self.people)]
        forget(*self.people)
        _, end = speak(person, speech.clip(CLIPS[number % len(CLIPS)]))
        # What is said leaves us before it is to be heard.
        is_late = time.monotonic() > end + LATE_SECONDS
        try:
            at = first_heard(self.ears, self._voices, end, ANSWER_SECONDS, "an answer")
            turns.add(is_late, wait=1000 * (at - end))
        except AssertionError as error:
            turns.add(is_late, failure=f"turn {number}: {error}")

    def leave(self):
        for person in self.people:
            person.leave()


def converse(pairs, seconds):
    """Everybody, for so long."""
    turns, threads = Turns(), []
    start = time.monotonic()

    def run(pair, delay):
        for number in range(int(seconds / TURN)):
            time.sleep(max(0.0, start + delay + number * TURN - time.monotonic()))
            pair.turn(number, turns)

    for number, pair in enumerate(pairs):
        threads.append(threading.Thread(target=run, args=(pair, number * TURN / len(pairs))))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return turns


def measure(peer, rooms, seconds):
    with LiveKitServer() as livekit, services() as (servant, url, clip):
        with worker(peer, livekit, url, clip) as pid:
            time.sleep(SETTLE_SECONDS)
            base = memory(pid)
            # One after the other: many processes that start at once would be late.
            pairs = []
            try:
                for number in range(rooms):
                    pairs.append(Pair(livekit, number))
                    pairs[-1].wait_for_agent()
                converse(pairs, 2 * TURN)  # nothing is loaded after this
                programs = {"worker": pid, "LiveKit": livekit.process.pid, "services": servant}
                before = {name: cpu(one) for name, one in programs.items()}
                client, asked, began = time.process_time(), counts(url), time.monotonic()
                turns = converse(pairs, seconds)
                minutes = (time.monotonic() - began) / 60 * rooms
                used = {name: (cpu(one) - before[name]) / minutes for name, one in programs.items()}
                used["people"] = (time.process_time() - client) / minutes
                now = counts(url)
                held = memory(pid)
            finally:
                for pair in pairs:
                    pair.leave()
    return {
        "turns": turns, "used": used, "base": base, "held": held, "rooms": rooms,
        "asked": {name: now[name] - asked.get(name, 0) for name in now},
    }  # fmt: skip


def counts(url):
    with urllib.request.urlopen(url + "/counts", timeout=30) as answer:
        return json.load(answer)


# --- the report ----------------------------------------------------------------------------------


def rows_of(results):
    def row(what, figure):
        return f"| {what} | " + " | ".join(figure(result) for result in results.values()) + " |"

    def mib(both):
        return f"{both[0]:.0f}; {both[1]:.0f} MiB"

    def wait(share):
        return lambda r: f"{percentile(r['turns'].waits, share):.0f} ms"

    yield "| | " + " | ".join(PEERS[peer] for peer in results) + " |"
    yield "| --- |" + " --- |" * len(results)
    yield row("answered, of turns", lambda r: f"{len(r['turns'].waits)} of {r['turns'].asked}")
    yield row("turns for which the people's own process was late", lambda r: str(r["turns"].late))
    yield row("end of speech → answer, p50", wait(0.5))
    yield row("p95", wait(0.95))
    yield row("CPU of the worker, a room and minute", lambda r: f"{r['used']['worker']:.2f} s")
    yield row("of the LiveKit server", lambda r: f"{r['used']['LiveKit']:.2f} s")
    yield row("of the people, all in one process", lambda r: f"{r['used']['people']:.2f} s")
    yield row("of the services", lambda r: f"{r['used']['services']:.2f} s")
    yield row("memory of the worker before there are rooms; without files", lambda r: mib(r["base"]))
    yield row("with all rooms", lambda r: mib(r["held"]))
    yield row("a room more, without files", lambda r: f"{(r['held'][1] - r['base'][1]) / r['rooms']:.1f} MiB")
    yield row("requests for transcripts, replies, speech", lambda r: ", ".join(
        str(r["asked"].get(name, 0)) for name in ("transcriptions", "completions", "speech")))  # fmt: skip


def write(lines, rooms, seconds):
    """Below the words that stand there."""
    words = REPORT.read_text(encoding="utf-8").partition(FIGURES)[0]
    when = (f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores ({processor()}), for everything. "
            f"{rooms} rooms, {seconds / 60:g} minutes.")  # fmt: skip
    REPORT.write_text("\n".join([words + FIGURES, when, "", *lines, ""]), encoding="utf-8")


def parse(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rooms", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    parser.add_argument("--short", action="store_true", help="is everything there?")
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.relative_to(ROOT)}")
    return parser.parse_args(arguments)


def main(arguments):
    options = parse(arguments)
    rooms, seconds = (2, 2 * TURN) if options.short else (options.rooms, options.minutes * 60)
    results = {}
    for peer in options.peers:
        results[peer] = measure(peer, rooms, seconds)
        turns = results[peer]["turns"]
        print(f"{PEERS[peer]}: {len(turns.waits)} of {turns.asked} answered", *turns.failures[:3], sep="\n")
    lines = list(rows_of(results))
    print("\n".join(lines))
    if options.write:
        write(lines, rooms, seconds)
    ours = results.get("parley")
    return 1 if ours and not options.short and len(ours["turns"].waits) < ours["turns"].asked else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
