#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two streams of different pace, audio every 20 ms and pictures every 40 ms, aligned by time."""

import numpy as np

import parley


class FlashAndBang(parley.Operator):
    """Says when a bright picture and a loud block come together."""

    def process(self, context):
        audio = context.input("audio")
        picture = context.input("video")
        is_loud = float(np.abs(audio.samples).max()) > 0.5
        is_bright = float(picture.pixels.mean()) > 128
        if is_loud and is_bright:
            context.output("event", (audio.time, picture.time))


def main():
    pipeline = parley.Pipeline()
    pipeline.add_operator(parley.MultiStreamOperator(audio_key="audio", video_key="video"))
    pipeline.add_operator(FlashAndBang())
    events = []
    with pipeline:
        for tick in range(50):  # one second
            seconds = tick * 0.02
            level = 0.9 if 0.4 <= seconds < 0.44 else 0.01
            pipeline.push("audio", np.full(320, level, np.float32), time=seconds)
            if tick % 2 == 0:
                light = 255 if 0.4 <= seconds < 0.44 else 20
                pipeline.push("video", np.full((24, 32, 3), light, np.uint8), time=seconds)
            while (event := pipeline.poll("event")) is not None:
                events.append(event)
    for audio, video in events:
        print(f"bang at {audio:.2f} s with the flash at {video:.2f} s")


if __name__ == "__main__":
    main()
