# SPDX-License-Identifier: Apache-2.0
"""Models of sherpa-onnx that hear, chosen by configuration: streaming ones, SenseVoice, one in front
of the other, and models of speakers; broken ones are refused with a reason, and nothing of the
server ends. The models are tiny, made for the tests: a tone is a word (make_tiny_recognizers.py)."""

import array
import json
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from speakers_test import ask, wav
from support import places, speech
from support.server import Refused, Server, clean_environment
from websockets.sync.client import connect

PATIENCE_SECONDS = 60
COMMAND_SECONDS = 120
FRAME_MS = 60
ONE, TWO, THREE = 400, 1200, 3000  # Hz
WORDS = "one two three"
KEY = "5a" * 32


def spoken(*tones):
    """Each for half a second, with 200 ms between them: less than ends an utterance."""
    pcm = speech.silence(300)
    for hertz in tones:
        pcm += speech.tone(500, hertz) + speech.silence(200)
    return pcm + speech.silence(1000)


def in_doubt():
    """"two" and "three" at once: "three" is what is heard, though not by far."""
    both = array.array("h", speech.tone(500, THREE, 0.2))
    for at, sample in enumerate(array.array("h", speech.tone(500, TWO, 0.34))):
        both[at] += sample
    return speech.silence(300) + both.tobytes() + speech.silence(1000)


class Cache:
    """A cache of models with the tiny ones beside the real ones."""

    def __init__(self):
        python = places.CACHE / "venv/convert/bin/python"
        places.need(python, "run tools/deps")
        places.need(places.CACHE / "sdk/onnxruntime/lib/libsherpa-onnx-c-api.so", "run tools/deps")
        self.folder = tempfile.TemporaryDirectory(prefix="parley-tiny-")
        self.root = Path(self.folder.name)
        models = self.root / "models"
        script = places.ROOT / "tests/backend/sherpa/make_tiny_recognizers.py"
        subprocess.run([python, "-B", script, models], check=True, timeout=COMMAND_SECONDS)
        for model in places.MODELS:
            (models / model).symlink_to(places.CACHE / "models" / model)
        (self.root / "sdk").symlink_to(places.CACHE / "sdk")

    def settings(self, **values):
        # Tones are not speech to a detector that knows what speech is.
        return {"models.path": str(self.root), "vad.model": "energy"} | {
            name.replace("__", "."): value for name, value in values.items()
        }


class WithModels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        places.need_models()
        cls.cache = Cache()
        cls.addClassCleanup(cls.cache.folder.cleanup)

    def serve(self, **values):
        server = Server(settings=self.cache.settings(**values))
        self.addCleanup(server.stop)
        return server

    def hear(self, server, pcm, query=""):
        """All events of the raw socket; what is said is sent as it is said."""
        events = []
        url = f"ws://{server.host}:{server.port}/v1/asr/stream?rate={speech.RATE}{query}"
        with connect(url, compression=None) as socket:
            start = time.monotonic()

            def send():
                frame = FRAME_MS * speech.BYTES_PER_MS
                for at in range(0, len(pcm), frame):
                    wait = start + at / speech.BYTES_PER_MS / 1000 - time.monotonic()
                    if wait > 0:
                        time.sleep(wait)
                    socket.send(pcm[at : at + frame])
                socket.send('{"type":"end"}')

            sender = threading.Thread(target=send)
            sender.start()
            while not events or events[-1]["type"] != "done":
                events.append(json.loads(socket.recv(timeout=PATIENCE_SECONDS)))
            sender.join()
        stable = ""
        for event in events:
            if event["type"] == "partial":
                self.assertTrue(event["stable"].startswith(stable), (stable, event))
                stable = event["stable"]
            elif event["type"] == "final":
                stable = ""
            self.assertNotEqual(event["type"], "error", event)
        return events

    def assert_growing(self, partials):
        """Words that were said, one after the other; how many come at a time is the machine's load."""
        self.assertTrue(partials)
        self.assertEqual(partials, sorted(set(partials), key=len))
        for partial in partials:
            self.assertTrue(WORDS.startswith(partial), partials)

    @staticmethod
    def texts(events, kind):
        return [event["text"] for event in events if event["type"] == kind]


