#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many people can one server listen to?

    recognition_load.py stream [--clients 20 50] [--minutes 5] [--write]
        Clients speak clips in real time over the raw socket, one after the other, until each was
        understood. Every final has to come, with the text that the clip has when nobody else speaks.
        Printed: end of speech → text, endpoint → text (as the server counts it), CPU, memory.
    recognition_load.py versus [--seconds 60] [--rounds 2] [--write]
        The same recordings, model and protocol in our server and in sherpa-onnx's offline WebSocket
        server, in turn: 20 clients without pauses, then 50 that each send a clip every 8 s.

Needs `tools/deps --with tests`, for `versus` also `--with bench`. Runs bin/parley (PARLEY_BIN_DIR).
Exit status 1 where a final is missing or its text differs.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "bench/recognition"), str(ROOT / "tests/e2e"), str(ROOT / "tools")]
import listening  # noqa: E402

STREAM_REPORT = ROOT / "docs/measurements/recognition-load.md"
VERSUS_REPORT = ROOT / "docs/measurements/recognition-versus.md"
VERSUS = listening.CACHE / "venv/versus"
MODEL = listening.CACHE / "recognisers/moonshine-tiny-en"  # as it is published
START_SECONDS = 60
TAIL_FRAMES = 50  # of silence at most; a client stops when it was understood
PACED_SECONDS = 8.0
SILENCE_MS = 250


def quantiles(values):
    from support.speaking import percentile

    if not values:
        return "–"
    return " / ".join(f"{percentile(values, share):.0f}" for share in (0.5, 0.95, 0.99))


# --- clients that speak in real time -------------------------------------------------------------


class Speaking:
    """What clients of one run saw."""

    def __init__(self):
        self.waits, self.unlike, self.missing, self.failed, self.clips = [], [], 0, [], 0


async def speak(url, clips, number, until, reference, seen):
    order = random.Random(number)
    await asyncio.sleep(order.random() * 4)
    while time.monotonic() < until:
        clip = order.choice(clips)
        speech = int(clip.end / listening.FRAME_SECONDS) + 1
        pieces = listening.frames(
            listening.pcm16(clip.samples), listening.RATE * 2, TAIL_FRAMES
        )
        try:
            heard = await listening.hear(url, pieces, speech)
        except Exception as error:  # noqa: BLE001  (whatever it is, it is a failure of this clip)
            seen.failed.append(f"{clip.name}: {error!r}")
            await asyncio.sleep(1)
            continue
        seen.clips += 1
        if not heard.finals:
            seen.missing += 1
        elif reference is not None and heard.text != reference[clip.name]:
            seen.unlike.append((clip.name, reference[clip.name], heard.text))
        seen.waits += heard.waits()


async def alone(url, clips):
    """{name: text} when nobody else speaks."""
    texts = {}
    for clip in clips:
        speech = int(clip.end / listening.FRAME_SECONDS) + 1
        pieces = listening.frames(
            listening.pcm16(clip.samples), listening.RATE * 2, TAIL_FRAMES
        )
        texts[clip.name] = (await listening.hear(url, pieces, speech)).text
    return texts


async def together(url, clips, clients, seconds, reference):
    seen = Speaking()
    until = time.monotonic() + seconds
    await asyncio.gather(
        *(speak(url, clips, number, until, reference, seen) for number in range(clients))
    )
    return seen


def metric_lines(server, name):
    with urllib.request.urlopen(server.url + "/metrics", timeout=30) as answer:
        return [line for line in answer.read().decode().splitlines() if line.startswith(name)]


def value_of(server, name):
    return sum(float(line.rsplit(" ", 1)[1]) for line in metric_lines(server, name))


def buckets(server):
    """{upper limit in ms: how many finals came within it of the endpoint}"""
    found = {}
    for line in metric_lines(server, "parley_asr_final_seconds_bucket"):
        limit = line.partition('le="')[2].partition('"')[0]
        found[float(limit) * 1000] = float(line.rsplit(" ", 1)[1])
    return found


def within(before, after, share):
    """The lowest limit of the histogram that so many do not pass."""
    total = max(after.values()) - max(before.values(), default=0.0)
    for limit in sorted(after):
        if after[limit] - before.get(limit, 0.0) >= share * total:
            return f"{limit:g}"
    return "–"


