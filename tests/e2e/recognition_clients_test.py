# SPDX-License-Identifier: Apache-2.0
"""Clients of other recognisers against the real binary with real models: PyPI `wyoming` and the
method of PyPI `vosk` that speaks to a server, unmodified; FunASR's and sherpa-onnx's example
clients, which are in no package, as they are written: the same messages in the same order."""

import array
import asyncio
import json
import ssl
import subprocess
import sys
import tempfile
import types
import unittest
from pathlib import Path

from support import places, speech
from support.certificate import make_certificate
from support.server import Server, transcribe
from websockets.asyncio.client import connect
from wyoming.asr import Transcribe, Transcript, TranscriptChunk, TranscriptStart, TranscriptStop
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeVoice,
)
from wyoming.wake import Detect, Detection, NotDetected

# Their wheel has its transcriber, and wants `srt` for an output that we do not ask for: that one
# has no wheel.
sys.modules.setdefault("srt", types.ModuleType("srt"))
from vosk.transcriber.transcriber import Transcriber  # noqa: E402

RATE = speech.RATE
PATIENCE_SECONDS = 60
CLIPS = ("best_and_worst", "belief_and_incredulity")
WER_MAX = 0.1  # of sentences that the recogniser knows
NAMED_CLIP = "data/speech/3005-163389-0000.flac"  # whose name nobody expects
SENTENCE = "It was the best of times, it was the worst of times."
PROTOCOLS = ("funasr", "sherpa_offline", "sherpa_online", "vosk", "wyoming")


def addresses(server, count):
    """{"Vosk": "127.0.0.1:1234"}, as the program prints them."""
    lines = [server.lines.get(timeout=PATIENCE_SECONDS) for _ in range(count)]
    return {
        line.removeprefix("parley ").partition(" listening on ")[0]: line.split()[-1]
        for line in lines
    }


def resampled(pcm, rate):
    """For clients that speak at one rate only."""
    command = ["ffmpeg", "-v", "error", "-f", "s16le", "-ar", str(RATE), "-ac", "1", "-i", "-",
               "-f", "s16le", "-ar", str(rate), "-"]  # fmt: skip
    return subprocess.run(command, input=pcm, capture_output=True, check=True).stdout


def floats_of(pcm):
    """float32, as numpy makes them of s16."""
    samples = array.array("h", pcm)
    return array.array("f", (sample / 32768 for sample in samples)).tobytes()


