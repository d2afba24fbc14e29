# SPDX-License-Identifier: Apache-2.0
"""What the owner of a server sees of its sessions: cost, and records for observers."""

import json
import re
import tempfile
import unittest
from pathlib import Path

from support.server import Server
from support.wire import Wire

PRICES = {"input_text": 3.0, "input_audio": 5.0, "input_cached": 0.5, "output_text": 12.0}
TEXT_ONLY = {"output_modalities": ["text"], "audio": {"input": {"turn_detection": None}}}
REPLY_SECONDS = 180


def cost_of(usage):
    details = usage["input_token_details"]
    amounts = {
        "input_text": details["text_tokens"] - details["cached_tokens"],
        "input_audio": details["audio_tokens"],
        "input_cached": details["cached_tokens"],
        "output_text": usage["output_token_details"]["text_tokens"],
    }
    return sum(PRICES[kind] * tokens for kind, tokens in amounts.items()) / 1e6


async def ask(wire, text):
    await wire.add_text(text)
    await wire.send("response.create")
    done = await wire.later("response.done", within=REPLY_SECONDS)
    assert done["response"]["status"] in ("completed", "incomplete"), done
    return done["response"]["usage"]


class Cost(unittest.IsolatedAsyncioTestCase):
    async def test_what_the_local_model_remembers_is_counted_and_paid_as_cached(self):
        settings = {f"price.{kind}": price for kind, price in PRICES.items()}
        with Server(settings=settings) as server:
            async with Wire(server) as wire:
                await wire.update(**TEXT_ONLY, max_output_tokens=24)
                first = await ask(wire, "Name a river.")
                second = await ask(wire, "And another one?")
            _, _, metrics = server.get("/metrics")
        # All that was read for the first reply was still there for the second.
        cached = second["input_token_details"]["cached_tokens"]
        self.assertGreaterEqual(cached, first["input_tokens"])
        self.assertLess(cached, second["input_tokens"])
        total = 0.0
        for usage in (first, second):
            total += cost_of(usage)
            self.assertAlmostEqual(usage["parley"]["cost"], cost_of(usage), 12)
            self.assertAlmostEqual(usage["parley"]["session_cost"], total, 12)
            self.assertEqual(usage["parley"]["currency"], "USD")
        counted = re.search(r'parley_tokens_total\{kind="input_cached"\} (\d+)', metrics.decode())
        self.assertEqual(
            int(counted[1]), cached + first["input_token_details"]["cached_tokens"]
        )


class Observers(unittest.IsolatedAsyncioTestCase):
    async def test_the_file_has_what_the_client_was_told(self):
        with tempfile.TemporaryDirectory(prefix="parley-observers-") as folder:
            file = Path(folder) / "records.jsonl"
            with Server(fake=True, settings={"observers.file": str(file)}) as server:
                async with Wire(server) as wire:
                    created = await wire.later("session.created")
                    await wire.update(**TEXT_ONLY)
                    await ask(wire, "Hello.")
                    await wire.settle()
                told = [
                    event for event in wire.events
                    if event["type"] in ("conversation.item.done", "response.done", "error")
                ]  # fmt: skip
            records = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        self.assertEqual({record["session"] for record in records}, {created["session"]["id"]})
        kinds = [record["event"]["type"] for record in records]
        self.assertEqual((kinds[0], kinds[-1]), ("session.opened", "session.closed"))
        self.assertEqual([record["event"] for record in records[1:-1]], told)


if __name__ == "__main__":
    unittest.main()