class Streaming(WithModels):
    def test_words_come_as_they_are_said_and_the_final_with_them(self):
        for model in ("streaming-transducer", "streaming-ctc"):
            with self.subTest(model):
                server = self.serve(asr__model=model)
                events = self.hear(server, spoken(ONE, TWO, THREE))
                self.assertEqual(self.texts(events, "final"), [WORDS], events)
                self.assert_growing(self.texts(events, "partial"))
                final = next(event for event in events if event["type"] == "final")
                self.assertEqual([word["word"] for word in final["words"]], WORDS.split())
                if model == "streaming-transducer":
                    self.assertGreater(final["confidence"], 0.5)
                else:
                    self.assertIsNone(final["confidence"], "it does not tell")
                starts = [word["start_ms"] for word in final["words"]]
                for start, said in zip(starts, (300, 1000, 1700)):
                    self.assertAlmostEqual(start, said, delta=120)

    def test_paraformer_hears_too(self):
        server = self.serve(asr__model="streaming-paraformer")
        events = self.hear(server, spoken(TWO, THREE))
        (final,) = self.texts(events, "final")
        said = final.split()
        self.assertEqual([word for at, word in enumerate(said) if said[at - 1 : at] != [word]],
                         ["two", "three"])  # fmt: skip

    def test_several_hear_at_once_and_keep_apart(self):
        server = self.serve(asr__model="streaming-transducer")
        orders = [(ONE, TWO), (TWO, ONE), (THREE, ONE), (TWO, THREE), (ONE, THREE), (THREE, TWO)]
        names = {ONE: "one", TWO: "two", THREE: "three"}
        heard = {}

        def one(order):
            heard[order] = self.texts(self.hear(server, spoken(*order)), "final")

        threads = [threading.Thread(target=one, args=(order,)) for order in orders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(heard, {order: [" ".join(names[tone] for tone in order)] for order in orders})

    def test_hot_words_are_heard_where_it_is_in_doubt(self):
        server = self.serve(asr__model="streaming-hot-words")
        for query, word in (("", "three"), ("&hot_words=Two", "two"), ("&hot_words=:1,%23,x", "three")):
            with self.subTest(query):
                self.assertEqual(self.texts(self.hear(server, in_doubt(), query), "final"), [word])
        server = self.serve(asr__model="streaming-hot-words", asr__hot_words="two")
        self.assertEqual(self.texts(self.hear(server, in_doubt()), "final"), ["two"])

    def test_recordings_are_heard_whole(self):
        server = self.serve(asr__model="streaming-transducer")
        fields = [("model", "any"), ("response_format", "json"), ("file", wav(spoken(THREE, ONE)))]
        status, answer = ask(server, "POST", "/v1/audio/transcriptions", fields)
        self.assertEqual((status, answer.get("text")), (200, "three one"), answer)


class SenseVoice(WithModels):
    def test_finals_tell_language_emotion_and_event(self):
        server = self.serve(asr__model="sense-voice")
        events = self.hear(server, spoken(ONE, TWO, THREE))
        final = next(event for event in events if event["type"] == "final")
        self.assertEqual(final["text"], WORDS)
        self.assertEqual((final["language"], final["emotion"], final["event"]),
                         ("en", "HAPPY", "Speech"))  # fmt: skip

    def test_another_model_tells_what_is_being_said(self):
        server = self.serve(asr__model="sense-voice-zh", asr__streaming_model="streaming-ctc")
        events = self.hear(server, spoken(ONE, TWO, THREE))
        self.assert_growing(self.texts(events, "partial"))
        final = next(event for event in events if event["type"] == "final")
        self.assertEqual((final["text"], final["language"], final["emotion"]), (WORDS, "zh", "HAPPY"))
        # Nobody else's model is asked for what a client of another language says.
        server = self.serve(asr__model="sense-voice", asr__streaming_model="streaming-transducer")
        events = self.hear(server, spoken(ONE, TWO, THREE), "&language=fr")
        self.assertEqual(self.texts(events, "final"), [WORDS])


class Broken(WithModels):
    def assert_refused(self, words, **values):
        with self.assertRaises(Refused) as refused:
            self.serve(**values)
        self.assertEqual(refused.exception.status, 1, refused.exception.log)
        for word in words:
            self.assertIn(word, refused.exception.log)

    def test_the_server_says_what_is_wrong_and_does_not_start(self):
        folder = f"{self.cache.root}/models/"
        for setting, model, reason in (
            ("asr__model", "no-metadata", "'encoder_dims' does not exist in the metadata"),
            ("asr__model", "no-blank", "tokens.txt contains the symbol <blk>"),
            ("asr__model", "few-symbols", "it wrote a symbol that its tokens do not have"),
            ("asr__model", "wrong-file", "Invalid rank for input"),
            ("asr__model", "truncated", "Protobuf parsing failed"),
            ("asr__model", "speaker", "the family speaker is no recogniser"),
            ("asr__streaming_model", "no-metadata", "does not exist in the metadata"),
            ("asr__streaming_model", "sense-voice", "the family sense_voice is no streaming model"),
            ("asr__streaming_model", "nowhere", "sherpa.json: there is no such file"),
            ("speakers__model", "speaker-no-metadata", "Unknown model type for speaker embedding"),
            ("speakers__model", "speaker-truncated", "Protobuf parsing failed"),
            ("speakers__model", "nowhere", "sherpa.json: there is no such file"),
        ):
            with self.subTest(setting + "=" + model):
                name = setting.replace("__", ".")
                self.assert_refused([name, folder + model, reason], **{setting: model})

    def test_the_doctor_says_it_too(self):
        def findings(**values):
            settings = self.cache.settings(speakers__key=KEY, **values)
            command = [places.program(), "doctor", "--json", "--quick"]
            for name, value in settings.items():
                command += ["--set", f"{name}={value}"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_SECONDS,
                                  env=clean_environment(None))  # fmt: skip
            lines = [json.loads(line) for line in done.stdout.splitlines()]
            return {line["subject"]: line for line in lines}

        good = findings(asr__model="sense-voice", asr__streaming_model="streaming-ctc",
                        speakers__model="speaker", speakers__threshold=0.6)  # fmt: skip
        for subject in ("asr.model sense-voice", "asr.streaming_model streaming-ctc",
                        "speakers.model speaker", "speakers.threshold", "speakers.key"):  # fmt: skip
            self.assertEqual(good[subject]["level"], "ok", good[subject])
        bad = findings(asr__model="truncated", asr__streaming_model="no-metadata",
                       speakers__model="speaker-no-metadata")  # fmt: skip
        for subject in ("asr.model truncated", "asr.streaming_model no-metadata",
                        "speakers.model speaker-no-metadata"):  # fmt: skip
            self.assertEqual(bad[subject]["level"], "problem", bad[subject])
        self.assertEqual(bad["speakers.threshold"]["level"], "note")


class Speakers(WithModels):
    def test_voices_of_different_models_are_not_compared(self):
        store = self.cache.root / "speakers.db"
        values = {"speakers__key": KEY, "speakers__path": str(store), "speakers__threshold": 0.8}
        low, high = (wav(spoken(*[hertz] * 5)) for hertz in (ONE, THREE))
        server = Server(settings=self.cache.settings(speakers__model="speaker", **values))
        try:
            status, anna = ask(server, "POST", "/v1/speakers", [("name", "Anna"), ("file", low)])
            self.assertEqual(status, 200, anna)
            self.assertRegex(anna["model"], r"^speaker-[0-9a-f]{8}$")
            for clip, name in ((low, "Anna"), (high, None)):
                status, who = ask(server, "POST", "/v1/speakers/identify", [("file", clip)])
                self.assertEqual((who["speaker"] or {}).get("name"), name, who)
            events = self.hear(server, spoken(ONE, ONE, ONE))
            finals = [event for event in events if event["type"] == "final"]
            self.assertEqual([final["speaker"] for final in finals], ["Anna"])
        finally:
            server.stop()
        # Another file under the same name is another model.
        folder = self.cache.root / "models/speaker"
        model = folder / "model.onnx"
        model.write_bytes(model.read_bytes() + b"\x72\x00")  # an empty field that nobody reads
        server = self.serve(speakers__model="speaker", **values)
        status, who = ask(server, "POST", "/v1/speakers/identify", [("file", low)])
        self.assertEqual((status, who["speaker"], who["nearest"]), (200, None, None), who)
        fields = [("name", "Anna"), ("file", low)]
        for path in ("/v1/speakers/verify", "/v1/speakers"):
            status, refused = ask(server, "POST", path, fields)
            self.assertEqual((status, refused["error"]["code"]), (409, "speaker_of_another_model"))


if __name__ == "__main__":
    unittest.main()
