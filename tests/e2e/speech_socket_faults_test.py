# SPDX-License-Identifier: Apache-2.0
"""The faults of speech_faults_test.py, in WebSockets and gRPC calls: readers that stop, texts that are
too long or no text, keys that are wrong or spent, helpers that die. Each gets its clear error, and
somebody who listens meanwhile hears every sample.
"""

import contextlib
import json
import os
import signal
import socket
import tempfile
import time
import unittest
from pathlib import Path

import grpc
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
from support.grpc_client import Service, channel_to, published
from support.server import Server, parley
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

SOCKETS = 200
PATH = "/ws/audio"
ELEVEN = "/v1/text-to-speech/joe/stream-input?output_format=pcm_24000"


@contextlib.contextmanager
def socket_of(server, path=PATH, key=None, small=False):
    """`small`: what the server sends is not taken off the network, unless it is read."""
    plain = socket.socket()
    if small:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.connect((server.host, server.port))
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    with connect(
        f"ws://{server.host}:{server.port}{path}", sock=plain, additional_headers=headers,
        compression=None, max_queue=1, open_timeout=WITHIN, close_timeout=0,
    ) as opened:  # fmt: skip
        yield opened


def speak(opened, text, **fields):
    opened.send(json.dumps({"type": "speak", "text": text, "finish": True, **fields}))


def hear(opened):
    """(audio, the event that ended the utterance)"""
    audio = []
    while True:
        message = opened.recv(timeout=WITHIN)
        if isinstance(message, bytes):
            audio.append(message)
            continue
        event = json.loads(message)
        if event["type"] in ("done", "error"):
            return b"".join(audio), event


def closed(opened):
    """(close code, the last message) of a socket that the server closes."""
    last = None
    try:
        while True:
            last = opened.recv(timeout=WITHIN)
    except ConnectionClosed:
        return opened.close_code, last


class Readers(unittest.TestCase):
    def test_a_reader_that_stops_for_a_while_gets_everything(self):
        settings = {
            **PATIENT, "tts.reader_timeout_seconds": int(STALL_SECONDS) + 60, "tts.lead_seconds": 0
        }  # fmt: skip
        with Server(fake=True, settings=settings) as server:
            with socket_of(server) as opened:
                speak(opened, LONG)
                wanted = hear(opened)[0]
            with Bystander(server), socket_of(server, small=True) as opened:
                speak(opened, LONG)
                time.sleep(STALL_SECONDS)
                audio, end = hear(opened)
                self.assertEqual((end["type"], audio == wanted), ("done", True))

    def test_a_reader_that_stops_for_too_long_is_given_up(self):
        settings = {**PATIENT, "tts.reader_timeout_seconds": 1, "tts.lead_seconds": 0}
        with Server(fake=True, settings=settings) as server, Bystander(server):
            with socket_of(server, small=True) as opened:
                speak(opened, LONG * 10)
                wait_until(
                    lambda: metric(server, "parley_tts_slow_readers_total") == 1, "it is not given up"
                )
                self.assertEqual(closed(opened)[0], 1013)

    def test_sockets_that_never_read_disturb_nobody(self):
        settings = {**PATIENT, "tts.lead_seconds": 2, "tts.reader_timeout_seconds": 600}
        with Server(fake=True, settings=settings) as server, Bystander(server) as bystander:
            with contextlib.ExitStack() as stack:
                for _ in range(SOCKETS):
                    speak(stack.enter_context(socket_of(server, small=True)), LONG)
                wait_until(
                    lambda: metric(server, "parley_tts_streams") >= SOCKETS, "not all are served"
                )
                bystander.hears_one_more()
            wait_until(lambda: metric(server, "parley_tts_streams") <= 1, "streams are left")


class Messages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(fake=True, settings=PATIENT)
        cls.addClassCleanup(cls.server.stop)

    def test_a_text_of_1_mb_is_taken_and_can_be_cancelled(self):
        with Bystander(self.server), socket_of(self.server) as opened:
            speak(opened, "word " * 209_000, id="long")
            while not isinstance(opened.recv(timeout=WITHIN), bytes):
                pass
            opened.send(json.dumps({"type": "cancel"}))
            while True:
                message = opened.recv(timeout=WITHIN)
                if isinstance(message, str) and json.loads(message)["type"] == "cancelled":
                    break
            self.assertEqual(json.loads(message)["ids"], ["long"])
            speak(opened, SENTENCE)
            self.assertEqual(hear(opened)[1]["type"], "done")

    def test_more_text_than_may_wait(self):
        with Bystander(self.server), socket_of(self.server) as opened:
            speak(opened, "word " * 250_000)
            _, refused = hear(opened)
            self.assertEqual((refused["code"], refused["field"]), (413, "text"))
            speak(opened, SENTENCE)
            self.assertEqual(hear(opened)[1]["type"], "done")

    def test_a_message_above_4_mb(self):
        with Bystander(self.server), socket_of(self.server) as opened:
            speak(opened, "word " * 900_000)
            self.assertEqual(closed(opened)[0], 1009)

    def test_text_that_is_not_utf8(self):
        with Bystander(self.server), socket_of(self.server) as opened:
            opened.send(b'{"text":"caf\xe9"}', text=True)
            self.assertEqual(closed(opened)[0], 1007)

    def test_what_is_no_message(self):
        with Bystander(self.server), socket_of(self.server) as opened:
            for wrong in ("Good morning.", "[]", '{"type":"sing"}', '{"text":7}'):
                opened.send(wrong)
                self.assertEqual(hear(opened)[1]["code"], 400, wrong)
            speak(opened, SENTENCE)
            self.assertEqual(hear(opened)[1]["type"], "done")


