# SPDX-License-Identifier: Apache-2.0
"""The recognition sockets of the real binary with real models: the raw one in every encoding, and
Vosk's port as vosk-server's own clients use it. Recordings are sent in frames of 60 ms."""

import json
import subprocess
import threading
import time
import unittest

from support import speech
from support.server import Server
from support.toy import Opus
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

RATE = speech.RATE
FRAME_MS = 60
FRAME = RATE * 2 * FRAME_MS // 1000
SILENCE_FRAMES = 16
PATIENCE_SECONDS = 60
CLIPS = ("best_and_worst", "belief_and_incredulity", "everything_and_nothing")
WER_MAX = 0.1  # of two or three sentences that the recogniser knows
PARTIAL_EVERY_MS = 300


def frames_of(pcm, frame=FRAME):
    padded = pcm + b"\0" * (SILENCE_FRAMES * frame)
    return [padded[at : at + frame].ljust(frame, b"\0") for at in range(0, len(padded), frame)]


def converted(pcm, encoding, rate, channels=1):
    command = ["ffmpeg", "-v", "error", "-f", "s16le", "-ar", str(RATE), "-ac", "1", "-i", "-",
               "-f", encoding, "-ar", str(rate), "-ac", str(channels), "-"]  # fmt: skip
    return subprocess.run(command, input=pcm, capture_output=True, check=True).stdout


