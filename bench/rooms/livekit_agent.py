#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""LiveKit's own Python agent, as little of it as answers two people: what `parley worker` is compared with.

    livekit_agent.py session|bare start

    session  an AgentSession for each person, as in LiveKit's own examples for several people:
             its detector, and recogniser, language model and voice over HTTP (services.py)
    bare     no session, no models, no text: its detector for each person, and a clip that is played when
             somebody has ended. Nothing less can answer.

One process for each job, as is usual. PARLEY_BENCH: {"name", "services", "clip"}; LIVEKIT_*: the server.
In the environment `rooms-bench`; for tools/rooms_load.py.
"""

import asyncio
import json
import math
import os
import sys
from pathlib import Path

from livekit import rtc
from livekit.agents import Agent, AgentServer, AgentSession, AutoSubscribe, JobContext, cli, inference, vad
from livekit.agents.voice import room_io
from livekit.plugins import openai

SETTINGS = json.loads(os.environ["PARLEY_BENCH"])
PAUSE, ENDPOINT = 0.25, 0.4  # seconds of silence: the recogniser is asked, the utterance is over
RATE = 24000
PIECE = RATE // 100  # samples

# A machine that is full must not refuse jobs here: it is full on purpose.
server = AgentServer(load_threshold=math.inf, port=0, initialize_process_timeout=60)
running = set()


def keep(coroutine):
    task = asyncio.create_task(coroutine)
    running.add(task)
    task.add_done_callback(running.discard)


def people_of(room):
    """Those who are no agents."""
    kind = rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD
    return [one for one in room.remote_participants.values() if one.kind == kind]


# --- session -------------------------------------------------------------------------------------


async def talk(room, person):
    where = {"base_url": SETTINGS["services"] + "/v1", "api_key": "none"}
    session = AgentSession(
        vad=inference.VAD(min_silence_duration=PAUSE),
        stt=openai.STT(model="whisper-1", **where),
        llm=openai.LLM(model="fixed", **where),
        tts=openai.TTS(model="tts-1", response_format="pcm", **where),
        turn_handling={
            "turn_detection": "vad",
            "endpointing": {"mode": "fixed", "min_delay": ENDPOINT, "max_delay": ENDPOINT},
            "interruption": {"mode": "vad"},
        },
        aec_warmup_duration=None,
        user_away_timeout=None,
    )
    await session.start(
        Agent(instructions="Be brief."),
        room=room,
        room_options=room_io.RoomOptions(
            participant_identity=person.identity,
            # Parley changes no loudness either.
            audio_input=room_io.AudioInputOptions(auto_gain_control=False),
            text_input=False,  # one for all would be registered twice
        ),
        record=False,
    )


async def session(context: JobContext):
    begun = set()

    def begin(person):
        if person.identity not in begun:
            begun.add(person.identity)
            keep(talk(context.room, person))

    context.room.on("participant_connected", lambda _: [begin(one) for one in people_of(context.room)])
    await context.connect(auto_subscribe=AutoSubscribe.AUDIO_ONLY)
    for person in people_of(context.room):
        begin(person)


# --- bare ----------------------------------------------------------------------------------------


async def bare(context: JobContext):
    voice = rtc.AudioSource(RATE, 1, queue_size_ms=200)
    clip = Path(SETTINGS["clip"]).read_bytes()

    async def play():
        for at in range(0, len(clip) - 2 * PIECE + 1, 2 * PIECE):
            await voice.capture_frame(rtc.AudioFrame(clip[at : at + 2 * PIECE], RATE, 1, PIECE))

    async def listen(track):
        detector = inference.VAD(min_silence_duration=ENDPOINT).stream()
        keep(answer(detector))
        stream = rtc.AudioStream(track, sample_rate=16000, num_channels=1, frame_size_ms=20)
        async for event in stream:
            detector.push_frame(event.frame)

    async def answer(detector):
        async for event in detector:
            if event.type == vad.VADEventType.END_OF_SPEECH:
                keep(play())

    context.room.on("track_subscribed", lambda track, *_: keep(listen(track)))
    await context.connect(auto_subscribe=AutoSubscribe.AUDIO_ONLY)
    track = rtc.LocalAudioTrack.create_audio_track("voice", voice)
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
    await context.room.local_participant.publish_track(track, options)


# Each job's process reads this file again, with the words of the first.
KIND = os.environ.setdefault("PARLEY_BENCH_KIND", sys.argv[1])
server.rtc_session({"session": session, "bare": bare}[KIND], agent_name=SETTINGS["name"])

if __name__ == "__main__":
    del sys.argv[1]
    cli.run_app(server)
