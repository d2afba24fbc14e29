# SPDX-License-Identifier: Apache-2.0
"""The official client of OpenAI's transcription interface, unmodified, against the real recogniser:
every format and its events, files of every kind, and what is wrong with others."""

import math
import re
import shutil
import subprocess
import tempfile
import unittest
import urllib.request
import wave
from pathlib import Path

from openai import APIStatusError, BadRequestError, OpenAI
from support import places, speech
from support.server import Server

CLIPS = ("best_and_worst", "belief_and_incredulity", "everything_and_nothing")
PAUSE_MS = 1500
WER_MAX = 0.1  # of sentences that the recogniser knows
NOISY_WER_MAX = 0.15  # the same through a lossy coder
KINDS = {
    "wav": [], "flac": [], "mp3": ["-b:a", "64k"], "ogg": ["-c:a", "libvorbis"],
    "opus": ["-c:a", "libopus", "-b:a", "24k"], "m4a": ["-c:a", "aac"], "webm": ["-c:a", "libopus"],
}  # fmt: skip
CUE_TIME = re.compile(r"(\d\d):(\d\d):(\d\d)[.,](\d\d\d)")


def seconds_of(text):
    hours, minutes, seconds, ms = map(int, CUE_TIME.fullmatch(text).groups())
    return hours * 3600 + minutes * 60 + seconds + ms / 1000


