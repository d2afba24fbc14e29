# SPDX-License-Identifier: Apache-2.0
"""The official Python client, unmodified, against the real binary with the real models."""

import asyncio
import base64
import contextlib
import json
import tempfile
import unittest
from pathlib import Path

from openai import AsyncOpenAI
from support import events, speech
from support.server import Server, transcribe

ANSWER_SECONDS = 120
SILENCE_MS = 1000
# What two runs of the same model over nearly the same samples may differ by: the server recognises
# what its voice activity detector cut out, the command the whole file.
WER_MAX_PERCENT = 5
TEN = [
    "best_and_worst", "wisdom_and_foolishness", "belief_and_incredulity", "light_and_darkness",
    "hope_and_despair", "everything_and_nothing", "heaven", "present_period", "superlative",
    "try_again",
]  # fmt: skip
SAME_SHARE_MIN = 0.7
LONG_QUESTION = "Tell me a long story about the sea, the ships and the harbours of the world."
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def on_window(pcm):
    """A clip with the silence that ends a turn, long enough for the next to begin on a window of the
    voice activity detector, as a file does: the recogniser's words depend on where audio is cut, to
    some ten milliseconds."""
    window = 32 * speech.BYTES_PER_MS
    length = len(pcm) + (SILENCE_MS + 500) * speech.BYTES_PER_MS
    return pcm.ljust((length + window - 1) // window * window, b"\0")


class Session:
    """A connection of the official client, and every event that it received."""

    def __init__(self, connection):
        self.connection = connection
        self.received = []

    async def next(self):
        async with asyncio.timeout(ANSWER_SECONDS):
            data = await self.connection.recv_bytes()
        found = events.problems(json.loads(data))
        if found:
            raise AssertionError("\n".join(found))
        event = self.connection.parse_event(data)
        self.received.append(event)
        return event

    async def until(self, kind, where=lambda event: True):
        """The next event of a kind; an error that nobody waits for fails the test."""
        while True:
            event = await self.next()
            if event.type == kind and where(event):
                return event
            if event.type == "error":
                raise AssertionError(f"waiting for {kind}: {event.error}")

    async def say(self, pcm):
        step = 100 * speech.BYTES_PER_MS
        for at in range(0, len(pcm), step):
            audio = base64.b64encode(pcm[at : at + step]).decode()
            await self.connection.input_audio_buffer.append(audio=audio)

    async def ask(self, text):
        content = [{"type": "input_text", "text": text}]
        await self.connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": content}
        )
        await self.until("conversation.item.done")

    async def transcript(self):
        completed = await self.until("conversation.item.input_audio_transcription.completed")
        return completed.transcript


