# SPDX-License-Identifier: Apache-2.0
"""The short form of tools/speech_soak.py: users come and go, and leave nothing behind."""

import sys
import unittest

from support import places

sys.path.insert(0, str(places.ROOT / "tools"))
import speech_soak  # noqa: E402


class Soak(unittest.TestCase):
    def test_users_leave_nothing_behind(self):
        places.program()
        # So short a run has not met every size of allocation yet, and fills its caches: what it judges
        # are the answers, threads and descriptors.
        short = ["--users", "8", "--minutes", "0.5", "--fake", "--pause", "0.02"]
        self.assertEqual(speech_soak.main([*short, "--growth-max", "200"]), 0)


if __name__ == "__main__":
    unittest.main()
