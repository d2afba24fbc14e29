# SPDX-License-Identifier: Apache-2.0
"""Small projects that break one rule each."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tools"))
import tidy
from tidy_lib import exceptions

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"
LAYERS = 'set(PARLEY_LAYER_TABLE\n  "base  :"\n  "exec  : base"\n  "all   : *"\n)\n'


class Tidy(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.project = Path(folder.name)
        subprocess.run(["git", "init", "--quiet", str(self.project)], check=True)
        self.write("cmake/layers.cmake", LAYERS)
        for table in ("UNTESTED", "TESTED_THROUGH"):
            self.enterContext(mock.patch.object(exceptions, table, {}))

    def write(self, path, text):
        file = self.project / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def findings(self, path, text, spdx=SPDX):
        self.write(path, spdx + text)
        return [str(finding) for finding in tidy.findings(self.project)]

    def assert_one(self, path, text, line, what):
        found = self.findings(path, text)
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(f"{path}:{line}: "), found)
        self.assertIn(what, found[0])

    def test_a_clean_file_has_no_findings(self):
        self.assertEqual(self.findings("src/exec/a.h", '#pragma once\n#include "base/b.h"\n'), [])

    def test_includes_go_up_the_table_only(self):
        self.assert_one("src/base/a.h", '#pragma once\n#include "exec/b.h"\n', 3, "may not import")

    def test_a_star_row_may_include_all_rows_above(self):
        text = '#pragma once\n#include "exec/b.h"\n#include "base/b.h"\n'
        self.assertEqual(self.findings("src/all/a.h", text), [])

    def test_includes_are_written_from_src(self):
        self.assert_one("src/base/a.h", '#pragma once\n#include "b.h"\n', 3, "include from src/")

    def test_third_party_headers_stay_in_their_folder(self):
        text = "#pragma once\n#include <boost/beast/core.hpp>\n"
        self.assert_one("src/exec/a.h", text, 3, "src/transport/")

    def test_refused_calls_are_found_in_code_and_not_in_words(self):
        for call, what in (
            ("std::this_thread::sleep_for(x);", "sleeping"),
            ("int* p = new int;", "naked new"),
            ("delete p;", "naked delete"),
            ("std::thread t;", "std::thread"),
            ("int r = rand();", "randomness"),
            ("auto t = std::chrono::steady_clock::now();", "Clock"),
        ):
            self.assert_one("src/base/a.h", f"#pragma once\n{call}\n", 3, what)
            words = f'#pragma once\n// {call}\nauto s = "{call}";\n'
            self.assertEqual(self.findings("src/base/a.h", words), [])

    def test_deleted_functions_and_owned_news_are_fine(self):
        text = (
            "#pragma once\nA(const A&) = delete;\n"
            "auto a = std::unique_ptr<A>(new A(1));\nstd::unique_ptr<A> b(\n    new A(2));\n"
            "#include <new>\n"
        )
        self.assertEqual(self.findings("src/base/a.h", text), [])

    def test_executors_may_start_threads(self):
        self.assertEqual(self.findings("src/exec/a.h", "#pragma once\nstd::thread t;\n"), [])

    def test_long_files_give_a_reason(self):
        text = "#pragma once\n" + "int x;\n" * 260
        self.assert_one("src/base/a.h", text, 250, "One file because")
        self.assertEqual(self.findings("src/base/a.h", "// One file because.\n" + text), [])

    def test_every_source_has_its_test(self):
        self.assert_one("src/base/a.cpp", "", 1, "no test")
        self.assertEqual(self.findings("tests/base/a_test.cpp", ""), [])

    def test_a_test_that_includes_the_header_counts(self):
        self.write("tests/base/b_test.cpp", SPDX + '#include "base/a.h"\n')
        self.assertEqual(self.findings("src/base/a.cpp", ""), [])

    def test_an_excuse_names_a_test_that_exists(self):
        exceptions.TESTED_THROUGH["src/base/a.cpp"] = "tests/base/b_test.cpp"
        self.assert_one("src/base/a.cpp", "", 1, "no such file")
        self.write("tests/base/b_test.cpp", SPDX)
        self.assertEqual(self.findings("src/base/a.cpp", ""), [])

    def test_first_line_and_guard(self):
        self.assertEqual(len(self.findings("src/base/a.h", "int x;\n", spdx="")), 2)

    def test_machine_paths_are_found_everywhere(self):
        path = "/ro" + "ot/models"
        found = self.findings("docs/a.md", f"see {path}\n")
        self.assertEqual(len(found), 1, found)
        beside = "../sha" + "red/data"
        self.assertEqual(len(self.findings("src/base/README.md", beside)), 2)

    def test_a_todo_says_why(self):
        found = self.findings("src/base/a.h", "#pragma once\n// TO" + "DO later\n")
        self.assertEqual(len(found), 1, found)


if __name__ == "__main__":
    unittest.main()
