# SPDX-License-Identifier: Apache-2.0
"""The phrase cache of a server: over restarts, over a broken disk, with phrases that are pinned."""

import array
import base64
import json
import resource
import shutil
import tempfile
import time
import unittest
from pathlib import Path

from support.server import Server

TEXT = "Good morning."
# A stand-in speaks 60 ms for each letter: the file is larger than SMALL.
LONG_TEXT = "a sentence that goes on and on without a comma or any other place to take a breath at all"
SMALL = 64 * 1024  # bytes that a file may have
PATIENCE_S = 60


class PhraseCache(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="parley-phrases-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def server(self, prepare=None, **more):
        settings = {
            "tts.cache.use": "on", "tts.cache.path": str(self.folder / "phrases"), "store.path": "",
            **{name.replace("__", "."): value for name, value in more.items()},
        }  # fmt: skip
        return Server(fake=True, settings=settings, prepare=prepare)

    def speak(self, server, text=TEXT):
        status, answer = server.post("/v1/audio/stream", {"text": text})
        self.assertEqual(status, 200, answer)
        pcm = array.array("h")
        for chunk in answer["data"]["audio_chunks"]:
            pcm.frombytes(base64.b64decode(chunk["audio_data"]))
        return pcm

    def count(self, server, series):
        _, _, body = server.get("/metrics")
        for line in body.decode().splitlines():
            if line.startswith(f"parley_tts_cache_{series} "):
                return int(line.rpartition(" ")[2])
        return None

    def wait_for(self, what):
        end = time.monotonic() + PATIENCE_S
        while not what():
            self.assertLess(time.monotonic(), end, "it never came to be")

    def files(self):
        return list((self.folder / "phrases").rglob("*.phrase"))

    def keep(self):
        """What the text sounds like; it is on the disk afterwards."""
        with self.server() as server:
            audio = self.speak(server)
            self.assertEqual(self.speak(server), audio)
            self.assertEqual(self.count(server, "misses_total"), 1)
            self.assertEqual(self.count(server, 'hits_total{tier="memory"}'), 1)
        self.assertEqual(len(self.files()), 1)
        return audio

    def test_a_restart_answers_from_the_disk(self):
        audio = self.keep()
        with self.server() as server:
            from_disk = self.speak(server)
            self.assertEqual(len(from_disk), len(audio))
            # The disk has 16 bits, and the rate is converted afterwards.
            self.assertLessEqual(max(abs(a - b) for a, b in zip(from_disk, audio)), 1)
            self.assertEqual(self.count(server, 'hits_total{tier="disk"}'), 1)
            self.assertEqual(self.count(server, "misses_total"), 0)

    def test_a_corrupt_file_is_made_anew(self):
        audio = self.keep()
        file = self.files()[0]
        file.write_bytes(file.read_bytes()[:-1])
        with self.server() as server:
            self.assertEqual(self.speak(server), audio)
            self.assertEqual(self.count(server, 'corrupt_total{tier="disk"}'), 1)
            self.assertEqual(self.count(server, "misses_total"), 1)
            self.assertNotIn("phrase_cache", json.loads(server.get("/healthz")[2]))

    def test_a_full_disk_is_no_listeners_business(self):
        def small_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, SMALL))

        with self.server(prepare=small_files) as server:
            audio = self.speak(server, LONG_TEXT)
            self.assertEqual(self.speak(server, LONG_TEXT), audio)
            self.wait_for(lambda: "phrase_cache" in json.loads(server.get("/healthz")[2]))
            health = json.loads(server.get("/healthz")[2])
            self.assertEqual(health["status"], "ok")
            self.assertIn("File too large", health["phrase_cache"])
            self.assertEqual(self.speak(server, LONG_TEXT), audio)
            self.assertEqual(server.log().count("cannot be written to disk"), 1)
        self.assertEqual(self.files(), [])

    def test_pinned_phrases_are_ready_before_anybody_asks(self):
        pinned = self.folder / "pinned"
        pinned.write_text(f"# often\n{TEXT}\nIt costs $5.\n", encoding="utf-8")
        with self.server(tts__cache__pinned=str(pinned)) as server:
            self.wait_for(lambda: self.count(server, 'phrases{tier="memory"}') == 2)
            missed = self.count(server, "misses_total")
            self.speak(server)
            self.speak(server, "It costs $5.")
            self.assertEqual(self.count(server, "misses_total"), missed)
            self.assertIn('"event":"pinned phrases are ready","ready":2', server.log())


if __name__ == "__main__":
    unittest.main()
