#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one file of tests of the Python package, as the build folder has it.

    run.py pipeline_test.py [NAME]...

The environment is the folder PARLEY_PYTHON_SITE (packages that the tests import: NumPy, websockets)
and PARLEY_PYTHON_BUILD (ours). Exit status 77 (ctest: skipped) when the package was not built, or
when everything in the file was skipped, with the reasons.
"""

import os
import sys
import unittest
from pathlib import Path

SKIPPED = 77
HERE = Path(__file__).resolve().parent


def main():
    site, build = (os.environ.get(f"PARLEY_PYTHON_{name}", "") for name in ("SITE", "BUILD"))
    if not site or not list(Path(build, "parley").glob("_engine.*")):
        print("SKIPPED: the Python package is not built, because pybind11 is missing: run "
              "tools/deps --with tests, and configure again")
        sys.exit(SKIPPED)
    sys.path[:0] = [str(HERE), build, site]
    os.environ["PYTHONPATH"] = os.pathsep.join([build, site])  # for programs that tests start
    name, *only = sys.argv[1:]
    module = Path(name).stem
    names = [f"{module}.{one}" for one in only] or [module]
    suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    for test, reason in result.skipped:
        print(f"skipped: {test}: {reason}")
    if not result.wasSuccessful():
        sys.exit(1)
    if result.skipped and result.testsRun <= len(result.skipped):
        sys.exit(SKIPPED)


if __name__ == "__main__":
    main()
