# SPDX-License-Identifier: Apache-2.0
"""What happens when clients, files, ports, children and endpoints misbehave: each gets its clear
error, the session lives where it can, and another session notices nothing."""

import array
import asyncio
import base64
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import places, speech
from support.script import match
from support.server import Refused, Server, parley
from support.wire import Wire
from websockets.exceptions import ConnectionClosed, InvalidStatus

sys.path.insert(0, str(places.ROOT / "tools"))
import scripted_llm  # noqa: E402

MIB = 1024 * 1024


def event(kind, **fields):
    return json.dumps({"type": kind, **fields})


def append(audio):
    return event("input_audio_buffer.append", audio=audio)


def item(**fields):
    return event("conversation.item.create", item=fields)


def session(**fields):
    return event("session.update", session={"type": "realtime", **fields})


def sound(size):
    return base64.b64encode(bytes(size)).decode()


# What is sent, and what the error must say. The session lives after each of them.
FRAMES = {
    "not JSON": ("not json", {"code": "invalid_json"}),
    "half a JSON text": ('{"type": "response.create"', {"code": "invalid_json"}),
    "two JSON texts": ("{}{}", {"code": "invalid_json"}),
    "nothing": ("", {"code": "invalid_json"}),
    "30 MB that are not JSON": ("x" * 30_000_000, {"code": "invalid_json"}),
    "too deep": ("[" * 100_000, {"code": "invalid_json"}),
    "an array": ("[]", {"code": "invalid_event"}),
    "null": ("null", {"code": "invalid_event"}),
    "no type": ('{"event_id": "x"}', {"code": "invalid_event"}),
    "a number as type": ('{"type": 5}', {"code": "invalid_event"}),
    "a binary frame": (b"\x00\x01\x02", {"code": "invalid_event"}),
    "an unknown event": (event("response.dance", event_id="e1"),
                         {"code": "invalid_value", "param": "type", "event_id": "e1"}),
    "WebRTC's event": (event("output_audio_buffer.clear"),
                       {"code": "invalid_value", "param": "type"}),
    "a number as session": (event("session.update", session=5),
                            {"code": "invalid_type", "param": "session"}),
    "a list as instructions": (session(instructions=[]),
                               {"code": "invalid_type", "param": "session.instructions"}),
    "a text as silence": (
        session(audio={"input": {"turn_detection": {
            "type": "server_vad", "silence_duration_ms": "long"}}}),
        {"code": "invalid_type",
         "param": "session.audio.input.turn_detection.silence_duration_ms"}),
    "a threshold above 1": (
        session(audio={"input": {"turn_detection": {"type": "server_vad", "threshold": 7}}}),
        {"code": "invalid_value", "param": "session.audio.input.turn_detection.threshold"}),
    "a number as audio": (event("input_audio_buffer.append", audio=5),
                          {"code": "invalid_type", "param": "audio"}),
    "no audio": (event("input_audio_buffer.append"),
                 {"code": "missing_required_parameter", "param": "audio"}),
    "bad base64": (append("no base64!"), {"code": "invalid_value", "param": "audio"}),
    "base64 of a wrong length": (append("AAAAA"), {"code": "invalid_value", "param": "audio"}),
    "30 MB of audio": (append(sound(22_500_000)), {"type": "invalid_request_error"}),
    "a commit of nothing": (event("input_audio_buffer.commit"),
                            {"code": "input_audio_buffer_commit_empty"}),
    "an item without type": (item(role="user"),
                             {"code": "missing_required_parameter", "param": "item.type"}),
    "an item id that is too long": (
        item(id="i" * 39, type="message", role="user", content=[]),
        {"code": "string_above_max_length", "param": "item.id"}),
    "an unknown role": (item(type="message", role="pilot", content=[]),
                        {"code": "invalid_value", "param": "item.role"}),
    "an output of no call": (item(type="function_call_output", call_id="call_x", output="1"),
                             {"code": "invalid_tool_call_id"}),
    "a text as audio_end_ms": (
        event("conversation.item.truncate", item_id="x", content_index=0, audio_end_ms="1"),
        {"code": "invalid_type", "param": "audio_end_ms"}),
    "a cut of an unknown item": (
        event("conversation.item.truncate", item_id="x", content_index=0, audio_end_ms=1),
        {"code": "item_truncate_invalid_item_id"}),
    "a deletion of an unknown item": (event("conversation.item.delete", item_id="x"),
                                      {"code": "item_delete_invalid_item_id"}),
    "both modalities": (event("response.create", response={"output_modalities": ["audio", "text"]}),
                        {"code": "invalid_value", "param": "response.output_modalities"}),
    "a token limit below 1": (event("response.create", response={"max_output_tokens": 0}),
                              {"code": "invalid_value", "param": "response.max_output_tokens"}),
    "a cancel of nothing": (event("response.cancel"), {"code": "response_cancel_not_active"}),
}  # fmt: skip


