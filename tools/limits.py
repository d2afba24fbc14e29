#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/limits.md, the table of Parley's limits, from the code that has them.

    tools/limits.py            write the table
    tools/limits.py --check    exit 1 when the table is not what the code says

A limit is a constant in a header whose name ends in Max, Capacity or Timeout, or a member whose name
ends in _max, _soft, _hard, _timeout or capacity, with its value. What it limits is said by the comment
on its line, or by the comment lines above it.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "limits.md"
CONSTANT = re.compile(
    r"^\s*(?:inline |static )*constexpr [\w:<>]+ (k\w+(?:Max|Capacity|Timeout))(?: = (?P<set>.+?)|\{(?P<made>.+?)\});(.*)$")
MEMBER = re.compile(
    r"^\s+(?:const )?[\w:<>]+ (\w+_(?:max|soft|hard|timeout)|capacity|system_capacity)(?: = (?P<set>.+?)|\{(?P<made>.+?)\});(.*)$")
COMMENT = re.compile(r"^\s*//+<?\s?(.*)$")
HEAD = """# Limits

Every queue, loop and message has a limit. This table is written by `tools/limits.py` from the headers,
and `tools/limits.py --check` fails when it is not current. What a server owner can change is in
[configuration.md](configuration.md).

| limit | value | where | what |
| --- | --- | --- | --- |
"""


def comment_above(lines, index):
    """The comment lines directly above line `index`, as one text."""
    words = []
    while index > 0 and (match := COMMENT.match(lines[index - 1])):
        words.insert(0, match.group(1))
        index -= 1
    return " ".join(words)


def first_sentence(text):
    """Up to the first full stop that ends a sentence; table cells must not hold a pipe."""
    return re.split(r"(?<=[a-z)])\. ", text.strip())[0].rstrip(".").replace("|", "\\|")


def limits_in(path):
    """The rows of one header."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for index, line in enumerate(lines):
        match = CONSTANT.match(line) or MEMBER.match(line)
        if not match:
            continue
        name, rest = match.group(1), match.group(match.lastindex)
        value = match.group("set") or match.group("made")
        beside = COMMENT.match(rest.strip())
        what = first_sentence(beside.group(1) if beside else comment_above(lines, index))
        yield name, value.replace("|", "\\|"), path.relative_to(ROOT / "src").as_posix(), what


def render():
    headers = [path for path in sorted((ROOT / "src").rglob("*.h")) if "fakes" not in path.parts]
    rows = [row for path in headers for row in limits_in(path)]
    return HEAD + "".join(
        f"| `{name}` | `{value}` | `{where}` | {what} |\n" for name, value, where, what in rows)


def main():
    text = render()
    if "--check" in sys.argv[1:]:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
            sys.exit("docs/limits.md is not what the code says: run tools/limits.py")
        return
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
