# SPDX-License-Identifier: Apache-2.0
"""Agents of one's own in rooms, with a worker that is played: a script that stands for the program
`parley` and says line by line what it would. The real one: tests/e2e/rooms_entrypoint_test.py."""

import json
import logging
import os
import signal
import stat
import sys
import tempfile
import threading
import unittest
from pathlib import Path

from parley import rooms
from parley.rooms_events import event_of
from parley.rooms_job import EVENTS_MAX, JobCore

FACTS = {
    "type": "job", "job": "AJ_1", "kind": "room", "dispatch": "AD_1", "room": "kitchen",
    "room_sid": "RM_1", "participant": "", "metadata": "m", "agent_name": "parley",
    "attributes": {"a": "b"},
}  # fmt: skip
ENTERED = {"job": "AJ_1", "type": "entered", "room": "kitchen", "identity": "agent-AJ_1"}
SAID = {
    "job": "AJ_1", "type": "said", "identity": "ann", "name": "Ann", "segment": "SG_1",
    "text": "Hi.", "language": "en", "begin_ms": 20, "end_ms": 420, "final": True, "own": False,
}  # fmt: skip
LEFT = {"job": "AJ_1", "type": "left", "error": None}

# Plays `parley worker`: does the steps that the environment names, one after the other. A text is a
# line that must come from the program (its type), a dict is a line for it.
PLAYER = """#!{python}
import json, os, signal, socket, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])  # it ends when it is told to
steps = json.loads(os.environ["STEPS"])
wire = socket.socket(fileno=int(sys.argv[sys.argv.index("--entry-fd") + 1]))
lines = wire.makefile("rb")
said = []
for step in steps:
    if isinstance(step, dict):
        wire.sendall(json.dumps(step).encode() + b"\\n")
    elif step == "nonsense":
        wire.sendall(b"hello\\n")
    elif step == "SIGTERM":
        signal.sigwait([signal.SIGTERM])
    else:
        said.append(json.loads(lines.readline() or "null"))
        if said[-1] is None or said[-1]["type"] != step:
            said.append("expected " + step)
            break
with open(os.environ["SAID"], "w") as file:
    json.dump([said, sys.argv[1:], os.environ.get("PARLEY_ROOMS_SECRET")], file)
sys.exit(int(os.environ.get("STATUS", "0")))
"""


def core_of(answer, sent):
    """Of a job whose worker answers a join at once; what is sent is kept."""

    def send(message):
        sent.append(message)
        if message["type"] == "join":
            core.take(answer)

    core = JobCore(FACTS, send)
    return core


class Events(unittest.TestCase):
    def test_each_kind_is_read(self):
        said = event_of(SAID)
        self.assertEqual(said, rooms.Transcript(
            "ann", "Ann", "Hi.", True, False, "SG_1", "en", 0.02, 0.42))  # fmt: skip
        translated = {"type": "translated", "identity": "ann", "name": "Ann", "segment": "SG_1",
                      "text": "Hallo.", "to": "de"}  # fmt: skip
        self.assertEqual(
            event_of(translated), rooms.Translation("ann", "Ann", "Hallo.", "de", "SG_1")
        )
        came = {"type": "came", "identity": "ann", "name": "Ann", "kind": "sip", "metadata": "",
                "attributes": {"x": "y"}}  # fmt: skip
        self.assertEqual(
            event_of(came), rooms.ParticipantCame("ann", "Ann", "sip", "", {"x": "y"})
        )
        for kind, fields, event in [
            ("went", {"identity": "ann"}, rooms.ParticipantWent("ann")),
            ("state", {"state": "speaking"}, rooms.StateChanged("speaking")),
            ("refused", {"command": "say", "why": "x"}, rooms.CommandRefused("say", "x")),
            ("ends", {"why": "drains"}, rooms.EndComes("drains")),
            ("left", {"error": "gone"}, rooms.AgentLeft("gone")),
        ]:
            self.assertEqual(event_of({"type": kind, **fields}), event)

    def test_later_kinds_are_passed_over_and_half_ones_are_not(self):
        self.assertIsNone(event_of({"type": "of later versions"}))
        with self.assertRaises(KeyError):
            event_of({"type": "said", "text": "Hi."})


