# SPDX-License-Identifier: Apache-2.0
"""PyPI `openai-agents`, unmodified: a RealtimeRunner with its own session settings."""

import asyncio
import json
import logging
import unittest

from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner
from agents.realtime.model_inputs import RealtimeModelRawClientMessage, RealtimeModelSendRawMessage
from support import events, speech
from support.of_others import ANSWER_SECONDS, LONG, Complaints, question
from support.server import Server

calls = []


@function_tool
def get_weather() -> str:
    """The weather."""
    calls.append("get_weather")
    return "sunny"


class Session:
    """A running session, and everything that it told; an error fails the test."""

    def __init__(self, session):
        self.session = session
        self.told = []  # the SDK's events
        self.raw = []  # the server's

    async def until(self, kind, where=lambda event: True):
        """The next server event of a kind."""
        async with asyncio.timeout(ANSWER_SECONDS):
            async for event in self.session:
                self.told.append(event)
                if event.type == "error":
                    raise AssertionError(f"waiting for {kind}: {event.error}")
                if event.type != "raw_model_event":
                    continue
                if event.data.type == "exception":
                    raise AssertionError(f"waiting for {kind}: {event.data.exception!r}")
                if event.data.type != "raw_server_event":
                    continue
                data = event.data.data
                self.raw.append(data)
                if found := events.problems(data):
                    raise AssertionError("\n".join(found))
                if data["type"] == kind and where(data):
                    return data
        raise AssertionError(f"the session ended before {kind}")

    async def say(self, pcm):
        step = 100 * speech.BYTES_PER_MS
        for at in range(0, len(pcm), step):
            await self.session.send_audio(pcm[at : at + step])

    async def send(self, kind, **fields):
        message = RealtimeModelRawClientMessage(type=kind, other_data=fields)
        await self.session.model.send_event(RealtimeModelSendRawMessage(message=message))


class Agents(unittest.IsolatedAsyncioTestCase):
    async def test_speak_interrupt_and_call(self):
        with Server(fake=True) as server, Complaints(logging.getLogger("openai.agents")):
            await self.talk(server)

    async def talk(self, server):
        agent = RealtimeAgent(name="Parley", instructions="Be brief.", tools=[get_weather])
        where = {
            "url": f"{server.socket_url}?model=parley", "api_key": "none-needed",
            "initial_model_settings": {"model_name": "parley"},
        }  # fmt: skip
        async with await RealtimeRunner(agent).run(model_config=where) as running:
            session = Session(running)
            await session.until("session.updated")

            await session.say(question())
            heard = await session.until("conversation.item.input_audio_transcription.completed")
            self.assertIn("heard", heard["transcript"])
            done = await session.until("response.done")
            self.assertEqual(done["response"]["status"], "completed")
            self.assertIn("audio", {event.type for event in session.told})

            await running.send_message(LONG)
            delta = await session.until("response.output_audio.delta")
            await session.say(question())
            done = await session.until(
                "response.done", lambda event: event["response"]["id"] == delta["response_id"]
            )
            self.assertEqual(done["response"]["status"], "cancelled")
            self.assertIn("audio_interrupted", {event.type for event in session.told})
            await session.until("response.done", lambda event: event["response"]["status"] == "completed")
            if not any(data["type"] == "conversation.item.truncated" for data in session.raw):
                await session.until("conversation.item.truncated")

            content = [{"type": "input_text", "text": "What is the weather?"}]
            item = {"type": "message", "role": "user", "content": content}
            await session.send("conversation.item.create", item=item)
            await session.send("response.create", response={"tool_choice": "required"})
            await session.until("response.function_call_arguments.done")
            await session.until("response.done")
            done = await session.until("response.done")
            self.assertEqual(calls, ["get_weather"])
            self.assertIn("sunny", json.dumps(done["response"]["output"]))
        print(f"openai-agents: {len(session.raw)} events, none rejected", flush=True)


if __name__ == "__main__":
    unittest.main()
