# SPDX-License-Identifier: Apache-2.0
"""Users of a speech service, for Locust: each has a sentence spoken every 15 seconds.

    locust --headless -f bench/speech/locustfile.py --host http://127.0.0.1:8080 -u 200 -r 200 -t 10m

Half of the sentences are among 100 that all users have spoken, the others are never said twice. Every
byte of every answer is read. "first audio" is the time from before the request to the first byte of
audio; a 429 with a time to come again is counted as "refused", any other answer as a failure.
tools/speech_load.py starts it, with a server, and writes a report.

Environment: PARLEY_LOAD_PERIOD (seconds between two sentences of a user, 15), PARLEY_LOAD_KEY (an API
key), PARLEY_LOAD_RESULTS (a file for one JSON line per request), PARLEY_LOAD_SEED.
"""

import json
import os
import random
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import gevent
import psutil
from locust import User, events, task

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench/speech"), str(ROOT / "tests/e2e")]
from sentences import COMMON, novel  # noqa: E402
from support.speaking import Client  # noqa: E402

PERIOD = float(os.environ.get("PARLEY_LOAD_PERIOD", "15"))
SEED = int(os.environ.get("PARLEY_LOAD_SEED", str(int(time.time()))))
NOVEL = novel(SEED)
RANDOM = random.Random(SEED)
RESULTS = []
CPU_PERCENT = []


def watch_myself():
    """Locust shares the machine with the server: what it takes has to be known."""
    process = psutil.Process()
    process.cpu_percent()
    while True:
        gevent.sleep(1)
        CPU_PERCENT.append(process.cpu_percent())


@events.init.add_listener
def on_init(environment, **_):
    gevent.spawn(watch_myself)
    environment.started = time.time()


@events.quitting.add_listener
def on_quitting(environment, **_):
    path = os.environ.get("PARLEY_LOAD_RESULTS")
    if path:
        with open(path, "w", encoding="utf-8") as file:
            file.write(json.dumps({"locust_cpu_percent": CPU_PERCENT, "seed": SEED}) + "\n")
            file.writelines(json.dumps(row) + "\n" for row in RESULTS)


class Listener(User):
    """Not an HttpUser: Locust's own clients do not say when the first byte of a body came."""

    def on_start(self):
        address = urlsplit(self.host)
        key = os.environ.get("PARLEY_LOAD_KEY")
        self.client = Client(address.hostname, address.port or 80, key=key)
        # Users do not come in step. Locust's constant_pacing counts from a user's start, before the
        # sleep, and so would bring them into step at their second sentence.
        offset = RANDOM.uniform(0, PERIOD)
        self.next_sentence = time.monotonic() + offset
        gevent.sleep(offset)

    def wait_time(self):
        self.next_sentence += PERIOD
        return max(0.0, self.next_sentence - time.monotonic())

    def on_stop(self):
        self.client.close()

    @task
    def listen(self):
        is_common = RANDOM.random() < 0.5
        text = RANDOM.choice(COMMON) if is_common else next(NOVEL)
        begun = time.time()
        said, failure = None, None
        try:
            said = self.client.speak(text)
        except OSError as error:
            failure = repr(error)
            self.client.close()
        if said is not None:
            failure = why_failed(said)
        refused = said is not None and failure is None and said.status == 429
        RESULTS.append(
            {
                "at": round(begun - self.environment.started, 3), "common": is_common,
                "status": said.status if said else 0, "failure": failure, "refused": refused,
                "first_ms": round(said.first * 1000, 2) if said else None,
                "all_ms": round(said.seconds * 1000, 2) if said else None,
                "late_ms": round(said.late * 1000, 2) if said else None,
                "audio_ms": round(said.audio_seconds * 1000) if said else None,
            }
        )  # fmt: skip
        kind = "refused with a time" if refused else "common" if is_common else "novel"
        self.tell("first audio", kind, said.first if said else 0.0, failure)
        if not refused:
            self.tell("all audio", kind, said.seconds if said else 0.0, failure)

    def tell(self, what, kind, seconds, failure):
        self.environment.events.request.fire(
            request_type=what, name=kind, response_time=seconds * 1000, response_length=0,
            exception=RuntimeError(failure) if failure else None, context={},
        )  # fmt: skip


def why_failed(said):
    """None: it was spoken, or refused as it should be."""
    if said.status == 429:
        return None if "retry-after" in said.headers else "429 without Retry-After"
    if said.status != 200:
        return f"status {said.status}: {said.body[:200]!r}"
    if said.broken:
        return f"broken off: {said.broken}"
    return None if said.body else "no audio"
