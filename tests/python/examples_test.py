# SPDX-License-Identifier: Apache-2.0
"""Every program of examples/python runs, and prints what it should."""

import subprocess
import sys
import unittest
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "examples/python"


def output_of(name, *arguments):
    done = subprocess.run([sys.executable, "-B", EXAMPLES / name, *arguments], capture_output=True,
                          text=True, timeout=200)
    if done.returncode != 0:
        raise AssertionError(f"{name} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


class Examples(unittest.TestCase):
    def test_wake_detector(self):
        self.assertRegex(output_of("wake_detector.py"), r"wake word after 1\.\d+ s")

    def test_asr_pipeline(self):
        self.assertEqual(output_of("asr_pipeline.py").strip(), "hello world")
        self.assertEqual(output_of("asr_pipeline.py", "zebra").strip(), "zebra")

    def test_batched_pipeline(self):
        self.assertEqual(output_of("batched_pipeline.py").strip(), "60 frames classified in 8 calls")

    def test_audio_video(self):
        lines = output_of("audio_video.py").splitlines()
        self.assertEqual(lines[0], "bang at 0.40 s with the flash at 0.40 s")
        self.assertEqual(len(lines), 2)

    def test_hot_update(self):
        self.assertEqual(output_of("hot_update.py").strip(), "160000 samples, 20 updates, none lost")

    def test_profiler_report(self):
        text = output_of("profiler_report.py")
        self.assertIn("loudest: 1000 Hz", text)
        self.assertRegex(text, "critical path:.*Window.*Spectrum.*Loudest")

    def test_all_of_them_are_run_here(self):
        names = {path.stem for path in EXAMPLES.glob("*.py")} - {"tone_model"}
        tested = {name.removeprefix("test_") for name in dir(self) if name.startswith("test_")}
        self.assertEqual(names - tested, {"realtime_client"})  # that is realtime_test.py's
