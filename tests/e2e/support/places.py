# SPDX-License-Identifier: Apache-2.0
"""Where things are, and what a test does when one of them is not there."""

import os
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CACHE = Path(os.environ.get("PARLEY_CACHE") or Path.home() / ".cache/parley")
BIN = Path(os.environ.get("PARLEY_BIN_DIR") or ROOT / "bin").resolve()
# Clips and models beside the project, where a developer has them; nothing depends on them.
SHARED = ROOT.parent / "shared"
# What a test leaves behind for a person to look at; git ignores it.
RESULTS = Path(os.environ.get("PARLEY_TEST_RESULTS") or ROOT / "build/test-results")

MODELS = ["silero-vad", "moonshine-tiny-en", "en_US-joe-medium", "smollm2-135m-instruct"]
# 'real' needs the models; 'fake' runs everything that can be run without them.
REQUIRED = os.environ.get("PARLEY_REQUIRE_MODELS") == "1"


def need(path, advice):
    """Skips the test where `path` is missing; fails it where the run must be complete."""
    if Path(path).exists():
        return
    message = f"{path} is missing: {advice}"
    if REQUIRED:
        raise AssertionError(message)
    raise unittest.SkipTest(message)


def need_models():
    for model in MODELS:
        need(CACHE / "models" / model, "run tools/deps")


def need_speech():
    need(CACHE / "speech/two_cities.wav", "run tools/deps")


def program(name="parley"):
    need(BIN / name, "build it first (make build)")
    return BIN / name