class JobTest(unittest.TestCase):
    def test_facts_are_those_of_livekit(self):
        job = rooms.Job(core_of(ENTERED, []))
        self.assertEqual(
            (job.id, job.kind, job.room, job.metadata, job.attributes, job.agent_name),
            ("AJ_1", "room", "kitchen", "m", {"a": "b"}, "parley"),
        )

    def joined(self, *messages):
        """An agent in the room, and what was sent."""
        sent = []
        core = core_of(ENTERED, sent)
        agent = rooms.Job(core).join("assistant", greeting="Hello!", speak=False)
        for message in messages:
            core.take(message)
        return core, agent, sent

    def test_an_agent_is_commanded_and_tells(self):
        _, agent, sent = self.joined(SAID, LEFT)
        self.assertEqual(agent.identity, "agent-AJ_1")
        self.assertEqual(sent, [{
            "type": "join", "job": "AJ_1",
            "order": {"agent": "assistant", "speak": False, "greeting": "Hello!"},
        }])  # fmt: skip
        self.assertEqual(list(agent), [event_of(SAID), rooms.AgentLeft(None)])
        agent.wait()
        with self.assertRaisesRegex(rooms.RoomError, "not in the room"):
            agent.say("Too late.")

    def test_commands_are_lines(self):
        _, agent, sent = self.joined()
        agent.say("One.")
        agent.interrupt()
        agent.set_instructions("brief")
        agent.leave()
        self.assertEqual([line["type"] for line in sent[1:]],
                         ["say", "interrupt", "set_instructions", "leave"])  # fmt: skip
        self.assertEqual(sent[1]["text"], "One.")

    def test_one_agent_at_a_time_and_none_at_the_end(self):
        core, _, _ = self.joined()
        with self.assertRaisesRegex(rooms.RoomError, "already"):
            rooms.Job(core).join()
        core.take({"job": "AJ_1", "type": "ends", "why": "drains"})
        core.take(LEFT)
        self.assertTrue(rooms.Job(core).is_ending)
        with self.assertRaisesRegex(rooms.RoomError, "ending"):
            rooms.Job(core).join()

    def test_a_join_that_fails_says_why(self):
        for message in [
            {"job": "AJ_1", "type": "refused", "command": "join", "why": "no such agent"},
            {"job": "AJ_1", "type": "left", "error": "no such agent"},
        ]:
            with self.assertRaisesRegex(rooms.RoomError, "no such agent"):
                rooms.Job(core_of(message, [])).join("nobody")

    def test_a_room_that_is_lost_is_an_error_of_wait(self):
        _, agent, _ = self.joined(SAID, {**LEFT, "error": "the room is gone"})
        with self.assertRaisesRegex(rooms.RoomError, "the room is gone"):
            agent.wait()

    def test_what_nobody_takes_is_lost_and_counted(self):
        _, agent, _ = self.joined(*[SAID] * (EVENTS_MAX + 3))
        self.assertEqual(agent.lost, 3)
        with self.assertRaises(TimeoutError):
            agent.wait(0.01)

    def test_a_worker_that_goes_ends_the_agent(self):
        core, agent, _ = self.joined()
        core.worker_has_gone("the worker has gone")
        self.assertEqual(list(agent), [rooms.AgentLeft("the worker has gone")])


class WorkerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.player = self.folder / "parley"
        self.player.write_text(PLAYER.replace("{python}", sys.executable), encoding="utf-8")
        self.player.chmod(self.player.stat().st_mode | stat.S_IXUSR)
        logging.getLogger("parley.rooms").addHandler(logging.NullHandler())
        logging.getLogger("parley.rooms").propagate = False

    def run_worker(self, entrypoint, *steps, status=0, **options):
        """What the program said, and how the worker was called."""
        said = self.folder / "said"
        environment = {"STEPS": json.dumps(steps), "SAID": str(said), "STATUS": str(status)}
        os.environ.update(environment)
        rooms.run_worker(entrypoint, program=self.player, **options)
        return json.loads(said.read_text(encoding="utf-8"))

    HELLO = {"type": "hello", "protocol": 1}

    def test_jobs_are_done_by_the_entry_point(self):
        seen = []

        def entrypoint(job):
            agent = job.join("assistant")
            seen.extend([threading.current_thread().name, *agent])

        prewarmed = threading.Event()
        said, arguments, secret = self.run_worker(
            entrypoint, self.HELLO, "ready", FACTS, "join", ENTERED, SAID, LEFT, "done",
            prewarm=prewarmed.set, url="ws://livekit", key="k", secret="hush", agent_name="n",
            settings={"asr.model": "whisper-base", "rooms.jobs_max": 3},
        )  # fmt: skip
        self.assertTrue(prewarmed.is_set())
        self.assertEqual(said[-1], {"type": "done", "job": "AJ_1", "error": None})
        self.assertEqual(seen[0], "job AJ_1 in room kitchen")
        self.assertEqual(seen[1:], [event_of(SAID), rooms.AgentLeft(None)])
        self.assertEqual(arguments[:7], [
            "worker", "--url", "ws://livekit", "--livekit-key", "k", "--agent-name", "n",
        ])  # fmt: skip
        self.assertIn("asr.model=whisper-base", arguments)
        self.assertIn("rooms.jobs_max=3", arguments)
        self.assertEqual(secret, "hush")
        self.assertNotIn("hush", " ".join(arguments))

    def test_an_entry_point_may_be_a_coroutine_function(self):
        seen = []

        async def entrypoint(job):
            agent = await job.join("assistant")
            agent.say("Hello.")
            async for event in agent:
                seen.append(event)
            await agent.wait()

        async def prewarm():
            seen.append("prewarmed")

        said, _, _ = self.run_worker(
            entrypoint, self.HELLO, "ready", FACTS, "join", ENTERED, "say", SAID, LEFT, "done",
            prewarm=prewarm,
        )  # fmt: skip
        self.assertEqual(said[-1]["error"], None)
        self.assertEqual(seen, ["prewarmed", event_of(SAID), rooms.AgentLeft(None)])

    def test_what_one_job_raises_is_its_own(self):
        def entrypoint(job):
            if job.id == "bad":
                sys.exit("ValueError would be as good")
            job.join().wait()

        bad = {**FACTS, "job": "bad"}
        said, _, _ = self.run_worker(
            entrypoint, self.HELLO, "ready", FACTS, "join", ENTERED, bad, "done", SAID, LEFT, "done"
        )
        self.assertEqual(said[2], {
            "type": "done", "job": "bad", "error": "SystemExit: ValueError would be as good",
        })  # fmt: skip
        self.assertEqual(said[3], {"type": "done", "job": "AJ_1", "error": None})

    def test_a_prewarm_that_raises_is_raised_and_no_job_comes(self):
        def prewarm():
            raise OSError("no database")

        with self.assertRaisesRegex(OSError, "no database"):
            self.run_worker(print, self.HELLO, "failed", "SIGTERM", prewarm=prewarm)

    def test_a_worker_that_ends_by_itself_is_an_error(self):
        seen = []

        def entrypoint(job):
            seen.extend(job.join())

        with self.assertRaisesRegex(rooms.WorkerError, "status 7"):
            self.run_worker(entrypoint, self.HELLO, "ready", FACTS, "join", ENTERED, status=7)
        self.assertEqual(seen, [rooms.AgentLeft("the worker has gone")])

    def test_lines_that_cannot_be_read_end_it(self):
        for step in ({"type": "hello", "protocol": 2}, "nonsense", {"type": "job"}):
            with self.assertRaises(rooms.WorkerError), self.assertLogs("parley.rooms", "ERROR"):
                self.run_worker(print, self.HELLO, "ready", step, "done", status=1)

    def test_a_signal_drains(self):
        def entrypoint(job):
            os.kill(os.getpid(), signal.SIGTERM)
            self.assertEqual(list(job.join()), [rooms.EndComes("drains"), rooms.AgentLeft(None)])

        before = signal.getsignal(signal.SIGTERM)
        self.run_worker(
            entrypoint, self.HELLO, "ready", FACTS, "join", ENTERED,
            {"job": "AJ_1", "type": "ends", "why": "drains"}, LEFT, "done",
        )  # fmt: skip
        self.assertIs(signal.getsignal(signal.SIGTERM), before)

    def test_without_a_program_it_says_what_to_do(self):
        with self.assertRaisesRegex(rooms.WorkerError, "could not be started"):
            rooms.run_worker(print, program=self.folder / "nothing")
        path = os.environ.pop("PATH")
        self.addCleanup(os.environ.__setitem__, "PATH", path)
        os.environ["PATH"] = str(self.folder / "nowhere")
        with self.assertRaisesRegex(rooms.WorkerError, "PARLEY_PROGRAM"):
            rooms.Worker(print)


if __name__ == "__main__":
    unittest.main()
