# SPDX-License-Identifier: Apache-2.0
"""A C++ file as the checks see it: its lines, and its lines without comments and strings."""

import re

TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^()\\\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|'
    r"(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)
INCLUDE = re.compile(r"^\s*#\s*include[^\n]*", re.MULTILINE)


class Source:
    def __init__(self, project, path):
        self.path = path
        self.text = (project / path).read_text(encoding="utf-8", errors="replace")
        self.lines = self.text.split("\n")
        self.code = TOKEN.sub(blank, INCLUDE.sub(blank, self.text))

    @property
    def layer(self):
        return self.path.parts[1] if self.path.parts[0] == "src" and len(self.path.parts) > 2 else ""

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def finding(self, line, what):
        return f"{self.path}:{line}: {what}"


def blank(match):
    """A comment or string as spaces, with its line ends, so that offsets stay true."""
    return re.sub(r"[^\n]", " ", match.group())
