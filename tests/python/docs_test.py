# SPDX-License-Identifier: Apache-2.0
"""Every Python example of the documentation runs, and gives what it says."""

import ast
import contextlib
import io
import os
import re
import tempfile
import unittest
from pathlib import Path

import numpy as np

PROJECT = Path(__file__).resolve().parents[2]
PAGES = ("docs/engine/python.md", "python/README.md")
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


def said(line):
    """What a line's comment says that it gives: `x()   # → [1, 2]`."""
    _, arrow, text = line.partition("# → ")
    return text.strip() if arrow else None


def run(page):
    """Runs the blocks of a page one after the other, and compares what it says."""
    names = {"__name__": "docs", "np": np}
    for block in BLOCK.findall((PROJECT / page).read_text(encoding="utf-8")):
        if "parley.connect" in block:
            continue  # needs a server: realtime_test.py runs the same lines as an example
        lines = block.splitlines()
        for statement in ast.parse(block).body:
            expected = said(lines[statement.end_lineno - 1])
            code = "\n".join(lines[statement.lineno - 1:statement.end_lineno])
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                if expected is not None and isinstance(statement, ast.Expr):
                    result = eval(compile(ast.Expression(statement.value), page, "eval"), names)
                    given = printed.getvalue().strip() or repr(result)
                else:
                    exec(compile(code, page, "exec"), names)
                    continue
            if given != expected:
                raise AssertionError(f"{page}: {code}\n  says {expected}\n  gives {given}")


class Docs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)  # examples write files

    def test_every_example_runs(self):
        for page in PAGES:
            with self.subTest(page=page):
                run(page)

    def test_the_client_of_the_page_is_the_example(self):
        text = (PROJECT / PAGES[0]).read_text(encoding="utf-8")
        block = next(b for b in BLOCK.findall(text) if "parley.connect" in b)
        example = (PROJECT / "examples/python/realtime_client.py").read_text(encoding="utf-8")
        self.assertLessEqual(len(block.strip().splitlines()), 10)
        for line in block.strip().splitlines():
            self.assertIn(line.split("  #")[0].strip(), example)


if __name__ == "__main__":
    unittest.main()
