# SPDX-License-Identifier: Apache-2.0
"""The short form of tools/mutations.py: the server lives through broken events, and holds nothing of them."""

import sys
import unittest

from support import places

sys.path.insert(0, str(places.ROOT / "tools"))
import mutations  # noqa: E402


class Mutations(unittest.TestCase):
    def test_broken_events(self):
        places.program()
        mutations.SHARE_MAX = 100  # how long others wait is for the long form to judge
        arguments = ["--events", "3000", "--rate", "500", "--runs", "2", "--growth-max", "20"]
        self.assertEqual(mutations.main(arguments), 0)


if __name__ == "__main__":
    unittest.main()
