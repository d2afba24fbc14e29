# SPDX-License-Identifier: Apache-2.0
"""A Parley whose recogniser is another Parley: over HTTP, over the raw socket, and as Vosk's server.
What the first hears is what the second recognises, whatever face the client speaks to."""

import json
import math
import tempfile
import threading
import time
import unittest
import wave
from pathlib import Path

from openai import APIStatusError, OpenAI
from support import faults, places, speech
from support.server import Server, parley
from websockets.sync.client import connect

RATE = speech.RATE
FRAME_MS = 60
FRAME = RATE * 2 * FRAME_MS // 1000
PATIENCE_SECONDS = 60
CLIPS = ("best_and_worst", "belief_and_incredulity", "everything_and_nothing")
WER_MAX = 0.1  # of sentences that the recogniser knows
PAUSE_MS = 1200


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.far = Server(settings={"ports.vosk": 0})
        cls.addClassCleanup(cls.far.stop)
        cls.vosk = cls.far.lines.get(timeout=PATIENCE_SECONDS).split()[-1]
        clips = [speech.clip(name) for name in CLIPS]
        cls.recording = speech.silence(PAUSE_MS).join(clip.pcm for clip in clips)
        cls.words = " ".join(clip.words for clip in clips)
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.file = Path(folder.name) / "recording.wav"
        with wave.open(str(cls.file), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes(cls.recording)
        cls.http_url = f"{cls.far.url}/v1"
        cls.socket_url = f"ws://{cls.far.host}:{cls.far.port}/v1/asr/stream"

    def near(self, url, **settings):
        """It has no recogniser of its own: its models are stand-ins."""
        settings = {"asr.url": url, **{k.replace("__", "."): v for k, v in settings.items()}}
        server = Server(fake=True, settings=settings)
        self.addCleanup(server.stop)
        return server

    def hear(self, server, pace=0.0):
        """All events of the recording on the raw socket, sent at `pace`: 1 as it is spoken, 0 at once."""
        events = []
        with connect(
            f"ws://{server.host}:{server.port}/v1/asr/stream?rate={RATE}", compression=None
        ) as socket:

            def send():
                sound = self.recording + speech.silence(PAUSE_MS)
                for at in range(0, len(sound), FRAME):
                    socket.send(sound[at : at + FRAME])
                    time.sleep(pace * FRAME_MS / 1000)
                socket.send('{"type":"end"}')

            sender = threading.Thread(target=send)
            sender.start()
            while not events or events[-1]["type"] != "done":
                events.append(json.loads(socket.recv(timeout=PATIENCE_SECONDS)))
            sender.join()
        return events

    def assert_words(self, text):
        wrong, total, _ = speech.word_errors([(self.words, text)])
        self.assertLessEqual(wrong / total, WER_MAX, text)

    def text_of(self, events):
        finals = [event for event in events if event["type"] == "final"]
        return " ".join(final["text"] for final in finals)

    def test_over_http(self):
        server = self.near(self.http_url)
        events = self.hear(server)
        self.assert_words(self.text_of(events))
        self.assertNotIn("partial", [event["type"] for event in events], "they would cost")
        for final in (event for event in events if event["type"] == "final"):
            self.assertEqual(final["text"], " ".join(word["word"] for word in final["words"]))
            self.assertGreater(final["confidence"], 0.5)
            starts = [word["start_ms"] for word in final["words"]]
            self.assertEqual(starts, sorted(starts))
            self.assertGreaterEqual(starts[0], final["start_ms"] - 500)
        sent = faults.metric(server, "parley_asr_remote_audio_milliseconds_total")
        self.assertGreater(sent, len(self.recording) / 2 / RATE * 1000 * 0.7)

    def test_over_the_raw_socket_with_partials(self):
        server = self.near(self.socket_url, asr__partial_ms=500)
        events = self.hear(server, pace=1.0)
        self.assert_words(self.text_of(events))
        stable = {}
        partials = [event for event in events if event["type"] == "partial"]
        self.assertTrue(partials)
        for partial in partials:
            self.assertTrue(partial["stable"].startswith(stable.get(partial["utterance"], "")))
            stable[partial["utterance"]] = partial["stable"]

    def test_as_vosks_server(self):
        server = self.near(f"ws://{self.vosk}")
        self.assert_words(self.text_of(self.hear(server)))

    def test_recordings_and_their_words(self):
        for url in (self.http_url, self.socket_url):
            server = self.near(url)
            with OpenAI(
                api_key="none-needed", base_url=f"{server.url}/v1", max_retries=0
            ) as client, open(self.file, "rb") as opened:
                answer = client.audio.transcriptions.create(
                    file=opened, model="any", response_format="verbose_json",
                    timestamp_granularities=["word", "segment"],
                )  # fmt: skip
            self.assert_words(answer.text)
            self.assertEqual(answer.text, " ".join(word.word for word in answer.words))
            for segment in answer.segments:
                self.assertLess(segment.avg_logprob, 0.0)
                self.assertTrue(math.isfinite(segment.avg_logprob))

    def test_hot_words_go_along(self):
        clip = places.ROOT.parent / "shared/data/speech/3005-163389-0000.flac"
        if not clip.exists():
            self.skipTest("../shared/data/speech is not here")

        def heard(url, **more):
            with OpenAI(
                api_key="none-needed", base_url=f"{url}/v1", max_retries=0
            ) as client, open(clip, "rb") as opened:
                return client.audio.transcriptions.create(file=opened, model="any", **more).text

        names = {"extra_body": {"keywords": ["Sherburn", "Svea Lindqvist"]}}
        self.assertNotIn("Sherburn's", heard(self.far.url))
        self.assertIn("Sherburn's", heard(self.far.url, **names))
        for url in (self.http_url, self.socket_url):
            server = self.near(url)
            self.assertNotIn("Sherburn's", heard(server.url))
            self.assertIn("Sherburn's", heard(server.url, **names))

    def test_a_command_hears_by_it_too(self):
        done = parley("transcribe", self.file, "--set", f"asr.url={self.http_url}",
                      "--set", "asr.early=false")  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_words(done.stdout.partition("\t")[2])

    def test_doctor_asks_whether_it_is_there(self):
        for url, mark in ((self.http_url, "ok "), (self.socket_url, "ok "),
                          (f"ws://{self.vosk}", "ok "), ("http://127.0.0.1:1/v1", "PROBLEM ")):  # fmt: skip
            done = parley("doctor", "--quick", "--set", f"asr.url={url}", "--set", "server.port=0")
            lines = [line for line in done.stdout.splitlines() if "recogniser:" in line]
            self.assertEqual(len(lines), 1, done.stdout)
            self.assertTrue(lines[0].startswith(mark), lines)

    def test_what_is_wrong_there_is_told_here(self):
        server = self.near("http://127.0.0.1:1/v1")
        with OpenAI(
            api_key="none-needed", base_url=f"{server.url}/v1", max_retries=0
        ) as client, open(self.file, "rb") as opened, self.assertRaises(APIStatusError) as raised:
            client.audio.transcriptions.create(file=opened, model="any")
        self.assertGreaterEqual(raised.exception.status_code, 500)
        events = self.hear(server)
        troubles = [event for event in events if event["type"] == "error"]
        self.assertTrue(troubles)
        self.assertIn("127.0.0.1:1", troubles[0]["message"])


if __name__ == "__main__":
    unittest.main()