class Clients(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(settings={f"ports.{protocol}": 0 for protocol in PROTOCOLS})
        cls.addClassCleanup(cls.server.stop)
        cls.ports = addresses(cls.server, len(PROTOCOLS))
        cls.clips = [speech.clip(name) for name in CLIPS]
        cls.recording = speech.silence(700).join(clip.pcm for clip in cls.clips)
        cls.words = " ".join(clip.words for clip in cls.clips)

    def assert_words(self, text, words=None):
        wrong, total, _ = speech.word_errors([(words or self.words, text)])
        self.assertLessEqual(wrong / total, WER_MAX, text)

    async def wait(self, awaitable):
        return await asyncio.wait_for(awaitable, PATIENCE_SECONDS)

    # --- FunASR (runtime/python/websocket/funasr_wss_client.py) --------------------------------

    async def funasr(self, mode, sleep=0.001):
        """All messages of one recording."""
        messages = []
        async with connect(
            f"ws://{self.ports['FunASR']}", subprotocols=["binary"], ping_interval=None
        ) as socket:
            order = {
                "mode": mode, "chunk_size": [5, 10, 5], "chunk_interval": 10,
                "encoder_chunk_look_back": 4, "decoder_chunk_look_back": 0, "audio_fs": RATE,
                "wav_name": "demo", "wav_format": "pcm", "is_speaking": True,
                "hotwords": "", "itn": True,
            }  # fmt: skip
            await socket.send(json.dumps(order, ensure_ascii=False))

            async def send():
                stride = int(60 * 10 / 10 / 1000 * RATE * 2)
                for at in range(0, len(self.recording), stride):
                    await socket.send(self.recording[at : at + stride])
                    await asyncio.sleep(sleep)
                await socket.send(json.dumps({"is_speaking": False, "is_end": True}))

            sender = asyncio.create_task(send())
            while not messages or not messages[-1].get("is_end"):
                messages.append(json.loads(await self.wait(socket.recv())))
                self.assertEqual(messages[-1]["wav_name"], "demo")
            await sender
        self.assertTrue(messages[-1]["is_final"])
        self.assertTrue(messages[-2]["is_final"])
        return messages[:-1]

    async def test_funasr_in_two_passes(self):
        messages = await self.funasr("2pass", sleep=0.06)
        self.assertIn("2pass-online", {message["mode"] for message in messages})
        finals = [message for message in messages if message["mode"] == "2pass-offline"]
        # As it is printed: texts one behind the other.
        self.assert_words("".join(final["text"] for final in finals))
        stamps = [stamp for final in finals for stamp in json.loads(final.get("timestamp", "[]"))]
        self.assertEqual(stamps, sorted(stamps))
        self.assertTrue(any(final.get("stamp_sents") for final in finals))

    async def test_funasr_online(self):
        messages = await self.funasr("online", sleep=0.06)
        self.assertEqual({message["mode"] for message in messages}, {"online"})
        self.assertGreater(len(messages), 3)
        self.assert_words("".join(message["text"] for message in messages))

    async def test_funasr_offline(self):
        [message] = await self.funasr("offline")
        self.assertEqual(message["mode"], "offline")
        self.assert_words(message["text"])

    # --- sherpa-onnx (python-api-examples) -----------------------------------------------------

    async def test_sherpa_streaming(self):
        """online-websocket-client-decode-file.py"""
        samples = floats_of(resampled(self.recording, 16000))
        results = []
        async with connect(f"ws://{self.ports['sherpa-onnx streaming']}") as socket:

            async def receive():
                async for message in socket:
                    if message == "Done!":
                        return
                    results.append(json.loads(message))

            receiver = asyncio.create_task(receive())
            for at in range(0, len(samples), 8000 * 4):
                await socket.send(samples[at : at + 8000 * 4])
                await asyncio.sleep(0.5)
            await socket.send("Done")
            await self.wait(receiver)
        self.assertTrue(any(not result["is_final"] for result in results))
        finals = [result for result in results if result["is_final"]]
        self.assertEqual([final["segment"] for final in finals], list(range(len(finals))))
        self.assert_words(" ".join(final["text"] for final in finals))
        self.assertEqual(finals[0]["text"], "".join(finals[0]["tokens"]))

    async def sherpa_offline(self, clips, rate=RATE):
        answers = []
        async with connect(f"ws://{self.ports['sherpa-onnx offline']}") as socket:
            for pcm in clips:
                samples = floats_of(pcm)
                buffer = rate.to_bytes(4, "little") + len(samples).to_bytes(4, "little") + samples
                while buffer:
                    await socket.send(buffer[:10240])
                    buffer = buffer[10240:]
                answers.append(json.loads(await self.wait(socket.recv())))
            await socket.send("Done")
            await self.wait(socket.wait_closed())
        return answers

    async def test_sherpa_offline_one_after_the_other(self):
        """offline-websocket-client-decode-files-sequential.py"""
        answers = await self.sherpa_offline([clip.pcm for clip in self.clips])
        for clip, answer in zip(self.clips, answers, strict=True):
            self.assert_words(answer["text"], clip.words)
            self.assertEqual(len(answer["tokens"]), len(answer["timestamps"]))

    async def test_sherpa_offline_in_parallel(self):
        """offline-websocket-client-decode-files-paralell.py"""
        answers = await asyncio.gather(*(self.sherpa_offline([clip.pcm]) for clip in self.clips))
        for clip, [answer] in zip(self.clips, answers, strict=True):
            self.assert_words(answer["text"], clip.words)

    # --- Vosk ----------------------------------------------------------------------------------

    async def test_vosks_transcriber(self):
        transcriber = Transcriber.__new__(Transcriber)  # its constructor loads a model of its own
        transcriber.args = types.SimpleNamespace(
            server=f"ws://{self.ports['Vosk']}", output_type="txt"
        )
        with tempfile.TemporaryDirectory() as folder:
            file = speech.write_wav(Path(folder) / "a.wav", self.recording)
            process = await asyncio.create_subprocess_exec(
                "ffmpeg", "-nostdin", "-loglevel", "quiet", "-i", file, "-ar", "16000", "-ac", "1",
                "-f", "s16le", "-", stdout=subprocess.PIPE,
            )  # fmt: skip
            result, _ = await self.wait(transcriber.recognize_stream_server(process))
            await process.wait()
        self.assert_words(transcriber.format_result(result).replace("\n", " "))

    async def vosk(self, pcm, **config):
        """The text of a recording, as vosk-server's test.py asks for it."""
        texts = []
        async with connect(f"ws://{self.ports['Vosk']}") as socket:
            await socket.send(json.dumps({"config": {"sample_rate": RATE} | config}))
            for at in range(0, len(pcm), 8000):
                await socket.send(pcm[at : at + 8000])
                texts.append(json.loads(await self.wait(socket.recv())).get("text", ""))
            await socket.send('{"eof" : 1}')
            texts.append(json.loads(await self.wait(socket.recv())).get("text", ""))
        return " ".join(text for text in texts if text)

    async def test_phrases_of_vosks_clients_are_leaned_towards(self):
        clip = places.SHARED / NAMED_CLIP
        if not clip.exists():
            self.skipTest("../shared/data/speech is not here")
        command = ["ffmpeg", "-v", "error", "-i", clip, "-f", "s16le", "-ar", str(RATE), "-"]
        pcm = subprocess.run(command, capture_output=True, check=True).stdout
        self.assertNotIn("Sherburn's", await self.vosk(pcm))
        phrases = ["Sherburn", "Svea Lindqvist", "[unk]"]
        self.assertIn("Sherburn's", await self.vosk(pcm, phrase_list=phrases))

    # --- Wyoming -------------------------------------------------------------------------------

    def wyoming(self):
        host, port = self.ports["Wyoming"].split(":")
        return AsyncTcpClient(host, int(port))

    async def read(self, client):
        event = await self.wait(client.read_event())
        self.assertIsNotNone(event)
        return event

    async def say(self, client):
        await client.write_event(AudioStart(RATE, 2, 1).event())
        for at in range(0, len(self.recording), 2048):
            chunk = AudioChunk(RATE, 2, 1, self.recording[at : at + 2048])
            await client.write_event(chunk.event())
        await client.write_event(AudioStop().event())

    async def test_wyoming_says_what_there_is(self):
        async with self.wyoming() as client:
            await client.write_event(Describe().event())
            info = Info.from_event(await self.read(client))
            await client.write_event(Ping(text="a").event())
            self.assertEqual(Pong.from_event(await self.read(client)).text, "a")
        for programs in (info.asr, info.tts, info.wake):
            self.assertTrue(programs[0].installed)
        self.assertIn("en", info.asr[0].models[0].languages)
        self.assertTrue(info.tts[0].voices[0].name)

    async def test_wyoming_hears(self):
        async with self.wyoming() as client:
            for _ in range(2):
                await client.write_event(Transcribe(language="en").event())
                await self.say(client)
                pieces = []
                event = await self.read(client)
                self.assertTrue(TranscriptStart.is_type(event.type))
                while TranscriptChunk.is_type((event := await self.read(client)).type):
                    pieces.append(TranscriptChunk.from_event(event).text)
                text = Transcript.from_event(event).text
                self.assertEqual(text, "".join(pieces))
                self.assert_words(text)
                self.assertTrue(TranscriptStop.is_type((await self.read(client)).type))

    async def spoken(self, client):
        """What is spoken until its end, as `parley transcribe` hears it."""
        start = AudioStart.from_event(await self.read(client))
        pcm = b""
        while not AudioStop.is_type((event := await self.read(client)).type):
            chunk = AudioChunk.from_event(event)
            self.assertEqual((chunk.rate, chunk.width, chunk.channels), (start.rate, 2, 1))
            pcm += chunk.audio
        with tempfile.TemporaryDirectory() as folder:
            file = speech.write_wav(Path(folder) / "a.wav", pcm, start.rate)
            [text] = await asyncio.to_thread(transcribe, file)
        return text

    async def test_wyoming_speaks(self):
        async with self.wyoming() as client:
            await client.write_event(Synthesize(SENTENCE).event())
            self.assert_words(await self.spoken(client), SENTENCE)
            voice = SynthesizeVoice(language="en")
            await client.write_event(SynthesizeStart(voice=voice).event())
            for word in SENTENCE.split(" "):
                await client.write_event(SynthesizeChunk(word + " ").event())
            await client.write_event(Synthesize(SENTENCE).event())
            await client.write_event(SynthesizeStop().event())
            self.assert_words(await self.spoken(client), SENTENCE)
            self.assertTrue(SynthesizeStopped.is_type((await self.read(client)).type))

    async def test_wyoming_wakes(self):
        async with self.wyoming() as client:
            await client.write_event(Detect(names=["hey_jarvis", "best_of_times"]).event())
            await self.say(client)
            detection = Detection.from_event(await self.read(client))
            self.assertEqual(detection.name, "best_of_times")
            await client.write_event(Detect(names=["hey_jarvis"]).event())
            await self.say(client)
            self.assertTrue(NotDetected.is_type((await self.read(client)).type))


class Secure(unittest.IsolatedAsyncioTestCase):
    async def test_funasrs_client_speaks_wss_unless_it_is_told_not_to(self):
        with tempfile.TemporaryDirectory(prefix="parley-tls-") as folder:
            certificate, key = make_certificate(folder)
            settings = {
                "ports.funasr": 0, "server.tls_cert": certificate, "server.tls_key": key
            }  # fmt: skip
            with Server(fake=True, settings=settings) as server:
                [address] = addresses(server, 1).values()
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
                async with connect(
                    f"wss://{address}", subprotocols=["binary"], ping_interval=None, ssl=context
                ) as socket:
                    self.assertEqual(socket.subprotocol, "binary")
                    await socket.send('{"mode": "offline", "is_speaking": true}')
                    await socket.send('{"is_speaking": false}')
                    answer = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE_SECONDS))
                    self.assertTrue(answer["is_final"])


if __name__ == "__main__":
    unittest.main()
