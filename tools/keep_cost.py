#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What keeping conversations costs a client: the same calls with it and without it.

    keep_cost.py [--rounds 5] [--items 300] [--replies 30] [--redis URL] [--real]

For each way to keep (nothing, a file with store.sync normal and full, Redis where --redis names one) a
server with fake models: the time from conversation.item.create to conversation.item.done, and from
response.create to the first sound of a spoken reply. Rounds alternate between the ways, since machines are
noisy; the figure of a round is its median, p99 beside it. --real: with the real models. Needs
`tools/deps --with tests`; runs bin/parley (PARLEY_BIN_DIR).
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests/e2e"))


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--items", type=int, default=300, help="in each round")
    parser.add_argument("--replies", type=int, default=30, help="in each round")
    parser.add_argument("--redis", help="redis://host:port of a server to use, too")
    parser.add_argument("--real", action="store_true", help="real models instead of fakes")
    return parser.parse_args()


async def item_times(wire, count):
    times = []
    for number in range(count):
        item = {"id": f"i{number}", "type": "message", "role": "user",
                "content": [{"type": "input_text", "text": "the sea and the ships"}]}  # fmt: skip
        start = time.perf_counter()
        await wire.send("conversation.item.create", item=item)
        await wire.later("conversation.item.done")
        times.append(1000 * (time.perf_counter() - start))
        await wire.send("conversation.item.delete", item_id=f"i{number}")
        await wire.later("conversation.item.deleted")
    return times


async def sound_times(wire, count):
    times = []
    for _ in range(count):
        await wire.add_text("hello there")
        start = time.perf_counter()
        await wire.send("response.create", response={"max_output_tokens": 30})
        await wire.later("response.output_audio.delta")
        times.append(1000 * (time.perf_counter() - start))
        done = await wire.later("response.done")
        for item in done["response"]["output"]:
            await wire.send("conversation.item.delete", item_id=item["id"])
    return times


async def one_round(server, options):
    from support.wire import Wire

    async with Wire(server) as wire:
        await wire.later("session.created")
        items = await item_times(wire, options.items)
    async with Wire(server) as wire:
        await wire.later("session.created")
        return items, await sound_times(wire, options.replies)


def p99(values):
    return sorted(values)[max(0, round(0.99 * len(values)) - 1)]


def main():
    options = parse()
    from support.server import Server

    folder = Path(tempfile.mkdtemp(prefix="parley-keep-cost-"))
    ways = {
        "nothing kept": {"store.path": ""},
        "file, normal": {"store.path": str(folder / "normal.db")},
        "file, full": {"store.path": str(folder / "full.db"), "store.sync": "full"},
    }
    if options.redis:
        ways["Redis"] = {"store.url": options.redis}
    servers = {
        way: Server(fake=not options.real, settings={"log.level": "warn", **settings})
        for way, settings in ways.items()
    }
    rounds = {way: [] for way in ways}
    try:
        for _ in range(options.rounds):
            for way, server in servers.items():
                rounds[way].append(asyncio.run(one_round(server, options)))
    finally:
        for server in servers.values():
            server.kill()
    print(f"{options.rounds} rounds of {options.items} items and {options.replies} replies; "
          "ms, median of the rounds' medians (their range), median of their p99")  # fmt: skip
    for at, what in enumerate(["item.create to item.done", "response.create to first sound"]):
        print(what)
        for way, results in rounds.items():
            medians = [statistics.median(result[at]) for result in results]
            tails = [p99(result[at]) for result in results]
            print(f"  {way:14} {statistics.median(medians):7.2f}  ({min(medians):.2f} to "
                  f"{max(medians):.2f})  p99 {statistics.median(tails):.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
