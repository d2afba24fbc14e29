# SPDX-License-Identifier: Apache-2.0
"""The client, with a scripted server, and with the real one where it is built."""

import asyncio
import base64
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

import numpy as np
from websockets.sync.server import serve

import parley
from parley import realtime_events as realtime

EXAMPLES = Path(__file__).resolve().parents[2] / "examples/python"


class ScriptedServer:
    """Answers as a Realtime server would; `seen` is what the client sent."""

    def __init__(self):
        self.seen = []
        self.refuses = False
        self.server = serve(self.talk, "127.0.0.1", 0, process_request=self.process_request)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.url = "http://127.0.0.1:%d" % self.server.socket.getsockname()[1]

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *unused):
        self.server.shutdown()
        self.thread.join()

    def process_request(self, socket, request):
        return socket.respond(401, "no key") if self.refuses else None

    def talk(self, socket):
        self.request = socket.request
        session = {"type": "realtime"}

        def say(kind, **fields):
            socket.send(json.dumps({"type": kind, **fields}))

        say("session.created", session=session)
        for message in socket:
            event = json.loads(message)
            self.seen.append(event)
            kind = event["type"]
            if kind == "session.update" and "nonsense" in event["session"]:
                say("error", error={"message": "unknown parameter 'nonsense'"})
            elif kind == "session.update":
                session.update(event["session"])
                say("session.updated", session=session)
            elif kind == "input_audio_buffer.commit":
                say("conversation.item.input_audio_transcription.completed", transcript="good day")
            elif kind == "response.create":
                for word in ("Good ", "day."):
                    say("response.output_audio_transcript.delta", delta=word)
                    block = np.full(240, 8_192, "<i2").tobytes()
                    say("response.output_audio.delta", delta=base64.b64encode(block).decode())
                say("response.done", response={"status": "completed"})
            elif kind == "bye":
                return
            elif kind == "odd":
                socket.ping()
                say("large", text="ä" * 200_000)
                socket.send(['{"type": "in ', "three ", 'parts"}'])
                socket.ping().wait(30)  # answered in between
                say("end")


