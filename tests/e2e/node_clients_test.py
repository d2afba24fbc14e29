# SPDX-License-Identifier: Apache-2.0
"""The official JavaScript clients, unmodified, over ws and wss; node/ has what they do."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from support import places, speech
from support.certificate import make_certificate
from support.node import make_folder, node_program
from support.server import Server

SECONDS = 300
NODE = places.ROOT / "tests/e2e/node"


class JavaScript(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="parley-node-"))
        self.addCleanup(shutil.rmtree, self.folder)
        make_folder(self.folder)
        shutil.copytree(NODE, self.folder, dirs_exist_ok=True)
        (self.folder / "question.pcm").write_bytes(speech.clip("wisdom").pcm)

    def run_script(self, name, server, environment=None, **more):
        told = {
            "question": str(self.folder / "question.pcm"), "url": f"{server.url}/v1",
            "socket": server.socket_url, **more,
        }  # fmt: skip
        done = subprocess.run(
            [node_program(), name], cwd=self.folder, timeout=SECONDS, capture_output=True, text=True,
            env={**os.environ, "PARLEY_TEST": json.dumps(told), **(environment or {})},
        )  # fmt: skip
        print(done.stdout, end="", flush=True)
        self.assertEqual(done.returncode, 0, done.stderr[-4000:])

    def test_openai_over_wss(self):
        certificate, key = make_certificate(self.folder)
        settings = {"server.tls_cert": certificate, "server.tls_key": key}
        with Server(fake=True, settings=settings) as server:
            self.run_script("openai_client.mjs", server, {"NODE_EXTRA_CA_CERTS": certificate})

    def test_agents_realtime(self):
        """First as it comes, with semantic_vad; then with a silence of a length."""
        pause = {"audio": {"input": {"turnDetection": {"type": "server_vad", "silenceDurationMs": 700}}}}
        with Server(fake=True) as server:
            for config in ({}, pause):
                with self.subTest(config=config):
                    self.run_script("agents_client.mjs", server, config=config)


if __name__ == "__main__":
    unittest.main()
