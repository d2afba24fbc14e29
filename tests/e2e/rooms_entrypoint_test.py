# SPDX-License-Identifier: Apache-2.0
"""Agents of users' own programs in rooms of a real LiveKit server, in C++ and in Python
(docs/rooms/own-agents.md)."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

from support import places, speech
from support.livekit import LiveKitServer
from support.person import Person
from support.server import REPORTS, clean_environment

NAME = "parley-tests"
START_SECONDS = 120
STOP_SECONDS = 60
PYTHON = Path(os.environ.get("PARLEY_PYTHON_BUILD") or places.ROOT / "build/release/python")
LONG = (
    "This is a sentence that takes a while, and behind it there is another one, which is longer "
    "still, and behind that one a third, of which nobody is to hear a word."
)
GREETER = Path(
    os.environ.get("PARLEY_GREETER") or places.ROOT / "build/release/tests/examples/rooms/greeter"
)


class Program:
    """A program of a user, which is a worker; its lines are kept as they come."""

    def __init__(self, livekit, command, **environment):
        self.folder = tempfile.TemporaryDirectory(prefix="parley-own-agent-")
        self.lines, self.errors, self.news = [], [], threading.Condition()
        self.process = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.PIPE, text=True, cwd=self.folder.name,
            env={
                **clean_environment(), "PARLEY_ROOMS_SECRET": livekit.secret,
                "PARLEY_STORE_PATH": f"{self.folder.name}/conversations.db",
                "PARLEY_TTS_CACHE_PATH": f"{self.folder.name}/phrases", **environment,
            },
        )  # fmt: skip
        self.readers = [
            threading.Thread(target=self._read, args=pair, daemon=True)
            for pair in [(self.process.stdout, self.lines), (self.process.stderr, self.errors)]
        ]
        for reader in self.readers:
            reader.start()

    def _read(self, stream, kept):
        for line in stream:
            with self.news:
                kept.append(line.rstrip("\n"))
                self.news.notify_all()

    def wait_until(self, condition, what, seconds=START_SECONDS):
        """The first true value of `condition`, which is asked again at each line."""
        limit = time.monotonic() + seconds
        with self.news:
            while not (found := condition()):
                left = limit - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"no {what} in {seconds} s; {self.summary()}")
                self.news.wait(min(left, 0.2))
        return found

    def wait_for(self, text, seconds=START_SECONDS, kept=None):
        """The first line that has `text` in it."""
        kept = self.lines if kept is None else kept
        found = lambda: next((line for line in kept if text in line), None)
        return self.wait_until(found, f"line with {text!r}", seconds)

    def events(self, name, **fields):
        """Of own_agent.py: all of a name that have these fields."""
        told = [json.loads(line) for line in list(self.lines)]
        wanted = {"event": name, **fields}.items()
        return [event for event in told if wanted <= event.items()]

    def wait_for_event(self, name, seconds=30, **fields):
        """The first of them."""
        found = lambda: next(iter(self.events(name, **fields)), None)
        return self.wait_until(found, f"{name} with {fields}", seconds)

    def write(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait_until_registered(self):
        self.wait_for("registered with LiveKit", kept=self.errors)

    def summary(self):
        return "\n".join([*self.lines[-40:], "---", *self.errors[-40:]])

    def stop(self):
        """SIGTERM; its exit status must be 0."""
        self.process.terminate()
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"there {STOP_SECONDS} s after SIGTERM: {self.summary()}") from None
        for reader in self.readers:
            reader.join()
        if status != 0 or REPORTS.search("\n".join(self.errors)):
            raise AssertionError(f"status {status} after SIGTERM; {self.summary()}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.stop() if kind is None else self.kill()
        for reader in self.readers:
            reader.join(STOP_SECONDS)  # the worker ends with it
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()
        self.folder.cleanup()


def python_program(livekit, path, *arguments):
    places.need_models()
    places.need(PYTHON / "parley/rooms.py", "build the target python_package")
    command = [sys.executable, "-B", path, livekit.url, livekit.key, NAME, *arguments]
    return Program(
        livekit, command, PYTHONPATH=str(PYTHON), PARLEY_PROGRAM=str(places.program()),
        PARLEY_ROOMS_PORT="-1",
    )  # fmt: skip


class GreeterTest(unittest.TestCase):
    """The examples."""

    def test_in_cpp(self):
        places.need_models()
        places.need(GREETER, "build the target greeter")
        with LiveKitServer() as livekit:
            self.greet(livekit, Program(livekit, [
                GREETER, "--url", livekit.url, "--livekit-key", livekit.key, "--agent-name", NAME,
                "--port", "-1",
            ]))  # fmt: skip

    def test_in_python(self):
        with LiveKitServer() as livekit:
            greeter = python_program(livekit, places.ROOT / "examples/rooms/greeter.py")
            self.greet(livekit, greeter)

    def greet(self, livekit, greeter):
        """Everybody is welcomed, and what is said is written down."""
        clip = speech.clip("best_and_worst")
        with greeter:
            greeter.wait_until_registered()
            greeter.wait_for("the door is open")
            with Person(livekit, "hall", "ada", name="Ada", agents=[(NAME, "")]) as ada:
                agent = ada.wait_for_agent()
                greeter.wait_for("hall | Parley: Welcome, Ada.", 30)
                self.assertIsNotNone(ada.sound_of(agent.identity).loud_until())
                with Person(livekit, "hall", "bob") as bob:
                    greeter.wait_for("hall | Parley: Welcome, bob.", 30)
                    bob.say(clip.pcm)
                    greeter.wait_for("hall | bob: ", 30)


class PythonTest(unittest.TestCase):
    """parley.rooms, with support/own_agent.py"""

    def program(self, livekit, *arguments):
        program = python_program(livekit, Path(__file__).parent / "support/own_agent.py", *arguments)
        program.wait_until_registered()
        return program

    def invite(self, livekit, room, metadata, who="ada"):
        return Person(livekit, room, who, name=who.title(), agents=[(NAME, metadata)])

    def test_an_agent_hears_says_and_is_silenced_while_another_job_raises(self):
        clip = speech.clip("best_and_worst")
        with LiveKitServer() as livekit, self.program(livekit) as program:
            program.wait_for_event("prewarmed")
            with self.invite(livekit, "hall", "talks") as ada:
                agent = ada.wait_for_agent(state="listening")
                job = program.wait_for_event("job", job="talks")
                self.assertEqual((job["room"], job["kind"]), ("hall", "room"))
                came = program.wait_for_event("ParticipantCame", identity="ada")
                self.assertEqual((came["name"], came["kind"]), ("Ada", "standard"))
                ada.say(clip.pcm)
                heard = program.wait_for_event("Transcript", identity="ada", final=True)
                self.assertEqual(heard["name"], "Ada")
                self.assertFalse(heard["own"])
                self.assertGreater(heard["end_s"], heard["begin_s"])
                self.assertTrue(set(heard["text"].lower().split()) & set(clip.words.lower().split()))

                with self.invite(livekit, "cellar", "raises", "bob") as bob:
                    program.wait_for_event("job", job="raises")
                    program.wait_for("ValueError: as it was asked to", kept=program.errors)
                    failed = program.wait_for('"a job has failed"', 30, program.errors)
                    self.assertEqual(json.loads(failed)["why"], "ValueError: as it was asked to")
                    bob.wait_for(lambda: not bob.agents, 30, "its leaving")

                program.write("talks say " + LONG)
                ada.wait_for(lambda: self.words_of(program, "This is"), 30, "its words")
                began = time.monotonic()
                ada.wait_for(lambda: ada.sound_of(agent.identity).heard_after(began), 30, "its voice")
                program.write("talks interrupt")
                spoken = program.wait_until(
                    lambda: self.words_of(program, "This is", final=True), "end of its words", 30
                )
                self.assertLess(len(spoken[-1]["text"]), len(LONG), "it was silenced")
                ada.wait_for(lambda: ada.sound_of(agent.identity).quiet_for() > 0.5, 30, "silence")

                program.write("talks leave")
                self.assertIsNone(program.wait_for_event("AgentLeft", job="talks")["error"])
                ada.wait_for(lambda: not ada.agents, 30, "its leaving")

    def words_of(self, program, begin, **fields):
        said = program.events("Transcript", job="talks", own=True, **fields)
        return [words for words in said if words["text"].startswith(begin)]

    def test_orders_that_are_wrong_and_agents_that_stay(self):
        with LiveKitServer() as livekit, self.program(livekit) as program:
            with self.invite(livekit, "cellar", "wrong"):
                error = program.wait_for_event("error", job="wrong")
                self.assertIn("there is no agent 'nobody'", error["text"])
                self.assertIn("assistant", error["text"])
            with self.invite(livekit, "hall", "stays") as ada:
                agent = ada.wait_for_agent()
                ada.wait_for(lambda: ada.sound_of(agent.identity).loud_until(), 30, "its voice")
                self.assertTrue(ada.agents)

    def test_a_coroutine_with_a_graph_file_of_its_own_is_told_of_the_end(self):
        clip = speech.clip("best_and_worst")
        with LiveKitServer() as livekit, self.program(livekit, "--async") as program:
            with self.invite(livekit, "hall", "writes") as ada:
                ada.wait_for_agent(state="listening")
                ada.say(clip.pcm)
                program.wait_for_event("Transcript", identity="ada", final=False)
                program.wait_for_event("Transcript", identity="ada", final=True)
                program.write("writes say Hello.")
                program.wait_for_event("CommandRefused", command="say", why="this agent only listens")
                program.stop()
                self.assertEqual(len(program.events("EndComes", job="writes", why="drains")), 1)
                self.assertEqual(len(program.events("AgentLeft", job="writes", error=None)), 1)

    def test_a_program_that_dies_takes_its_agents_with_it(self):
        with LiveKitServer() as livekit, self.program(livekit) as program:
            with self.invite(livekit, "hall", "talks") as ada:
                ada.wait_for_agent(state="listening")
                program.kill()
                ada.wait_for(lambda: not ada.agents, 30, "its leaving")
            for reader in program.readers:
                reader.join()  # the worker has ended, too
            program.wait_for("no more jobs can be done", kept=program.errors)

    def test_a_worker_that_dies_is_an_error_of_the_program(self):
        with LiveKitServer() as livekit, self.program(livekit) as program:
            with self.invite(livekit, "hall", "talks") as ada:
                ada.wait_for_agent(state="listening")
                program.wait_for_event("StateChanged", state="listening")
                pid = program.process.pid
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
                self.assertEqual(len(children), 1)
                os.kill(int(children[0]), signal.SIGKILL)
                program.wait_for_event("AgentLeft", job="talks", error="the worker has gone")
                self.assertEqual(program.process.wait(STOP_SECONDS), 1)
                program.wait_for("WorkerError: the worker has ended", kept=program.errors)


if __name__ == "__main__":
    unittest.main()
