# SPDX-License-Identifier: Apache-2.0
"""The short form of tools/speech_load.py: Locust's users are all spoken to."""

import sys
import unittest

from support import places

sys.path.insert(0, str(places.ROOT / "tools"))
import speech_load  # noqa: E402


class Load(unittest.TestCase):
    def test_every_user_is_spoken_to(self):
        places.program()
        places.need_models()
        places.need(places.CACHE / "venv/load/bin/locust", "run tools/deps --with tests")
        # How fast is a matter of the machine: the long form judges it.
        short = ["--users", "6", "--minutes", "0.34", "--period", "4", "--p99-max", "0"]
        self.assertEqual(speech_load.main(short), 0)


if __name__ == "__main__":
    unittest.main()
