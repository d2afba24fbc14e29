# SPDX-License-Identifier: Apache-2.0
"""The gRPC port of the real binary, spoken by gRPC's Python client: our own service, health and
reflection, keys and limits, TLS."""

import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

import grpc
from support import speech
from support.certificate import make_certificate
from support.grpc_client import SPEECH, Service, channel_to, published, reflected
from support.server import Server, transcribe

HEALTH = "grpc.health.v1.Health"
RIVA = "nvidia.riva.tts.RivaSpeechSynthesis"
LISTENING = "parley.recognition.v1.SpeechRecognition"
RIVA_LISTENING = "nvidia.riva.asr.RivaSpeechRecognition"
ALL = (SPEECH, RIVA, LISTENING, RIVA_LISTENING)
SERVING, NOT_SERVING = 1, 2
PATIENCE_SECONDS = 30
SENTENCE = "It was the best of times, it was the worst of times."
# The voice, the encoder and the recogniser are all between the text and what is heard of it.
WER_MAX = 0.2
CLIPS = ("best_and_worst", "belief_and_incredulity")
ENCODINGS = {
    "LINEAR16": ["-f", "s16le", "-ar", "24000", "-ac", "1"], "WAV": [], "MP3": [], "OGG_OPUS": [],
    "AAC": [], "FLAC": [], "MULAW": ["-f", "mulaw", "-ar", "8000", "-ac", "1"],
    "ALAW": ["-f", "alaw", "-ar", "8000", "-ac", "1"],
}  # fmt: skip


def decoded(audio, encoding):
    """24 kHz PCM16 of a file's bytes, by ffmpeg."""
    command = ["ffmpeg", "-v", "error", *ENCODINGS[encoding], "-i", "-", "-f", "s16le", "-ar",
               "24000", "-ac", "1", "-"]  # fmt: skip
    return subprocess.run(command, input=audio, capture_output=True, check=True).stdout


def metric(server, name):
    for line in server.get("/metrics")[2].decode().splitlines():
        if line.startswith(name + " ") or line.startswith(name + "{"):
            return float(line.rpartition(" ")[2])
    return 0.0


def refusal(call):
    """(status, message, trailing metadata) of a call that must fail."""
    try:
        result = call()
        list(result) if hasattr(result, "__next__") else None
    except grpc.RpcError as error:
        return error.code(), error.details(), dict(error.trailing_metadata() or ())
    raise AssertionError("the call was served")


class Port(unittest.TestCase):
    """A server with the fake voice, and a channel to its gRPC port."""

    fake = True
    settings = {}

    @classmethod
    def setUpClass(cls):
        cls.server = Server(fake=cls.fake, settings={"ports.grpc": 0, **cls.settings})
        cls.line = cls.server.lines.get(timeout=PATIENCE_SECONDS)
        cls.pool = published()
        cls.channel = channel_to(cls.server, cls.line)
        cls.service = Service(cls.channel, cls.pool)

    @classmethod
    def tearDownClass(cls):
        cls.channel.close()
        cls.server.stop()


class Described(Port):
    def test_reflection_tells_all_that_a_client_needs(self):
        services, pool = reflected(self.channel)
        self.assertLessEqual({*ALL, HEALTH}, set(services))
        for name in (*ALL, HEALTH):
            published_one = self.pool.FindServiceByName(name)
            told = pool.FindServiceByName(name)
            self.assertEqual(
                [(m.name, m.input_type.full_name, m.output_type.full_name) for m in told.methods],
                [(m.name, m.input_type.full_name, m.output_type.full_name)
                 for m in published_one.methods],
            )  # fmt: skip
        answer = Service(self.channel, pool).Synthesize(text="Good morning.")
        self.assertGreater(answer.duration_ms, 100)

    def test_health(self):
        health = Service(self.channel, self.pool, HEALTH)
        for name in ("", *ALL):
            self.assertEqual(health.Check(service=name).status, SERVING)
        self.assertEqual(refusal(lambda: health.Check(service="x"))[0], grpc.StatusCode.NOT_FOUND)
        watch = health.Watch(service=SPEECH)
        self.assertEqual(next(watch).status, SERVING)
        watch.cancel()

    def test_voices(self):
        voices = self.service.ListVoices().voices
        self.assertTrue(voices[0].is_default)
        self.assertTrue(all(voice.name and voice.language_code for voice in voices))