class Sync(unittest.TestCase):
    def test_a_turn_in_text(self):
        with ScriptedServer() as server, parley.connect(server.url, instructions="Be kind.") as s:
            self.assertEqual(s.session["instructions"], "Be kind.")
            reply = s.say("Hello")
            self.assertEqual((reply.text, reply.status), ("Good day.", "completed"))
            self.assertEqual(len(reply.audio), 480)
            np.testing.assert_allclose(reply.audio, 0.25)
            content = server.seen[1]["item"]["content"]
            self.assertEqual(content, [{"type": "input_text", "text": "Hello"}])

    def test_audio_in_and_out(self):
        with ScriptedServer() as server, parley.connect(server.url, api_key="secret") as s:
            s.send_audio(np.array([0.5, -1.0, 1.0], np.float32))
            s.send_audio(np.array([1, -2], np.int16))
            s.commit()
            self.assertEqual(next(s.transcripts()), "good day")
            s.create_response(output_modalities=["audio"])
            self.assertEqual([len(block) for block in s.audio()], [240, 240])
            sent = [np.frombuffer(base64.b64decode(e["audio"]), "<i2") for e in server.seen[:2]]
            self.assertEqual([part.tolist() for part in sent], [[16_384, -32_768, 32_767], [1, -2]])
            self.assertEqual(server.request.headers["Authorization"], "Bearer secret")
            self.assertEqual(server.request.path, "/v1/realtime?model=parley")

    def test_an_error_event_is_raised(self):
        with ScriptedServer() as server, parley.connect(server.url) as s:
            with self.assertRaisesRegex(parley.RealtimeError, "unknown parameter") as raised:
                s.update(nonsense=1)
            self.assertEqual(raised.exception.event["type"], "error")

    def test_events_end_with_the_connection(self):
        with ScriptedServer() as server, parley.connect(server.url) as s:
            s.create_response()
            s.send({"type": "bye"})
            kinds = [event["type"] for event in s]
            self.assertEqual(kinds[-1], "response.done")
            with self.assertRaisesRegex(parley.RealtimeError, "has ended"):
                s.receive()

    def test_large_messages_fragments_and_pings(self):
        async def talk(url):
            async with parley.connect_async(url) as s:
                await s.send({"type": "odd", "padding": "x" * 70_000})
                return [await s.receive() for _ in range(3)]

        with ScriptedServer() as server, parley.connect(server.url) as s:
            s.send({"type": "odd", "padding": "x" * 70_000})
            for events in ([s.receive() for _ in range(3)], asyncio.run(talk(server.url))):
                self.assertEqual([event["type"] for event in events],
                                 ["large", "in three parts", "end"])
                self.assertEqual(events[0]["text"], "ä" * 200_000)

    def test_what_is_no_server_of_websockets_is_told(self):
        with ScriptedServer() as server, self.assertRaisesRegex(ConnectionError, "refused.*401"):
            server.refuses = True
            parley.connect(server.url)
        with self.assertRaises(ConnectionRefusedError):
            parley.connect("http://127.0.0.1:1")
        with self.assertRaisesRegex(ValueError, "give ws://host:port/path"):
            parley.connect("ftp://127.0.0.1/x")

    def test_a_wait_has_an_end(self):
        with ScriptedServer() as server, parley.connect(server.url) as s:
            with self.assertRaises(TimeoutError):
                s.receive(timeout=0.01)

    def test_addresses(self):
        for given, wanted in (
            ("localhost:8080", "ws://localhost:8080/v1/realtime?model=parley"),
            ("ws://localhost:8080/v1", "ws://localhost:8080/v1/realtime?model=parley"),
            ("https://a.example/", "wss://a.example/v1/realtime?model=parley"),
            ("ws://a/v1/realtime?model=x", "ws://a/v1/realtime?model=x"),
        ):
            self.assertEqual(realtime.address(given), wanted)


class Async(unittest.TestCase):
    def test_the_same_for_asyncio(self):
        async def talk(url):
            async with parley.connect_async(url, modalities=["audio"]) as s:
                self.assertEqual(s.session["output_modalities"], ["audio"])
                reply = await s.say("Hello")
                await s.send_audio(b"\0\0")
                await s.commit()
                said = await anext(s.transcripts())
                await s.create_response()
                blocks = [len(block) async for block in s.audio()]
            return reply.text, said, blocks

        with ScriptedServer() as server:
            self.assertEqual(asyncio.run(talk(server.url)), ("Good day.", "good day", [240, 240]))

    def test_await_instead_of_with(self):
        async def talk(url):
            session = await parley.connect_async(url)
            await session.close()
            return session.session["type"]

        with ScriptedServer() as server:
            self.assertEqual(asyncio.run(talk(server.url)), "realtime")


class RealServer(unittest.TestCase):
    def setUp(self):
        program = Path(os.environ.get("PARLEY_BIN_DIR", ""), "parley")
        if not program.is_file():
            self.skipTest(f"{program} is not built")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        config = Path(folder.name, "parley.yaml")
        config.write_text("models: {fake: true}\n", encoding="utf-8")
        self.server = subprocess.Popen(
            [program, "serve", "--port", "0", "--config", config, "--set", "store.path="],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, cwd=folder.name)
        self.addCleanup(self.stop)
        line = self.server.stdout.readline()
        self.url = re.search(r"http://\S+", line)[0]

    def stop(self):
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(60)
        self.server.stdout.close()

    def test_the_example_talks(self):
        done = subprocess.run([sys.executable, "-B", EXAMPLES / "realtime_client.py", self.url],
                              capture_output=True, text=True, timeout=200)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"completed: .+ \(\d+\.\d s of audio\)")
        self.assertRegex(done.stdout, r"heard \d+\.\d s of answer")
