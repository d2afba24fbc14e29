# SPDX-License-Identifier: Apache-2.0
"""Streams brought together by time."""

from .kinds import BoxOperator


class MultiStreamOperator(BoxOperator):
    """Brings audio and video together by time: the engine's `multi_stream`, with two streams.

    Reads `audio_key` and `video_key`, and gives both again, aligned, under the same names; the audio
    leads. Operators added after it read pairs. Arrays that are audio or pictures come out as
    AudioFrame and VideoFrame; anything else can be aligned too, and comes out as it is. Times are
    those of the frames, or of `push(…, time=…)`; without them audio is counted by its samples, and
    anything else has the time at which it came.

    policy: immediate, aligned, barrier or window.
    """

    def __init__(self, audio_key="audio", video_key="video", policy="aligned", tolerance_ms=40,
                 wait_max_ms=200, window_ms=100, name=None):
        keys = {"audio": audio_key, "video": video_key}
        super().__init__(
            "multi_stream",
            {"streams": "audio:Opaque, video:Opaque", "policy": policy,
             "tolerance_ms": tolerance_ms, "wait_max_ms": wait_max_ms, "window_ms": window_ms},
            inputs=keys, outputs=keys, name=name or "MultiStreamOperator",
            kinds={"audio": "AudioFrame", "video": "VideoFrame"},
        )
