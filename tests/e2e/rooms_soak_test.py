# SPDX-License-Identifier: Apache-2.0
"""The short form of tools/rooms_soak.py: agents come into rooms and out of them, and leave nothing behind."""

import sys
import unittest

from support import places

sys.path.insert(0, str(places.ROOT / "tools"))
import rooms_soak  # noqa: E402


class Soak(unittest.TestCase):
    def test_jobs_leave_nothing_behind(self):
        places.program()
        # So short a run has not met every size of allocation yet: what it judges are sessions, tracks, and
        # what is held of LiveKit's client.
        self.assertEqual(rooms_soak.main(["--jobs", "10", "--fake", "--growth-max", "10000"]), 0)


if __name__ == "__main__":
    unittest.main()