class Spoken(Port):
    def test_a_whole_text(self):
        answer = self.service.Synthesize(text="One two three.", config={"phonemes": True})
        self.assertEqual(answer.sample_rate_hz, 24000)
        self.assertAlmostEqual(len(answer.audio) / 48, answer.duration_ms, delta=1)
        self.assertEqual(" ".join(word.text for word in answer.words), "One two three.")
        ends = [0] + [word.end_ms for word in answer.words]
        for word, before in zip(answer.words, ends, strict=False):
            self.assertGreaterEqual(word.begin_ms, before)
            self.assertLess(word.begin_ms, word.end_ms)
        self.assertLessEqual(ends[-1], answer.duration_ms)

    def test_an_unknown_voice_speaks(self):
        answer = self.service.Synthesize(text="Hello there.", config={"voice": "nobody"})
        self.assertGreater(answer.duration_ms, 100)

    def test_a_stream_speaks_before_its_text_is_written(self):
        heard = threading.Event()

        def requests():
            yield {"config": {}}
            yield {"text": "This is the first sentence. And the sec"}
            self.assertTrue(heard.wait(PATIENCE_SECONDS))  # the rest is written once that is heard
            yield {"text": "ond one."}
            yield {"finish": {}}

        kinds, audio, text, done = [], b"", "", None
        for answer in self.service.SynthesizeStream(requests()):
            kinds.append(answer.WhichOneof("response"))
            if kinds[-1] == "audio":
                audio += answer.audio.data
                heard.set()
            elif kinds[-1] == "chunk":
                text += answer.chunk.text
                self.assertGreater(len(answer.chunk.words), 0)
            elif kinds[-1] == "done":
                done = answer.done
        self.assertEqual(kinds[0], "started")
        self.assertEqual(kinds[-1], "done")
        self.assertIn("second one", text)
        self.assertAlmostEqual(len(audio) / 48, done.duration_ms, delta=1)
        self.assertEqual(done.characters, len("This is the first sentence. And the second one."))

    def test_a_flush_is_spoken_without_waiting(self):
        flushed = threading.Event()

        def requests():
            yield {"config": {}}
            yield {"text": "no full stop here"}
            yield {"flush": {"id": 7}}
            self.assertTrue(flushed.wait(PATIENCE_SECONDS))

        kinds = []
        for answer in self.service.SynthesizeStream(requests()):
            kinds.append(answer.WhichOneof("response"))
            if kinds[-1] == "flushed":
                self.assertEqual(answer.flushed.id, 7)
                flushed.set()
        self.assertLess(kinds.index("audio"), kinds.index("flushed"))
        self.assertEqual(kinds[-1], "done")

    def test_a_cancel_ends_the_call(self):
        def requests():
            yield {"config": {}}
            yield {"text": "A long text. " * 500}
            yield {"cancel": {}}

        code, _, _ = refusal(lambda: self.service.SynthesizeStream(requests()))
        self.assertEqual(code, grpc.StatusCode.CANCELLED)

    def test_who_goes_away_frees_the_voice_at_once(self):
        call = self.service.SynthesizeStream(
            iter([{"config": {}}, {"text": "A long text to be spoken. " * 2000}])
        )
        while next(call).WhichOneof("response") != "audio":
            pass
        call.cancel()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while metric(self.server, "parley_grpc_calls") > 0 and time.monotonic() < deadline:
            pass
        self.assertEqual(metric(self.server, "parley_grpc_calls"), 0)

    def test_a_deadline(self):
        never = threading.Event()

        def requests():
            yield {"config": {}}
            never.wait(PATIENCE_SECONDS)

        code, _, _ = refusal(lambda: self.service.SynthesizeStream(requests(), timeout=0.5))
        never.set()
        self.assertEqual(code, grpc.StatusCode.DEADLINE_EXCEEDED)


