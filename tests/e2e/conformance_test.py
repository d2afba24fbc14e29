# SPDX-License-Identifier: Apache-2.0
"""Every case of cases.py against the real binary, over real sockets."""

import unittest

import cases
from support import script, speech
from support.server import Server
from support.wire import Wire

SETTINGS = {
    "fake": {"fake": True},
    "keys": {"fake": True, "settings": {"server.api_keys": [cases.KEY]}},
    "real": {"fake": False},
}


def make_class(kind):
    """One server, and one test method for each case that runs on it."""

    class Conformance(unittest.IsolatedAsyncioTestCase):
        @classmethod
        def setUpClass(cls):
            if kind == "real":
                speech.clip("wisdom")  # read before the first test's event loop runs
            cls.server = Server(**SETTINGS[kind])

        @classmethod
        def tearDownClass(cls):
            cls.server.stop()

    for case in cases.CASES:
        if kind in case.servers:
            setattr(Conformance, f"test_{case.number}", make_test(case, kind))
    Conformance.__name__ = Conformance.__qualname__ = f"With{kind.capitalize()}"
    return Conformance


def make_test(case, kind):
    async def test(self):
        values = {"server": kind, "said_ms": 0, "speech": []}
        headers = None
        if case.secret is not None:
            key = {"Authorization": f"Bearer {cases.KEY}"} if kind == "keys" else {}
            body = {"session": case.secret}
            status, secret = self.server.post("/v1/realtime/client_secrets", body, **key)
            self.assertEqual(status, 200, secret)
            values["secret"] = secret
            headers = {"Authorization": f"Bearer {secret['value']}"}
        async with Wire(
            self.server, query=case.query, subprotocols=case.subprotocols, headers=headers
        ) as wire:
            run = script.Run(wire, values)
            if case.number != "P04":  # the one case that gets no session
                run.values["session"] = (await wire.later("session.created"))["session"]
            if case.session is not None:
                await wire.update(**case.session)
            for number, step in enumerate(case.steps):
                try:
                    await step.do(run)
                except AssertionError as problem:
                    self.fail(f"step {number + 1}, {type(step).__name__}: {problem}")

    test.__doc__ = case.says
    return test


WithFake = make_class("fake")
WithKeys = make_class("keys")
WithReal = make_class("real")

if __name__ == "__main__":
    unittest.main()
