#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the pages of docs/engine, and of own agents in rooms, show is code that is compiled and run.

Every fenced block of C++, CMake, YAML or Python stands, line for line but for its indent, in an example
or a test; or a test names the page, and then does more than that. Links lead somewhere.
"""

import re
import subprocess
import unittest
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(PROJECT.glob("docs/engine/*.md")), PROJECT / "docs/rooms/own-agents.md"]
BLOCK = re.compile(r"^```(cpp|c|cmake|yaml|python)\n(.*?)^```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
CODE = {".h", ".cpp", ".c", ".cmake", ".yaml", ".py", ".txt"}


def lines_of(text):
    stripped = (line.strip() for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith("// clang-format")]


def sources():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "examples", "tests"],
                            cwd=PROJECT, check=True, capture_output=True, text=True).stdout
    for name in listed.splitlines():
        path = PROJECT / name
        if path.suffix in CODE and path.is_file() and path != Path(__file__).resolve():
            yield path.read_text(encoding="utf-8")


def stands_in(block, lines):
    size = len(block)
    starts = (i for i, line in enumerate(lines) if line == block[0])
    return any(lines[start:start + size] == block for start in starts)


class Docs(unittest.TestCase):
    def test_examples_are_compiled_and_run(self):
        texts = list(sources())
        code = [lines_of(text) for text in texts]
        for page in PAGES:
            if any(str(page.relative_to(PROJECT)) in text for text in texts if page.parent.name == "engine"):
                continue
            for language, block in BLOCK.findall(page.read_text(encoding="utf-8")):
                wanted = lines_of(block)
                with self.subTest(page=page.name, line=wanted[0]):
                    self.assertTrue(any(stands_in(wanted, lines) for lines in code),
                                    f"{page.name} shows {language} that nothing runs:\n{block}")

    def test_links_lead_somewhere(self):
        for page in [*PAGES, PROJECT / "examples/cpp/README.md"]:
            text = INLINE.sub("", BLOCK.sub("", page.read_text(encoding="utf-8")))
            for target in LINK.findall(text):
                self.assertTrue((page.parent / target).exists(), f"{page.name}: {target}")


if __name__ == "__main__":
    unittest.main()
