# SPDX-License-Identifier: Apache-2.0
"""PyPI `pipecat-ai`, unmodified: OpenAIRealtimeLLMService in a pipeline with its context aggregators."""

import asyncio
import json
import unittest

from loguru import logger
from pipecat.adapters.schemas.function_schema import FunctionSchema
from pipecat.adapters.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import (
    ErrorFrame,
    InputAudioRawFrame,
    InterruptionFrame,
    LLMContextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import PipelineRunner
from pipecat.pipeline.task import PipelineTask
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.openai.realtime import events as pipecat_events
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat.turns.user_turn_strategies import ExternalUserTurnStrategies
from support import events, speech
from support.of_others import ANSWER_SECONDS, LONG, question
from support.server import Server

# It says so of every realtime service, before it is connected.
KNOWN = "mutated turn strategies"
WEATHER = FunctionSchema("get_weather", description="The weather.", properties={}, required=[])


class Watch(FrameProcessor):
    """Keeps what passes, and wakes who waits for it."""

    def __init__(self):
        super().__init__()
        self.frames = []
        self.news = asyncio.Event()

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        self.frames.append(frame)
        self.news.set()
        await self.push_frame(frame, direction)

    def count(self, kind):
        return sum(isinstance(frame, kind) for frame in self.frames)

    async def until(self, kind):
        """The next frame of a kind."""
        start = len(self.frames)
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                for frame in self.frames[start:]:
                    if isinstance(frame, kind):
                        return frame
                self.news.clear()
                await self.news.wait()


class Talk:
    def __init__(self, server):
        self.complaints = []
        self.raw = []
        self.said = 0
        self.news = asyncio.Event()
        settings = OpenAIRealtimeLLMService.Settings(model="parley", system_instruction="Be brief.")
        properties = pipecat_events.SessionProperties(
            audio=pipecat_events.AudioConfiguration(
                input=pipecat_events.AudioInput(
                    transcription=pipecat_events.InputAudioTranscription(model="whisper-1"),
                    turn_detection=pipecat_events.TurnDetection(silence_duration_ms=700),
                )
            )
        )
        settings.session_properties = properties
        self.service = OpenAIRealtimeLLMService(
            api_key="none-needed", base_url=server.socket_url, settings=settings
        )
        self.calls = []
        self.service.register_function("get_weather", self.get_weather)
        self.before, self.after = Watch(), Watch()
        self.context = LLMContext(
            [{"role": "user", "content": "Say hello."}], ToolsSchema(standard_tools=[WEATHER])
        )
        turns = LLMUserAggregatorParams(user_turn_strategies=ExternalUserTurnStrategies())
        pair = LLMContextAggregatorPair(self.context, user_params=turns)
        stages = [pair.user(), self.before, self.service, self.after, pair.assistant()]
        self.task = PipelineTask(Pipeline(stages), cancel_on_idle_timeout=False)

    async def get_weather(self, params):
        self.calls.append(params.function_name)
        await params.result_callback({"weather": "sunny"})

    def listen_to_the_socket(self):
        """What the service reads is looked at as well, without a change to it."""
        socket = self.service._websocket
        receive = socket.recv

        async def recv(*arguments, **more):
            text = await receive(*arguments, **more)
            event = json.loads(text)
            self.raw.append(event)
            self.complaints += events.problems(event)
            if event["type"] not in pipecat_events._server_event_types:
                self.complaints.append(f"no model for {event['type']}")
            self.news.set()
            return text

        socket.recv = recv

    async def until(self, kind, where=lambda event: True, start=0):
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                for event in self.raw[start:]:
                    if event["type"] == kind and where(event):
                        return event
                self.news.clear()
                await self.news.wait()

    async def say(self, pcm):
        step = 20 * speech.BYTES_PER_MS
        frames = [
            InputAudioRawFrame(pcm[at : at + step], speech.RATE, 1) for at in range(0, len(pcm), step)
        ]
        self.said += len(frames)
        await self.task.queue_frames(frames)

    async def until_user_is_silent(self):
        """All that was said has reached the server, and the pipeline knows that it is over."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while not self.user_is_silent():
                self.after.news.clear()
                await self.after.news.wait()

    def user_is_silent(self):
        started, stopped = map(self.after.count, (UserStartedSpeakingFrame, UserStoppedSpeakingFrame))
        kinds = [event["type"] for event in self.raw]
        heard = kinds.count("input_audio_buffer.speech_started")
        return self.after.count(InputAudioRawFrame) == self.said and started == stopped == heard

    async def ask(self, text, **response):
        item = pipecat_events.ConversationItem(
            type="message", role="user",
            content=[pipecat_events.ItemContent(type="input_text", text=text)],
        )  # fmt: skip
        await self.service.send_client_event(pipecat_events.ConversationItemCreateEvent(item=item))
        properties = pipecat_events.ResponseProperties(**response)
        await self.service.send_client_event(pipecat_events.ResponseCreateEvent(response=properties))


class Pipecat(unittest.IsolatedAsyncioTestCase):
    async def test_speak_interrupt_and_call(self):
        with Server(fake=True) as server:
            talk = Talk(server)
            logger.remove()
            logger.add(
                lambda line: talk.complaints.append(str(line)), level="WARNING",
                filter=lambda record: KNOWN not in record["message"],
            )  # fmt: skip
            runner = PipelineRunner(handle_sigint=False)
            await runner.add_workers(talk.task)
            running = asyncio.create_task(runner.run())
            try:
                await self.talk(talk)
            finally:
                await talk.task.cancel()
                await running
        errors = [f for f in talk.before.frames + talk.after.frames if isinstance(f, ErrorFrame)]
        self.assertEqual([frame.error for frame in errors], [])
        self.assertEqual(talk.complaints, [])
        print(f"pipecat: {len(talk.raw)} events, none rejected", flush=True)

    async def talk(self, talk):
        async with asyncio.timeout(ANSWER_SECONDS):
            while talk.service._websocket is None:
                await asyncio.sleep(0.01)
        talk.listen_to_the_socket()
        await talk.task.queue_frames([LLMContextFrame(talk.context)])
        await talk.until("response.done")

        heard = asyncio.create_task(talk.before.until(TranscriptionFrame))
        sound = asyncio.create_task(talk.after.until(TTSAudioRawFrame))
        before = len(talk.raw)
        await talk.say(question())
        self.assertIn("heard", (await heard).text)
        await sound
        await talk.until("response.done", start=before)

        before = len(talk.raw)
        await talk.ask(LONG)
        delta = await talk.until("response.output_audio.delta", start=before)
        interruption = asyncio.create_task(talk.after.until(InterruptionFrame))
        await talk.say(question())
        done = await talk.until(
            "response.done", lambda event: event["response"]["id"] == delta["response_id"]
        )
        self.assertEqual(done["response"]["status"], "cancelled")
        await interruption
        await talk.until("conversation.item.truncated")
        await talk.until("response.done", lambda event: event["response"]["status"] == "completed",
                         start=talk.raw.index(done))  # fmt: skip
        await talk.until_user_is_silent()

        before = len(talk.raw)
        await talk.ask("What is the weather?", tool_choice="required")
        await talk.until("response.function_call_arguments.done", start=before)
        answer = await talk.until(
            "response.output_audio_transcript.done", lambda event: "sunny" in event["transcript"]
        )
        self.assertEqual(talk.calls, ["get_weather"])
        await talk.until("response.done", lambda event: event["response"]["id"] == answer["response_id"])


if __name__ == "__main__":
    unittest.main()
