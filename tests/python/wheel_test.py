# SPDX-License-Identifier: Apache-2.0
"""The wheel: made twice it is the same, and a fresh environment can import it."""

import os
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tools"))
import make_wheel  # noqa: E402

BUILD = Path(os.environ["PARLEY_PYTHON_BUILD"], "parley")
SITE = os.environ["PARLEY_PYTHON_SITE"]
USE = """
import numpy, parley
class Twice(parley.Operator):
    def process(self, context):
        context.output("y", context.input("x") * 2)
pipeline = parley.Pipeline()
pipeline.add_operator(Twice())
print(parley.__version__, pipeline.run({"x": numpy.arange(3)})["y"].tolist(), parley.__file__)
"""


class Wheel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.wheel = cls.make(cls.folder / "one")

    @staticmethod
    def make(folder):
        subprocess.run([sys.executable, "-B", PROJECT / "tools/make_wheel.py", BUILD, folder],
                       check=True, stdout=subprocess.DEVNULL)
        return next(folder.glob("parley-*.whl"))

    def test_the_same_again(self):
        again = self.make(self.folder / "two")
        self.assertEqual(again.name, self.wheel.name)
        self.assertEqual(again.read_bytes(), self.wheel.read_bytes())

    def test_it_is_complete(self):
        with zipfile.ZipFile(self.wheel) as wheel:
            names = wheel.namelist()
            record = next(name for name in names if name.endswith("/RECORD"))
            lines = wheel.read(record).decode().splitlines()
        self.assertEqual(sorted(line.split(",")[0] for line in lines), sorted(names))
        for wanted in ("parley/__init__.py", "parley/py.typed", "parley/libonnxruntime.so"):
            self.assertIn(wanted, names)
        self.assertTrue(any(name.endswith("/NOTICE") for name in names))

    def from_elsewhere(self, folder):
        """What the modules in `folder` load from outside it, but for what every Debian has."""
        found = {}
        for module in folder.glob("_engine.*"):
            listed = subprocess.run(["ldd", module], check=True, capture_output=True, text=True)
            for line in listed.stdout.splitlines():
                name, arrow, path = line.strip().partition(" => ")
                if arrow and not make_wheel.SYSTEM.match(name) and str(folder) not in path:
                    found[name] = path
        return found

    def test_every_library_has_its_licence(self):
        with zipfile.ZipFile(self.wheel) as wheel:
            licences = {Path(n).name for n in wheel.namelist() if "/licenses/" in n}
        self.assertIn("libsndfile1", licences)
        self.assertIn("libspeexdsp1", licences)

    def test_a_fresh_environment_can_use_it(self):
        venv = self.folder / "venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
        packages = next(venv.glob("lib/python3*")) / "site-packages"
        with zipfile.ZipFile(self.wheel) as wheel:  # what an installer does with a wheel
            wheel.extractall(packages)
        self.assertEqual(self.from_elsewhere(packages / "parley"), {})
        (packages / "numpy.pth").write_text(SITE + "\n", encoding="utf-8")
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        done = subprocess.run([venv / "bin/python", "-c", USE], cwd=self.folder, env=environment,
                              capture_output=True, text=True, timeout=100)
        self.assertEqual(done.returncode, 0, done.stderr)
        version, rest = done.stdout.split(" ", 1)
        self.assertIn(f"parley-{version}-", self.wheel.name)
        self.assertTrue(rest.startswith("[0, 2, 4] "), rest)
        self.assertIn(str(packages), rest)
