# SPDX-License-Identifier: Apache-2.0
"""Pipecat: the same frame through a chain of processors that pass everything on.

Prints `name value` lines for compare.py. Everything that a pipeline may do beside passing frames on
(metrics, heartbeats, turn tracking, idle detection, RTVI) is off.
"""

import asyncio
import struct
import sys
import time

from loguru import logger
from pipecat.frames.frames import EndFrame, InputAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner

SAMPLES = 320  # 20 ms at 16 kHz
FRAMES = 400
SHORT = 4
LONG = 36
TRIES = 3


class Pass(FrameProcessor):
    async def process_frame(self, frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        await self.push_frame(frame, direction)


class Sink(FrameProcessor):
    """Says when it has seen a frame, and which."""

    def __init__(self):
        super().__init__()
        self.arrived = asyncio.Event()
        self.seen = -1

    async def process_frame(self, frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            self.seen = struct.unpack_from("<h", frame.audio, 2 * (SAMPLES - 1))[0]
            self.arrived.set()
        await self.push_frame(frame, direction)


async def nanos_of(processors):
    sink = Sink()
    worker = PipelineWorker(
        Pipeline([*(Pass() for _ in range(processors)), sink]),
        enable_turn_tracking=False,
        enable_rtvi=False,
        idle_timeout_secs=None,
        check_dangling_tasks=False,
    )
    took = 0.0

    async def play():
        nonlocal took
        for number in range(-20, FRAMES):
            if number == 0:
                began = time.perf_counter_ns()
            audio = bytes(2 * (SAMPLES - 1)) + struct.pack("<h", number)
            sink.arrived.clear()
            await worker.queue_frame(
                InputAudioRawFrame(audio=audio, sample_rate=16000, num_channels=1)
            )
            await sink.arrived.wait()
            if sink.seen != number:
                sys.exit("pipecat: wrong frame")
        took = (time.perf_counter_ns() - began) / FRAMES
        await worker.queue_frame(EndFrame())

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await asyncio.gather(runner.run(), play())
    return took


async def main():
    logger.remove()
    short = min([await nanos_of(SHORT) for _ in range(TRIES)])
    long = min([await nanos_of(LONG) for _ in range(TRIES)])
    print(f"pipecat.hop_ns {(long - short) / (LONG - SHORT):.1f}", flush=True)


asyncio.run(main())
