# SPDX-License-Identifier: Apache-2.0
"""`parley worker` as a process of its own, for a LiveKit server of the test.

    with LiveKitServer() as livekit, Worker(livekit, fake=True, agent_name="parley") as worker:
        worker.wait_until_registered()
"""

import json
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from . import places
from .server import REPORTS, clean_environment, nested

START_SECONDS = 120  # models are loaded
STOP_SECONDS = 60
WAIT_SECONDS = 45  # a refused key is tried every half a minute
LISTENING = re.compile(r"^parley worker listening on (http://\S+)$")


def client_processes(pid):
    """Of LiveKit's client, which a worker with this pid has started."""
    of_threads = Path(f"/proc/{pid}/task").glob("*/children")
    children = [child for file in of_threads for child in file.read_text(encoding="ascii").split()]
    name = lambda child: Path(f"/proc/{child}/comm").read_text(encoding="ascii").strip()
    return [int(child) for child in children if name(child) == "parley-livekit"]


class Worker:
    def __init__(self, livekit, fake=False, agent_name="", secret=None, settings=None):
        if not fake:
            places.need_models()
        self.folder = Path(tempfile.mkdtemp(prefix="parley-worker-"))
        values = {
            "models.fake": fake, "rooms.url": livekit.url, "rooms.key": livekit.key,
            "rooms.secret": secret or livekit.secret, "rooms.agent_name": agent_name,
            "store.path": str(self.folder / "conversations.db"),
            "tts.cache.path": str(self.folder / "phrases"), **(settings or {}),
        }  # fmt: skip
        config = self.folder / "parley.yaml"
        config.write_text(json.dumps(nested(values)), encoding="utf-8")
        self.log_path = self.folder / "log"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [places.program(), "worker", "--port", "0", "--config", config],
                stdout=subprocess.PIPE, stderr=log, text=True, cwd=self.folder,
                env=clean_environment(),
            )  # fmt: skip
        patience = threading.Timer(START_SECONDS, self.process.kill)
        patience.start()
        try:
            self.url = next(
                (found[1] for line in self.process.stdout if (found := LISTENING.match(line))), None
            )
        finally:
            patience.cancel()
        if self.url is None:
            log = self.log()
            self.kill()
            raise AssertionError(f"parley worker did not start:\n{log[-4000:]}")

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def get(self, path):
        """(status, body)"""
        try:
            with urllib.request.urlopen(self.url + path, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()

    def state(self):
        """What GET /worker says."""
        return json.loads(self.get("/worker")[1])

    def metric(self, series):
        for line in self.get("/metrics")[1].splitlines():
            if line.startswith(series + " "):
                return float(line.rpartition(" ")[2])
        return None

    def wait_until(self, condition, what, seconds=WAIT_SECONDS):
        """The first answer of `condition()` that counts as true."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit and self.process.poll() is None:
            if found := condition():
                return found
            time.sleep(0.05)
        raise AssertionError(f"{what}: not within {seconds} s; log:\n{self.log()[-4000:]}")

    def wait_until_registered(self):
        self.wait_until(lambda: self.get("/healthz")[0] == 200, "registered")

    def stop(self):
        """SIGTERM; it must end by itself with status 0 and without a report. Its log."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still there {STOP_SECONDS} s after SIGTERM") from None
        log = self.log()
        self._clean()
        if status != 0 or REPORTS.search(log):
            raise AssertionError(f"status {status} after SIGTERM; log:\n{log[-4000:]}")
        return log

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._clean()

    def _clean(self):
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is not None:
            return
        if kind is None:
            self.stop()
        else:
            self.kill()