def measure_streams(server, url, clips, clients, minutes, reference):
    from support.speaking import Watch, held

    before, left_out = buckets(server), value_of(server, "parley_asr_partials_left_out_total")
    partials = value_of(server, "parley_asr_partials_total")
    cpu, began = held(server.process.pid)[1], time.monotonic()
    watch = Watch(server.process.pid)
    seen = asyncio.run(together(url, clips, clients, minutes * 60, reference))
    samples, seconds = watch.stop(), time.monotonic() - began
    after = buckets(server)
    cores = (held(server.process.pid)[1] - cpu) / seconds
    rows = [
        ("clips", f"{seen.clips} in {seconds:.0f} s"),
        ("without a final, with another text than alone, failed",
         f"{seen.missing}, {len(seen.unlike)}, {len(seen.failed)}"),
        ("last speech → text, p50 / p95 / p99", f"{quantiles(seen.waits)} ms"),
        ("endpoint → text, p50, p95, p99 at most",
         ", ".join(within(before, after, share) for share in (0.5, 0.95, 0.99)) + " ms"),
        ("partials told, left out",
         f"{value_of(server, 'parley_asr_partials_total') - partials:.0f}, "
         f"{value_of(server, 'parley_asr_partials_left_out_total') - left_out:.0f}"),
        ("server's processor", f"{cores:.2f} of {os.cpu_count()} cores"),
        ("server's memory, most", f"{max(s.resident_mib for s in samples):.0f} MiB"),
    ]  # fmt: skip
    return rows, seen


def stream(options):
    from speech_load import processor
    from support.server import Server

    clips = listening.libri_clips(options.clips)
    lines, status = [], 0
    with Server(settings={"log.level": "warn"}) as server:
        url = f"ws://{server.host}:{server.port}/v1/asr/stream?silence_ms={SILENCE_MS}"
        reference = asyncio.run(alone(url, clips))
        for clients in options.clients:
            rows, seen = measure_streams(server, url, clips, clients, options.minutes, reference)
            lines += ["", f"## {clients} clients", "", "| | |", "| --- | --- |"]
            lines += [f"| {what} | {figure} |" for what, figure in rows]
            print("\n".join(lines[-len(rows) - 4 :]), flush=True)
            for name, expected, got in seen.unlike[:5]:
                print(f"{name}\n  alone: {expected}\n  here:  {got}")
            print("\n".join(seen.failed[:5]))
            if seen.missing or seen.unlike or seen.failed:
                status = 1
    if options.write:
        STREAM_REPORT.write_text("\n".join([
            "# The recognition service under load", "",
            f"`tools/recognition_load.py stream`, {time.strftime('%Y-%m-%d')}, {os.cpu_count()} "
            f"cores ({processor()}), which the server shares with its clients. Each client speaks "
            f"clips of LibriSpeech in real time, without a pause between them; an utterance ends "
            f"after {SILENCE_MS} ms of silence, which are part of the time from the last speech to "
            f"the text.", *lines, "",
        ]), encoding="utf-8")  # fmt: skip
    return status


# --- side by side with sherpa-onnx's server ------------------------------------------------------


def offline_message(clip):
    data = clip.samples.tobytes()
    return struct.pack("<ii", listening.RATE, len(data)) + data


async def ask(port, clips, number, until, pause, waits, texts):
    from websockets.asyncio.client import connect

    order = random.Random(number)
    async with connect(f"ws://127.0.0.1:{port}", compression=None, max_size=None) as one:
        await asyncio.sleep(order.random() * (pause or 1.0))
        while time.monotonic() < until:
            clip = order.choice(clips)
            start = time.perf_counter()
            await one.send(offline_message(clip))
            async with asyncio.timeout(listening.PATIENCE_SECONDS):
                answer = await one.recv()
            waits.append((time.perf_counter() - start) * 1000)
            texts.setdefault(clip.name, json.loads(answer)["text"].strip())
            if pause:
                await asyncio.sleep(max(0.0, pause - (time.perf_counter() - start)))


