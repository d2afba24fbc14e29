# SPDX-License-Identifier: Apache-2.0
"""What tools/deps says: one line for each step, and failures that say what to do."""

import sys
import time


class Failure(Exception):
    """Set-up cannot go on. `advice` is what the person at the keyboard should do now."""

    def __init__(self, what, advice):
        super().__init__(what)
        self.what = what
        self.advice = advice

    def show(self):
        print(f"\ntools/deps: {self.what}\n  What to do: {self.advice}", file=sys.stderr)


def size_text(size):
    if size >= 1 << 30:
        return f"{size / (1 << 30):.1f} GB"
    if size >= 1 << 20:
        return f"{size / (1 << 20):.0f} MB"
    return f"{max(size, 1) / (1 << 10):.0f} kB"


class Progress:
    """Numbers the steps: `[ 3/11] moonshine 0.0.73 (54 MB, pypi) ... 4.2 s`."""

    def __init__(self, total):
        self.total = total
        self.done = 0

    def step(self, text):
        self.done += 1
        width = len(str(self.total))
        print(f"[{self.done:>{width}}/{self.total}] {text} ...", end="", flush=True)
        return _Step()


class _Step:
    def __enter__(self):
        self.start = time.monotonic()
        return self

    def note(self, text):
        print(f" {text} ...", end="", flush=True)

    def __exit__(self, kind, value, trace):
        print(f" {time.monotonic() - self.start:.1f} s" if kind is None else " failed", flush=True)
        return False
