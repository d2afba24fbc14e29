# SPDX-License-Identifier: Apache-2.0
"""Clients that do anything at any time: the server lives, answers in a valid order, and forgets them.

Every session draws its actions from a seed, which a failure names. PARLEY_CHAOS_SEED and
PARLEY_CHAOS_SESSIONS run other ones: `PARLEY_CHAOS_SESSIONS=1000 tests/e2e/run.py chaos_test.py`.
"""

import asyncio
import os
import random
import unittest

from support import speech
from support.server import Server
from support.wire import Wire
from websockets.exceptions import ConnectionClosed

SEED = int(os.environ.get("PARLEY_CHAOS_SEED", "1"))
SESSIONS = int(os.environ.get("PARLEY_CHAOS_SESSIONS", "40"))
AT_ONCE = 8
ACTIONS = 60
TOOL = {"type": "function", "name": "look", "parameters": {"type": "object"}}
WORDS = "the sea the ships and the harbours of the world are wide and full of wind ".split()


class Client:
    """One session's worth of actions."""

    def __init__(self, wire, seed):
        self.wire = wire
        self.dice = random.Random(seed)

    def known_items(self):
        return [e["item"]["id"] for e in self.wire.all("conversation.item.added")] or ["none"]

    def words(self):
        return " ".join(self.dice.choice(WORDS) for _ in range(self.dice.randint(1, 60)))

    async def speak(self):
        await self.wire.say(speech.tone(self.dice.choice([40, 150, 400, 900])))

    async def pause(self):
        await self.wire.say(speech.silence(self.dice.choice([20, 200, 700, 2000])))

    async def commit(self):
        await self.wire.send("input_audio_buffer.commit")

    async def clear(self):
        await self.wire.send("input_audio_buffer.clear")

    async def write(self):
        place = self.dice.choice([{}, {}, {"previous_item_id": "root"},
                                  {"previous_item_id": self.dice.choice(self.known_items())}])  # fmt: skip
        content = [{"type": "input_text", "text": self.words()}]
        role = self.dice.choice(["user", "user", "system"])
        item = {"type": "message", "role": role, "content": content}
        await self.wire.send("conversation.item.create", item=item, **place)

    async def respond(self):
        options = self.dice.choice([
            {}, {}, {"output_modalities": ["text"]}, {"conversation": "none", "input": []},
            {"max_output_tokens": 3}, {"tools": [TOOL], "tool_choice": "required"},
            {"instructions": self.words(), "metadata": {"a": "b"}},
        ])  # fmt: skip
        await self.wire.send("response.create", response=options)

    async def cancel(self):
        await self.wire.send("response.cancel")

    async def truncate(self):
        await self.wire.send(
            "conversation.item.truncate", item_id=self.dice.choice(self.known_items()),
            content_index=0, audio_end_ms=self.dice.choice([0, 10, 500, 5000]),
        )  # fmt: skip

    async def delete(self):
        item = self.dice.choice(self.known_items())
        await self.wire.send("conversation.item.delete", item_id=item)

    async def retrieve(self):
        item = self.dice.choice(self.known_items())
        await self.wire.send("conversation.item.retrieve", item_id=item)

    async def change(self):
        detection = self.dice.choice([
            None, {"type": "server_vad", "silence_duration_ms": 100},
            {"type": "server_vad", "create_response": False},
            {"type": "server_vad", "interrupt_response": False},
        ])  # fmt: skip
        heard = self.dice.choice([None, {"model": "whisper-1"}])
        sound = {"input": {"turn_detection": detection, "transcription": heard}}
        await self.wire.send("session.update", session={"type": "realtime", "audio": sound})

    async def listen(self):
        """Lets the server get ahead by some events, if it has any to tell."""
        for _ in range(self.dice.randint(1, 30)):
            if self.wire.read >= len(self.wire.events):
                return
            await self.wire.next()

    async def wait(self):
        await self.wire.settle()

    async def run(self):
        await self.wire.later("session.created")
        actions = [
            self.speak, self.speak, self.speak, self.pause, self.pause, self.commit, self.clear,
            self.write, self.write, self.respond, self.respond, self.cancel, self.truncate,
            self.delete, self.retrieve, self.change, self.listen, self.wait,
        ]  # fmt: skip
        for _ in range(ACTIONS):
            await self.dice.choice(actions)()


class Chaos(unittest.IsolatedAsyncioTestCase):
    async def one(self, server, seed):
        with self.subTest(seed=seed):
            wire = Wire(server)
            await wire.__aenter__()
            client = Client(wire, seed)
            try:
                await client.run()
                if client.dice.random() < 0.3:
                    wire.socket.transport.abort()
                    await wire.end()
                else:
                    await wire.settle()
            except ConnectionClosed as closed:
                self.fail(f"seed {seed}: {closed}; {wire.tail()}")
            await wire.__aexit__(None)

    async def test_anything_at_any_time(self):
        settings = {"turn.silence_ms": 300, "log.level": "warn"}
        server = await asyncio.to_thread(Server, fake=True, settings=settings)
        seeds = iter(range(SEED, SEED + SESSIONS))

        async def worker():
            for seed in seeds:
                await self.one(server, seed)

        try:
            await asyncio.gather(*[worker() for _ in range(AT_ONCE)])
        except BaseException:
            server.kill()
            raise
        await asyncio.to_thread(server.stop)


if __name__ == "__main__":
    unittest.main()