class Bystander:
    """Another session, which holds a conversation all the time and must notice nothing."""

    def __init__(self, server):
        self.server = server
        self.turns = 0
        self.stopping = False
        self.news = asyncio.Condition()

    async def __aenter__(self):
        self.task = asyncio.create_task(self._talk())
        await self.one_more_turn()
        return self

    async def __aexit__(self, *_):
        self.stopping = True
        await self.task

    async def _talk(self):
        try:
            async with Wire(self.server) as wire:
                await wire.later("session.created")
                while not self.stopping:
                    await wire.say(speech.tone(300) + speech.silence(700))
                    done = await wire.later("response.done")
                    if done["response"]["status"] != "completed":
                        raise AssertionError(f"the other session was disturbed: {done}")
                    self.turns += 1
                    async with self.news:
                        self.news.notify_all()
        finally:
            async with self.news:
                self.stopping = True
                self.news.notify_all()

    async def one_more_turn(self):
        """Waits until a turn was had that began after now."""
        wanted = self.turns + 2
        async with self.news:
            await self.news.wait_for(lambda: self.turns >= wanted or self.stopping)
        if self.turns < wanted:
            await self.task  # raises what ended it


class Frames(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(fake=True, settings={"playout.lead_ms": 0, "turn.silence_ms": 300})

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    async def still_served(self, wire):
        await wire.send_raw(session())
        await wire.later("session.updated")

    async def test_each_gets_its_error_and_the_session_lives(self):
        async with Bystander(self.server) as other:
            for name, (frame, expected) in FRAMES.items():
                with self.subTest(name):
                    async with Wire(self.server) as wire:
                        await wire.later("session.created")
                        await wire.send_raw(frame)
                        error = await wire.error()
                        match(error, expected, {}, "error")
                        self.assertTrue(error["message"])
                        await self.still_served(wire)
                    await other.one_more_turn()

    async def test_all_of_them_in_one_session(self):
        async with Wire(self.server) as wire:
            await wire.later("session.created")
            for frame, _ in FRAMES.values():
                await wire.send_raw(frame)
            for _ in FRAMES:
                await wire.error()
            await self.still_served(wire)
            self.assertEqual(len(wire.all("error")), len(FRAMES))

    async def test_odd_bytes_are_kept_for_the_next_append(self):
        tone = speech.tone(1000)
        async with Wire(self.server) as wire:
            await wire.later("session.created")
            await wire.update(audio={"input": {"turn_detection": None}})
            for at in range(0, len(tone), 4801):
                piece = tone[at : at + 4801]
                await wire.send_raw(append(base64.b64encode(piece).decode()))
            await wire.send("input_audio_buffer.commit")
            committed = await wire.later("input_audio_buffer.committed")
            await wire.send("conversation.item.retrieve", item_id=committed["item_id"])
            kept = (await wire.later("conversation.item.retrieved"))["item"]["content"][0]["audio"]
            samples = array.array("h", base64.b64decode(kept))
            # The server keeps what it recognises, at its own rate: the same tone, not the same bytes.
            # One lost byte would have made noise of it, which crosses zero much more often.
            crossings = sum((a < 0) != (b < 0) for a, b in zip(samples, samples[1:]))
            self.assertAlmostEqual(len(samples), speech.RATE, delta=speech.RATE // 50)
            self.assertAlmostEqual(crossings, 2 * 220, delta=10)

    async def test_fifteen_mib_of_audio_are_accepted(self):
        async with Wire(self.server) as wire:
            await wire.later("session.created")
            await wire.update(audio={"input": {"turn_detection": None}})
            await wire.send_raw(append(sound(15 * MIB)))
            await wire.send("input_audio_buffer.clear")
            await wire.later("input_audio_buffer.cleared")

    async def test_a_frame_above_32_mib_closes_the_connection(self):
        async with Bystander(self.server) as other:
            async with Wire(self.server) as wire:
                await wire.later("session.created")
                try:
                    await wire.send_raw("x" * (32 * MIB + 1))
                except (OSError, ConnectionClosed):
                    pass  # the server need not read to the end before it closes
                code, _ = await wire.end()
                self.assertEqual(code, 1009)
            await other.one_more_turn()

    async def test_text_that_is_not_utf8_closes_the_connection(self):
        async with Bystander(self.server) as other:
            async with Wire(self.server) as wire:
                await wire.later("session.created")
                await wire.socket.send(b'{"type": "\xff\xfe"}', text=True)
                code, _ = await wire.end()
                self.assertEqual(code, 1007)
            await other.one_more_turn()

    async def test_no_model_is_named(self):
        async with Wire(self.server, query="") as wire:
            self.assertEqual((await wire.error())["code"], "missing_model")
            code, reason = await wire.end()
            self.assertEqual((code, reason), (4000, "invalid_request_error.missing_model"))

    async def test_requests_from_other_sites_are_refused(self):
        for headers in [{"Origin": "https://elsewhere.example"}, {"Host": "elsewhere.example"}]:
            with self.subTest(headers), self.assertRaises(InvalidStatus) as refused:
                async with Wire(self.server, headers=headers):
                    pass
            self.assertEqual(refused.exception.response.status_code, 403)

    async def test_paths_that_are_none(self):
        for path in ["/nothing", "/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/main.js/"]:
            status, _, body = await asyncio.to_thread(self.server.get, path)
            self.assertEqual(status, 404, path)
            self.assertNotIn(b"root:", body)
        status, _, _ = await asyncio.to_thread(self.server.get, "/v1/realtime?model=m")
        self.assertIn(status, (400, 426))

    async def test_peers_that_vanish(self):
        """Connections that end in the middle of everything leave nothing behind."""
        async with Bystander(self.server) as other:
            for _ in range(20):
                wire = await Wire(self.server).__aenter__()
                await wire.later("session.created")
                await wire.say(speech.tone(300) + speech.silence(700))
                await wire.later("response.output_audio.delta")
                wire.socket.transport.abort()
                await wire.end()
            await other.one_more_turn()


class Start(unittest.TestCase):
    """What a server says that cannot start."""

    def refused(self, **options):
        with self.assertRaises(Refused) as refused:
            Server(**options)
        self.assertNotEqual(refused.exception.status, 0)
        self.assertGreater(refused.exception.status, 0, "ended by a signal")
        return refused.exception.log

    def test_taken_port(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            log = self.refused(fake=True, port=port)
        self.assertIn(str(port), log)
        self.assertIn("in use", log)

    def test_unknown_key_names_the_nearest(self):
        log = self.refused(fake=True, settings={"turn.silence": 300})
        self.assertIn("turn.silence_ms", log)

    def test_open_address_without_keys(self):
        log = self.refused(fake=True, settings={"server.host": "0.0.0.0"})
        self.assertIn("server.api_keys", log)

    def test_models_that_are_missing_or_damaged(self):
        places.need_models()
        files = {
            "silero-vad": "silero_vad_16k_op15.onnx",
            "moonshine-tiny-en": "encoder.onnx",
            "en_US-joe-medium": "generator.onnx",
            "smollm2-135m-instruct": "model.gguf",
        }
        for model, name in files.items():
            for damage in ("missing", "cut short", "overwritten"):
                with self.subTest(f"{model} {damage}"), tempfile.TemporaryDirectory() as folder:
                    self.copy_with_damage(Path(folder), f"models/{model}/{name}", damage)
                    log = self.refused(settings={"models.path": folder})
                    self.assertIn(name, log)
                    if damage == "missing":
                        self.assertIn("tools/deps", log)

    @staticmethod
    def copy_with_damage(folder, broken, damage):
        """The cache again, as links, but for one file."""
        for source in places.CACHE.glob("*/*"):
            if source.parent.name in ("sdk", "models"):
                (folder / source.parent.name).mkdir(exist_ok=True)
                (folder / source.parent.name / source.name).symlink_to(source)
        file = folder / broken
        original = places.CACHE / broken
        file.parent.unlink()
        file.parent.mkdir()
        for sibling in original.parent.iterdir():
            if sibling != original:
                (file.parent / sibling.name).symlink_to(sibling)
        if damage == "cut short":
            file.write_bytes(original.read_bytes()[: original.stat().st_size // 2])
        elif damage == "overwritten":
            file.write_bytes(b"this is no model\n" * 1000)


class Files(unittest.TestCase):
    def setUp(self):
        places.need_models()
        self.folder = Path(tempfile.mkdtemp(prefix="parley-test-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def test_files_that_hold_no_sound(self):
        good = speech.write_wav(self.folder / "good.wav", speech.clip("wisdom").pcm)
        bad = {
            "text.wav": b"this is no sound\n" * 100,
            "empty.wav": b"",
            "half.wav": good.read_bytes()[:20],
        }
        for name, content in bad.items():
            (self.folder / name).write_bytes(content)
        names = [*bad, "missing.wav", "good.wav"]
        done = parley("transcribe", *[self.folder / name for name in names])
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 1, done.stdout)
        self.assertTrue(done.stdout.startswith(f"{good}\t"), done.stdout)
        for name in names[:-1]:
            self.assertIn(name, done.stderr)

    def test_full_disk(self):
        done = parley("say", "Hello.", "-o", "/dev/full")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("/dev/full: cannot write: No space left on device", done.stderr)

    def test_disk_that_fills_up(self):
        """A small file system of our own, which only this process and its children see."""
        disk = self.folder / "disk"
        disk.mkdir()
        own = ["unshare", "--user", "--map-root-user", "--mount"]
        mount = f"mount -t tmpfs -o size=32k none {disk}"
        if subprocess.run([*own, "sh", "-c", mount], capture_output=True).returncode != 0:
            print("this machine allows no file system of our own; /dev/full has to do")
            return
        text = "This sentence is too long for the disk."
        say = f"{places.program()} say '{text}' -o {disk}/out.wav; echo status $?; ls {disk}"
        done = subprocess.run(
            [*own, "sh", "-c", f"{mount}; {say}"], capture_output=True, text=True
        )
        self.assertEqual(done.stdout.split(), ["status", "1"], "half a file was left behind")
        self.assertIn("out.wav: cannot write: No space left on device", done.stderr)


def children(pid, name):
    """Process ids of a process's children by name."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            if Path(f"/proc/{child}/comm").read_text().strip().startswith(name[:15]):
                found.append(int(child))
    return found


class Helpers(unittest.IsolatedAsyncioTestCase):
    """The phonemizer is a program of its own; when it dies it is started again."""

    async def test_killed_phonemizer(self):
        # What was said before would be answered from the cache, and the phonemizer not be asked.
        with Server(settings={"tts.cache.use": "off"}) as server:
            async with Wire(server) as wire:
                await wire.later("session.created")
                await self.spoken_reply(wire, "Say hello.")
                for moment in ("idle", "while a reply is made"):
                    with self.subTest(moment):
                        (child,) = children(server.process.pid, "parley-phonemizer")
                        await wire.add_text("Say hello again.")
                        if moment != "idle":
                            await wire.send("response.create")
                            await wire.later("response.created")
                        os.kill(child, signal.SIGKILL)
                        if moment == "idle":
                            await wire.send("response.create")
                        done = await wire.later("response.done")
                        self.assertEqual(done["response"]["status"], "completed")
                        (again,) = children(server.process.pid, "parley-phonemizer")
                        self.assertNotEqual(again, child)

    async def spoken_reply(self, wire, text):
        await wire.add_text(text)
        await wire.send("response.create")
        done = await wire.later("response.done")
        self.assertEqual(done["response"]["status"], "completed")


class TroubleOnDemand(scripted_llm.Endpoint):
    """Fails only the requests whose last message asks for trouble."""

    way = None

    async def complete(self, writer, request, messages):
        # The base class asks failure() before it first waits, so one field is enough.
        self.asked = "trouble" in scripted_llm.text_of(messages[-1])
        return await super().complete(writer, request, messages)

    def failure(self):
        return self.way if self.asked else None

    async def serve(self, reader, writer):
        # A stalled answer is still waiting when the test ends.
        with contextlib.suppress(asyncio.CancelledError):
            await super().serve(reader, writer)


class Endpoint(unittest.IsolatedAsyncioTestCase):
    """An LLM endpoint that fails in each way: that reply fails, the session and others go on."""

    WAYS = ("refuse", "reset", "stall", "die", "error", "garbage")

    async def with_server(self, url, work):
        places.need_models()
        settings = {
            "llm.url": url, "llm.model": "m", "llm.first_token_timeout_ms": 1500,
            "llm.token_timeout_ms": 1500,
        }  # fmt: skip
        server = await asyncio.to_thread(Server, settings=settings)
        try:
            async with Wire(server) as wire, Wire(server) as other:
                for one in (wire, other):
                    await one.later("session.created")
                    await one.update(output_modalities=["text"])
                await work(wire, other)
        except BaseException:
            server.kill()
            raise
        await asyncio.to_thread(server.stop)

    async def test_each_way_of_failing(self):
        options = scripted_llm.parse_options(["--reply", "The harbour is open, and the ships lie in it."])
        endpoint = TroubleOnDemand(options)
        listener = await asyncio.start_server(endpoint.serve, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]

        async def work(wire, other):
            for endpoint.way in self.WAYS:
                with self.subTest(endpoint.way):
                    await wire.add_text("Here comes trouble.")
                    await wire.send("response.create")
                    self.assertTrue(await self.reply(other, "Is the harbour open?"))
                    await self.failure(wire)
                    self.assertTrue(await self.reply(wire, "And now?"))

        await self.with_server(f"http://127.0.0.1:{port}/v1", work)
        listener.close()

    async def test_nobody_listens(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]

            async def work(wire, other):
                for one in (wire, other):
                    await one.add_text("Is anybody there?")
                    await one.send("response.create")
                    await self.failure(one)

            await self.with_server(f"http://127.0.0.1:{port}/v1", work)

    async def reply(self, wire, text):
        await wire.add_text(text)
        await wire.send("response.create")
        response = (await wire.later("response.done"))["response"]
        self.assertEqual(response["status"], "completed", response)
        return response["output"][0]["content"][0]["text"]

    async def failure(self, wire):
        response = (await wire.later("response.done"))["response"]
        self.assertEqual(response["status"], "failed")
        self.assertTrue(response["status_details"]["error"]["message"])


if __name__ == "__main__":
    unittest.main()
