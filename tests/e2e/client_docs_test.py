# SPDX-License-Identifier: Apache-2.0
"""Runs every program that docs/realtime/clients.md shows, against a server in its place."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from support import places
from support.certificate import make_certificate
from support.node import make_folder, node_program
from support.server import Server

PAGE = places.ROOT / "docs/realtime/clients.md"
BLOCK = re.compile(r"^## (.+?)$|^```(python|js)\n(.*?)^```", re.DOTALL | re.MULTILINE)
SHOWN_ADDRESS = "127.0.0.1:8080"
SECONDS = 120
# Some of what LiveKit's package imports is not fetched.
RUN_WITHOUT = """
import runpy, sys
sys.path.insert(0, {e2e!r})
from support.of_others import leave_out
leave_out("av", "av.container", "livekit.local_inference")
runpy.run_path({program!r}, run_name="__main__")
"""


def programs():
    """(title, language, text) of each program."""
    title = ""
    for heading, language, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if heading:
            title = heading.replace("`", "")
        else:
            yield title, language, text


class Programs(unittest.TestCase):
    def setUp(self):
        places.need(places.CACHE / "venv/clients", "run tools/deps --with tests")
        self.folder = Path(tempfile.mkdtemp(prefix="parley-docs-"))
        self.addCleanup(shutil.rmtree, self.folder)
        make_folder(self.folder)

    def command(self, title, language, file):
        if language == "js":
            return [node_program(), file.name]
        if title == "Python openai":
            return [places.CACHE / "venv/tests/bin/python", file.name]
        code = RUN_WITHOUT.format(e2e=str(places.ROOT / "tests/e2e"), program=str(file))
        return [places.CACHE / "venv/clients/bin/python", "-c", code]

    def run_program(self, title, language, text, server, environment):
        file = self.folder / ("program.mjs" if language == "js" else "program.py")
        self.assertIn(SHOWN_ADDRESS, text)
        file.write_text(text.replace(SHOWN_ADDRESS, f"{server.host}:{server.port}"), encoding="utf-8")
        done = subprocess.run(
            self.command(title, language, file), cwd=self.folder, timeout=SECONDS,
            capture_output=True, text=True, env={**os.environ, **environment},
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        # The stand-in for a language model says back what it was told.
        self.assertIn("Say hello.", " ".join(done.stdout.split()), done.stderr[-3000:])

    def test_each_says_hello(self):
        certificate, key = make_certificate(self.folder)
        settings = {"server.tls_cert": certificate, "server.tls_key": key}
        trusting = {"NODE_EXTRA_CA_CERTS": certificate}
        shown = list(programs())
        self.assertEqual(len(shown), 6)
        with Server(fake=True) as plain, Server(fake=True, settings=settings) as secure:
            for title, language, text in shown:
                with self.subTest(title):
                    server = secure if "https://" in text else plain
                    self.run_program(title, language, text, server, trusting)


if __name__ == "__main__":
    unittest.main()