def opus_of(pcm, rate, channels=1):
    encoder = Opus(rate, channels)
    samples = converted(pcm, "s16le", rate, channels)
    return [encoder.encode(one) for one in frames_of(samples, rate * 2 * channels * FRAME_MS // 1000)]


class Raw(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(settings={"ports.vosk": 0})
        cls.addClassCleanup(cls.server.stop)
        cls.vosk = cls.server.lines.get(timeout=PATIENCE_SECONDS).split()[-1]
        clips = [speech.clip(name) for name in CLIPS]
        cls.recording = speech.silence(700).join(clip.pcm for clip in clips)
        cls.words = " ".join(clip.words for clip in clips)

    def hear(self, query=""):
        """All events of one recording, each with the second at which it came."""
        events = []
        with connect(
            f"ws://{self.server.host}:{self.server.port}/v1/asr/stream{query}", compression=None
        ) as socket:
            start = time.monotonic()

            def send():
                for number, frame in enumerate(frames_of(self.recording)):
                    wait = start + number * FRAME_MS / 1000 - time.monotonic()
                    if wait > 0:
                        time.sleep(wait)
                    socket.send(frame)
                socket.send('{"type":"end"}')

            sender = threading.Thread(target=send)
            sender.start()
            while not events or events[-1]["type"] != "done":
                event = json.loads(socket.recv(timeout=PATIENCE_SECONDS))
                events.append({**event, "at": time.monotonic() - start})
            sender.join()
        return events

    def hear_at_once(self, query, frames):
        """The text of all finals, and errors."""
        with connect(
            f"ws://{self.server.host}:{self.server.port}/v1/asr/stream{query}", compression=None
        ) as socket:
            for frame in frames:
                socket.send(frame)
            socket.send('{"type":"end"}')
            texts, errors = [], []
            while True:
                event = json.loads(socket.recv(timeout=PATIENCE_SECONDS))
                if event["type"] == "final":
                    texts.append(event["text"])
                elif event["type"] == "error":
                    errors.append(event["message"])
                elif event["type"] == "done":
                    return " ".join(texts), errors

    def assert_words(self, text):
        wrong, total, _ = speech.word_errors([(self.words, text)])
        self.assertLessEqual(wrong / total, WER_MAX, text)

    def test_words_come_while_they_are_spoken(self):
        events = self.hear(f"?encoding=pcm_s16le&rate={RATE}&language=en")
        finals = [event for event in events if event["type"] == "final"]
        text = " ".join(final["text"] for final in finals)
        self.assert_words(text)
        partials = [event for event in events if event["type"] == "partial"]
        spoken_ms = sum(final["end_ms"] - final["start_ms"] for final in finals)
        # A loaded machine leaves some out; a third of them is there on any.
        self.assertGreater(len(partials), spoken_ms / PARTIAL_EVERY_MS / 3)
        stable = {}
        for partial in partials:
            before = stable.get(partial["utterance"], "")
            self.assertTrue(partial["stable"].startswith(before), (before, partial))
            self.assertTrue(partial["text"].startswith(partial["stable"]), partial)
            stable[partial["utterance"]] = partial["stable"]
        for final in finals:
            self.assertEqual(final["text"], " ".join(word["word"] for word in final["words"]))
            starts = [word["start_ms"] for word in final["words"]]
            self.assertEqual(starts, sorted(starts))
            self.assertGreater(final["confidence"], 0.5)

    def test_every_encoding_and_rate_is_heard(self):
        for name, encoding, rate in (
            ("pcm_s16le", "s16le", 8000), ("pcm_s16le", "s16le", 16000),
            ("pcm_s16le", "s16le", 24000), ("pcm_s16le", "s16le", 48000),
            ("pcm_f32le", "f32le", 16000), ("pcm_f32le", "f32le", 48000),
            ("mulaw", "mulaw", 8000), ("alaw", "alaw", 8000), ("mulaw", "mulaw", 16000),
        ):  # fmt: skip
            with self.subTest(encoding=name, rate=rate):
                audio = converted(self.recording + speech.silence(960), encoding, rate)
                # Cut where it pleases: 999 bytes are no whole samples of any of them but G.711.
                frames = [audio[at : at + 999] for at in range(0, len(audio), 999)]
                text, errors = self.hear_at_once(f"?encoding={name}&rate={rate}", frames)
                self.assertEqual(errors, [])
                self.assert_words(text)

    def test_opus_of_every_rate_is_heard(self):
        for rate, channels in ((8000, 1), (16000, 1), (24000, 1), (48000, 1), (48000, 2)):
            with self.subTest(rate=rate, channels=channels):
                packets = opus_of(self.recording, rate, channels)
                query = f"?encoding=opus&rate={rate}&channels={channels}"
                text, errors = self.hear_at_once(query, packets)
                self.assertEqual(errors, [])
                self.assert_words(text)

    def test_opus_with_holes_is_heard_all_the_same(self):
        packets = opus_of(self.recording, 16000)
        for at in range(7, len(packets), 25):
            packets[at] = b"\x03\xff\xff" if at % 2 else b""
        text, errors = self.hear_at_once("?encoding=opus", packets)
        self.assertEqual(len(errors), sum(packet == b"\x03\xff\xff" for packet in packets))
        self.assertIn("no Opus packet", errors[0])
        wrong, total, _ = speech.word_errors([(self.words, text)])
        self.assertLessEqual(wrong / total, 2 * WER_MAX, text)

    def test_vosks_clients_get_an_answer_for_every_piece(self):
        texts, words = [], []
        with connect(f"ws://{self.vosk}", compression=None) as socket:
            socket.send(json.dumps({"config": {"sample_rate": RATE, "words": True}}))
            for frame in frames_of(self.recording):
                socket.send(frame)
                answer = json.loads(socket.recv(timeout=PATIENCE_SECONDS))
                texts.append(answer.get("text", ""))
                words += answer.get("result", [])
            socket.send('{"eof" : 1}')
            answer = json.loads(socket.recv(timeout=PATIENCE_SECONDS))
            texts.append(answer["text"])
            words += answer.get("result", [])
            with self.assertRaises(ConnectionClosed):
                socket.recv(timeout=PATIENCE_SECONDS)
        text = " ".join(filter(None, texts))
        self.assert_words(text)
        self.assertEqual(text, " ".join(word["word"] for word in words))


class Slack(unittest.TestCase):
    """Who is let in, as measured: here a sentence is a crowd."""

    def test_a_node_without_time_says_so_and_has_it_again(self):
        server = Server(settings={"asr.busy_max": 0.005})
        self.addCleanup(server.stop)
        url = f"ws://{server.host}:{server.port}/v1/asr/stream?rate={RATE}&partials=false"
        self.assertEqual(server.get("/readyz")[0], 200)
        with connect(url, compression=None) as socket:
            socket.send(speech.clip(CLIPS[0]).pcm)
            socket.send('{"type":"end"}')
            while json.loads(socket.recv(timeout=PATIENCE_SECONDS))["type"] != "done":
                pass
            status, headers, body = server.get("/readyz")
            self.assertEqual((status, json.loads(body)["status"]), (503, "busy"))
            self.assertGreater(json.loads(body)["asr"]["busy"], 0.005)
            with self.assertRaises(InvalidStatus) as refused:
                connect(url, compression=None)
            self.assertEqual(refused.exception.response.status_code, 503)
            self.assertGreaterEqual(int(refused.exception.response.headers["Retry-After"]), 2)
            self.assertIn(b"parley_asr_ready 0", server.get("/metrics")[2])
            # Who is in stays in.
            socket.send('{"type":"end"}')
            self.assertEqual(json.loads(socket.recv(timeout=PATIENCE_SECONDS))["type"], "done")
        limit = time.monotonic() + PATIENCE_SECONDS
        while server.get("/readyz")[0] != 200:
            self.assertLess(time.monotonic(), limit, "it is never ready again")
            time.sleep(0.2)
        connect(url, compression=None).close()


if __name__ == "__main__":
    unittest.main()
