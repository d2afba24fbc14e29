# SPDX-License-Identifier: Apache-2.0
"""Where the tools that measure rooms run: in the environment of the tests' people."""

import os
import signal
import sys
from pathlib import Path

CACHE = Path(os.environ.get("PARLEY_CACHE") or Path.home() / ".cache/parley")


def enter():
    """Begins the program again, in that environment; returns where it is there.

    Told to end, it ends what it started."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    python = CACHE / "venv/rooms/bin/python"
    if Path(sys.prefix) == python.parents[1]:
        return
    if not python.exists():
        raise SystemExit(f"{python} is missing: run tools/deps --with tests")
    os.execv(python, [python, "-B", *sys.argv])
