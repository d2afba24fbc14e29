# SPDX-License-Identifier: Apache-2.0
"""A client of the speech service that watches the clock: when did sound come, was it ever late?"""

import http.client
import json
import os
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

RATE = 24000
BYTES_PER_SECOND = RATE * 2
PATH = "/v1/audio/speech"


@dataclass
class Said:
    """One answer. Times are in seconds from the moment before the request was sent."""

    status: int
    headers: dict
    body: bytes = b""
    first: float = 0.0  # until the first byte of the body
    seconds: float = 0.0  # until its last
    late: float = 0.0  # the longest time that a player which began at once would have stood still
    broken: str = ""  # why the body is not whole; empty: it is

    @property
    def audio_seconds(self):
        return len(self.body) / BYTES_PER_SECOND

    def error(self):
        """The message of an answer that is an error."""
        answer = json.loads(self.body)
        return answer["error"]["message"] if "error" in answer else answer["message"]


def request_body(text, **fields):
    return json.dumps(
        {"model": "parley", "input": text, "voice": "alloy", "response_format": "pcm", **fields}
    ).encode()


class Client:
    """One connection, kept alive between sentences. PCM is what it can judge best."""

    def __init__(self, host, port, key=None, timeout=60):
        self.headers = {"Content-Type": "application/json"}
        if key is not None:
            self.headers["Authorization"] = f"Bearer {key}"
        self.connection = http.client.HTTPConnection(host, port, timeout=timeout)

    def speak(self, text, **fields):
        return self.post(PATH, request_body(text, **fields))

    def post(self, path, body, **headers):
        start = time.perf_counter()
        try:
            return self._post(path, body, {**self.headers, **headers}, start)
        except (http.client.BadStatusLine, ConnectionResetError, BrokenPipeError):
            # The server may close an idle connection just when it is used again.
            if self.connection.sock is not None:
                self.connection.close()
            return self._post(path, body, {**self.headers, **headers}, start)

    def _post(self, path, body, headers, start):
        if self.connection.sock is None:
            self.connection.connect()
            self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection.request("POST", path, body, headers)
        answer = self.connection.getresponse()
        said = Said(answer.status, {k.lower(): v for k, v in answer.getheaders()})
        pieces, size = [], 0
        try:
            while piece := answer.read1(1 << 16):
                now = time.perf_counter() - start
                if not pieces:
                    said.first = now
                said.late = max(said.late, now - said.first - size / BYTES_PER_SECOND)
                pieces.append(piece)
                size += len(piece)
        except (http.client.IncompleteRead, OSError) as error:
            said.broken = repr(error)
            self.connection.close()
        # A body of known length is not seen to end by read1 (CPython 3.11), nor the answer with it.
        answer.close()
        said.body = b"".join(pieces)
        said.seconds = time.perf_counter() - start
        return said

    def close(self):
        self.connection.close()


def held(pid):
    """(resident MiB, seconds of CPU so far, threads, descriptors) of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    # The name may hold spaces and brackets; what follows it does not.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    ticks = os.sysconf("SC_CLK_TCK")
    return (
        int(status.partition("VmRSS:")[2].split()[0]) / 1024,
        (int(fields[11]) + int(fields[12])) / ticks,
        int(fields[17]),
        len(list(Path(f"/proc/{pid}/fd").iterdir())),
    )


@dataclass
class Sample:
    seconds: float
    resident_mib: float
    cores: float  # busy since the sample before
    threads: int
    descriptors: int


@dataclass
class Watch:
    """Looks at a process once a second, in a thread, until `stop`."""

    pid: int
    samples: list = field(default_factory=list)

    def __post_init__(self):
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        start = before = time.monotonic()
        used = held(self.pid)[1]
        while not self.ended.wait(1.0):
            try:
                resident, cpu, threads, descriptors = held(self.pid)
            except OSError:
                return
            now = time.monotonic()
            cores = (cpu - used) / (now - before)
            self.samples.append(Sample(now - start, resident, cores, threads, descriptors))
            before, used = now, cpu

    def stop(self):
        self.ended.set()
        self.thread.join()
        return self.samples


def percentile(values, share):
    """The smallest value that `share` (0 to 1) of them do not exceed; 0 of none."""
    ordered = sorted(values)
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]
