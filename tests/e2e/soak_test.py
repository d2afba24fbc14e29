# SPDX-License-Identifier: Apache-2.0
"""The short form of tools/soak.py: sessions come and go, and leave nothing behind."""

import sys
import unittest

from support import places

sys.path.insert(0, str(places.ROOT / "tools"))
import soak  # noqa: E402


class Soak(unittest.TestCase):
    def test_sessions_leave_nothing_behind(self):
        places.program()
        # A short run has not met every size of allocation yet, so it is granted more than the long.
        self.assertEqual(
            soak.main(["--sessions", "300", "--warm", "100", "--growth-max", "5"]), 0
        )

    def test_idle_sessions_are_small(self):
        places.program()
        self.assertEqual(soak.main(["--idle", "100"]), 0)


if __name__ == "__main__":
    unittest.main()
