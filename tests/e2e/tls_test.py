# SPDX-License-Identifier: Apache-2.0
"""The real binary under TLS: https and wss on one port, with a certificate made here."""

import json
import ssl
import tempfile
import unittest
import urllib.error
import urllib.request

from support.certificate import make_certificate
from support.server import Refused, Server, parley
from support.wire import Wire


class Tls(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="parley-tls-")
        cls.certificate, cls.key = make_certificate(cls.folder.name)
        settings = {"server.tls_cert": cls.certificate, "server.tls_key": cls.key}
        cls.server = Server(fake=True, settings=settings)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.folder.cleanup()

    def trusting(self):
        return ssl.create_default_context(cafile=self.certificate)

    def test_https(self):
        self.assertTrue(self.server.url.startswith("https://"))
        with urllib.request.urlopen(self.server.url + "/healthz", context=self.trusting()) as answer:
            self.assertEqual(json.load(answer), {"status": "ok"})

    def test_a_stranger_does_not_trust_it(self):
        with self.assertRaises(urllib.error.URLError):
            urllib.request.urlopen(self.server.url + "/healthz", timeout=30)

    async def test_a_conversation_over_wss(self):
        async with Wire(self.server, ssl=self.trusting()) as wire:
            await wire.later("session.created")
            await wire.add_text("Say something long, so that there is much to send.")
            await wire.send("response.create")
            done = await wire.later("response.done")
            self.assertEqual(done["response"]["status"], "completed")

    def test_a_foreign_key_is_refused_by_name(self):
        _, foreign = make_certificate(self.folder.name, "foreign")
        settings = {"server.tls_cert": self.certificate, "server.tls_key": foreign}
        with self.assertRaises(Refused) as refused:
            Server(fake=True, settings=settings)
        self.assertIn("does not belong to the certificate", refused.exception.log)

    def test_the_flags_go_together(self):
        done = parley("serve", "--set", "models.fake=true", "--port", "0", "--tls-cert", self.certificate)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("TLS needs both a certificate and its key", done.stderr)


if __name__ == "__main__":
    unittest.main()