class Keys(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="parley-keys-")
        self.addCleanup(folder.cleanup)
        self.file = str(Path(folder.name) / "keys.jsonl")
        self.good = self.create("good")
        self.small = self.create("small", "--characters-per-day", "60")
        settings = {**PATIENT, "server.keys_file": self.file, "ports.grpc": 0}
        self.server = Server(fake=True, settings=settings)
        self.addCleanup(self.server.stop)
        self.line = self.server.lines.get(timeout=WITHIN)

    def create(self, name, *limits):
        made = parley("keys", "create", name, "--file", self.file, *limits)
        self.assertEqual(made.returncode, 0, made.stderr)
        return made.stdout.strip()

    def test_a_wrong_key(self):
        with Bystander(self.server, self.good):
            for key in ("sk_wrong", self.good[:-1], None):
                with socket_of(self.server, key=key) as opened:
                    code, last = closed(opened)
                    self.assertEqual((code, json.loads(last)["code"]), (1008, 401))

    def test_a_socket_over_its_quota(self):
        with Bystander(self.server, self.good), socket_of(self.server, key=self.small) as opened:
            for _ in range(2):  # the second crosses the limit and is still spoken
                speak(opened, SENTENCE)
                self.assertEqual(hear(opened)[1]["type"], "done")
            speak(opened, SENTENCE)
            _, refused = hear(opened)
            self.assertEqual(refused["code"], 429)
            self.assertIn("60 characters per day", refused["message"])
            self.assertGreaterEqual(refused["retry_after"], 1)

    def test_an_eleven_labs_socket_over_its_quota(self):
        with Bystander(self.server, self.good):
            with socket_of(self.server, ELEVEN, key=self.small) as opened:
                opened.send(json.dumps({"text": " "}))
                for _ in range(3):
                    opened.send(json.dumps({"text": SENTENCE + " ", "flush": True}))
                code, last = closed(opened)
                self.assertEqual((code, json.loads(last)["error"]), (1013, "quota_exceeded"))

    def test_a_call_over_its_quota(self):
        with channel_to(self.server, self.line) as channel:
            metadata = [("authorization", f"Bearer {self.small}")]
            service = Service(channel, published(), metadata=metadata)
            with Bystander(self.server, self.good):
                for _ in range(2):
                    self.assertTrue(service.Synthesize(text=SENTENCE).audio)
                with self.assertRaises(grpc.RpcError) as refused:
                    service.Synthesize(text=SENTENCE)
                self.assertEqual(refused.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
                trailers = dict(refused.exception.trailing_metadata())
                self.assertGreaterEqual(int(trailers["retry-after"]), 1)


class Calls(unittest.TestCase):
    def test_a_text_of_1_mb_and_bytes_that_are_no_message(self):
        with Server(fake=True, settings={**PATIENT, "ports.grpc": 0}) as server:
            line = server.lines.get(timeout=WITHIN)
            with channel_to(server, line) as channel, Bystander(server):
                service = Service(channel, published())
                with self.assertRaises(grpc.RpcError) as refused:
                    service.Synthesize(text="word " * 209_000)
                self.assertIn(
                    refused.exception.code(),
                    (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED),
                )
                raw = channel.unary_unary("/parley.speech.v1.SpeechSynthesis/Synthesize")
                with self.assertRaises(grpc.RpcError) as refused:
                    raw(b"\xff\xff\xff")
                self.assertEqual(refused.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
                self.assertTrue(service.Synthesize(text=SENTENCE).audio)


class Helpers(unittest.TestCase):
    def test_a_phonemizer_that_is_killed_in_the_middle_of_a_text(self):
        with Server(settings={**PATIENT, "tts.cache.use": "off"}) as server:
            text = LONG[: len(LONG) // 8]
            with socket_of(server) as opened:
                speak(opened, text)
                wanted, _ = hear(opened)
                with Bystander(server) as other:
                    speak(opened, text)
                    for _ in range(3):
                        os.kill(child_of(server.process.pid, "parley-phonemiz"), signal.SIGKILL)
                        # A clause is tried twice: the next one must not meet the same clause.
                        other.hears_one_more()
                    audio, end = hear(opened)
                    self.assertEqual((end["type"], audio == wanted), ("done", True))


if __name__ == "__main__":
    unittest.main()
