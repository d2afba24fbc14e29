#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Frames gathered into batches: a model that takes eight at once is called an eighth as often."""

import numpy as np

import parley

FRAMES = 60


class Features(parley.Operator):
    def process(self, context):
        block = context.input("mic")
        context.output("frame", np.abs(np.fft.rfft(block))[:40].astype(np.float32))


class Classifier(parley.Operator):
    """Stands for a model: one matrix product for the whole batch."""

    def __init__(self):
        self.weights = np.random.default_rng(0).standard_normal((40, 4)).astype(np.float32)
        self.calls = 0

    def process(self, context):
        batch = context.input("batch")  # (frames, 40)
        self.calls += 1
        context.output("classes", (batch @ self.weights).argmax(axis=1))


def main():
    classifier = Classifier()
    pipeline = parley.Pipeline(parley.PipelineConfig(scheduler_type="async"))
    pipeline.add_operator(Features())
    # The last, smaller batch goes when its first frame has waited 20 ms.
    pipeline.add_operator(parley.BatchAccumulator(target_batch_size=8, max_wait_ms=20))
    pipeline.add_operator(classifier)
    classes = []
    with pipeline:
        for i in range(FRAMES):
            pipeline.push("mic", np.sin(np.arange(320, dtype=np.float32) * 0.01 * i))
        while len(classes) < FRAMES:
            classes.extend(pipeline.poll("classes", timeout=60))
    print(f"{len(classes)} frames classified in {classifier.calls} calls")


if __name__ == "__main__":
    main()
