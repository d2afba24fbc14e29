#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An agent that welcomes everybody who comes into the room, by name, talks with them, and writes what
is said to standard output.

    PARLEY_ROOMS_SECRET=secret greeter.py ws://127.0.0.1:7880 devkey [NAME-OF-THE-AGENT]
"""

import sys

from parley import rooms


def prewarm():
    print("the door is open", flush=True)


def entrypoint(job):
    agent = job.join("assistant", instructions="You welcome guests. Be brief.")
    waiting, is_free = [], False
    for event in agent:
        match event:
            case rooms.ParticipantCame(kind="standard"):
                waiting.append(event.name or event.identity)
            case rooms.StateChanged(state):
                is_free = state == "listening"
            case rooms.Transcript(final=True):
                print(f"{job.room} | {event.name}: {event.text}", flush=True)
        if is_free and waiting:
            # All at once: what is said next would cut short what is being said.
            agent.say(f"Welcome, {', '.join(waiting)}.")
            waiting, is_free = [], False
    agent.wait()  # raises if it could not stay


if __name__ == "__main__":
    url, key, name = [*sys.argv[1:], None][:3]
    rooms.run_worker(entrypoint, prewarm=prewarm, url=url, key=key, agent_name=name)
