# SPDX-License-Identifier: Apache-2.0
"""models/catalogue.yaml agrees with deps.lock, and with what tools/deps made of it."""

import json
import os
import re
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tools"))
from deps_lib import lock, machine

FILE = re.compile(r"\{ path: ([^,]+), bytes: (\d+), sha256: ([0-9a-f]{64}) \}")


def catalogue():
    """{name: the lines of its entry}: enough of YAML for this file."""
    text = (PROJECT / "models/catalogue.yaml").read_text(encoding="utf-8")
    entries = text.split("\n  - name: ")[1:]
    return {entry.splitlines()[0]: entry for entry in entries}


class Catalogue(unittest.TestCase):
    def test_every_model_of_deps_lock_is_listed(self):
        folders = {f.path for p in lock.load(PROJECT / "deps.lock").packages for f in p.folders}
        fetched = {path.removeprefix("models/") for path in folders if path.startswith("models/")}
        listed = {name for name, entry in catalogue().items() if "fetch: deps" in entry}
        self.assertEqual(fetched, listed)

    def test_every_entry_has_a_job_a_licence_and_files(self):
        for name, entry in catalogue().items():
            self.assertRegex(entry, r"\n    job: (vad|turn|asr|speaker|tts|llm)\n", name)
            self.assertRegex(entry, r"\n    licence: \S", name)
            self.assertRegex(entry, r"\n      - \{ path: ", name)

    def test_hashes_are_those_of_the_files_in_the_cache(self):
        for name, entry in catalogue().items():
            files = FILE.findall(entry)
            stamp = machine.cache_root() / "models" / name / ".deps.json"
            if not files or ("\n    set: " in entry and not stamp.exists()):
                continue  # nobody has those unasked
            if not self.there(stamp):
                continue
            made = json.loads(stamp.read_text(encoding="utf-8"))["files"]
            for path, size, sha256 in files:
                self.assertEqual(made[path], {"size": int(size), "sha256": sha256}, path)

    def there(self, stamp):
        if stamp.exists():
            return True
        message = f"{stamp} is not there: run tools/deps"
        if os.environ.get("PARLEY_REQUIRE_MODELS") == "1":
            self.fail(message)
        self.skipTest(message)
        return False


if __name__ == "__main__":
    unittest.main()
