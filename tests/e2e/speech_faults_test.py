# SPDX-License-Identifier: Apache-2.0
"""What happens to the speech service when readers stop, disks fill, files rot, helpers die and keys
are wrong: each gets its clear error, and somebody who listens meanwhile hears every sample.

The reader that stops waits for a second here; PARLEY_FAULT_SECONDS=30 makes it wait as long as the
service lets it.
"""

import contextlib
import http.client
import json
import os
import resource
import signal
import socket
import tempfile
import time
import unittest
from pathlib import Path

from support.faults import (
    LONG,
    PATIENT,
    SENTENCE,
    STALL_SECONDS,
    WITHIN,
    Bystander,
    child_of,
    metric,
    wait_until,
)
from support.server import Refused, Server, parley
from support.speaking import Client, held, request_body

SOCKETS = 500


class Stalled:
    """A client that asks for a long text and reads nothing of it."""

    def __init__(self, server, text=LONG, **fields):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(WITHIN)
        self.socket.connect((server.host, server.port))
        body = request_body(text, **fields)
        head = (
            f"POST /v1/audio/speech HTTP/1.1\r\nHost: {server.host}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.socket.sendall(head.encode() + body)

    def read_all(self):
        """The body; http.client.IncompleteRead where it is broken off."""
        answer = http.client.HTTPResponse(self.socket, method="POST")
        answer.begin()
        return answer.read()

    def close(self):
        self.socket.close()


class Readers(unittest.TestCase):
    def test_a_reader_that_stops_for_a_while_gets_everything(self):
        settings = {
            **PATIENT, "tts.reader_timeout_seconds": int(STALL_SECONDS) + 60, "tts.lead_seconds": 0
        }  # fmt: skip
        with Server(fake=True, settings=settings) as server:
            with contextlib.closing(Client(server.host, server.port, timeout=WITHIN)) as client:
                wanted = client.speak(LONG * 4).body
            with Bystander(server), contextlib.closing(Stalled(server, LONG * 4)) as reader:
                wait_until(lambda: metric(server, "parley_tts_streams") >= 1, "no stream")
                time.sleep(STALL_SECONDS)
                before = held(server.process.pid)[0]
                self.assertEqual(reader.read_all(), wanted)
                self.assertLess(held(server.process.pid)[0] - before, 64)

    def test_a_reader_that_stops_for_too_long_is_given_up(self):
        # What fits into the buffers on the way need not be read; faster sound fills them sooner.
        settings = {**PATIENT, "tts.reader_timeout_seconds": 1, "tts.lead_seconds": 0}
        with Server(fake=True, settings=settings) as server, Bystander(server):
            with contextlib.closing(Stalled(server, LONG * 8, sample_rate=48_000)) as reader:
                wait_until(
                    lambda: metric(server, "parley_tts_slow_readers_total") == 1, "it is not given up"
                )
                with self.assertRaises((http.client.IncompleteRead, ConnectionResetError)):
                    reader.read_all()

    def test_500_sockets_that_never_read_disturb_nobody(self):
        settings = {**PATIENT, "tts.lead_seconds": 2, "tts.reader_timeout_seconds": 600}
        with Server(fake=True, settings=settings) as server, Bystander(server) as bystander:
            resident = held(server.process.pid)[0]
            with contextlib.ExitStack() as stack:
                for _ in range(SOCKETS):
                    stack.enter_context(contextlib.closing(Stalled(server, LONG * 4)))
                wait_until(
                    lambda: metric(server, "parley_tts_streams") >= SOCKETS, "not all are served"
                )
                bystander.hears_one_more()
                grown = held(server.process.pid)[0] - resident
                # The soft limit of what is queued for a socket, and what the pipeline holds behind it.
                self.assertLess(grown / SOCKETS, 4.0, "MiB for each")
            wait_until(lambda: metric(server, "parley_tts_streams") <= 1, "streams are left")

    def test_one_who_leaves_ends_the_synthesis(self):
        with Server(settings=PATIENT) as server:
            reader = Stalled(server)
            wait_until(lambda: metric(server, "parley_tts_streams") == 1, "no stream")
            reader.close()
            wait_until(lambda: metric(server, "parley_tts_streams") == 0, "it goes on")
            self.assertEqual(metric(server, "parley_model_queue_depth"), 0)
            made = metric(server, "parley_tts_audio_milliseconds_total")
            with Bystander(server):
                pass
            # Of the long text, five minutes of it, hardly anything was made.
            self.assertLess(made, 60_000)


class Requests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(fake=True, settings=PATIENT)
        cls.addClassCleanup(cls.server.stop)

    def refused(self, body, path="/v1/audio/speech"):
        with Bystander(self.server):
            client = Client(self.server.host, self.server.port)
            said = client.post(path, body)
            client.close()
        return said

    def test_a_text_of_1_mb(self):
        said = self.refused(request_body("word " * 209_000))
        self.assertEqual(said.status, 400)
        self.assertIn("65536", said.error())
        self.assertEqual(json.loads(said.body)["error"]["param"], "input")

    def test_a_body_above_1_mb(self):
        self.assertEqual(self.refused(request_body("word " * 250_000)).status, 413)

    def test_text_that_is_not_utf8(self):
        for path, name in (("/v1/audio/speech", b"input"), ("/v1/audio/stream", b"text")):
            said = self.refused(b'{"model":"m","voice":"v","' + name + b'":"caf\xe9 noir"}', path)
            self.assertEqual(said.status, 400, said.body)
            self.assertTrue(said.error())

    def test_what_is_not_json(self):
        said = self.refused(b"Good morning.")
        self.assertEqual(said.status, 400)
        self.assertIn("JSON", said.error())

    def test_a_text_that_is_empty(self):
        said = self.refused(request_body(""))
        self.assertEqual(said.status, 400)
        self.assertEqual(json.loads(said.body)["error"]["param"], "input")


class Keys(unittest.TestCase):
    """`parley keys` and a server that runs."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="parley-keys-")
        self.addCleanup(folder.cleanup)
        self.file = str(Path(folder.name) / "keys.jsonl")
        self.good = self.create("good")
        self.server = Server(fake=True, settings={**PATIENT, "server.keys_file": self.file})
        self.addCleanup(self.server.stop)

    def create(self, name, *limits):
        made = parley("keys", "create", name, "--file", self.file, *limits)
        self.assertEqual(made.returncode, 0, made.stderr)
        return made.stdout.strip()

    def speak(self, key, text=SENTENCE):
        with contextlib.closing(Client(self.server.host, self.server.port, key=key)) as client:
            return client.speak(text)

    def test_a_wrong_key(self):
        with Bystander(self.server, self.good):
            for key in ("sk_wrong", "", self.good[:-1], None):
                said = self.speak(key)
                self.assertEqual(said.status, 401)
                self.assertIn("key", said.error())

    def test_a_key_over_its_quota(self):
        small = self.create("small", "--characters-per-day", "60")
        wait_until(lambda: self.speak(small).status == 200, "the new key is not taken")
        with Bystander(self.server, self.good):
            self.assertEqual(self.speak(small).status, 200, "what crosses the limit is spoken")
            said = self.speak(small)
            self.assertEqual(said.status, 429)
            self.assertGreaterEqual(int(said.headers["retry-after"]), 1)
            self.assertIn("60 characters per day", said.error())

    def test_a_key_that_is_revoked(self):
        brief = self.create("brief")
        wait_until(lambda: self.speak(brief).status == 200, "the new key is not taken")
        with Bystander(self.server, self.good):
            done = parley("keys", "revoke", "brief", "--file", self.file)
            self.assertEqual(done.returncode, 0, done.stderr)
            start = time.monotonic()
            wait_until(lambda: self.speak(brief).status == 401, "the revoked key is still taken")
            # A second by its promise; the rest is for a machine that is busy.
            self.assertLess(time.monotonic() - start, 5)
        self.assertNotIn(brief, self.server.log() + Path(self.file).read_text(encoding="utf-8"))


class Cache(unittest.TestCase):
    """The phrase cache on a disk that is full, and one that rots."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="parley-phrases-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.settings = {**PATIENT, "tts.cache.use": "on", "tts.cache.path": folder.name}

    def speak(self, server, text=SENTENCE):
        with contextlib.closing(Client(server.host, server.port)) as client:
            said = client.speak(text)
        self.assertEqual((said.status, said.broken), (200, ""))
        return said.body

    def test_a_disk_that_is_full(self):
        # No file may grow above this: as on a full disk, a write fails, and nothing else does.
        limit = {"prepare": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))}
        settings = {**self.settings, "store.path": "", "log.level": "off"}
        with Server(fake=True, settings=settings, **limit) as server, Bystander(server):
            wanted = self.speak(server)
            for _ in range(5):
                self.assertEqual(self.speak(server), wanted)
            wait_until(
                lambda: metric(server, "parley_tts_cache_failures_total") >= 1, "it was not written"
            )
            self.assertEqual(metric(server, "parley_tts_cache_healthy"), 0)
            self.assertIn(b"phrases", server.get("/healthz")[2])
            self.assertEqual(self.speak(server), wanted)

    def test_a_file_that_rots(self):
        with Server(fake=True, settings=self.settings) as server:
            wanted = self.speak(server)
            for _ in range(3):
                self.speak(server)
            wait_until(lambda: list(self.folder.rglob("*.phrase")), "nothing was kept")
        for file in self.folder.rglob("*.phrase"):
            data = bytearray(file.read_bytes())
            data[len(data) // 2] ^= 0xFF
            file.write_bytes(data)
        with Server(fake=True, settings=self.settings) as server, Bystander(server):
            self.assertEqual(self.speak(server), wanted)
            self.assertGreaterEqual(metric(server, "parley_tts_cache_corrupt_total"), 1)


class Files(unittest.TestCase):
    def test_a_model_that_is_missing(self):
        with tempfile.TemporaryDirectory() as nothing:
            with self.assertRaises(Refused) as refused:
                Server(settings={"models.path": nothing})
        self.assertEqual(refused.exception.status, 1)
        self.assertIn(nothing, refused.exception.log)

    def test_a_voice_that_is_missing(self):
        with self.assertRaises(Refused) as refused:
            Server(settings={"tts.voice": "no-such-voice"})
        self.assertIn("no-such-voice", refused.exception.log)


class Helpers(unittest.TestCase):
    def test_a_phonemizer_that_is_killed_in_the_middle_of_a_text(self):
        # Without the cache: what is kept needs no phonemes.
        with Server(settings={**PATIENT, "tts.cache.use": "off"}) as server:
            client = Client(server.host, server.port, timeout=WITHIN)
            text = LONG[: len(LONG) // 8]
            wanted = client.speak(text).body
            with Bystander(server):
                reader = Stalled(server, text)
                wait_until(lambda: metric(server, "parley_tts_streams") >= 1, "no stream")
                for _ in range(3):
                    os.kill(child_of(server.process.pid, "parley-phonemiz"), signal.SIGKILL)
                    time.sleep(0.2)
                self.assertEqual(reader.read_all(), wanted)
                reader.close()
            self.assertGreaterEqual(metric(server, "parley_phonemizer_deaths_total"), 1)
            self.assertEqual(client.speak(text).body, wanted)
            client.close()
