#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same voice in three servers, side by side: Parley, Piper's own HTTP server, sherpa-onnx's TTS.

    speech_versus.py [--users 1 10 50] [--rounds 3] [--seconds 20] [--write]
        All three run; they are asked in turn, round after round, so that whatever else the machine does
        meets all of them. Users ask for one sentence after another, none of which comes twice (no cache
        helps), and read all of it. Printed: time to the first byte of audio, and how much speech came
        out per second. --write: docs/measurements/speech-versus.md.

Parley takes everybody here (tts.backlog_ms is a minute), as the others do. Piper answers with a whole
WAV; sherpa-onnx has no server, so bench/speech/sherpa_server.py puts it behind HTTP. Needs
`tools/deps --with tests --with bench`; runs bin/parley (PARLEY_BIN_DIR).
"""

import argparse
import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CACHE = Path(os.environ.get("PARLEY_CACHE") or Path.home() / ".cache/parley")
PYTHON = CACHE / "venv/versus/bin/python"
VOICE = CACHE / "voices/en_US-joe-medium/en_US-joe-medium.onnx"
REPORT = ROOT / "docs/measurements/speech-versus.md"
START_SECONDS = 120
WAV_HEADER = 44

sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "tests/e2e"), str(ROOT / "bench/speech"), str(ROOT / "tools")]
from sentences import novel  # noqa: E402
from speech_load import processor  # noqa: E402
from support.speaking import held, percentile, request_body  # noqa: E402


class Peer:
    """A server: how it is asked, and how much speech an answer holds."""

    def __init__(self, name, port, path, body, bytes_per_second, header=0, pid=None):
        self.name, self.port, self.path, self.body = name, port, path, body
        self.bytes_per_second, self.header, self.pid = bytes_per_second, header, pid

    def ask(self, connection, text):
        """(seconds to the first audio, seconds to the last, seconds of audio)"""
        start = time.perf_counter()
        connection.request("POST", self.path, self.body(text), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        first, size = None, 0
        while piece := answer.read1(1 << 16):
            size += len(piece)
            if first is None and size > self.header:
                first = time.perf_counter() - start
        if answer.status != 200 or first is None:
            raise RuntimeError(f"{self.name}: status {answer.status}, {size} bytes")
        return first, time.perf_counter() - start, (size - self.header) / self.bytes_per_second


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def running(command, port):
    """A program of others, until it listens."""
    process = subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        limit = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            if process.poll() is not None or time.monotonic() > limit:
                raise SystemExit(f"{command} does not listen")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextlib.contextmanager
def piper():
    port = free_port()
    command = [PYTHON, "-m", "piper.http_server", "--host", "127.0.0.1", "--port", port, "-m", VOICE]
    with running(command, port) as pid:
        yield Peer("Piper's server", port, "/synthesize",
                   lambda text: json.dumps({"text": text}).encode(), 2 * 22_050, WAV_HEADER, pid)  # fmt: skip


@contextlib.contextmanager
def sherpa():
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="parley-sherpa-") as folder:
        convert = [CACHE / "venv/convert/bin/python", ROOT / "bench/speech/sherpa_voice.py"]
        subprocess.run([*convert, VOICE, folder], check=True)
        command = [PYTHON, ROOT / "bench/speech/sherpa_server.py", "--port", port,
                   "--model", f"{folder}/voice.onnx", "--tokens", f"{folder}/tokens.txt"]  # fmt: skip
        with running(command, port) as pid:
            yield Peer("sherpa-onnx", port, "/", str.encode, 2 * 22_050, 0, pid)


@contextlib.contextmanager
def parley(sets):
    from support.server import Server

    settings = {"log.level": "warn", "tts.backlog_ms": 60_000}
    settings |= dict(pair.split("=", 1) for pair in sets)
    with Server(settings=settings) as server:
        yield Peer("Parley", server.port, "/v1/audio/speech", request_body, 2 * 24_000, 0,
                   server.process.pid)  # fmt: skip


def listen(peer, users, seconds, news, lock):
    """[(first, whole, audio)] and the wall time that they took."""
    answers, end = [], time.perf_counter() + seconds

    def talk():
        connection = http.client.HTTPConnection("127.0.0.1", peer.port, timeout=300)
        while time.perf_counter() < end:
            with lock:
                text = next(news)
            try:
                answer = peer.ask(connection, text)
            except (http.client.HTTPException, ConnectionError):
                connection.close()  # a server that does not keep connections
                answer = peer.ask(connection, text)
            answers.append(answer)
        connection.close()

    threads = [threading.Thread(target=talk) for _ in range(users)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers, time.perf_counter() - start


def measure(options):
    """{(users, name): (answers, seconds)}, and what each holds at the end."""
    news, lock = novel(options.seed), threading.Lock()
    results = {}
    with parley(options.sets) as ours, piper() as pipers, sherpa() as sherpas:
        peers = [ours, pipers, sherpas]
        for peer in peers:  # what is loaded at first use
            listen(peer, 1, 2, news, lock)
        for users in options.users:
            for turn in range(options.rounds):
                for peer in peers[turn % 3 :] + peers[: turn % 3]:
                    answers, seconds = listen(peer, users, options.seconds, news, lock)
                    all_answers, all_seconds = results.get((users, peer.name), ([], 0.0))
                    results[users, peer.name] = (all_answers + answers, all_seconds + seconds)
        memory = {peer.name: held(peer.pid)[0] for peer in peers}
    return results, memory


def table(results):
    lines = [
        "| users | server | first audio p50 / p95 (ms) | whole answer p50 (ms) | speech per second | answers |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for (users, name), (answers, seconds) in results.items():
        firsts = [first * 1000 for first, _, _ in answers]
        whole = percentile([all_of_it * 1000 for _, all_of_it, _ in answers], 0.5)
        spoken = sum(audio for _, _, audio in answers) / seconds
        lines.append(
            f"| {users} | {name} | {percentile(firsts, 0.5):.0f} / {percentile(firsts, 0.95):.0f} | "
            f"{whole:.0f} | {spoken:.1f} s | {len(answers)} |"
        )
    return lines


def main(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, nargs="+", default=[1, 10, 50])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each server in each round")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE",
                        help="a setting of Parley")
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.relative_to(ROOT)}")
    options = parser.parse_args(arguments)
    results, memory = measure(options)
    lines = [
        "# The same voice in three servers", "",
        f"`tools/speech_versus.py`, {time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores "
        f"({processor()}), which the servers share with the client. The voice is en_US-joe-medium in "
        "fp32. Each user has one sentence of 7 to 9 words spoken after another, none of them twice, and "
        f"reads all of it. {options.rounds} rounds of {options.seconds:g} s each, the servers in turn. "
        "Piper 1.8.0 answers with a whole WAV; sherpa-onnx 2.0.1 is behind a small server of ours, its "
        "phonemes made by Piper's phonemizer.", "",
        *table(results), "",
        "Memory at the end: " + ", ".join(f"{name} {mib:.0f} MiB" for name, mib in memory.items()) + ".",
    ]  # fmt: skip
    print("\n".join(lines))
    if options.write:
        REPORT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
