#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How soon is a text heard, and is its sound ever late? One user, real models, over HTTP.

    first_audio.py [--rounds 10]

A server of its own (bin/parley, PARLEY_BIN_DIR). Each round posts every text below to
/v1/audio/speech (pcm) on a fresh connection and notes when the first bytes of sound arrive, counted from
the first byte sent; then the same texts again, which are cached by then. `late` is the longest time that a
listener who began to play with the first bytes would have waited for the next ones. New texts differ in
their first word, so that nothing of them is cached. Standard library only.
"""

import argparse
import json
import os
import socket
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests/e2e"))

BYTES_PER_SECOND = 48_000
# One to three sentences; {} is a name that no round has used before.
WITH_COMMA = [
    "Good morning {}, how are you today? I hope that all is well. Let us begin.",
    "{}, I found three flights to Chicago. The cheapest one leaves at nine in the morning.",
    "Well, {} has called twice, and left a message for you.",
]
WITHOUT_COMMA = [
    "I have told {} that the table for four people is booked for tonight.",
    "The weather where {} lives will be rather cold tomorrow morning. Take a warm coat.",
    "Please ask {} to put the blue box that you bought last week on the highest shelf.",
]
FIRST = "Anna Ben Clara David Emma Frank Grace Henry Ida Jack Kate Leo Mary Nick Olive Paul Rose Sam Tom Vera"
LAST = "Adams Baker Cole Dixon Ellis Foster Grant Hayes Irving Jones Kelly Lewis Moore Nash Owen Price Reed"


def names():
    for last in LAST.split():
        for first in FIRST.split():
            yield f"{first} {last}"


def speak(port, text):
    """(milliseconds to the first sound, longest wait after it, seconds of sound, seconds it took)."""
    body = json.dumps({"model": "tts-1", "voice": "alloy", "input": text, "response_format": "pcm"}).encode()
    head = (
        "POST /v1/audio/speech HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        start = time.perf_counter()
        connection.sendall(head + body)
        data = b""
        while b"\r\n\r\n" not in data or data.endswith(b"\r\n\r\n"):
            piece = connection.recv(65_536)
            if not piece:
                raise SystemExit(f"no sound: {data[:300]!r}")
            data += piece
        first = time.perf_counter()
        if b" 200 " not in data[:16]:
            raise SystemExit(f"refused: {data[:300]!r}")
        heard = len(data) - data.index(b"\r\n\r\n") - 4
        late = 0.0
        while piece := connection.recv(65_536):
            late = max(late, time.perf_counter() - first - heard / BYTES_PER_SECOND)
            heard += len(piece)
        took = time.perf_counter() - start
    return 1000 * (first - start), 1000 * late, heard / BYTES_PER_SECOND, took


def report(name, rows):
    times = sorted(row[0] for row in rows)
    p95 = times[min(len(times) - 1, round(0.95 * len(times)))]
    sound, took = sum(row[2] for row in rows), sum(row[3] for row in rows)
    print(
        f"| {name} | {len(rows)} | {statistics.median(times):.1f} ms | {p95:.1f} ms |"
        f" {max(row[1] for row in rows):.0f} ms | {sound / took:.1f} |"
    )


def main():
    from support.server import Server  # noqa: PLC0415  (after the path is set)

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    kinds = {"a comma in the first clause": WITH_COMMA, "no comma in the first 8 words": WITHOUT_COMMA}
    rows = {kind: [] for kind in kinds}
    again = []
    fresh = names()
    with Server(settings={"tts.cache.disk_mb": 0}) as server:
        speak(server.port, "This is only to wake everything up.")
        for _ in range(rounds):
            said = []
            for kind, texts in kinds.items():
                for text in texts:
                    said.append(text.format(next(fresh)))
                    rows[kind].append(speak(server.port, said[-1]))
            again += [speak(server.port, text) for text in said]
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores\n")
    print("| text | requests | first sound p50 | p95 | late, at most | times real time |")
    print("| --- | --- | --- | --- | --- | --- |")
    for kind, found in rows.items():
        report(kind, found)
    report("the same texts again (cached)", again)


if __name__ == "__main__":
    main()
