# SPDX-License-Identifier: Apache-2.0
"""kill -9 at any moment: what a client was told is kept, whole, and the conversation goes on.

Each moment: three sessions talk, one of them does what the moment is about (writes an item, takes a
reply, speaks, calls a function, cuts a reply, deletes), the server is killed in the middle of it, and
then every conversation is compared item by item with what its client was told, resumed, compared again
and continued. With SQLite the same server is started again; with Redis another process goes on.

PARLEY_CRASH_MOMENTS, PARLEY_CRASH_FIRST, PARLEY_CRASH_SEED, PARLEY_CRASH_MODELS=real, PARLEY_CRASH_STORES="sqlite redis" run
other ones: `PARLEY_CRASH_MOMENTS=200 tests/e2e/run.py crash_test.py`.
"""

import asyncio
import collections
import json
import os
import random
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from support import speech
from support.record import Record, RecordingWire
from support.server import Server
from support.wire import Unexpected
from websockets.exceptions import ConnectionClosed

MOMENTS = int(os.environ.get("PARLEY_CRASH_MOMENTS", "8"))
FIRST = int(os.environ.get("PARLEY_CRASH_FIRST", "0"))
SEED = int(os.environ.get("PARLEY_CRASH_SEED", "1"))
REAL = os.environ.get("PARLEY_CRASH_MODELS") == "real"
STORES = os.environ.get("PARLEY_CRASH_STORES", "sqlite redis").split()
KINDS = ["item", "text reply", "spoken reply", "spoken turn", "function call", "truncation", "deletion"]
TOOL = {"type": "function", "name": "look", "parameters": {"type": "object"}}
WORDS = "the sea the ships and the harbours of the world are wide and full of wind".split()
ANSWER_SECONDS = 60
REPLY_SECONDS = 60 if REAL else 3  # then there is none: another was under way


