# SPDX-License-Identifier: Apache-2.0
"""The short form of tools/recognition_soak.py: clients of every interface come and go, behave and misbehave,
and leave nothing behind."""

import sys
import unittest

from support import places

sys.path.insert(0, str(places.ROOT / "tools"))
import recognition_soak  # noqa: E402


class Soak(unittest.TestCase):
    def test_clients_leave_nothing_behind(self):
        places.program()
        # So short a run has not met every size of allocation yet: what it judges are the answers, streams,
        # threads and descriptors.
        short = ["--clients", "8", "--minutes", "0.4", "--fake", "--pause", "1"]
        self.assertEqual(recognition_soak.main([*short, "--growth-max", "200"]), 0)


if __name__ == "__main__":
    unittest.main()
