#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the commands that a README shows, and compares what they print with what it shows.

    console_test.py README PROGRAMS        # PROGRAMS: the folder of the built programs

Every ```console block is a session of its own in an empty folder: `$ ` begins a command, what follows
is its output. In the output `…` stands for anything within a line, and a line of `…` alone for any
lines. ${MODELS} and ${SPEECH} are the cache's.
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

README, PROGRAMS = Path(sys.argv[1]), Path(sys.argv[2]).resolve()
CACHE = Path(os.environ.get("PARLEY_CACHE") or Path.home() / ".cache/parley")
BLOCK = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
SECONDS_MAX = 120


def sessions(text):
    """A list of (command, output) for each block."""
    for block in BLOCK.findall(text):
        steps = []
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append((line[2:], []))
            else:
                steps[-1][1].append(line)
        yield steps


def pattern(lines):
    """The shown output as a regular expression."""
    parts = []
    for line in lines:
        if line == "…":
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append(".*?".join(re.escape(part) for part in line.split("…")) + r"\n")
    return "".join(parts)


class Console(unittest.TestCase):
    def test_every_program_is_shown(self):
        text = README.read_text(encoding="utf-8")
        shown = " ".join(command for steps in sessions(text) for command, _ in steps)
        for source in README.parent.glob("*.cpp"):
            self.assertIn(source.stem, shown.split(), f"{README} does not run {source.name}")
            self.assertIn(f"[`{source.name}`]({source.name})", text)

    def test_programs_print_what_is_shown(self):
        environment = dict(os.environ, PATH=f"{PROGRAMS}:{os.environ['PATH']}",
                           MODELS=str(CACHE / "models"), SPEECH=str(CACHE / "speech"))
        for steps in sessions(README.read_text(encoding="utf-8")):
            with tempfile.TemporaryDirectory() as folder:
                for command, lines in steps:
                    with self.subTest(command=command):
                        if "$MODELS" in command and not (CACHE / "models").is_dir() and \
                                os.environ.get("PARLEY_REQUIRE_MODELS") != "1":
                            self.skipTest("no models in the cache: run tools/deps")
                        done = subprocess.run(
                            ["bash", "-c", command], cwd=folder, env=environment, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS_MAX)
                        self.assertEqual(done.returncode, 0, done.stdout)
                        if re.fullmatch(pattern(lines), done.stdout) is None:
                            self.fail(f"shown:\n{chr(10).join(lines)}\nprinted:\n{done.stdout}")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