class OfficialClient(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    @contextlib.asynccontextmanager
    async def session(self, **settings):
        client = AsyncOpenAI(api_key="none-needed", base_url=f"{self.server.url}/v1")
        async with client.realtime.connect(model="parley") as connection:
            session = Session(connection)
            await session.until("session.created")
            if settings:
                await connection.session.update(session={"type": "realtime", **settings})
                await session.until("session.updated")
            yield session
        await client.close()

    def listening(self, **turns):
        return {
            "audio": {
                "input": {
                    "transcription": {"model": "whisper-1"},
                    "turn_detection": {
                        "type": "server_vad", "silence_duration_ms": SILENCE_MS, **turns,
                    },
                }
            }
        }  # fmt: skip

    async def test_text_turn(self):
        async with self.session(output_modalities=["text"]) as session:
            await session.ask("Say hello to me.")
            await session.connection.response.create()
            done = await session.until("response.output_text.done")
            response = (await session.until("response.done")).response
        deltas = [e.delta for e in session.received if e.type == "response.output_text.delta"]
        self.assertTrue(done.text.strip())
        self.assertEqual("".join(deltas), done.text)
        self.assertEqual(response.status, "completed")
        self.assertEqual(response.output[0].content[0].text, done.text)
        self.assertEqual(
            response.usage.total_tokens, response.usage.input_tokens + response.usage.output_tokens
        )

    async def test_spoken_turns(self):
        clips = [speech.clip(name) for name in TEN]
        heard = []
        async with self.session(**self.listening(), max_output_tokens=24) as session:
            for clip in clips:
                await session.say(on_window(clip.pcm))
                heard.append(await session.transcript())
                response = (await session.until("response.done")).response
                self.assertIn(response.status, ("completed", "incomplete"), clip.name)
                self.assertEqual(response.output[0].content[0].type, "output_audio")
        self.compare(clips, heard)

    async def test_clips_beside_the_project(self):
        """More voices, where there are recordings; without them the ten above have to do."""
        clips = speech.shared_clips(limit=10)
        heard = []
        async with self.session(**self.listening(create_response=False)) as session:
            for clip in clips:
                await session.say(on_window(clip.pcm))
                heard.append(await session.transcript())
        if clips:
            self.compare(clips, heard)

    def compare(self, clips, heard):
        """What a session heard with what `parley transcribe` hears in files of the same samples."""
        with tempfile.TemporaryDirectory() as folder:
            files = [speech.write_wav(Path(folder) / f"{c.name}.wav", c.pcm) for c in clips]
            expected = transcribe(*files)
        pairs = list(zip(expected, heard, strict=True))
        wrong, words, same = speech.word_errors(pairs)
        shown = "\n".join(f"  {one!r}\n  {two!r}" for one, two in pairs)
        print(f"{100 * wrong / words:.1f} % WER against parley transcribe, {same} identical", flush=True)
        self.assertLessEqual(100 * wrong, WER_MAX_PERCENT * words, shown)
        self.assertGreaterEqual(same, SAME_SHARE_MIN * len(clips), shown)

    async def test_barge_in_and_truncate(self):
        async with self.session(**self.listening()) as session:
            await session.ask(LONG_QUESTION)
            await session.connection.response.create()
            delta = await session.until("response.output_audio.delta")
            await session.say(speech.clip("wisdom").pcm + speech.silence(SILENCE_MS + 500))
            await session.until("input_audio_buffer.speech_started")
            done = await session.until(
                "response.done", lambda event: event.response.id == delta.response_id
            )
            self.assertEqual(done.response.status, "cancelled")
            self.assertEqual(done.response.status_details.reason, "turn_detected")
            await session.connection.conversation.item.truncate(
                item_id=delta.item_id, content_index=0, audio_end_ms=100
            )
            truncated = await session.until("conversation.item.truncated")
            self.assertEqual((truncated.item_id, truncated.audio_end_ms), (delta.item_id, 100))
            after = await session.until("response.done")
            self.assertEqual(after.response.status, "completed")
        late = [
            event
            for event in session.received[session.received.index(done) + 1 :]
            if getattr(event, "response_id", None) == delta.response_id
        ]
        self.assertEqual(late, [])

    async def test_cancel(self):
        async with self.session() as session:
            await session.ask(LONG_QUESTION)
            await session.connection.response.create()
            await session.until("response.output_audio.delta")
            await session.connection.response.cancel()
            response = (await session.until("response.done")).response
            self.assertEqual(response.status, "cancelled")
            self.assertEqual(response.status_details.reason, "client_cancelled")
            self.assertEqual(response.output[0].status, "incomplete")

    async def test_push_to_talk(self):
        silent = {"input": {"turn_detection": None, "transcription": {"model": "whisper-1"}}}
        async with self.session(audio=silent, max_output_tokens=24) as session:
            clip = speech.clip("wisdom")
            await session.say(clip.pcm)
            await session.connection.input_audio_buffer.commit()
            heard = await session.transcript()
            await session.connection.response.create()
            response = (await session.until("response.done")).response
            self.assertIn(response.status, ("completed", "incomplete"))
        kinds = {event.type for event in session.received}
        self.assertNotIn("input_audio_buffer.speech_started", kinds)
        self.assertLessEqual(speech.word_errors([(clip.words, heard)])[0], 1, heard)

    async def test_function_call(self):
        async with self.session(tools=[WEATHER], tool_choice="required") as session:
            await session.ask("What is the weather in Paris?")
            await session.connection.response.create()
            done = await session.until("response.function_call_arguments.done")
            response = (await session.until("response.done")).response
            self.assertEqual(response.output[0].type, "function_call")
            self.assertEqual(response.output[0].name, "get_weather")
            self.assertIn("city", json.loads(done.arguments))
            await session.connection.conversation.item.create(
                item={
                    "type": "function_call_output", "call_id": response.output[0].call_id,
                    "output": json.dumps({"weather": "sunny, 20 degrees"}),
                }
            )  # fmt: skip
            await session.until("conversation.item.done")
            await session.connection.response.create(
                response={"tool_choice": "none", "output_modalities": ["text"]}
            )
            answer = await session.until("response.output_text.done")
            self.assertTrue(answer.text.strip())

    async def test_out_of_band(self):
        async with self.session() as session:
            content = [{"type": "input_text", "text": "Say hello."}]
            await session.connection.response.create(
                response={
                    "conversation": "none", "output_modalities": ["text"],
                    "metadata": {"topic": "aside"},
                    "input": [{"type": "message", "role": "user", "content": content}],
                }
            )  # fmt: skip
            created = (await session.until("response.created")).response
            response = (await session.until("response.done")).response
            self.assertEqual(created.metadata, {"topic": "aside"})
            self.assertEqual(response.metadata, {"topic": "aside"})
            self.assertIsNone(response.conversation_id)
            self.assertTrue(response.output[0].content[0].text.strip())
        kinds = {event.type for event in session.received}
        self.assertFalse({kind for kind in kinds if kind.startswith("conversation.item.")})


if __name__ == "__main__":
    unittest.main()
