#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What one spoken sentence costs a recognition server on one core, and how soon it is text.

    recognition_cost.py [--clips 20] [--streams 8] [--write]

The published test of a self-hosted xiaozhi recogniser: a clip of 4.3 s in frames of 60 ms, in real
time, and 16 silent frames behind it. bin/parley may use one core, this client the others. Counted is
the CPU time that the threads of voice activity, recognition and speaker embedding used from the
clip's first frame until everything was quiet again (schedstat), whenever they ran; and apart from it
the time from the last frame with speech to the text. Then the same with several streams at once.
Needs `tools/deps --with tests`.
"""

import argparse
import asyncio
import os
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "bench/recognition"), str(ROOT / "tests/e2e"), str(ROOT / "tools")]
import listening  # noqa: E402

REPORT = ROOT / "docs/measurements/recognition-cost.md"
CLIP_SECONDS = 4.3
SILENT_FRAMES = 16
SILENCE_MS = 250
QUIET_SECONDS = 0.5
STAGES = {"parley-vad": "voice activity", "parley-asr": "recognition",
          "parley-speaker": "speaker embedding", "": "all the rest"}  # fmt: skip
# xinnan-tech/xiaozhi-esp32-server, performance test of its own (FunASR, CPU).
PUBLISHED_MS = {"parley-vad": 7, "parley-asr": 360, "parley-speaker": 490}


def clip_of(seconds):
    """A clip of about that length, to the end of its speech."""
    clips = listening.libri_clips()
    best = min(clips, key=lambda clip: abs(clip.end - seconds))
    samples = best.samples[: int(best.end * listening.RATE)]
    return listening.Clip(best.name, best.words, samples[: int(seconds * listening.RATE)])


def one_core(pid):
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {0})


def enrol(server, clip):
    """Somebody must be known before anybody is told apart."""
    import io
    import urllib.request
    import wave

    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(listening.RATE)
        wav.writeframes(listening.pcm16(clip.samples))
    mark = "parley-form"
    body = (
        f'--{mark}\r\nContent-Disposition: form-data; name="name"\r\n\r\nSomebody\r\n'
        f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n'
        "Content-Type: audio/wav\r\n\r\n"
    ).encode() + file.getvalue() + f"\r\n--{mark}--\r\n".encode()
    request = urllib.request.Request(
        server.url + "/v1/speakers", data=body, method="POST",
        headers={"Content-Type": f"multipart/form-data; boundary={mark}"},
    )  # fmt: skip
    urllib.request.urlopen(request, timeout=60).read()


async def rounds(server, clip, count, streams, query=""):
    """([{stage: ms of CPU for a clip}], [ms from the last speech to the text], texts)"""
    url = f"ws://{server.host}:{server.port}/v1/asr/stream?silence_ms={SILENCE_MS}{query}"
    speech = listening.frames(listening.pcm16(clip.samples), listening.RATE * 2, 0)
    pieces = listening.frames(listening.pcm16(clip.samples), listening.RATE * 2, SILENT_FRAMES)
    costs, waits, texts = [], [], set()
    for _ in range(count):
        before = listening.thread_cpu(server.process.pid, list(STAGES))
        hears = [
            listening.hear(url, pieces, len(speech), until_final=False) for _ in range(streams)
        ]
        for heard in await asyncio.gather(*hears):
            waits += heard.waits()
            texts.add(heard.text)
        await asyncio.sleep(QUIET_SECONDS)
        after = listening.thread_cpu(server.process.pid, list(STAGES))
        costs.append({name: (after[name] - before[name]) * 1000 / streams for name in STAGES})
    return costs, waits, texts


def lines_of(title, costs, waits):
    lines = [f"| {title} | median | lowest to highest | published, CPU |", "| --- | --- | --- | --- |"]
    for name, what in STAGES.items():
        values = [cost[name] for cost in costs]
        published = f"{PUBLISHED_MS[name]} ms" if name in PUBLISHED_MS else ""
        lines.append(f"| CPU of {what} | {statistics.median(values):.1f} ms | {min(values):.1f} to "
                     f"{max(values):.1f} ms | {published} |")  # fmt: skip
    lines.append(f"| last frame with speech → text | {statistics.median(waits):.0f} ms | "
                 f"{min(waits):.0f} to {max(waits):.0f} ms | |")  # fmt: skip
    return lines


def main(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=20, help="how often each is measured")
    parser.add_argument("--streams", type=int, default=8, help="at once, the second time")
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.relative_to(ROOT)}")
    options = parser.parse_args(arguments)
    from speech_load import processor
    from support.server import Server

    clip = clip_of(CLIP_SECONDS)
    lines = []
    with Server(settings={"log.level": "warn", "speakers.model": "ge2e"}) as server:
        one_core(server.process.pid)
        enrol(server, clip)
        asyncio.run(rounds(server, clip, 2, 1))  # the first ones warm up
        for streams, query, what in (
            (1, "&partials=false", "1 stream, finals only"),
            (options.streams, "&partials=false", f"{options.streams} streams at once, finals only"),
            (1, "", "1 stream, with partials"),
        ):
            costs, waits, texts = asyncio.run(
                rounds(server, clip, options.clips, streams, query)
            )
            title = f"{what}: one clip"
            lines += lines_of(title, costs, waits) + [""]
            print("\n".join(lines[-len(STAGES) - 4 :]), flush=True)
            for text in sorted(texts):
                print(f"heard: {text}")
    if options.write:
        REPORT.write_text("\n".join([
            "# What one spoken sentence costs", "",
            f"`tools/recognition_cost.py`, {time.strftime('%Y-%m-%d')}, one core of {os.cpu_count()} "
            f"({processor()}) for the server. A clip of {clip.end:.1f} s in frames of 60 ms, in real "
            f"time, and {SILENT_FRAMES} silent frames; {options.clips} times. An utterance ends "
            f"after {SILENCE_MS} ms of silence, which are part of the time to the text. A partial is "
            "made every 256 ms of speech, from all of the utterance so far; its CPU is in that of "
            "recognition. The published figures are those of a self-hosted "
            "xiaozhi recogniser (FunASR) on its CPU, not on this machine.", "", *lines,
        ]), encoding="utf-8")  # fmt: skip
    return 0


if __name__ == "__main__":
    listening.enter_environment()
    sys.exit(main(sys.argv[1:]))