class Recording:
    """Three sentences with pauses between them, as a file of any kind."""

    def __init__(self, folder):
        self.folder = folder
        clips = [speech.clip(name) for name in CLIPS]
        self.words = " ".join(clip.words for clip in clips)
        self.pcm = speech.silence(PAUSE_MS).join(clip.pcm for clip in clips)
        self.seconds = len(self.pcm) / 2 / speech.RATE
        with wave.open(str(self.file("source.wav")), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(speech.RATE)
            out.writeframes(self.pcm)

    def file(self, name):
        return self.folder / name

    def made(self, kind):
        target = self.file(f"recording.{kind}")
        if not target.exists():
            subprocess.run(
                ["ffmpeg", "-v", "error", "-i", self.file("source.wav"), *KINDS[kind], target], check=True
            )
        return target


class Case(unittest.TestCase):
    settings = None

    @classmethod
    def setUpClass(cls):
        folder = Path(tempfile.mkdtemp(prefix="parley-recordings-"))
        cls.addClassCleanup(shutil.rmtree, folder)
        cls.recording = Recording(folder)
        cls.server = Server(settings=cls.settings)
        cls.addClassCleanup(cls.server.stop)
        cls.client = OpenAI(api_key="none-needed", base_url=f"{cls.server.url}/v1", max_retries=0)
        cls.addClassCleanup(cls.client.close)

    def ask(self, file=None, **more):
        with open(file or self.recording.file("source.wav"), "rb") as opened:
            return self.client.audio.transcriptions.create(
                file=opened, **{"model": "whisper-1", **more}
            )

    def assert_words(self, text, wer_max=WER_MAX):
        wrong, total, _ = speech.word_errors([(self.recording.words, text)])
        self.assertLessEqual(wrong / total, wer_max, text)


class Formats(Case):
    def test_json_and_text(self):
        answer = self.ask(language="en", temperature=0.2, prompt="A Tale of Two Cities")
        self.assert_words(answer.text)
        self.assertEqual(answer.usage.seconds, math.ceil(self.recording.seconds))
        self.assertEqual(self.ask(response_format="text").strip(), answer.text)

    def test_log_probabilities(self):
        answer = self.ask(include=["logprobs"])
        self.assertEqual("".join(token.token for token in answer.logprobs).split(), answer.text.split())
        self.assertTrue(all(token.logprob <= 0 for token in answer.logprobs))

    def test_verbose_json(self):
        answer = self.ask(response_format="verbose_json", timestamp_granularities=["word", "segment"])
        self.assert_words(answer.text)
        self.assertEqual(answer.language, "english")
        self.assertAlmostEqual(answer.duration, self.recording.seconds, delta=0.01)
        self.assertEqual(" ".join(word.word for word in answer.words), answer.text)
        starts = [word.start for word in answer.words]
        self.assertEqual(starts, sorted(starts))
        self.assertLessEqual(answer.words[-1].end, self.recording.seconds)
        self.assertGreaterEqual(len(answer.segments), len(CLIPS))
        self.assertEqual(" ".join(segment.text for segment in answer.segments), answer.text)
        for segment in answer.segments:
            self.assertLess(segment.start, segment.end)
            self.assertLess(segment.avg_logprob, 0)

    def test_subtitles(self):
        for kind in ("srt", "vtt"):
            text = self.ask(response_format=kind)
            self.assertEqual(text.startswith("WEBVTT"), kind == "vtt")
            cues = [block.splitlines() for block in text.strip().split("\n\n") if "-->" in block]
            self.assertGreaterEqual(len(cues), len(CLIPS))
            self.assert_words(" ".join(cue[-1] for cue in cues))
            before = 0
            for cue in cues:
                start, end = map(seconds_of, cue[-2].split(" --> "))
                self.assertLessEqual(before, start)
                self.assertLess(start, end)
                before = start

    def test_diarized_json(self):
        answer = self.ask(response_format="diarized_json", chunking_strategy="auto")
        self.assert_words(" ".join(segment.text for segment in answer.segments))
        self.assertEqual({segment.speaker for segment in answer.segments}, {"A"})

    def test_events(self):
        for kind in ("json", "diarized_json"):
            *events, done = self.ask(stream=True, response_format=kind)
            self.assertEqual(done.type, "transcript.text.done")
            self.assert_words(done.text)
            deltas = [event for event in events if event.type == "transcript.text.delta"]
            self.assertEqual("".join(event.delta for event in deltas), done.text)
            self.assertGreaterEqual(len(deltas), len(CLIPS))
            segments = [event for event in events if event.type == "transcript.text.segment"]
            self.assertEqual(len(segments), len(deltas) if kind == "diarized_json" else 0)

    def test_silence_has_no_words(self):
        with wave.open(str(self.recording.file("silence.wav")), "wb") as out:
            out.setnchannels(2)
            out.setsampwidth(2)
            out.setframerate(44100)
            out.writeframes(bytes(44100 * 4 * 20))
        self.assertEqual(self.ask(self.recording.file("silence.wav")).text, "")

    def test_the_recogniser_is_listed(self):
        self.assertIn("moonshine-tiny-en", [model.id for model in self.client.models.list()])

    def test_curl(self):
        done = subprocess.run(
            ["curl", "-sS", "--fail", f"{self.server.url}/v1/audio/transcriptions",
             "-F", f"file=@{self.recording.file('source.wav')}", "-F", "model=whisper-1",
             "-F", "response_format=text"],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        self.assert_words(done.stdout)


@unittest.skipUnless(shutil.which("ffmpeg"), "ffmpeg is not installed (tools/packages tests)")
class Kinds(Case):
    def test_every_kind_of_file_is_heard(self):
        for kind in KINDS:
            with self.subTest(kind):
                self.assert_words(self.ask(self.recording.made(kind)).text, NOISY_WER_MAX)

    def test_a_name_may_lie(self):
        liar = shutil.copy(self.recording.made("m4a"), self.recording.file("liar.wav"))
        self.assert_words(self.ask(liar).text, NOISY_WER_MAX)

    def test_files_that_were_cut_off(self):
        for kind in KINDS:
            with self.subTest(kind):
                whole = self.recording.made(kind).read_bytes()
                cut = self.recording.file(f"cut.{kind}")
                cut.write_bytes(whole[: len(whole) // 2])
                try:
                    text = self.ask(cut).text
                except BadRequestError as refused:
                    self.assertEqual(refused.param, "file")
                else:
                    self.assertLess(len(text.split()), len(self.recording.words.split()))


class Wrong(Case):
    settings = {"limits.upload_mb": 1, "server.api_keys": ["a-key-of-the-tests"]}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client.api_key = "a-key-of-the-tests"

    def refusal(self, content, **more):
        file = self.recording.file("wrong.wav")
        file.write_bytes(content)
        with self.assertRaises(APIStatusError) as refused:
            self.ask(file, **more)
        return refused.exception

    def test_files(self):
        good = self.recording.file("source.wav").read_bytes()
        for content in (b"", b"This is no sound.", b"\0" * 5000, good[:30], b"\x89PNG\r\n\x1a\n" + bytes(100)):
            refused = self.refusal(content)
            self.assertEqual((refused.status_code, refused.param), (400, "file"), refused.message)
        refused = self.refusal(bytes(3 << 20))
        self.assertEqual((refused.status_code, refused.param), (413, "file"), refused.message)
        self.assertIn("limits.upload_mb", refused.message)

    def test_fields(self):
        good = self.recording.file("source.wav").read_bytes()
        for field, value in (
            ("response_format", "pdf"), ("temperature", 7), ("language", "tlhingan Hol"), ("language", "fr"),
        ):  # fmt: skip
            refused = self.refusal(good, **{field: value})
            self.assertEqual((refused.status_code, refused.param), (400, field), refused.message)

    def test_translations_name_the_setting(self):
        with (
            open(self.recording.file("source.wav"), "rb") as file,
            self.assertRaises(BadRequestError) as refused,
        ):
            self.client.audio.translations.create(file=file, model="whisper-1")
        self.assertIn("asr.model", str(refused.exception))

    def test_a_key_is_needed(self):
        stranger = OpenAI(api_key="another", base_url=f"{self.server.url}/v1", max_retries=0)
        self.addCleanup(stranger.close)
        with open(self.recording.file("source.wav"), "rb") as file, self.assertRaises(APIStatusError) as refused:
            stranger.audio.transcriptions.create(file=file, model="whisper-1")
        self.assertEqual(refused.exception.status_code, 401)
        request = urllib.request.Request(
            f"{self.server.url}/metrics", headers={"Authorization": "Bearer a-key-of-the-tests"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            self.assertIn(b"parley_asr_uploads 0", answer.read())


class Languages(Case):
    settings = {"asr.model": "whisper-base"}

    @classmethod
    def setUpClass(cls):
        # Of a set that set-up fetches only when it is asked to.
        if not (places.CACHE / "models/whisper-base").exists():
            raise unittest.SkipTest("whisper-base is missing: run tools/deps --with languages")
        super().setUpClass()

    def test_the_language_is_found_out(self):
        answer = self.ask(response_format="verbose_json")
        self.assertEqual(answer.language, "english")
        self.assert_words(answer.text)

    def test_translations_are_english(self):
        with open(self.recording.file("source.wav"), "rb") as file:
            answer = self.client.audio.translations.create(
                file=file, model="whisper-1", response_format="verbose_json"
            )
        self.assertEqual(answer.language, "english")
        self.assert_words(answer.text, NOISY_WER_MAX)
        self.assertGreaterEqual(len(answer.segments), 2)

    def test_other_languages(self):
        """Clips beside the project, where there are any."""
        for name, language, word in (("fr-short.aiff", "french", "dict"), ("zh-short.flac", "chinese", "")):
            file = places.SHARED / "data/other" / name
            if not file.exists():
                continue
            heard = self.ask(file, response_format="verbose_json")
            self.assertEqual(heard.language, language)
            self.assertIn(word, heard.text)
            with open(file, "rb") as opened:
                told = self.client.audio.translations.create(file=opened, model="whisper-1").text
            self.assertTrue(told.isascii() and told != heard.text, told)


if __name__ == "__main__":
    unittest.main()