class Refused(Port):
    def assert_field(self, call, field, words):
        code, message, trailers = refusal(call)
        self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)
        self.assertEqual(trailers.get("field"), field)
        self.assertIn(words, message)

    def test_each_error_names_its_field(self):
        speak = self.service.Synthesize
        self.assert_field(lambda: speak(), "text", "expected text to speak")
        self.assert_field(lambda: speak(text="x" * 10_001), "text", "maximum length 10000")
        self.assert_field(
            lambda: speak(text="x", config={"speed": 9}), "config.speed", "expected 0.25 to 4"
        )
        self.assert_field(
            lambda: speak(text="x", config={"sample_rate_hz": 1}), "config.sample_rate_hz", "8000"
        )
        code, message, _ = refusal(
            lambda: speak(text="x", config={"encoding": "OGG_OPUS", "sample_rate_hz": 44100})
        )
        self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn("48000", message)

    def test_the_order_of_a_stream(self):
        for requests, words in (
            ([], "begins with `config`"),
            ([{"text": "x"}], "first message"),
            ([{"config": {}}, {"config": {}}], "only the first"),
            # A text that is not spoken before the next request comes.
            ([{"config": {}}, {"text": "word " * 3000}, {"finish": {}}, {"text": "x"}],
             "follows `finish`"),
            ([{}], "holds config, text"),
        ):  # fmt: skip
            code, message, _ = refusal(lambda r=requests: self.service.SynthesizeStream(iter(r)))
            self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)
            self.assertIn(words, message)

    def test_bytes_that_are_no_message(self):
        call = self.channel.unary_unary(f"/{SPEECH}/Synthesize")
        for data in (b"\xff\xff", b"\x12\x02\xc3\x28"):
            code, message, _ = refusal(lambda d=data: call(d, timeout=PATIENCE_SECONDS))
            self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)
            self.assertIn("UTF-8", message)
        code, _, _ = refusal(lambda: call(b"x" * (5 << 20), timeout=PATIENCE_SECONDS))
        self.assertEqual(code, grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.assertGreater(self.service.Synthesize(text="Still here.").duration_ms, 100)


class Keys(Port):
    settings = {"server.api_keys": ["one", "two"], "limits.requests_per_minute": 3}

    def test_a_key_is_shown_in_metadata(self):
        for metadata in ((), (("authorization", "Bearer wrong"),), (("x-api-key", "wrong"),)):
            code, message, _ = refusal(lambda m=metadata: self.service.ListVoices(metadata=m))
            self.assertEqual(code, grpc.StatusCode.UNAUTHENTICATED)
            self.assertIn("key", message)
        for metadata in ((("authorization", "Bearer one"),), (("x-api-key", "one"),)):
            self.assertTrue(self.service.ListVoices(metadata=metadata).voices)
        self.assertEqual(Service(self.channel, self.pool, HEALTH).Check().status, SERVING)
        self.assertIn(SPEECH, reflected(self.channel)[0])

    def test_a_key_over_its_quota_is_told_when_to_come_again(self):
        metadata = (("authorization", "Bearer two"),)

        def ask():
            return self.service.Synthesize(text="Hello.", metadata=metadata)

        code = None
        for _ in range(7):  # a minute may end between two of them
            try:
                ask()
            except grpc.RpcError as error:
                code, trailers = error.code(), dict(error.trailing_metadata())
                break
        self.assertEqual(code, grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.assertGreaterEqual(int(trailers["retry-after"]), 1)


class Ending(unittest.TestCase):
    def test_a_drain_lets_what_has_come_be_spoken(self):
        with Server(fake=True, settings={"ports.grpc": 0}) as server:
            pool = published()
            line = server.lines.get(timeout=PATIENCE_SECONDS)
            with channel_to(server, line) as channel:
                service = Service(channel, pool)
                watch = Service(channel, pool, HEALTH).Watch(service=SPEECH)
                self.assertEqual(next(watch).status, SERVING)
                is_draining = threading.Event()

                def requests():
                    yield {"config": {}}
                    yield {"text": "The last words of a server"}
                    yield {"flush": {"id": 1}}
                    is_draining.wait(PATIENCE_SECONDS)

                call = service.SynthesizeStream(requests())
                kinds = [next(call).WhichOneof("response")]
                while kinds[-1] != "flushed":
                    kinds.append(next(call).WhichOneof("response"))
                self.assertIn("audio", kinds)
                server.process.terminate()
                self.assertEqual(next(watch).status, NOT_SERVING)
                code, _, trailers = refusal(lambda: service.Synthesize(text="Too late."))
                # Of a call that comes in the very moment in which the port is closed gRPC itself says cancelled.
                self.assertIn(code, (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED))
                with self.assertRaises(grpc.RpcError) as ended:
                    for answer in call:
                        kinds.append(answer.WhichOneof("response"))
                is_draining.set()
                self.assertEqual(ended.exception.code(), grpc.StatusCode.UNAVAILABLE)
                self.assertEqual(kinds[-1], "done")
            self.assertEqual(server.process.wait(PATIENCE_SECONDS), 0)


class Tls(unittest.TestCase):
    def test_the_certificate_of_the_main_port(self):
        with tempfile.TemporaryDirectory(prefix="parley-tls-") as folder:
            certificate, key = make_certificate(folder)
            settings = {"server.tls_cert": certificate, "server.tls_key": key, "ports.grpc": 0}
            with Server(fake=True, settings=settings) as server:
                line = server.lines.get(timeout=PATIENCE_SECONDS)
                trusting = grpc.ssl_channel_credentials(Path(certificate).read_bytes())
                with channel_to(server, line, trusting) as channel:
                    answer = Service(channel, published()).Synthesize(text="A secret.")
                self.assertGreater(answer.duration_ms, 100)
                with channel_to(server, line) as channel:
                    code, _, _ = refusal(lambda: Service(channel, published()).ListVoices())
                self.assertEqual(code, grpc.StatusCode.UNAVAILABLE)


class Words(Port):
    """With the real voice and the real recogniser."""

    fake = False

    def assert_heard(self, spoken):
        """`spoken`: [(name, PCM16 at 24 kHz)], each of them SENTENCE."""
        with tempfile.TemporaryDirectory() as folder:
            files = [speech.write_wav(Path(folder) / f"{name}.wav", pcm) for name, pcm in spoken]
            heard = transcribe(*files)
        pairs = [(SENTENCE, text) for text in heard]
        wrong, words, _ = speech.word_errors(pairs)
        shown = "\n".join(f"  {name}: {text}" for (name, _), text in zip(spoken, heard))
        self.assertLessEqual(wrong, WER_MAX * words, shown)

    def test_every_encoding_is_heard(self):
        spoken = []
        for encoding in ENCODINGS:
            answer = self.service.Synthesize(text=SENTENCE, config={"encoding": encoding})
            pcm = decoded(answer.audio, encoding)
            self.assertAlmostEqual(len(pcm) / 48, answer.duration_ms, delta=150, msg=encoding)
            spoken.append((encoding, pcm))
        self.assert_heard(spoken)

    def test_a_stream_word_by_word_is_heard(self):
        spoken = []
        for encoding in ("LINEAR16", "MP3", "OGG_OPUS"):
            requests = [{"config": {"encoding": encoding}}]
            requests += [{"text": word + " "} for word in SENTENCE.split()]
            audio = b""
            for answer in self.service.SynthesizeStream(iter(requests)):
                audio += answer.audio.data
            spoken.append((encoding, decoded(audio, encoding)))
        self.assert_heard(spoken)


class Listening(Port):
    """With the real recogniser."""

    fake = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.listening = Service(cls.channel, cls.pool, LISTENING)
        clips = [speech.clip(name) for name in CLIPS]
        cls.recording = speech.silence(700).join(clip.pcm for clip in clips) + speech.silence(960)
        cls.words = " ".join(clip.words for clip in clips)

    def pieces(self, milliseconds=60):
        size = milliseconds * speech.BYTES_PER_MS
        for at in range(0, len(self.recording), size):
            yield {"audio": self.recording[at : at + size]}

    def requests(self, **config):
        yield {"config": {"sample_rate_hz": speech.RATE, **config}}
        yield from self.pieces()

    def assert_words(self, text):
        wrong, words, _ = speech.word_errors([(self.words, text)])
        self.assertLessEqual(wrong, WER_MAX * words, text)

    def test_words_come_before_the_audio_is_whole(self):
        heard = threading.Event()

        def requests():
            yield {"config": {"sample_rate_hz": speech.RATE, "language_code": "en-US"}}
            for number, piece in enumerate(self.pieces()):
                if number == 2000 // 60:  # two seconds of speech are enough for a partial
                    self.assertTrue(heard.wait(PATIENCE_SECONDS))
                yield piece

        finals, stable = [], {}
        for answer in self.listening.RecognizeStream(requests()):
            kind = answer.WhichOneof("response")
            if kind == "result" and answer.result.is_final:
                finals.append(answer.result)
            elif kind == "result":
                heard.set()
                result = answer.result
                kept = result.text[: result.stable_characters]
                self.assertTrue(kept.startswith(stable.get(result.utterance, "")), kept)
                stable[result.utterance] = kept
        self.assertEqual(kind, "done")
        self.assertEqual(answer.done.audio_ms, len(self.recording) // speech.BYTES_PER_MS)
        self.assertEqual(answer.done.utterances, len(finals))
        self.assert_words(" ".join(final.text for final in finals))
        for final in finals:
            self.assertEqual(final.text, " ".join(word.text for word in final.words))
            self.assertEqual(final.language, "en")
            self.assertEqual(final.stable_characters, len(final.text))
            self.assertGreater(final.confidence, 0.5)

    def test_a_deadline_and_a_cancel(self):
        never = threading.Event()

        def requests():
            yield from self.requests()
            never.wait(PATIENCE_SECONDS)

        code, _, _ = refusal(lambda: self.listening.RecognizeStream(requests(), timeout=0.5))
        self.assertEqual(code, grpc.StatusCode.DEADLINE_EXCEEDED)
        call = self.listening.RecognizeStream(requests())
        next(call)
        call.cancel()
        never.set()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while metric(self.server, "parley_grpc_calls") > 0 and time.monotonic() < deadline:
            pass
        self.assertEqual(metric(self.server, "parley_grpc_calls"), 0)
        self.assertEqual(metric(self.server, 'parley_asr_streams{face="grpc"}'), 0)

    def test_errors_name_their_field(self):
        for config, field in (
            ({"sample_rate_hz": 11025}, "config.sample_rate_hz"),
            ({"silence_ms": 5}, "config.silence_ms"),
            ({"language_code": "fr"}, "config.language_code"),
        ):
            code, message, trailers = refusal(
                lambda c=config: self.listening.RecognizeStream(iter([{"config": c}]))
            )
            self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT, message)
            self.assertEqual(trailers["field"], field)


if __name__ == "__main__":
    unittest.main()
