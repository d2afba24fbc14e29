#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where the time of a pipeline goes, operator by operator."""

import numpy as np

import parley


class Window(parley.Operator):
    def process(self, context):
        block = context.input("mic")
        context.output("windowed", block * np.hanning(len(block)).astype(np.float32))


class Spectrum(parley.Operator):
    def process(self, context):
        context.output("spectrum", np.abs(np.fft.rfft(context.input("windowed"))))


class Loudest(parley.Operator):
    def process(self, context):
        context.output("loudest_hz", int(np.argmax(context.input("spectrum"))) * 50)


def main():
    profiler = parley.PipelineProfiler()
    pipeline = parley.Pipeline()
    for operator in (Window(), Spectrum(), Loudest()):
        pipeline.add_operator(operator)
    pipeline.set_profiler(profiler)
    tone = np.sin(2 * np.pi * 1_000 / 16_000 * np.arange(320)).astype(np.float32)
    for _ in range(200):
        loudest = pipeline.run({"mic": tone})["loudest_hz"]
    print(f"loudest: {loudest} Hz")
    report = profiler.report()
    print(report)
    print("critical path:", " → ".join(report.critical_path))


if __name__ == "__main__":
    main()
