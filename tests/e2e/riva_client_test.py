# SPDX-License-Identifier: Apache-2.0
"""PyPI `nvidia-riva-client`, unmodified, against the gRPC port of the real binary."""

import subprocess
import tempfile
import unittest
from pathlib import Path

import riva.client
from riva.client.proto import riva_asr_pb2, riva_tts_pb2
from support import places, speech
from support.server import Server, transcribe

PATIENCE_SECONDS = 30
KEY = "riva-key"
SENTENCE = "It was the best of times, it was the worst of times."
WER_MAX = 0.2
RATE = 22050  # their client's own default
CLIPS = ("best_and_worst", "belief_and_incredulity")
NAMED_CLIP = "data/speech/3005-163389-0000.flac"  # whose name nobody expects


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
        cls.asr = riva.client.ASRService(cls.tts.auth)
        clips = [speech.clip(name) for name in CLIPS]
        cls.recording = speech.silence(700).join(clip.pcm for clip in clips) + speech.silence(960)
        cls.words = " ".join(clip.words for clip in clips)

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

    def test_a_recording_is_recognised(self):
        config = riva.client.RecognitionConfig(
            encoding=riva.client.AudioEncoding.LINEAR_PCM, sample_rate_hertz=speech.RATE,
            language_code="en-US", max_alternatives=1, enable_word_time_offsets=True,
            enable_automatic_punctuation=True, audio_channel_count=1,
        )  # fmt: skip
        answer = self.asr.offline_recognize(self.recording, config)
        words = [word for result in answer.results for word in result.alternatives[0].words]
        self.assertEqual([w.start_time for w in words], sorted(w.start_time for w in words))
        self.assert_words([self.text_of(answer)], self.words)
        self.assertEqual(
            " ".join(word.word for word in words), self.text_of(answer).strip().replace("  ", " ")
        )
        later = self.asr.offline_recognize(self.flac(), self.config("FLAC"), future=True).result()
        self.assert_words([self.text_of(later)], self.words)
        with tempfile.TemporaryDirectory() as folder:
            file = speech.write_wav(Path(folder) / "clip.wav", self.recording)
            of_file = self.asr.offline_recognize(file.read_bytes(), self.config("LINEAR_PCM"))
        self.assertEqual(self.text_of(of_file), self.text_of(answer))

    def test_a_recording_is_streamed(self):
        """As their `transcribe_file.py` does it, WAV header and all."""
        with tempfile.TemporaryDirectory() as folder:
            file = speech.write_wav(Path(folder) / "clip.wav", self.recording)
            config = riva.client.StreamingRecognitionConfig(
                config=self.config("LINEAR_PCM"), interim_results=True
            )
            riva.client.add_audio_file_specs_to_config(config, file)
            riva.client.add_speaker_diarization_to_config(config, True, 2)
            riva.client.add_endpoint_parameters_to_config(config, 0, 0, 800, 0, 0, 0)
            finals, partials = [], 0
            with riva.client.AudioChunkFileIterator(
                file, speech.RATE // 10, riva.client.sleep_audio_length
            ) as chunks:
                for answer in self.asr.streaming_response_generator(chunks, config):
                    for result in answer.results:
                        self.assertEqual(len(result.alternatives), 1)
                        if result.is_final:
                            finals.append(result.alternatives[0].transcript)
                        else:
                            partials += 1
        self.assertGreater(partials, 4)
        self.assert_words(["".join(finals)], self.words)

    def test_a_file_of_another_kind_is_streamed(self):
        config = riva.client.StreamingRecognitionConfig(config=self.config("FLAC"))
        flac = self.flac()
        chunks = (flac[at : at + 4000] for at in range(0, len(flac), 4000))
        finals = [
            result.alternatives[0].transcript
            for answer in self.asr.streaming_response_generator(chunks, config)
            for result in answer.results
            if result.is_final
        ]
        self.assert_words(["".join(finals)], self.words)

    def test_boosted_words_are_heard(self):
        clip = places.SHARED / NAMED_CLIP
        if not clip.exists():
            self.skipTest("../shared/data/speech is not here")
        config, flac = self.config("FLAC"), clip.read_bytes()
        self.assertNotIn("Sherburn's", self.text_of(self.asr.offline_recognize(flac, config)))
        riva.client.add_word_boosting_to_config(config, ["Sherburn", "Svea Lindqvist"], 20.0)
        self.assertIn("Sherburn's", self.text_of(self.asr.offline_recognize(flac, config)))

    def test_calls_have_ids(self):
        call = self.asr.offline_recognize(self.recording, self.config("LINEAR_PCM"), future=True)
        call.result()
        self.assertTrue(dict(call.initial_metadata())["x-request-id"].startswith("req_"))

    def test_the_recogniser_is_listed(self):
        """As their `--list-models` reads it."""
        answer = self.asr.stub.GetRivaSpeechRecognitionConfig(
            riva_asr_pb2.RivaSpeechRecognitionConfigRequest(),
            metadata=self.asr.auth.get_auth_metadata(),
        )
        online = [one for one in answer.model_config if one.parameters["type"] == "online"]
        self.assertEqual([one.parameters["language_code"] for one in online], ["en-US"])

    def test_errors_of_recognition(self):
        with self.assertRaisesRegex(Exception, "English only"):
            config = self.config("LINEAR_PCM")
            config.language_code = "fr-FR"
            self.asr.offline_recognize(self.recording, config)
        with self.assertRaisesRegex(Exception, "audio: "):
            self.asr.offline_recognize(b"fLaC but not really", self.config("FLAC"))
        with self.assertRaisesRegex(Exception, "Missing required parameter: 'audio'"):
            self.asr.offline_recognize(b"", self.config("FLAC"))

    @staticmethod
    def text_of(answer):
        return "".join(result.alternatives[0].transcript for result in answer.results)

    @staticmethod
    def config(encoding):
        return riva.client.RecognitionConfig(
            encoding=riva.client.AudioEncoding.Value(encoding), language_code="en-US",
            max_alternatives=1, enable_automatic_punctuation=True,
        )  # fmt: skip

    def flac(self):
        command = ["ffmpeg", "-v", "error", "-f", "s16le", "-ar", str(speech.RATE), "-ac", "1",
                   "-i", "-", "-f", "flac", "-"]  # fmt: skip
        return subprocess.run(command, input=self.recording, capture_output=True, check=True).stdout

    def test_errors(self):
        with self.assertRaisesRegex(Exception, "UNAUTHENTICATED"):
            self.service("wrong").synthesize("Hello.")
        with self.assertRaisesRegex(Exception, "Missing required parameter: 'text'"):
            self.tts.synthesize("")


if __name__ == "__main__":
    unittest.main()
