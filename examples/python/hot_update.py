#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An operator is replaced twenty times while audio flows; every sample is counted once."""

import numpy as np

import parley

BLOCKS = 1_000


class Counter(parley.Operator):
    """Counts samples; the next one goes on where this one was."""

    inputs = ["mic"]
    outputs = ["count"]

    def __init__(self, version):
        self.version = version
        self.samples = 0

    def adopt(self, predecessor):
        self.samples = predecessor.samples

    def process(self, context):
        self.samples += len(context.input("mic"))
        context.output("count", (self.samples, self.version))


def main():
    pipeline = parley.Pipeline(parley.PipelineConfig(scheduler_type="async", max_queue_size=4096))
    name = pipeline.add_operator(Counter(0))
    counts = []
    with pipeline:
        for i in range(BLOCKS):
            if i % 50 == 0:
                pipeline.update_operator(name, Counter(i // 50 + 1))
            pipeline.push("mic", np.zeros(160, np.float32))
            while (count := pipeline.poll("count")) is not None:
                counts.append(count)
    while (count := pipeline.poll("count")) is not None:
        counts.append(count)
    in_order = [samples for samples, _ in counts] == [160 * (i + 1) for i in range(BLOCKS)]
    print(f"{counts[-1][0]} samples, {counts[-1][1]} updates, {'none' if in_order else 'SOME'} lost")


if __name__ == "__main__":
    main()
