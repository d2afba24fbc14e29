#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which test sends or expects each event and field of the Realtime API (realtime/reference.txt).

    tests/protocol/coverage.py           exit 1 when one has no test
    tests/protocol/coverage.py --list    every one with a test that has it

Read are the transcripts (what a client sends, what is expected of the server) and the string literals
of the unit tests in realtime/. A field counts when a test names it; `?absent` does not.
"""

import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent / "realtime"
LITERALS = re.compile(r'(?:R"\((?:.|\n)*?\)"\s*)+')
PIECE = re.compile(r'R"\(((?:.|\n)*?)\)"')
# In unit tests an event is written as `type {"field":…}`, without the keys that all have.
NAMED = re.compile(r"^([a-z_]+(?:\.[a-z_]+)+) (\{.*\})$", re.DOTALL)


def paths(value, at=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            if inner == "?absent":
                continue
            path = f"{at}.{key}" if at else key
            yield path
            yield from paths(inner, path)
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner, at + "[]")


class Evidence:
    def __init__(self):
        self.found = {}  # (side, type, field) -> test

    def add(self, side, event, test):
        kind = event.get("type")
        if not isinstance(kind, str):
            return
        for path in ("", *paths(event)):
            self.found.setdefault((side, kind, path), test)

    def read_transcript(self, path):
        lines = path.read_text(encoding="utf-8").splitlines()
        beta = "B" if "dialect beta" in lines else ""
        for line in lines:
            word, _, rest = line.partition(" ")
            if word == "S*":  # these came, as far as they were named
                for kind in rest.split():
                    self.add(beta + "S", {"type": kind}, path.name)
            elif word in ("C", "S", "until"):
                side = "C" if word == "C" else "S"
                try:
                    event = json.loads(rest)
                except ValueError:
                    continue  # wrong on purpose
                if isinstance(event, dict):
                    self.add(beta + side, event, path.name)

    def read_unit_test(self, path):
        text = path.read_text(encoding="utf-8")
        for literals in LITERALS.finditer(text):
            literal = "".join(PIECE.findall(literals[0]))
            named = NAMED.match(literal)
            try:
                event = json.loads(named[2] if named else literal)
            except ValueError:
                continue  # a part of something, or wrong on purpose
            if not isinstance(event, dict):
                continue
            if named:
                event = {**event, "type": named[1]}
            for side in ("C", "S", "BC", "BS"):
                self.add(side, event, path.name)


def reference():
    for line in (HERE / "reference.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            side, kind, *fields = line.split()
            for field in fields or [""]:
                yield side, kind, field


def main():
    evidence = Evidence()
    for path in sorted(HERE.glob("*.transcript")):
        evidence.read_transcript(path)
    for path in sorted(HERE.glob("*.cpp")):
        evidence.read_unit_test(path)
    missing = 0
    entries = list(reference())
    for entry in entries:
        test = evidence.found.get(entry)
        if test is None:
            missing += 1
        if "--list" in sys.argv or test is None:
            print(*entry, "-", test or "NO TEST", sep="\t")
    kinds = {(side[-1], kind) for side, kind, _ in entries}
    print(f"{len(entries)} fields of {len(kinds)} events, {missing} without a test")
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    main()
