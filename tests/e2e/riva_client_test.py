# SPDX-License-Identifier: Apache-2.0
"""PyPI `nvidia-riva-client`, unmodified, against the gRPC port of the real binary."""

import subprocess
import tempfile
import unittest
from pathlib import Path

import riva.client
from riva.client.proto import riva_tts_pb2
from support import speech
from support.server import Server, transcribe

PATIENCE_SECONDS = 30
KEY = "riva-key"
SENTENCE = "It was the best of times, it was the worst of times."
WER_MAX = 0.2
RATE = 22050  # their client's own default


def decoded(audio):
    """24 kHz PCM16 of a file's bytes, by ffmpeg."""
    command = ["ffmpeg", "-v", "error", "-i", "-", "-f", "s16le", "-ar", "24000", "-ac", "1", "-"]
    return subprocess.run(command, input=audio, capture_output=True, check=True).stdout


def heard(*clips):
    """What `parley transcribe` finds in PCM16 of (rate, bytes)."""
    with tempfile.TemporaryDirectory() as folder:
        files = [
            speech.write_wav(Path(folder) / f"{index}.wav", pcm, rate)
            for index, (rate, pcm) in enumerate(clips)
        ]
        return transcribe(*files)


class Riva(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(settings={"ports.grpc": 0, "server.api_keys": [KEY]})
        line = cls.server.lines.get(timeout=PATIENCE_SECONDS)
        cls.address = line.removeprefix("parley gRPC listening on ")
        cls.tts = cls.service(KEY)

    @classmethod
    def tearDownClass(cls):
        cls.tts.auth.channel.close()
        cls.server.stop()

    @classmethod
    def service(cls, key):
        auth = riva.client.Auth(
            uri=cls.address, metadata_args=[["authorization", f"Bearer {key}"]]
        )
        return riva.client.SpeechSynthesisService(auth)

    def assert_words(self, texts, expected=SENTENCE):
        wrong, words, _ = speech.word_errors([(expected, text) for text in texts])
        self.assertLessEqual(wrong, WER_MAX * words, "\n".join(texts))

    def test_synthesize(self):
        answer = self.tts.synthesize(SENTENCE, enable_word_time_offsets=True)
        times = [(word.start_time, word.end_time) for word in answer.meta.words]
        self.assertEqual(len(times), len(SENTENCE.split()))
        self.assertEqual(times, sorted(times))
        self.assertLessEqual(times[-1][1], len(answer.audio) / 2 / RATE * 1000 + 1)
        self.assertEqual(answer.meta.text, SENTENCE)
        later = self.tts.synthesize(SENTENCE, future=True).result()
        self.assertEqual(len(later.meta.words), 0)
        self.assert_words(heard((RATE, answer.audio), (RATE, later.audio)))

    def test_synthesize_online(self):
        answers = list(self.tts.synthesize_online(SENTENCE, sample_rate_hz=44100))
        self.assertGreater(len(answers), 1)
        audio = b"".join(answer.audio for answer in answers)
        texts = ["It was the best of times,", "it was the worst of times."]
        several = self.tts.synthesize_online(texts, sample_rate_hz=16000)
        parts = b"".join(answer.audio for answer in several)
        self.assert_words(heard((44100, audio), (16000, parts)))

    def test_encodings(self):
        encoding = riva.client.AudioEncoding
        pcm = []
        for kind in (encoding.FLAC, encoding.OGGOPUS):
            answer = self.tts.synthesize(SENTENCE, encoding=kind)
            pcm.append((24000, decoded(answer.audio)))
        self.assert_words(heard(*pcm))
        short = self.tts.synthesize("Hello.", encoding=encoding.MULAW, sample_rate_hz=8000)
        self.assertGreater(len(short.audio), 1000)

    def test_voices_are_listed_and_can_be_asked_for(self):
        """As their `talk.py --list-voices` reads them."""
        config = self.tts.stub.GetRivaSynthesisConfig(
            riva_tts_pb2.RivaSynthesisConfigRequest(), metadata=self.tts.auth.get_auth_metadata()
        )
        names = []
        for model in config.model_config:
            self.assertTrue(model.parameters["language_code"])
            for voice in model.parameters["subvoices"].split(","):
                names.append(model.parameters["voice_name"] + "." + voice.split(":")[0])
        self.assertGreater(len(names), 0)
        answer = self.tts.synthesize("Hello there.", voice_name=names[0])
        unknown = self.tts.synthesize("Hello there.", voice_name="English-US.Female-1")
        self.assertGreater(len(answer.audio), 10_000)
        self.assertGreater(len(unknown.audio), 10_000)

    def test_ssml_and_speed(self):
        slow = self.tts.synthesize(SENTENCE, custom_configuration={"speed": "0.7"})
        fast = self.tts.synthesize(SENTENCE, custom_configuration={"speed": "1.4"})
        self.assertGreater(len(slow.audio), 1.5 * len(fast.audio))
        marked = self.tts.synthesize('<speak>Hello. <break time="2s"/> There.</speak>')
        self.assertGreater(len(marked.audio), 2 * 2 * RATE)

    def test_errors(self):
        with self.assertRaisesRegex(Exception, "UNAUTHENTICATED"):
            self.service("wrong").synthesize("Hello.")
        with self.assertRaisesRegex(Exception, "Missing required parameter: 'text'"):
            self.tts.synthesize("")


if __name__ == "__main__":
    unittest.main()
