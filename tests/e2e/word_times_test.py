# SPDX-License-Identifier: Apache-2.0
"""When words are heard, by Parley and by PocketSphinx, which aligns the same audio by other means."""

import sys
import tempfile
import unittest
from pathlib import Path

from support import places

sys.path.insert(0, str(places.ROOT / "tools"))
import word_times  # noqa: E402

MEDIAN_MS = 40
P95_MS = 100


class WordTimes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        places.need_models()
        with tempfile.TemporaryDirectory() as folder:
            parley, folder = places.program(), Path(folder)
            clips, truths, cls.output = word_times.output_words(parley, folder)
            cls.input = word_times.input_words(parley, clips, truths, folder)

    def check(self, name, pairs, words_min):
        result = word_times.report(name, pairs)
        self.assertGreaterEqual(result["words"], words_min)
        self.assertLessEqual(result["median_ms"], MEDIAN_MS)
        self.assertLessEqual(result["p95_ms"], P95_MS)

    def test_words_of_replies(self):
        self.check("output words", self.output, 200)

    def test_words_of_the_user(self):
        self.check("input words", self.input, 180)


if __name__ == "__main__":
    unittest.main()
