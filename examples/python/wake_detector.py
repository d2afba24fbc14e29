#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A wake-style detector on the microphone ring.

One process writes audio into a ring in shared memory (here: silence, hum, then a tone of 1 kHz);
this one reads it there without a copy and says when it heard the tone.

    wake_detector.py
"""

import subprocess
import sys
import tempfile

import numpy as np

import parley

RATE = 16_000
BLOCK = 320  # 20 ms
WAKE_HZ = 1_000


class ToneDetector(parley.Operator):
    """Hears `WAKE_HZ`: most of a block's energy, for five blocks in a row."""

    inputs = ["audio"]
    outputs = ["wake"]

    def __init__(self):
        self.blocks = 0
        angle = 2 * np.pi * WAKE_HZ / RATE * np.arange(BLOCK)
        self.probe = np.stack([np.cos(angle), np.sin(angle)]).astype(np.float32)

    def process(self, context):
        frame = context.input("audio")
        samples = frame.samples  # a view of the ring's memory
        energy = float(samples @ samples)
        if len(samples) == BLOCK and energy > 1e-3:
            at_wake = 2 / BLOCK * float(np.sum((self.probe @ samples) ** 2))
            self.blocks = self.blocks + 1 if at_wake > 0.8 * energy else 0
        else:
            self.blocks = 0
        if self.blocks == 5:
            context.output("wake", frame.time + frame.duration)


def microphone(ring):
    """The other process: two seconds of audio into the ring."""
    time = np.arange(2 * RATE) / RATE
    audio = 0.05 * np.sin(2 * np.pi * 120 * time)
    audio[RATE:] += 0.4 * np.sin(2 * np.pi * WAKE_HZ * time[RATE:])
    pipeline = parley.Pipeline()
    pipeline.add_operator(parley.operator(
        "shared_memory_sink", path=ring, slots=8, when_full="block", inputs="mic"))
    with pipeline:
        for block in audio.astype(np.float32).reshape(-1, BLOCK):
            pipeline.push("mic", block)


def listen(ring):
    pipeline = parley.Pipeline(parley.PipelineConfig(scheduler_type="async"))
    pipeline.add_operator(parley.operator(
        "shared_memory_source", path=ring, rate_hz=RATE, outputs="audio"))
    pipeline.add_operator(ToneDetector())
    with pipeline:
        producer = subprocess.Popen([sys.executable, __file__, "--microphone", ring])
        heard = pipeline.poll("wake", timeout=60)
        producer.wait()
    return heard


def main():
    with tempfile.TemporaryDirectory() as folder:
        heard = listen(folder + "/microphone")
    print(f"wake word after {heard:.2f} s" if heard is not None else "nothing heard")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--microphone"]:
        microphone(sys.argv[2])
    else:
        main()
