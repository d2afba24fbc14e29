# SPDX-License-Identifier: Apache-2.0
"""The official clients of OpenAI's speech interface and curl, unmodified, against the real voice.

What they saved is decoded by ffmpeg, measured, and transcribed back.
"""

import base64
import json
import shutil
import subprocess
import tempfile
import unittest
import wave
from pathlib import Path

from openai import BadRequestError, OpenAI
from support import places, speech
from support.node import make_folder, node_program
from support.server import Server, transcribe

TEXT = "The quick brown fox jumps over the lazy dog. It was a bright cold day in April."
FORMATS = ("mp3", "opus", "aac", "flac", "wav", "pcm")
STOCK_VOICES = (
    "alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer", "verse",
    "marin", "cedar",
)  # fmt: skip
# Two runs of one text differ by the coder's delay and last frame.
SECONDS_OFF_MAX = 0.2
WER_MAX = 0.12  # two of its 17 words: the noise of a voice may make a "quick" sound like a "quit"
NODE = places.ROOT / "tests/e2e/node"


def decode(path):
    """The file as WAV at 16 kHz, as ffmpeg hears it; what has no header is PCM at 24 kHz."""
    raw = ["-f", "s16le", "-ar", "24000", "-ac", "1"] if path.suffix == ".pcm" else []
    target = path.with_name(path.name + ".heard.wav")
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", *raw, "-i", path, "-ar", "16000", "-ac", "1", target], check=True
    )
    return target


def seconds(path):
    with wave.open(str(path)) as file:
        return file.getnframes() / file.getframerate()


@unittest.skipUnless(shutil.which("ffmpeg"), "ffmpeg is not installed (tools/packages tests)")
class OpenAiSpeech(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.stop)

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="parley-speech-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def client(self):
        client = OpenAI(api_key="none-needed", base_url=f"{self.server.url}/v1")
        self.addCleanup(client.close)
        return client

    def check(self, files):
        """Each holds TEXT, and all are equally long."""
        heard = [decode(file) for file in files]
        lengths = [seconds(file) for file in heard]
        for file, length in zip(files, lengths, strict=True):
            self.assertAlmostEqual(length, lengths[0], delta=SECONDS_OFF_MAX, msg=file.name)
        for file, text in zip(files, transcribe(*heard), strict=True):
            wrong, total, _ = speech.word_errors([(TEXT, text)])
            self.assertLessEqual(wrong / total, WER_MAX, f"{file.name}: {text}")

    def test_python_saves_every_format(self):
        client = self.client()
        files = []
        for name in FORMATS:
            file = self.folder / f"speech.{name}"
            with client.audio.speech.with_streaming_response.create(
                model="tts-1", voice="alloy", input=TEXT, response_format=name
            ) as answer:
                answer.stream_to_file(file)
            files.append(file)
        self.check(files)

    def test_python_reads_server_sent_events(self):
        client = self.client()
        with client.audio.speech.with_streaming_response.create(
            model="gpt-4o-mini-tts", voice="coral", input=TEXT, response_format="mp3", stream_format="sse"
        ) as answer:
            events = [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: ")]
        *deltas, done = events
        self.assertEqual({event["type"] for event in deltas}, {"speech.audio.delta"})
        self.assertGreater(len(deltas), 2, "as it is made")
        self.assertEqual(done["type"], "speech.audio.done")
        self.assertGreater(done["usage"]["total_tokens"], 0)
        file = self.folder / "events.mp3"
        file.write_bytes(b"".join(base64.b64decode(event["audio"]) for event in deltas))
        self.check([file])

    def test_every_stock_voice_speaks(self):
        client = self.client()
        for voice in STOCK_VOICES:
            answer = client.audio.speech.create(
                model="tts-1-hd", voice=voice, input="Yes.", response_format="pcm"
            )
            self.assertGreater(len(answer.content), 24000 * 2 * 0.2, voice)

    def test_speed_changes_how_long_it_takes(self):
        client = self.client()

        def bytes_at(speed):
            answer = client.audio.speech.create(
                model="tts-1", voice="nova", input=TEXT, response_format="pcm", speed=speed
            )
            return len(answer.content)

        # Not half: a phoneme lasts a whole number of the voice's frames, and at least one.
        self.assertAlmostEqual(bytes_at(2.0) / bytes_at(1.0), 0.55, delta=0.12)

    def test_python_is_told_what_is_wrong(self):
        with self.assertRaises(BadRequestError) as refused:
            self.client().audio.speech.create(model="tts-1", voice="alloy", input="Hi", speed=9)
        self.assertEqual(refused.exception.param, "speed")
        self.assertIn("0.25", str(refused.exception))

    def test_npm(self):
        make_folder(self.folder)
        shutil.copytree(NODE, self.folder, dirs_exist_ok=True)
        told = {"url": f"{self.server.url}/v1", "text": TEXT, "formats": FORMATS}
        done = subprocess.run(
            [node_program(), "openai_speech.mjs", json.dumps(told)], cwd=self.folder, timeout=120,
            capture_output=True, text=True,
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr[-4000:])
        self.check([self.folder / f"speech.{name}" for name in FORMATS])

    def test_curl_reads_our_own_stream(self):
        file = self.folder / "answer.json"
        subprocess.run(
            ["curl", "-sS", "--fail", "-o", file, f"{self.server.url}/v1/audio/stream",
             "-H", "Content-Type: application/json", "-d", json.dumps({"text": TEXT})],
            check=True,
        )  # fmt: skip
        answer = json.loads(file.read_text(encoding="utf-8"))
        self.assertEqual(answer["code"], 200)
        chunks, metadata = answer["data"]["audio_chunks"], answer["data"]["metadata"]
        self.assertEqual([chunk["chunk_id"] for chunk in chunks], list(range(len(chunks))))
        self.assertGreater(len(chunks), 1)
        self.assertEqual(metadata["samplerate"], 24000)
        pcm = b"".join(base64.b64decode(chunk["audio_data"]) for chunk in chunks)
        self.assertAlmostEqual(sum(chunk["duration"] for chunk in chunks), metadata["total_duration"], 3)
        self.assertAlmostEqual(len(pcm) / 48000, metadata["total_duration"], 3)
        raw = self.folder / "stream.pcm"
        raw.write_bytes(pcm)
        self.check([raw])

    def test_curl_is_told_what_is_wrong(self):
        for body, field in (("{}", "text"), ('{"text":"a","spede":1}', "spede"), ('{"text":""}', "text")):
            done = subprocess.run(
                ["curl", "-sS", "-w", "\n%{http_code}", f"{self.server.url}/v1/audio/stream", "-d", body],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            answer, _, status = done.stdout.rpartition("\n")
            self.assertEqual(status, "400")
            told = json.loads(answer)
            self.assertEqual((told["code"], told["field"]), (400, field))
            self.assertTrue(told["message"])

    def test_voices_are_listed(self):
        status, _, body = self.server.get("/v1/audio/voices")
        self.assertEqual(status, 200)
        names = {voice["id"] for voice in json.loads(body)["voices"]}
        self.assertLessEqual(set(STOCK_VOICES), names)


if __name__ == "__main__":
    unittest.main()
