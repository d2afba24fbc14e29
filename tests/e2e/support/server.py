# SPDX-License-Identifier: Apache-2.0
"""Runs the real binary on a free port, with a configuration of its own, and stops it as a user would."""

import json
import os
import queue
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request
from pathlib import Path

from . import places

START_SECONDS = 120  # models are loaded; sanitizer builds are slow
STOP_SECONDS = 60
COMMAND_SECONDS = 300
LISTENING = re.compile(r"^parley listening on (https?://(\S+):(\d+))$")
# A sanitizer's report fails the test even where the program went on.
REPORTS = re.compile(r"Sanitizer|runtime error:|PARLEY_CHECK")


class Refused(Exception):
    """The program ended by itself instead of serving; `status` and `log` say why."""

    def __init__(self, status, log):
        super().__init__(f"parley serve ended with status {status}:\n{log}")
        self.status = status
        self.log = log


class Server:
    """`with Server(fake=True, settings={"turn.silence_ms": 300}) as server:`"""

    def __init__(self, fake=False, settings=None, port=0, environment=None, prepare=None):
        if not fake:
            places.need_models()
        self.folder = Path(tempfile.mkdtemp(prefix="parley-test-"))
        values = {
            "log.level": "info", "models.fake": fake,
            "store.path": str(self.folder / "conversations.db"),
            "tts.cache.path": str(self.folder / "phrases"), **(settings or {}),
        }  # fmt: skip
        # JSON is YAML, and needs no writer of our own.
        config = self.folder / "parley.yaml"
        config.write_text(json.dumps(nested(values)), encoding="utf-8")
        self.log_path = self.folder / "log"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [places.program(), "serve", "--port", str(port), "--config", config],
                stdout=subprocess.PIPE, stderr=log, text=True, cwd=self.folder,
                env=clean_environment(environment), preexec_fn=prepare,
            )  # fmt: skip
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        try:
            self._wait_until_listening()
        except BaseException:
            self.kill()
            raise

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def _wait_until_listening(self):
        line = self.lines.get(timeout=START_SECONDS)
        if line is None:
            raise Refused(self.process.wait(), self.log())
        found = LISTENING.match(line)
        if not found:
            raise AssertionError(f"the first line on stdout is {line!r}")
        self.url, self.host, self.port = found[1], found[2], int(found[3])
        scheme = "wss" if self.url.startswith("https:") else "ws"
        self.socket_url = f"{scheme}://{self.host}:{self.port}/v1/realtime"

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def get(self, path, **headers):
        """(status, headers, body) of a GET."""
        request = urllib.request.Request(self.url + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers, answer.read()

    def post(self, path, body, **headers):
        """(status, JSON) of a POST."""
        headers = {"Content-Type": "application/json", **headers}
        request = urllib.request.Request(
            self.url + path, data=json.dumps(body).encode(), headers=headers, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as answer:
            return answer.code, json.load(answer)

    def stop(self):
        """SIGTERM; the program must end by itself with status 0 and without a report."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still there {STOP_SECONDS} s after SIGTERM") from None
        log = self.log()
        self._clean()
        if status != 0:
            raise AssertionError(f"status {status} after SIGTERM; log:\n{log[-4000:]}")
        found = REPORTS.search(log)
        if found:
            raise AssertionError(f"the log has a report:\n{log[found.start() : found.start() + 4000]}")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._clean()

    def _clean(self):
        self.reader.join()
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        else:
            self.kill()


def nested(values):
    """{'a.b': 1} as {'a': {'b': 1}}."""
    tree = {}
    for key, value in values.items():
        *folders, name = key.split(".")
        place = tree
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = value
    return tree


def clean_environment(more=None):
    """Without settings of the person who runs the tests, but with where models are."""
    kept = {"PARLEY_CACHE", "PARLEY_BIN_DIR", "PARLEY_WEB_DIR"}
    base = {k: v for k, v in os.environ.items() if not k.startswith("PARLEY_") or k in kept}
    return {**base, **(more or {})}


def parley(*arguments, environment=None, prepare=None):
    """Runs another sub-command to its end; a CompletedProcess with text."""
    return subprocess.run(
        [places.program(), *map(str, arguments)], capture_output=True, text=True,
        timeout=COMMAND_SECONDS, env=clean_environment(environment), preexec_fn=prepare,
    )  # fmt: skip


def transcribe(*files):
    """The texts that `parley transcribe` finds in the files, in their order."""
    done = parley("transcribe", *files)
    if done.returncode != 0:
        raise AssertionError(f"parley transcribe: status {done.returncode}\n{done.stderr[-2000:]}")
    return [line.partition("\t")[2] for line in done.stdout.splitlines()]