class Talker:
    """One client and its conversation, over as many connections as it takes."""

    def __init__(self, name, dice):
        self.name = name
        self.dice = dice
        self.record = Record()
        self.conversation = None
        self.made = 0

    async def connect(self, server):
        query = "model=parley" + (f"&conversation={self.conversation}" if self.conversation else "")
        self.wire = RecordingWire(server, query)
        await self.wire.__aenter__()
        created = await self.wire.later("session.created")
        if self.conversation not in (None, created["conversation_id"]):
            raise AssertionError(f"resumed {created['conversation_id']} instead of {self.conversation}")
        self.conversation = created["conversation_id"]
        sound = {"input": {"turn_detection": None, "transcription": {"model": "whisper-1"}}}
        await self.wire.update(audio=sound)

    async def hang_up(self):
        """However it ended: everything that came is a promise."""
        await self.wire.socket.close()
        await self.wire.reader
        self.record.take(self.wire)

    def words(self, count=None):
        return " ".join(self.dice.choice(WORDS) for _ in range(count or self.dice.randint(1, 30)))

    def next_id(self):
        self.made += 1
        return f"{self.name}_{self.made}"

    def items(self, role=None, spoken=False):
        """Ids of items that were told of and not deleted, on this connection."""
        gone = {event["item_id"] for event in self.wire.all("conversation.item.deleted")}
        done = [event["item"] for event in self.wire.all("conversation.item.done")]
        return [
            item["id"] for item in done if item["id"] not in gone
            and (role is None or item.get("role") == role)
            and (not spoken or any(part["type"] == "output_audio" for part in item.get("content", [])))
        ]  # fmt: skip

    # --- what it does ---

    async def item(self):
        place = self.dice.choice([{}, {}, {"previous_item_id": "root"},
                                  {"previous_item_id": self.dice.choice(self.items() or ["root"])}])  # fmt: skip
        item = {
            "id": self.next_id(), "type": "message", "role": self.dice.choice(["user", "system"]),
            "content": [{"type": "input_text", "text": self.words()}],
        }  # fmt: skip
        await self.wire.send("conversation.item.create", item=item, **place)

    async def question(self):
        """What the fake model repeats."""
        content = [{"type": "input_text", "text": self.words()}]
        item = {"id": self.next_id(), "type": "message", "role": "user", "content": content}
        await self.wire.send("conversation.item.create", item=item)

    async def text_reply(self):
        await self.question()
        await self.wire.send("response.create", response={"output_modalities": ["text"], "max_output_tokens": 60})  # fmt: skip

    async def spoken_reply(self):
        await self.question()
        await self.wire.send("response.create", response={"max_output_tokens": 60})

    async def spoken_turn(self):
        await self.wire.say(speech.clip("heaven").pcm if REAL else speech.tone(600))
        await self.wire.send("input_audio_buffer.commit")
        await self.wire.send("response.create", response={"output_modalities": ["text"], "max_output_tokens": 30})  # fmt: skip

    async def function_call(self):
        await self.question()
        options = {"tools": [TOOL], "tool_choice": "required", "output_modalities": ["text"]}
        await self.wire.send("response.create", response=options)
        called = await self.see("response.function_call_arguments.done", REPLY_SECONDS)
        item = {
            "id": self.next_id(), "type": "function_call_output", "call_id": called["call_id"],
            "output": json.dumps({"seen": self.words(3)}),
        }  # fmt: skip
        await self.wire.send("conversation.item.create", item=item)

    async def truncation(self):
        spoken = self.items(spoken=True)
        if not spoken:
            await self.spoken_reply()
            added = await self.see("response.output_audio.delta", REPLY_SECONDS)
            spoken = [added["item_id"]]
        await self.wire.send("conversation.item.truncate", item_id=self.dice.choice(spoken),
                             content_index=0, audio_end_ms=self.dice.choice([0, 40, 120]))  # fmt: skip

    async def deletion(self):
        known = self.items()
        if not known:
            await self.item()
            known = [(await self.see("conversation.item.done"))["item"]["id"]]
        await self.wire.send("conversation.item.delete", item_id=self.dice.choice(known))

    async def do(self, kind):
        await getattr(self, kind.replace(" ", "_"))()

    async def see(self, kind, within=ANSWER_SECONDS):
        """The next event of a kind; what was refused on the way is no matter."""
        while True:
            event = await self.wire.next(within)
            if event["type"] == kind:
                return event

    async def quiet(self):
        """Until all that was sent has been answered, and no reply is under way."""
        await self.wire.settle()
        while len(self.wire.all("response.created")) > len(self.wire.all("response.done")):
            await self.wire.next()

    async def chat(self):
        """Until the line goes dead."""
        try:
            while True:
                try:
                    await self.do(self.dice.choice(KINDS))
                    for _ in range(self.dice.randint(0, 20)):
                        await self.wire.next(within=0.05)
                except Unexpected:
                    if self.wire.closed:
                        return
        except (ConnectionClosed, OSError):
            pass