async def asked(port, clips, clients, seconds, pause):
    waits, texts = [], {}
    until = time.monotonic() + seconds
    await asyncio.gather(
        *(ask(port, clips, number, until, pause, waits, texts) for number in range(clients))
    )
    return waits, texts


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def sherpa():
    """(port, process id)"""
    with tempfile.TemporaryDirectory(prefix="parley-sherpa-") as folder:
        tokens = Path(folder) / "tokens.txt"
        write_tokens(MODEL / "tokenizer.bin", tokens)
        libraries = next(VERSUS.glob("lib/python3*/site-packages/sherpa_onnx/lib"))
        port = free_port()
        command = [
            VERSUS / "bin/sherpa-onnx-offline-websocket-server", f"--port={port}",
            f"--moonshine-encoder={MODEL / 'encoder_model.ort'}",
            f"--moonshine-merged-decoder={MODEL / 'decoder_model_merged.ort'}",
            f"--tokens={tokens}", "--num-work-threads=2", "--num-io-threads=1", "--num-threads=1",
            "--max-batch-size=5", f"--log-file={folder}/log",
        ]  # fmt: skip
        process = subprocess.Popen(
            [str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env={**os.environ, "LD_LIBRARY_PATH": str(libraries)},
        )  # fmt: skip
        try:
            wait_for(port, process)
            yield port, process.pid
        finally:
            process.kill()
            process.wait()


def wait_for(port, process):
    limit = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None or time.monotonic() > limit:
            raise SystemExit(process.stderr.read().decode()[-2000:])
        time.sleep(0.1)


def write_tokens(tokenizer, path):
    """sherpa-onnx wants `base64(bytes) id` lines; Moonshine's file has a length before each."""
    import base64

    data, at, token, lines = Path(tokenizer).read_bytes(), 0, 0, []
    while at < len(data):
        size = data[at]
        at += 1
        if size >= 128:
            size = data[at] * 128 + size - 128
            at += 1
        if size:
            lines.append(f"{base64.b64encode(data[at : at + size]).decode()} {token}")
        at += size
        token += 1
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


def versus(options):
    from speech_load import processor
    from support.server import Server
    from support.speaking import Watch, held

    clips = listening.libri_clips(options.clips)
    scenes = [("20 clients without pauses", 20, 0.0),
              (f"50 clients, a clip every {PACED_SECONDS:g} s each", 50, PACED_SECONDS)]
    results = {}
    settings = {"log.level": "warn", "ports.sherpa_offline": 0, **dict(
        pair.split("=", 1) for pair in options.sets)}  # fmt: skip
    with Server(settings=settings) as server, sherpa() as (port, pid):
        our_port = int(server.lines.get(timeout=START_SECONDS).rsplit(":", 1)[1].split("/")[0])
        peers = {"Parley": (our_port, server.process.pid), "sherpa-onnx": (port, pid)}
        for peer, (port, _) in peers.items():
            asyncio.run(asked(port, clips, 2, 5, 0.0))  # warm
        for _ in range(options.rounds):
            for title, clients, pause in scenes:
                for peer, (port, pid) in peers.items():
                    cpu, began, watch = held(pid)[1], time.monotonic(), Watch(pid)
                    waits, texts = asyncio.run(asked(port, clips, clients, options.seconds, pause))
                    seconds = time.monotonic() - began
                    row = results.setdefault((title, peer), {
                        "waits": [], "rates": [], "cpu": [], "memory": 0.0, "texts": {}})
                    row["waits"] += waits
                    row["rates"].append(len(waits) / seconds)
                    row["cpu"].append((held(pid)[1] - cpu) / max(1, len(waits)) * 1000)
                    row["memory"] = max([row["memory"], *(s.resident_mib for s in watch.stop())])
                    row["texts"].update(texts)
                    print(f"{title}, {peer}: {len(waits) / seconds:.1f}/s, "
                          f"{quantiles(waits)} ms", flush=True)  # fmt: skip
    lines = []
    for title, _, _ in scenes:
        lines += [f"## {title}", "",
                  "| | utterances per second | p50 / p95 / p99 | CPU of one | memory |",
                  "| --- | --- | --- | --- | --- |"]  # fmt: skip
        for peer in ("Parley", "sherpa-onnx"):
            row = results[title, peer]
            lines.append(
                f"| {peer} | {sum(row['rates']) / len(row['rates']):.1f} | "
                f"{quantiles(row['waits'])} ms | {sum(row['cpu']) / len(row['cpu']):.0f} ms | "
                f"{row['memory']:.0f} MiB |"
            )
        lines.append("")
    lines += word_lines(clips, results, scenes[0][0])
    print("\n".join(lines))
    if options.write:
        VERSUS_REPORT.write_text("\n".join([
            "# The same recogniser in two servers", "",
            f"`tools/recognition_load.py versus`, {time.strftime('%Y-%m-%d')}, {os.cpu_count()} "
            f"cores ({processor()}), which the servers share with the clients. Moonshine tiny in "
            "both, by the protocol of sherpa-onnx's offline server: a whole clip is sent, its text "
            f"comes back. In turn, rounds of {options.seconds:g} s: {options.rounds}. Ours also "
            "looks for where speech begins and ends, searches with three beams, and finds the "
            f"times of the words (settings: {', '.join(options.sets) or 'as they are'}); "
            "sherpa-onnx 2.0.1 decodes greedily, with two threads.", "", *lines,
        ]), encoding="utf-8")  # fmt: skip
    return 0


def word_lines(clips, results, title):
    import wer

    lines = []
    for peer in ("Parley", "sherpa-onnx"):
        texts = results[title, peer]["texts"]
        known = {clip.name: clip.words for clip in clips if clip.name in texts}
        _, wrong, total = wer.score(known, texts)
        lines.append(f"Word errors of {peer}: {wer.rate(wrong, total):.1f} % of {total}.\n")
    return lines


def main(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("stream")
    one.add_argument("--clients", type=int, nargs="+", default=[20, 50])
    one.add_argument("--minutes", type=float, default=5.0)
    two = commands.add_parser("versus")
    two.add_argument("--seconds", type=float, default=60.0)
    two.add_argument("--rounds", type=int, default=2)
    two.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE",
                     help="a setting of our server")
    for command in (one, two):
        command.add_argument("--clips", type=int, default=60, help="of the 60 that there are")
        command.add_argument("--write", action="store_true", help="write docs/measurements/")
    options = parser.parse_args(arguments)
    return stream(options) if options.command == "stream" else versus(options)


if __name__ == "__main__":
    listening.enter_environment()
    sys.exit(main(sys.argv[1:]))
