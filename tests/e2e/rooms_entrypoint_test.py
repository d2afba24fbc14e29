# SPDX-License-Identifier: Apache-2.0
"""Agents of users' own programs in rooms of a real LiveKit server, in C++ and in Python
(docs/rooms/own-agents.md)."""

import os
import subprocess
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
            text=True, cwd=self.folder.name,
            env={**clean_environment(), "PARLEY_ROOMS_SECRET": livekit.secret, **environment},
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

    def wait_for(self, text, seconds=START_SECONDS, kept=None):
        """The first line that has `text` in it."""
        kept = self.lines if kept is None else kept
        limit = time.monotonic() + seconds
        with self.news:
            while not (found := next((line for line in kept if text in line), None)):
                left = limit - time.monotonic()
                if left <= 0 or self.process.poll() is not None:
                    raise AssertionError(f"no line with {text!r}; {self.summary()}")
                self.news.wait(min(left, 0.2))
        return found

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
        self.process.stdout.close()
        self.process.stderr.close()
        self.folder.cleanup()


class GreeterTest(unittest.TestCase):
    """examples/rooms/greeter.cpp"""

    def program(self, livekit):
        places.need_models()
        places.need(GREETER, "build the target greeter")
        return Program(livekit, [
            GREETER, "--url", livekit.url, "--livekit-key", livekit.key, "--agent-name", NAME,
            "--port", "-1",
        ])  # fmt: skip

    def test_everybody_is_welcomed_and_what_is_said_is_written_down(self):
        clip = speech.clip("best_and_worst")
        with LiveKitServer() as livekit, self.program(livekit) as greeter:
            greeter.wait_until_registered()
            self.assertEqual(greeter.lines[0], "the door is open")
            with Person(livekit, "hall", "ada", name="Ada", agents=[(NAME, "")]) as ada:
                agent = ada.wait_for_agent()
                greeter.wait_for("hall | Parley: Welcome, Ada.", 30)
                self.assertIsNotNone(ada.sound_of(agent.identity).loud_until())
                with Person(livekit, "hall", "bob") as bob:
                    greeter.wait_for("hall | Parley: Welcome, bob.", 30)
                    bob.say(clip.pcm)
                    greeter.wait_for("hall | bob: ", 30)


if __name__ == "__main__":
    unittest.main()
