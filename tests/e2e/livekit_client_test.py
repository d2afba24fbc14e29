# SPDX-License-Identifier: Apache-2.0
"""PyPI `livekit-plugins-openai`, unmodified: its realtime session, without a room."""

import asyncio
import contextlib
import logging
import unittest

import aiohttp
from support import events, speech
from support.of_others import ANSWER_SECONDS, LONG, Complaints, leave_out, question
from support.server import Server

leave_out("av", "av.container", "livekit.local_inference")
from livekit import rtc  # noqa: E402
from livekit.agents import function_tool, llm  # noqa: E402
from livekit.plugins.openai.realtime import RealtimeModel  # noqa: E402


@function_tool
async def get_weather() -> str:
    """The weather."""
    return "sunny"


class Session:
    """A running session, what the server sent, and the generations that came of it."""

    def __init__(self, session):
        self.session = session
        self.raw = []
        self.problems = []
        self.news = asyncio.Event()
        self.generations = asyncio.Queue()
        self.transcripts = asyncio.Queue()
        session.on("openai_server_event_received", self.received)
        session.on("error", lambda error: self.problems.append(repr(error)))
        session.on("generation_created", self.generations.put_nowait)
        session.on("input_audio_transcription_completed", self.transcripts.put_nowait)

    def received(self, event):
        self.raw.append(dict(event))
        self.problems += events.problems(event)
        self.news.set()

    async def until(self, kind, where=lambda event: True):
        """A server event of a kind, also one that came before."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                for event in self.raw:
                    if event["type"] == kind and where(event):
                        return event
                self.news.clear()
                await self.news.wait()

    async def say(self, pcm):
        step = 100 * speech.BYTES_PER_MS
        for at in range(0, len(pcm), step):
            piece = pcm[at : at + step]
            self.session.push_audio(rtc.AudioFrame(piece, speech.RATE, 1, len(piece) // 2))
            await asyncio.sleep(0)

    async def ask(self, text):
        context = self.session.chat_ctx.copy()
        context.add_message(role="user", content=text)
        await self.session.update_chat_ctx(context)


async def take(generation):
    """(message ids, seconds of audio, text, calls) of a whole generation."""
    ids, seconds, text, calls = [], 0.0, "", []
    async with asyncio.timeout(ANSWER_SECONDS):
        async for message in generation.message_stream:
            ids.append(message.message_id)
            async for piece in message.text_stream:
                text += piece
            async for frame in message.audio_stream:
                seconds += frame.duration
        async for call in generation.function_stream:
            calls.append(call)
    return ids, seconds, text, calls


class LiveKit(unittest.IsolatedAsyncioTestCase):
    async def test_speak_interrupt_and_call(self):
        with Server(fake=True) as server, Complaints(logging.getLogger("livekit")):
            async with aiohttp.ClientSession() as http:
                model = RealtimeModel(
                    base_url=f"{server.url}/v1", model="parley", api_key="none-needed", http_session=http
                )
                session = Session(model.session())
                async with contextlib.aclosing(session.session):
                    await self.talk(session)
                self.assertEqual(session.problems, [])
                await model.aclose()
        print(f"livekit-plugins-openai: {len(session.raw)} events, none rejected", flush=True)

    async def talk(self, session):
        await session.session.update_instructions("Be brief.")
        await session.session.update_tools([get_weather])
        await session.until("session.updated")

        await session.say(question())
        heard = await session.transcripts.get()
        self.assertIn("heard", heard.transcript)
        _, seconds, text, _ = await take(await session.generations.get())
        self.assertGreater(seconds, 0.1)
        self.assertIn("heard", text)

        await session.ask(LONG)
        generation = await session.session.generate_reply()
        while await session.generations.get() is not generation:
            pass
        await session.until(
            "response.output_audio.delta", lambda event: event["response_id"] == generation.response_id
        )
        await session.say(question())
        ids, _, _, _ = await take(generation)
        done = await session.until(
            "response.done", lambda event: event["response"]["id"] == generation.response_id
        )
        self.assertEqual(done["response"]["status"], "cancelled")
        session.session.truncate(message_id=ids[0], modalities=["audio"], audio_end_ms=100)
        await session.until("conversation.item.truncated", lambda event: event["item_id"] == ids[0])
        await take(await session.generations.get())

        await session.ask("What is the weather?")
        generation = await session.session.generate_reply(tool_choice="required")
        _, _, _, calls = await take(generation)
        self.assertEqual([call.name for call in calls], ["get_weather"])
        context = session.session.chat_ctx.copy()
        context.items.append(
            llm.FunctionCallOutput(
                call_id=calls[0].call_id, name="get_weather", output="sunny", is_error=False
            )
        )
        await session.session.update_chat_ctx(context)
        _, _, text, _ = await take(await session.session.generate_reply())
        self.assertIn("sunny", text)


if __name__ == "__main__":
    unittest.main()