class Place:
    """Where conversations are kept, for as long as one test runs."""

    def __init__(self, kind):
        self.kind = kind
        self.folder = Path(tempfile.mkdtemp(prefix="parley-crash-"))
        self.redis = None
        if kind == "redis":
            program = shutil.which("redis-server")
            if program is None:
                raise unittest.SkipTest("there is no redis-server: apt install redis-server")
            with socket.socket() as any_port:
                any_port.bind(("127.0.0.1", 0))
                self.port = any_port.getsockname()[1]
            self.redis = subprocess.Popen(
                [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder],
                stdout=subprocess.DEVNULL,
            )  # fmt: skip
            self._wait()

    def _wait(self):
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(0.02)
        raise AssertionError("redis-server does not listen")

    def server(self):
        settings = {"log.level": "warn", "playout.lead_ms": 100}
        if self.redis:
            settings["store.url"] = f"redis://127.0.0.1:{self.port}"
        else:
            settings["store.path"] = str(self.folder / "conversations.db")
        return Server(fake=not REAL, settings=settings)

    def check(self):
        """That the file itself is whole."""
        if self.redis:
            return
        with sqlite3.connect(self.folder / "conversations.db") as file:
            answer = file.execute("PRAGMA integrity_check").fetchall()
        if answer != [("ok",)]:
            raise AssertionError(f"the file is damaged: {answer}")

    def close(self):
        if self.redis:
            self.redis.kill()
            self.redis.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Crash(unittest.IsolatedAsyncioTestCase):
    async def compare(self, server, talker, counts):
        status, _, body = await asyncio.to_thread(server.get, f"/v1/conversations/{talker.conversation}")
        if status == 404 and not talker.record.order:
            counts["conversations without an acknowledged item"] += 1
            return False
        self.assertEqual(status, 200, body)
        kept = json.loads(body)
        self.assertEqual(talker.record.problems(kept), [], talker.wire.tail())
        counts["items compared"] += len(talker.record.order)
        counts["items kept that were not acknowledged yet"] += len(kept["items"]) - len(
            [item for item in kept["items"] if item["id"] in talker.record.order])  # fmt: skip
        counts["replies that were under way"] += len(talker.record.open)
        counts["responses compared"] += len(talker.record.responses)
        talker.record.adopt(kept)
        return True

    async def go_on(self, server, talker, counts):
        """Resumes, looks at each item, and says something."""
        await talker.connect(server)
        for name in list(talker.record.order):
            await talker.wire.send("conversation.item.retrieve", item_id=name)
            item = (await talker.wire.later("conversation.item.retrieved"))["item"]
            self.assertNotEqual(item.get("status"), "in_progress")
            for part in item.get("content", []):
                part.pop("audio", None)
            self.assertEqual(talker.record._item_problems(name, item), [])
            counts["items retrieved"] += 1
        await talker.item()
        await talker.see("conversation.item.done")
        await talker.wire.send("response.create", response={"output_modalities": ["text"], "max_output_tokens": 20})  # fmt: skip
        await talker.see("response.done")
        await talker.hang_up()
        status, _, body = await asyncio.to_thread(server.get, f"/v1/conversations/{talker.conversation}")
        self.assertEqual(status, 200)
        self.assertEqual(talker.record.problems(json.loads(body)), [])

    async def moment(self, index, place, counts):
        dice = random.Random(SEED * 100_003 + index)
        kind = KINDS[index % len(KINDS)]
        talkers = [Talker(f"t{index}_{number}", dice) for number in range(3)]
        for talker in talkers:
            await talker.connect(self.server)
        victim = talkers[0]
        crowd = [asyncio.create_task(talker.chat()) for talker in talkers[1:]]
        for _ in range(dice.randint(0, 3)):
            await victim.do(dice.choice(KINDS))
            await victim.quiet()  # so that what comes next is not refused
        await victim.do(kind)
        # Somewhere within the next events, or before the first.
        for _ in range(dice.randint(0, 12)):
            try:
                await victim.wire.next(within=0.5)
            except Unexpected:
                break
        await asyncio.sleep(dice.choice([0, 0, 0.001, 0.003, 0.01, 0.03]))
        self.server.kill()
        counts[f"moments: {kind}"] += 1
        await asyncio.gather(*crowd)
        for talker in talkers:
            await talker.hang_up()
        self.server, self.other = self.other, None
        await self.start(place)
        place.check()
        for talker in talkers:
            if await self.compare(self.server, talker, counts):
                await self.go_on(self.server, talker, counts)

    async def start(self, place):
        """One server, or with Redis two of them; those that are there stay."""
        if self.server is None:
            self.server = await asyncio.to_thread(place.server)
        if self.other is None and place.redis:
            self.other = await asyncio.to_thread(place.server)

    async def crash(self, store):
        place = Place(store)
        counts = collections.Counter()
        self.server = self.other = None
        start = time.monotonic()
        try:
            await self.start(place)
            for index in range(FIRST, FIRST + MOMENTS):
                with self.subTest(moment=index, seed=SEED):
                    await self.moment(index, place, counts)
            status, _, body = await asyncio.to_thread(self.server.get, "/healthz")
            self.assertEqual((status, json.loads(body)), (200, {"status": "ok"}))
        finally:
            for one in (self.server, self.other):
                if one is not None:
                    one.kill()
            place.close()
        models = "real" if REAL else "fake"
        print(f"\n{store}, {models} models, {MOMENTS} moments, {time.monotonic() - start:.0f} s, seed {SEED}")
        for name, count in sorted(counts.items()):
            print(f"  {name}: {count}")

    @unittest.skipUnless("sqlite" in STORES, "PARLEY_CRASH_STORES")
    async def test_a_file(self):
        await self.crash("sqlite")

    @unittest.skipUnless("redis" in STORES, "PARLEY_CRASH_STORES")
    async def test_a_server_that_nodes_share(self):
        await self.crash("redis")


if __name__ == "__main__":
    unittest.main()
