# SPDX-License-Identifier: Apache-2.0
"""The official Python client's beta interface, unmodified, against the real binary with fake models:
its own typed models judge every event, strictly."""

import asyncio
import base64
import contextlib
import json
import typing
import unittest

from openai import AsyncOpenAI
from openai.types.beta.realtime import RealtimeServerEvent
from support import speech
from support.server import Server

ANSWER_SECONDS = 60
# Its models know these names only.
MODEL = "gpt-realtime"
LONG = "Please tell me everything you know about the sea, the ships and the harbours. " * 3
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


def models():
    union = typing.get_args(RealtimeServerEvent)[0]
    return {
        typing.get_args(model.model_fields["type"].annotation)[0]: model
        for model in typing.get_args(union)
    }


MODELS = models()


class Session:
    def __init__(self, connection):
        self.connection = connection
        self.received = []

    async def until(self, kind):
        while True:
            async with asyncio.timeout(ANSWER_SECONDS):
                event = json.loads(await self.connection.recv_bytes())
            MODELS[event["type"]].model_validate(event, strict=True)
            self.received.append(event)
            if event["type"] == kind:
                return event
            if event["type"] == "error":
                raise AssertionError(f"waiting for {kind}: {event['error']}")

    async def add(self, text):
        content = [{"type": "input_text", "text": text}]
        await self.connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": content}
        )
        return (await self.until("conversation.item.created"))["item"]["id"]

    async def say(self, pcm):
        step = 100 * speech.BYTES_PER_MS
        for at in range(0, len(pcm), step):
            audio = base64.b64encode(pcm[at : at + step]).decode()
            await self.connection.input_audio_buffer.append(audio=audio)

    def joined(self, kind):
        return "".join(event["delta"] for event in self.received if event["type"] == kind)


class BetaClient(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(fake=True)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def client(self, key):
        base = f"{self.server.host}:{self.server.port}/v1"
        return AsyncOpenAI(
            api_key=key, base_url=f"http://{base}", websocket_base_url=f"ws://{base}"
        )

    @contextlib.asynccontextmanager
    async def session(self, **settings):
        client = self.client("none-needed")
        async with client.beta.realtime.connect(model=MODEL) as connection:
            session = Session(connection)
            await session.until("session.created")
            if settings:
                await connection.session.update(session=settings)
                await session.until("session.updated")
            yield session
        await client.close()

    async def test_text_turn(self):
        async with self.session(modalities=["text"], temperature=0.7) as session:
            item = await session.add("Say hello to me.")
            await session.connection.response.create(
                response={"max_response_output_tokens": 100, "metadata": {"a": "b"}}
            )
            done = await session.until("response.text.done")
            response = (await session.until("response.done"))["response"]
            self.assertEqual(session.joined("response.text.delta"), done["text"])
            self.assertEqual(response["status"], "completed")
            self.assertEqual(response["metadata"], {"a": "b"})
            self.assertEqual(response["temperature"], 0.7)
            await session.connection.conversation.item.delete(item_id=item)
            await session.until("conversation.item.deleted")

    async def test_spoken_turn(self):
        async with self.session(input_audio_transcription={"model": "whisper-1"}) as session:
            await session.say(speech.silence(300) + speech.tone(1200) + speech.silence(1500))
            started = await session.until("input_audio_buffer.speech_started")
            committed = await session.until("input_audio_buffer.committed")
            self.assertEqual(started["item_id"], committed["item_id"])
            done = await session.until("response.done")
            content = done["response"]["output"][0]["content"][0]
            self.assertEqual(content["type"], "audio")
            said = session.joined("response.audio_transcript.delta")
            self.assertEqual(said, content["transcript"])
            self.assertGreater(len(session.joined("response.audio.delta")), 10_000)

    async def test_function_call(self):
        async with self.session(tools=[WEATHER], tool_choice="required") as session:
            await session.add("What is the weather in Paris?")
            await session.connection.response.create()
            call = await session.until("response.function_call_arguments.done")
            json.loads(call["arguments"])
            await session.until("response.done")
            await session.connection.conversation.item.create(
                item={"type": "function_call_output", "call_id": call["call_id"], "output": "21"}
            )
            await session.until("conversation.item.created")

    async def test_cancel_and_truncate(self):
        async with self.session() as session:
            await session.add(LONG)
            await session.connection.response.create()
            delta = await session.until("response.audio.delta")
            await session.connection.response.cancel()
            done = await session.until("response.done")
            self.assertEqual(done["response"]["status"], "cancelled")
            await session.connection.conversation.item.truncate(
                item_id=delta["item_id"], content_index=0, audio_end_ms=50
            )
            await session.until("conversation.item.truncated")

    async def test_a_session_that_was_minted(self):
        client = self.client("none-needed")
        minted = await client.beta.realtime.sessions.create(
            model=MODEL, modalities=["text"], instructions="Rhyme."
        )
        await client.close()
        client = self.client(minted.client_secret.value)
        async with client.beta.realtime.connect(model=MODEL) as connection:
            created = await Session(connection).until("session.created")
            self.assertEqual(created["session"]["instructions"], "Rhyme.")
            self.assertEqual(created["session"]["modalities"], ["text"])
        await client.close()


if __name__ == "__main__":
    unittest.main()
