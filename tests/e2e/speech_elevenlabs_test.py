# SPDX-License-Identifier: Apache-2.0
"""PyPI `elevenlabs`, unmodified, against the real voice, over https and wss.

Its audio is decoded by ffmpeg and transcribed back; its alignments spell the text, and their times grow.
"""

import asyncio
import base64
import contextlib
import json
import os
import shutil
import ssl
import subprocess
import tempfile
import unittest
from pathlib import Path

import httpx
import websockets
from elevenlabs import VoiceSettings
from elevenlabs.client import ElevenLabs
from elevenlabs.core.api_error import ApiError
from support import speech
from support.certificate import make_certificate
from support.server import Server, transcribe

TEXT = "The quick brown fox jumps over the lazy dog. It was a bright cold day in April."
VOICE = "alloy"
WER_MAX = 0.12  # two of 17 words, as the voice's noise has it
KEY = "sesame"


def words_of(text):
    """As a language model writes them, with the space after each."""
    for word in text.split():
        yield word + " "


@unittest.skipUnless(shutil.which("ffmpeg"), "ffmpeg is not installed (tools/packages tests)")
class ElevenLabsClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="parley-elevenlabs-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        certificate, key = make_certificate(str(cls.folder))
        settings = {"server.tls_cert": certificate, "server.tls_key": key, "server.api_keys": KEY}
        cls.server = Server(settings=settings)
        cls.addClassCleanup(cls.server.stop)
        # The client's sockets are always wss; this is how it is told whom to trust.
        before = os.environ.get("SSL_CERT_FILE")
        os.environ["SSL_CERT_FILE"] = certificate
        cls.addClassCleanup(cls.restore, before)
        cls.tls = ssl.create_default_context(cafile=certificate)
        http = httpx.Client(verify=cls.tls, timeout=120)
        cls.addClassCleanup(http.close)
        cls.client = ElevenLabs(api_key=KEY, base_url=cls.server.url, httpx_client=http)

    @staticmethod
    def restore(before):
        if before is None:
            del os.environ["SSL_CERT_FILE"]
        else:
            os.environ["SSL_CERT_FILE"] = before

    def decode(self, name, audio, *raw):
        """As 16 kHz WAV; `raw` says what has no header."""
        file = self.folder / name
        file.write_bytes(audio)
        target = self.folder / f"{name}.wav"
        arguments = ["ffmpeg", "-v", "error", "-y", *raw, "-i", file, "-ar", "16000", "-ac", "1", target]
        subprocess.run(arguments, check=True)
        return target

    def check_words(self, *files):
        for file, text in zip(files, transcribe(*files), strict=True):
            wrong, total, _ = speech.word_errors([(TEXT, text)])
            self.assertLessEqual(wrong / total, WER_MAX, f"{file.name}: {text}")

    def check_alignment(self, alignment):
        self.assertEqual("".join(alignment.characters), TEXT)
        starts, ends = alignment.character_start_times_seconds, alignment.character_end_times_seconds
        self.assertEqual(starts, sorted(starts))
        self.assertGreater(starts[-1], 2.0)
        for start, end in zip(starts, ends, strict=True):
            self.assertLessEqual(start, end)

    def test_whole_and_streamed(self):
        to_speech = self.client.text_to_speech
        whole = b"".join(to_speech.convert(VOICE, text=TEXT, model_id="eleven_flash_v2_5"))
        pieces = list(to_speech.stream(VOICE, text=TEXT, output_format="opus_48000_64"))
        self.assertGreater(len(pieces), 2)
        ulaw = b"".join(to_speech.convert(VOICE, text=TEXT, output_format="ulaw_8000"))
        self.check_words(
            self.decode("whole.mp3", whole),
            self.decode("pieces.opus", b"".join(pieces)),
            self.decode("telephone.ulaw", ulaw, "-f", "mulaw", "-ar", "8000", "-ac", "1"),
        )

    def test_times(self):
        answer = self.client.text_to_speech.convert_with_timestamps(VOICE, text=TEXT)
        self.check_alignment(answer.alignment)
        self.check_alignment(answer.normalized_alignment)
        self.check_words(self.decode("timed.mp3", base64.b64decode(answer.audio_base_64)))

    def test_streamed_times(self):
        audio, characters, starts = b"", "", []
        stream = self.client.text_to_speech.stream_with_timestamps(
            VOICE, text=TEXT, output_format="pcm_24000"
        )
        for line in stream:
            audio += base64.b64decode(line.audio_base_64)
            if line.alignment:
                characters += "".join(line.alignment.characters)
                starts += line.alignment.character_start_times_seconds
        self.assertEqual(characters, TEXT)
        self.assertEqual(starts, sorted(starts))
        self.assertLess(starts[-1], len(audio) / 48000)
        self.check_words(self.decode("lines.pcm", audio, "-f", "s16le", "-ar", "24000", "-ac", "1"))

    def test_text_that_is_being_written(self):
        pieces = self.client.text_to_speech.convert_realtime(
            VOICE,
            text=words_of(TEXT),
            model_id="eleven_flash_v2_5",
            voice_settings=VoiceSettings(stability=0.5, similarity_boost=0.8, speed=1.0),
        )
        self.check_words(self.decode("realtime.mp3", b"".join(pieces)))

    def test_a_socket_with_alignment(self):
        audio, characters, starts = asyncio.run(self.socket())
        self.assertEqual(characters.strip(), TEXT)
        self.assertEqual(starts, sorted(starts))
        self.assertLess(starts[-1], len(audio) / 32)
        self.check_words(self.decode("socket.pcm", audio, "-f", "s16le", "-ar", "16000", "-ac", "1"))

    async def socket(self):
        """(audio, characters, milliseconds from the begin of all) of the raw protocol."""
        url = f"wss{self.server.url.removeprefix('https')}/v1/text-to-speech/{VOICE}/stream-input"
        audio, characters, starts = b"", "", []
        async with websockets.connect(f"{url}?output_format=pcm_16000", ssl=self.tls) as socket:
            await socket.send(json.dumps({"text": " ", "xi_api_key": KEY}))
            for word in TEXT.split():
                await socket.send(json.dumps({"text": word + " ", "try_trigger_generation": True}))
            await socket.send(json.dumps({"text": ""}))
            with contextlib.suppress(websockets.ConnectionClosedOK):
                while not (frame := json.loads(await socket.recv())).get("isFinal"):
                    if alignment := frame["alignment"]:
                        begin = len(audio) / 32
                        characters += "".join(alignment["chars"])
                        starts += [begin + start for start in alignment["charStartTimesMs"]]
                    audio += base64.b64decode(frame["audio"])
        return audio, characters, starts

    def test_lists(self):
        voices = self.client.voices.get_all().voices
        self.assertIn(VOICE, [voice.voice_id for voice in voices])
        self.assertEqual(self.client.voices.search().has_more, False)
        self.assertEqual(self.client.voices.get(VOICE).name, VOICE)
        (model, *_) = self.client.models.list()
        self.assertTrue(model.can_do_text_to_speech)

    def test_a_wrong_key(self):
        with httpx.Client(verify=self.tls) as http:
            stranger = ElevenLabs(api_key="wrong", base_url=self.server.url, httpx_client=http)
            with self.assertRaises(ApiError) as refused:
                b"".join(stranger.text_to_speech.convert(VOICE, text=TEXT))
            self.assertEqual(refused.exception.status_code, 401)
            self.assertEqual(refused.exception.body["detail"]["status"], "invalid_api_key")
            with self.assertRaises(ApiError) as refused:
                b"".join(stranger.text_to_speech.convert_realtime(VOICE, text=words_of(TEXT)))
            self.assertEqual(refused.exception.status_code, 1008)


if __name__ == "__main__":
    unittest.main()
