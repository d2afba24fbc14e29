# SPDX-License-Identifier: Apache-2.0
"""A Redis server of one test alone, on a free port, without a disk."""

import shutil
import socket
import subprocess
import time

from . import places

START_SECONDS = 10


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for_port(port, process):
    """Until somebody listens there; the process must not end before."""
    limit = time.monotonic() + START_SECONDS
    while time.monotonic() < limit and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.02)
    raise AssertionError(f"{process.args[0]} does not listen on {port}")


class Redis:
    def __init__(self):
        places.need(shutil.which("redis-server") or "redis-server", "make packages SETS=tests")
        self.port = free_port()
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
             "--dir", "/tmp"], stdout=subprocess.DEVNULL,
        )  # fmt: skip
        wait_for_port(self.port, self.process)
        self.url = f"redis://127.0.0.1:{self.port}"

    def stop(self):
        self.process.kill()
        self.process.wait()
