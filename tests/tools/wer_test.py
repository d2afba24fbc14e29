# SPDX-License-Identifier: Apache-2.0
import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import wer


class Words(unittest.TestCase):
    def test_case_and_punctuation_do_not_count(self):
        self.assertEqual(wer.words("Ever tried. Ever FAILED?"), ["ever", "tried", "ever", "failed"])

    def test_hyphens_and_dashes_separate_words(self):
        self.assertEqual(wer.words("twenty-one\u2014or so"), ["twenty", "one", "or", "so"])

    def test_apostrophes_stay_inside_words_only(self):
        self.assertEqual(wer.words("'It\u2019s the boys' ball'"), ["it's", "the", "boys", "ball"])

    def test_letters_of_other_languages_are_words(self):
        self.assertEqual(wer.words("¿Qué tal?"), ["qué", "tal"])


class Errors(unittest.TestCase):
    def test_counts_each_kind(self):
        reference = "a b c d".split()
        self.assertEqual(wer.errors(reference, "a b c d".split()), 0)
        self.assertEqual(wer.errors(reference, "a x c d".split()), 1)
        self.assertEqual(wer.errors(reference, "a c d".split()), 1)
        self.assertEqual(wer.errors(reference, "a b b c d".split()), 1)
        self.assertEqual(wer.errors(reference, []), 4)
        self.assertEqual(wer.errors([], reference), 4)

    def test_rate_of_empty_reference(self):
        self.assertEqual(wer.rate(0, 0), 0.0)
        self.assertEqual(wer.rate(3, 0), 100.0)


class CommandLine(unittest.TestCase):
    def run_wer(self, references, hypotheses, *options):
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for name, text in (("ref.tsv", references), ("hyp.tsv", hypotheses)):
                paths.append(str(Path(folder, name)))
                Path(paths[-1]).write_text(text, encoding="utf-8")
            out = io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
                status = wer.main([*paths, *options])
        return status, out.getvalue()

    def test_folders_and_endings_of_keys_do_not_count(self):
        status, out = self.run_wer("one\ta b c d\n", "clips/one.wav\ta b x d\n")
        self.assertEqual(status, 0)
        self.assertIn("total\t25.00 %\t1/4 words, 1 files", out)

    def test_total_weighs_by_words(self):
        _, out = self.run_wer("x\ta\ny\tb c d\n", "x\tz\ny\tb c d\n", "--quiet")
        self.assertEqual(out, "total\t25.00 %\t1/4 words, 2 files\n")

    def test_limit_and_missing_files_fail(self):
        self.assertEqual(self.run_wer("x\ta\n", "x\tb\n", "--max", "99")[0], 1)
        self.assertEqual(self.run_wer("x\ta\n", "x\ta\n", "--max", "0")[0], 0)
        self.assertEqual(self.run_wer("x\ta\ny\tb\n", "x\ta\n")[0], 2)


if __name__ == "__main__":
    unittest.main()
