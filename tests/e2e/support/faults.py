# SPDX-License-Identifier: Apache-2.0
"""What tests of faults share: texts, patience, and somebody who listens meanwhile."""

import contextlib
import os
import threading
import time
from pathlib import Path

from .speaking import Client

SENTENCE = "The captain counted seven wooden boxes on the quay."
LONG = " ".join(f"Number {n} is a sentence of a book that somebody reads aloud." for n in range(80))
STALL_SECONDS = float(os.environ.get("PARLEY_FAULT_SECONDS", "1"))
WITHIN = 120  # seconds, of a test that fails
# Under sanitizers voices are slow; these tests are not about being turned away.
PATIENT = {"tts.backlog_ms": 60_000}


def metric(server, name, **headers):
    """The sum of all series of a metric."""
    _, _, text = server.get("/metrics", **headers)
    found = [line for line in text.decode().splitlines() if line.startswith((name + " ", name + "{"))]
    return sum(float(line.rpartition(" ")[2]) for line in found)


def wait_until(condition, what):
    limit = time.monotonic() + WITHIN
    while not condition():
        if time.monotonic() > limit:
            raise AssertionError(f"after {WITHIN} s: {what}")
        time.sleep(0.02)


class Bystander:
    """Somebody who listens all the time. The voice is deterministic: every answer is the same."""

    def __init__(self, server, key=None):
        self.client = Client(server.host, server.port, key=key)
        first = self.client.speak(SENTENCE)
        assert first.status == 200 and first.body and not first.broken, first
        self.wanted = first.body
        self.answers, self.trouble, self.ended = 0, None, threading.Event()
        self.thread = threading.Thread(target=self._listen, daemon=True)

    def _listen(self):
        while not self.ended.is_set() and self.trouble is None:
            try:
                said = self.client.speak(SENTENCE)
            except Exception as error:  # noqa: BLE001  (whatever it is, it is what the test is about)
                self.trouble = repr(error)
                return
            if said.status != 200 or said.broken or said.body != self.wanted:
                self.trouble = f"{said.status} {said.broken} {len(said.body)} bytes: {said.body[:200]!r}"
            self.answers += 1

    def hears_one_more(self):
        before = self.answers
        # The one that is on its way began before.
        wait_until(lambda: self.answers > before + 1 or self.trouble, "no answer for the bystander")

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.hears_one_more()
        self.ended.set()
        self.thread.join(timeout=WITHIN)
        self.client.close()
        if kind is None and self.trouble:
            raise AssertionError(f"the other listener was disturbed: {self.trouble}")


def child_of(parent, name):
    """The process of that name; waits until there is one, as after a restart."""
    found = []

    def look():
        for status in Path("/proc").glob("[0-9]*/status"):
            with contextlib.suppress(OSError):
                text = status.read_text(encoding="utf-8")
                if f"Name:\t{name}" in text and f"PPid:\t{parent}\n" in text:
                    found.append(int(status.parent.name))
        return found

    wait_until(look, f"there is no {name}")
    return found[0]
