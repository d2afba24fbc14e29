#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From a recording to text: capture → VAD → features → ONNX → decoder.

Everything but the VAD is an operator of the box; the VAD is a dozen lines of Python between them.
The language is that of tone_model.py, so that the example needs no download.

    asr_pipeline.py [TEXT]
"""

import sys
import tempfile
import wave
from pathlib import Path

import numpy as np

import parley
import tone_model

BINS = 80


def filter_bank(source, target):
    return parley.operator("filter_bank", bins=BINS, rows=10, edge="snip",
                           inputs={"audio": source}, outputs={"features": target})


class EnergyVad(parley.Operator):
    """Lets blocks through that are loud, and 200 ms after the last of them."""

    inputs = ["audio"]
    outputs = ["speech"]

    def __init__(self, threshold=0.003, hangover_blocks=10):
        self.threshold = threshold
        self.hangover_blocks = hangover_blocks
        self.left = 0

    def process(self, context):
        frame = context.input("audio")
        loud = float(np.sqrt(np.mean(np.square(frame.samples)))) > self.threshold
        self.left = self.hangover_blocks if loud else max(0, self.left - 1)
        if self.left > 0 or frame.is_last:
            context.output("speech", frame)


def train(folder):
    """Looks which filter each letter's tone is strongest in; the model picks those out."""
    listener = parley.Pipeline()
    listener.add_operator(filter_bank("tone", "features"))
    weights = np.zeros((BINS, len(tone_model.LETTERS) + 1), np.float32)
    time = np.arange(1_600) / tone_model.RATE
    for token, frequency in enumerate(tone_model.FREQUENCIES, 1):
        tone = 0.3 * np.sin(2 * np.pi * frequency * time)
        features = listener.run({"tone": tone.astype(np.float32)})["features"]
        rows = features if isinstance(features, list) else [features]
        energies = np.concatenate([np.asarray(part) for part in rows]).mean(axis=0)
        weights[int(np.argmax(energies)), token] = 1.0
    bias = np.zeros(weights.shape[1], np.float32)
    quiet = listener.run({"tone": np.full(1_600, 1e-3, np.float32)})["features"]
    quiet = quiet[0] if isinstance(quiet, list) else quiet
    bias[0] = float(np.asarray(quiet).max()) + 9.0  # the blank wins where no filter is strong
    tone_model.write_model(folder / "tones.onnx", weights, bias)
    tone_model.write_symbols(folder / "tones.txt")


def record(path, text):
    samples = tone_model.speak(text, np.random.default_rng(1))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(tone_model.RATE)
        file.writeframes((samples * 32_767).astype("<i2").tobytes())


def recognise(folder):
    pipeline = parley.Pipeline(parley.PipelineConfig(scheduler_type="async"))
    for operator in (
        parley.operator("file_source", path=str(folder / "said.wav"), paced=False, outputs="audio"),
        EnergyVad(),
        filter_bank("speech", "features"),
        parley.operator("onnx", model=str(folder / "tones.onnx"),
                        options={"inputs": "features", "outputs": "scores"}),
        parley.operator("ctc_decode", symbols=str(folder / "tones.txt"), search="greedy",
                        logits=True, partials=False),
    ):
        pipeline.add_operator(operator)
    found = pipeline.run()["transcript"]
    transcripts = found if isinstance(found, list) else [found]
    return " ".join(transcript.text.strip() for transcript in transcripts)


def main():
    text = sys.argv[1] if len(sys.argv) > 1 else "hello world"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train(folder)
        record(folder / "said.wav", text)
        print(recognise(folder))


if __name__ == "__main__":
    main()
