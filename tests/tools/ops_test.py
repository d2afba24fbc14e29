# SPDX-License-Identifier: Apache-2.0
"""ops/ is valid, the alerts fire when they should and not else, and the dashboard is what its program writes."""

import json
import os
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
REQUIRED = os.environ.get("PARLEY_REQUIRE_MODELS") == "1"

sys.dont_write_bytecode = True
sys.path.insert(0, str(PROJECT / "tools"))
import dashboard  # noqa: E402


def promtool(*words):
    if not shutil.which("promtool"):
        message = "promtool is not installed: tools/packages tests"
        if REQUIRED:
            raise AssertionError(message)
        raise unittest.SkipTest(message)
    return subprocess.run(["promtool", *words], cwd=PROJECT, capture_output=True, text=True)


class Rules(unittest.TestCase):
    def test_files_are_valid(self):
        for words in (("check", "rules", "ops/alerts.yml"), ("check", "config", "ops/prometheus.yml")):
            done = promtool(*words)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_each_alert_fires_when_it_should(self):
        done = promtool("test", "rules", "ops/alerts_test.yml")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_no_alert_is_without_a_test(self):
        rules = (PROJECT / "ops/alerts.yml").read_text(encoding="utf-8")
        tests = (PROJECT / "ops/alerts_test.yml").read_text(encoding="utf-8")
        names = re.findall(r"- alert: (\w+)", rules)
        self.assertGreaterEqual(len(names), 8)
        for name in names:
            self.assertIn(f"alertname: {name}\n", tests)

    def test_every_metric_is_one_that_the_server_has(self):
        used = set(re.findall(r"\b(?:parley|process)_\w+", (PROJECT / "ops/alerts.yml").read_text("utf-8")))
        for _, _, queries, _ in dashboard.panels():
            for _, query in queries:
                used |= set(re.findall(r"\b(?:parley|process)_\w+", query))
        sources = "".join(
            file.read_text(encoding="utf-8") for file in (PROJECT / "src").rglob("*.cpp")
        )
        bare = {re.sub("_(bucket|sum|count)$", "", name) for name in used}
        self.assertEqual({name for name in bare if f'"{name}"' not in sources}, set())


class Dashboard(unittest.TestCase):
    def test_the_file_is_what_its_program_writes(self):
        self.assertEqual(dashboard.main(["--check"]), 0)

    def test_panels_do_not_overlap(self):
        taken = set()
        for panel in json.loads(dashboard.text())["panels"]:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24)
            for x in range(place["x"], place["x"] + place["w"]):
                for y in range(place["y"], place["y"] + place["h"]):
                    self.assertNotIn((x, y), taken, panel["title"])
                    taken.add((x, y))


if __name__ == "__main__":
    unittest.main()
