# SPDX-License-Identifier: Apache-2.0
"""Every panel of the dashboard has data when a real Prometheus has scraped a real server."""

import shutil
import sys
import unittest

from support import places

sys.path.insert(0, str(places.ROOT / "tools"))
import dashboard  # noqa: E402


class Dashboard(unittest.TestCase):
    def test_no_panel_is_empty(self):
        places.program()
        places.need(shutil.which("prometheus") or "/usr/bin/prometheus", "tools/packages tests")
        self.assertEqual(dashboard.main(["--show", "--fake", "--seconds", "20", "--set", "tts.cache.use=on"]), 0)


if __name__ == "__main__":
    unittest.main()
