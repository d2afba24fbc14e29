#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one file of end-to-end tests in an environment that `tools/deps --with tests` made.

    run.py page_test.py [NAME]...

Exit status 77 (ctest: skipped) when everything was skipped, with the reasons. With
PARLEY_REQUIRE_MODELS=1 a skip is a failure: the run that decides over a change must be complete.
"""

import logging
import os
import sys
import unittest
from pathlib import Path

SKIPPED = 77
HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("PARLEY_CACHE") or Path.home() / ".cache/parley")
# Programs of others bring what they need; everything else is in the environment of the tests.
OF_OTHERS = ("agents_client_test", "livekit_client_test", "pipecat_client_test")
ENVIRONMENTS = {
    **dict.fromkeys(OF_OTHERS, "clients"),
    **dict.fromkeys(("grpc_test", "riva_client_test", "speech_socket_faults_test"), "grpc"),
    "recognition_clients_test": "listening",
    "speech_elevenlabs_test": "elevenlabs",
    "word_times_test": "words",
}
REQUIRED = os.environ.get("PARLEY_REQUIRE_MODELS") == "1"


def enter_environment():
    name = Path(sys.argv[1]).stem
    environment = ENVIRONMENTS.get(name, "rooms" if name.startswith("rooms_") else "tests")
    python = CACHE / "venv" / environment / "bin/python"
    if Path(sys.prefix) == python.parents[1]:
        return
    if not python.exists():
        print(f"{python} is missing: run tools/deps --with tests")
        sys.exit(1 if REQUIRED else SKIPPED)
    os.execv(python, [python, "-B", __file__, *sys.argv[1:]])


def main():
    enter_environment()
    sys.path.insert(0, str(HERE))
    # unittest's debug loop warns of each slow step; reading a recording is one.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    name, *only = sys.argv[1:]
    module = Path(name).stem
    loader = unittest.TestLoader()
    suite = loader.loadTestsFromNames([f"{module}.{one}" for one in only] or [module])
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    for test, reason in result.skipped:
        print(f"skipped: {test}: {reason}")
    if not result.wasSuccessful() or (REQUIRED and result.skipped):
        sys.exit(1)
    # A skipped module counts as no test that ran.
    if result.skipped and result.testsRun <= len(result.skipped):
        sys.exit(SKIPPED)


if __name__ == "__main__":
    main()
