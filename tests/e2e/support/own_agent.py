# SPDX-License-Identifier: Apache-2.0
"""A program of a user, for rooms_entrypoint_test.py: does what a job's metadata says, writes each
event as a line of JSON, and is commanded by lines at its standard input: METADATA COMMAND [TEXT].

    own_agent.py URL KEY NAME [--async]
"""

import json
import sys
import threading
from dataclasses import asdict
from pathlib import Path

from parley import rooms

TRANSCRIBER = Path(__file__).resolve().parents[3] / "agents/transcriber.yaml"
AGENTS = {}  # by metadata


def tell(what, **fields):
    print(json.dumps({"event": what, **fields}), flush=True)


def tell_event(job, event):
    tell(type(event).__name__, job=job.metadata, **asdict(event))


def begin(job):
    facts = {"room": job.room, "kind": job.kind, "agent_name": job.agent_name}
    tell("job", job=job.metadata, **facts)


def prewarm():
    tell("prewarmed")


def entrypoint(job):
    begin(job)
    if job.metadata == "wrong":
        try:
            job.join("nobody")
        except rooms.RoomError as error:
            tell("error", job=job.metadata, text=str(error))
        return
    agent = job.join("assistant")
    AGENTS[job.metadata] = agent
    if job.metadata == "raises":
        raise ValueError("as it was asked to")
    if job.metadata == "stays":
        agent.say("I stay where I am.")
        return
    for event in agent:
        tell_event(job, event)


async def entrypoint_async(job):
    begin(job)
    agent = await job.join(str(TRANSCRIBER))
    AGENTS[job.metadata] = agent
    async for event in agent:
        tell_event(job, event)


def follow():
    for line in sys.stdin:
        name, command, *text = line.rstrip("\n").split(" ", 2)
        getattr(AGENTS[name], command)(*text)


if __name__ == "__main__":
    threading.Thread(target=follow, daemon=True).start()
    url, key, agent_name, *rest = sys.argv[1:]
    rooms.run_worker(
        entrypoint_async if rest else entrypoint, prewarm=prewarm, url=url, key=key,
        agent_name=agent_name, settings={"rooms.port": -1},
    )  # fmt: skip
