#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The installed CMake package, used by projects outside the tree.

    package_test.py BUILD     # a finished build: nothing of Parley is compiled here
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
BUILD = Path(sys.argv.pop(1) if len(sys.argv) > 1 else PROJECT / "build/release").resolve()
EXPECTED = [f"{how}: clap at {time} s, 0.80" for how in ("built", "read") for time in ("1.00", "2.50")]
THIRD_PARTIES = re.compile(
    r"#include <(spdlog|fmt|yaml-cpp|boost|openssl|sndfile|speex|prometheus|portaudio)", re.ASCII)


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = Path(temporary.name)
        cls.prefix = cls.folder / "a prefix"
        cls.run_checked("cmake", "--install", BUILD, "--prefix", cls.prefix)

    @classmethod
    def run_checked(cls, *command, cwd=None):
        done = subprocess.run([str(word) for word in command], cwd=cwd, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, command))}:\n{done.stdout[-4000:]}")
        return done.stdout

    def project(self, name, source):
        """A copy, so that nothing of the tree lies beside it."""
        copy = self.folder / name
        shutil.copytree(PROJECT / source, copy)
        return copy

    def configure(self, source, *options, prefix=None):
        build = source / "build"
        return build, self.run_checked(
            "cmake", "-G", "Ninja", "-S", source, "-B", build, "-DCMAKE_BUILD_TYPE=Debug",
            f"-DCMAKE_PREFIX_PATH={prefix or self.prefix}", *options)

    def test_a_graph_with_an_operator_of_ones_own(self):
        source = self.project("claps", "examples/cpp/outside")
        build, _ = self.configure(source)
        self.run_checked("cmake", "--build", build)
        # Its own directory: nothing is looked for where Parley was built.
        printed = self.run_checked(build / "claps", "claps.yaml", cwd=source)
        self.assertEqual(printed.splitlines(), EXPECTED)

        graph = source / "claps.yaml"
        graph.write_text(graph.read_text().replace("threshold: 0.6", "treshold: 0.6"))
        failed = subprocess.run([build / "claps", "claps.yaml"], cwd=source, text=True,
                                capture_output=True)
        self.assertEqual(failed.returncode, 1)
        self.assertIn("claps.yaml:", failed.stderr)
        self.assertIn("treshold", failed.stderr)

    def test_models(self):
        source = self.project("examples", "examples/cpp")
        build, _ = self.configure(source)
        self.run_checked("cmake", "--build", build, "--target", "tone_model", "asr_pipeline")
        self.run_checked(build / "tone_model", ".", "good morning", cwd=source)
        printed = self.run_checked(build / "asr_pipeline", ".", cwd=source)
        self.assertEqual(printed.splitlines()[-1], "= good morning")

    def test_plugins_need_the_header_alone(self):
        alone = self.folder / "header only"
        for part in ("include/parley/plugin.h", "cmake"):
            found = [path for path in self.prefix.rglob("*") if path.as_posix().endswith(part)]
            self.assertTrue(found, part)
            target = alone / found[0].relative_to(self.prefix)
            target.parent.mkdir(parents=True, exist_ok=True)
            if found[0].is_dir():
                shutil.copytree(found[0], target)
            else:
                shutil.copy(found[0], target)
        build, _ = self.configure(self.project("sample", "plugins/sample"), prefix=alone)
        self.run_checked("cmake", "--build", build)
        self.assertTrue((build / "sample.so").is_file())

    def test_what_is_missing_is_named(self):
        source = self.project("missing", "examples/cpp/outside")
        with self.assertRaises(AssertionError) as failure:
            self.configure(source, "-DCMAKE_DISABLE_FIND_PACKAGE_yaml-cpp=TRUE")
        self.assertIn("On Debian: apt install libyaml-cpp-dev", " ".join(
            str(failure.exception).split()))

    def test_headers_show_no_third_party(self):
        headers = list((self.prefix / "include/parley").rglob("*.h"))
        self.assertGreater(len(headers), 100)
        for header in headers:
            with self.subTest(header=header.name):
                self.assertIsNone(THIRD_PARTIES.search(header.read_text(encoding="utf-8")))

    def test_nothing_names_the_folder_that_it_was_built_in(self):
        for path in self.prefix.rglob("*"):
            if path.suffix in (".cmake", ".h"):
                self.assertNotIn(str(PROJECT), path.read_text(encoding="utf-8"), path)


if __name__ == "__main__":
    os.environ.pop("DESTDIR", None)
    unittest.main()
