# SPDX-License-Identifier: Apache-2.0
"""What goes wrong in rooms and between a worker and LiveKit: each time the log and /healthz say what it is,
metrics tell the right state, nothing of it is kept, and other rooms go on. What registers wrongly with a
real server is in rooms_worker_test.py; what takes longer in rooms_faults_long_test.py."""

import json
import os
import signal
import tempfile
import unittest
from pathlib import Path

from support import places, speech
from support.agent_endpoint import BINARY, TEXT, AgentEndpoint, field
from support.livekit import LiveKitServer
from support.person import Person
from support.server import parley
from support.worker import Worker, client_processes

NAME = "parley-tests"
LIBRARY = "sdk/livekit/lib/liblivekit_ffi.so"
# Of LiveKit's client, 0.12 where Parley has 0.13: what LiveKit's own agents are pinned to.
OTHER_LIBRARY = "venv/clients/lib/python3.11/site-packages/livekit/rtc/resources/liblivekit_ffi.so"
LEEWAY_SECONDS = 60  # with which LiveKit looks at the end of a token
TONE_MS = 1000  # the stand-in "hears" how long it was


def nothing_is_left(worker, seconds=60):
    names = (
        "parley_room_worker_jobs", "parley_room_sessions", "parley_room_tracks", "parley_livekit_handles",
        "parley_livekit_answers_awaited",
    )  # fmt: skip
    worker.wait_until(
        lambda: not any(worker.metric(name) for name in names),
        "an idle worker",
        seconds,
    )


def hears(person, since):
    """What the agent makes of a tone."""
    person.say(speech.tone(TONE_MS), 24000)
    return person.wait_for(lambda: person.said_by(person.identity)[since:], 30, "words")[0].text


def meet_again(worker, livekit, room, person, agent):
    """In a new room of that name, by the connections that they had; and the agent hears."""
    there = lambda: {person.identity, agent} <= {one["identity"] for one in livekit.participants(room)}
    worker.wait_until(lambda: livekit.rooms() and there(), "both in the room again", 60)
    person.wait_for(lambda: agent in person.others, 60, "the agent")
    hears(person, since=len(person.said_by(person.identity)))


def agents_in(livekit, room, *states):
    """Their identities, of agents in one of the states, or in any; of no room none."""
    return [
        one["identity"] for one in livekit.participants(room)
        if one["identity"].startswith("agent-") and (not states or one["state"] in states)
    ]  # fmt: skip


def agent_token(livekit, room, seconds):
    grants = {"canUpdateOwnMetadata": True}
    return livekit.token("agent-test", room, kind="agent", seconds=seconds, grants=grants)


def outcome(worker, how):
    return worker.metric(f'parley_room_worker_jobs_total{{outcome="{how}"}}') or 0


class Versions(unittest.TestCase):
    """A server of another version, or none at all."""

    def trouble(self, endpoint):
        with Worker(endpoint, fake=True, agent_name=NAME) as worker:
            trouble = worker.wait_until(lambda: worker.state()["trouble"], "trouble")
            status, body = worker.get("/healthz")
            self.assertEqual(status, 503)
            self.assertIn("rooms", body)
            self.assertEqual(worker.metric("parley_room_worker_connected"), 0)
            self.assertIn(trouble[:40], worker.stop())
        return trouble

    def test_a_server_that_refuses_the_version_is_quoted(self):
        with AgentEndpoint(refuses=(400, "unsupported protocol version")) as endpoint:
            self.assertIn("answered 400 (unsupported protocol version)", self.trouble(endpoint))

    def test_a_server_that_answers_something_else_is_told(self):
        with AgentEndpoint(begins_with=(BINARY, field(15, b"later"))) as endpoint:
            self.assertIn("did not begin with a registration", self.trouble(endpoint))

    def test_a_server_that_speaks_text_is_told(self):
        with AgentEndpoint(begins_with=(TEXT, b'{"register":{}}')) as endpoint:
            self.assertIn("does not speak LiveKit's agent protocol", self.trouble(endpoint))

    def test_a_later_protocol_and_an_old_server_are_warned_of_and_used(self):
        for version, protocol, warning in (
            ("2.0.0", 2, "LiveKit speaks a later version of the agent protocol"),
            ("1.5.3", 0, "LiveKit is older than any that Parley was tried with"),
        ):
            endpoint = AgentEndpoint(version=version, agent_protocol=protocol)
            with self.subTest(version), endpoint, Worker(endpoint, fake=True) as worker:
                worker.wait_until_registered()
                self.assertIn(warning, worker.stop())

    def test_a_client_of_another_version_or_none_is_refused_at_the_start(self):
        for library, said in ((OTHER_LIBRARY, "version 0.12"), (None, "tools/deps fetches it")):
            with self.subTest(said), tempfile.TemporaryDirectory() as folder:
                place = Path(folder) / LIBRARY
                place.parent.mkdir(parents=True)
                if library:
                    places.need(places.CACHE / library, "run tools/deps --with tests")
                    place.symlink_to(places.CACHE / library)
                done = parley(
                    "worker", "--url", "ws://127.0.0.1:1", "--livekit-key", "k", "--livekit-secret", "s",
                    "--port", "0", "--set", "models.fake=true", "--set", f"models.path={folder}",
                )  # fmt: skip
                self.assertEqual(done.returncode, 1)
                self.assertIn(said, done.stderr)
                self.assertIn("liblivekit_ffi.so", done.stderr)


class Server(unittest.TestCase):
    """That goes, and comes back."""

    def test_a_server_that_comes_after_the_worker(self):
        livekit = LiveKitServer()
        with livekit:
            livekit.kill()
            with Worker(livekit, fake=True, agent_name=NAME) as worker:
                worker.wait_until(lambda: "cannot be reached" in (worker.state()["trouble"] or ""), "trouble")
                self.assertEqual(worker.get("/healthz")[0], 503)
                livekit.start()
                worker.wait_until_registered()

    def test_a_server_that_is_killed_while_rooms_run(self):
        with LiveKitServer() as livekit, Worker(livekit, fake=True, agent_name=NAME) as worker:
            worker.wait_until_registered()
            with Person(livekit, "hall", "ada") as ada:
                livekit.dispatch("hall", NAME, "transcriber")
                agent = ada.wait_for_agent(state="listening").identity
                livekit.kill()
                worker.wait_until(lambda: worker.get("/healthz")[0] == 503, "unwell")
                self.assertEqual(worker.state()["active_jobs"], 1, "it waits for its room")
                livekit.start()
                worker.wait_until_registered()
                meet_again(worker, livekit, "hall", ada, agent)
                livekit.delete_room("hall")
                nothing_is_left(worker)
            self.assertEqual((outcome(worker, "success"), outcome(worker, "failed")), (1, 0))



class Rooms(unittest.TestCase):
    """Trouble of one room, which others do not notice."""

    @classmethod
    def setUpClass(cls):
        cls.livekit = LiveKitServer()
        cls.addClassCleanup(cls.livekit.close)
        cls.worker = Worker(cls.livekit, fake=True, agent_name=NAME)
        cls.addClassCleanup(cls.worker.stop)
        cls.worker.wait_until_registered()

    def setUp(self):
        """Somebody else is being heard in a room beside, all the time."""
        self.bystander = Person(self.livekit, f"beside-{self.id()}", "bea", agents=[(NAME, "transcriber")])
        self.addCleanup(nothing_is_left, self.worker)
        self.addCleanup(self.livekit.delete_room, f"beside-{self.id()}")
        self.addCleanup(self.bystander.leave)
        self.bystander.wait_for_agent(state="listening")
        self.before = {how: outcome(self.worker, how) for how in ("success", "failed")}

    def ended(self, how):
        self.worker.wait_until(lambda: outcome(self.worker, how) > self.before[how], f"a job's end: {how}")

    def others_go_on(self):
        self.assertIn("heard", hears(self.bystander, since=len(self.bystander.said_by("bea"))))
        self.assertEqual(self.worker.get("/healthz")[0], 200)
        self.assertEqual(self.worker.metric("parley_room_worker_connected"), 1)

    def test_a_room_that_is_deleted_while_the_agent_speaks(self):
        greeting = "I have a great deal to say, and I will say it slowly. " * 4
        agents = [(NAME, json.dumps({"agent": "assistant", "greeting": greeting}))]
        with Person(self.livekit, "deleted", "ada", agents=agents) as ada:
            agent = ada.wait_for_agent(state="speaking")
            ada.wait_for(lambda: ada.sound_of(agent.identity).heard_after(0), 20, "its voice")
            self.livekit.delete_room("deleted")
            self.ended("success")
        self.assertEqual(self.worker.state()["active_jobs"], 1)
        self.assertEqual(outcome(self.worker, "failed"), self.before["failed"])
        self.others_go_on()

    def test_a_room_that_is_deleted_while_the_agent_comes(self):
        self.livekit.create_room("early")
        self.livekit.dispatch("early", NAME, "transcriber")
        self.worker.wait_until(lambda: agents_in(self.livekit, "early", "JOINED"), "the agent")
        self.livekit.delete_room("early")
        # LiveKit's client tries again, and the server makes a new room for it: there it does not stay.
        self.worker.wait_until(lambda: self.worker.state()["active_jobs"] == 1, "the end of it", 60)
        self.assertEqual(agents_in(self.livekit, "early"), [])
        self.others_go_on()

    def test_an_agent_that_is_taken_out_of_a_room(self):
        with Person(self.livekit, "removed", "ada", agents=[(NAME, "transcriber")]) as ada:
            agent = ada.wait_for_agent(state="listening")
            self.livekit.remove("removed", agent.identity)
            self.ended("success")
            self.assertEqual(ada.wait_for(lambda: not ada.agents, 10, "its leaving"), True)
        self.others_go_on()

    def test_people_without_sound_and_one_who_has_some(self):
        """One has no microphone, one a track on which nothing comes, one is muted from the beginning."""
        with (
            Person(self.livekit, "quiet", "ada", microphone=False, agents=[(NAME, "transcriber")]) as ada,
            Person(self.livekit, "quiet", "bob") as bob,
            Person(self.livekit, "quiet", "cat", microphone=False) as cat,
        ):
            ada.wait_for_agent(state="listening")
            cat.publish_nothing()
            bob.mute()
            tracks = lambda: self.worker.metric("parley_room_tracks")
            self.worker.wait_until(lambda: tracks() == 3, "two tracks here and one beside")
            bob.say(speech.tone(TONE_MS), 24000)
            with Person(self.livekit, "quiet", "dan") as dan:
                self.assertIn("heard", hears(dan, since=0))
                self.assertEqual([ada.said_by(name) for name in ("ada", "bob", "cat")], [[], [], []])
                bob.unmute()
                self.assertIn("heard", hears(bob, since=0))
            self.worker.wait_until(lambda: tracks() == 3, "dan's track is gone")
            self.livekit.delete_room("quiet")
            self.ended("success")
        self.others_go_on()

    def test_a_token_that_has_expired_before_the_agent_came(self):
        with AgentEndpoint() as endpoint, Worker(endpoint, fake=True, agent_name=NAME) as worker:
            worker.wait_until_registered()
            token = agent_token(self.livekit, "late", seconds=-LEEWAY_SECONDS - 30)
            state, why = endpoint.wait_for_end(endpoint.assign("late", token, self.livekit.url))
            self.assertEqual(state, "failed")
            self.assertIn("joining the room", why)
            self.assertIn("token", why)
            self.assertNotIn(token, why)
            self.assertEqual(worker.get("/healthz")[0], 200)
            nothing_is_left(worker)
            log = worker.stop()
            self.assertIn("a job has failed", log)
            self.assertNotIn(token[-20:], log)
        self.others_go_on()




class Client(unittest.TestCase):
    """LiveKit's client, which is in processes of its own."""

    def test_one_process_that_dies_takes_its_room_and_nothing_else(self):
        settings = {"rooms.process_rooms": 1}
        with (
            LiveKitServer() as livekit,
            Worker(livekit, fake=True, agent_name=NAME, settings=settings) as worker,
        ):
            worker.wait_until_registered()
            with (
                Person(livekit, "one", "ada", agents=[(NAME, "transcriber")]) as ada,
                Person(livekit, "two", "bob", agents=[(NAME, "transcriber")]) as bob,
            ):
                ada.wait_for_agent(state="listening")
                bob.wait_for_agent(state="listening")
                first, _ = sorted(client_processes(worker.process.pid))
                os.kill(first, signal.SIGKILL)
                worker.wait_until(lambda: outcome(worker, "failed") == 1, "its job's end")
                self.assertEqual(worker.metric("parley_livekit_processes_lost_total"), 1)
                self.assertEqual(worker.state()["active_jobs"], 1)
                self.assertEqual(worker.get("/healthz")[0], 200)
                there = [one for one in (ada, bob) if self.is_heard(one)]
                self.assertEqual(len(there), 1)
                livekit.dispatch("three", NAME, "transcriber")
                worker.wait_until(lambda: agents_in(livekit, "three", "ACTIVE"), "an agent in a new room")
            for room in ("one", "two", "three"):
                livekit.delete_room(room)
            nothing_is_left(worker)
            self.assertIn("LiveKit's client has ended by itself", worker.stop())

    def is_heard(self, person):
        person.say(speech.tone(TONE_MS), 24000)
        try:
            return person.wait_for(lambda: person.said_by(person.identity), 8, "words")
        except AssertionError:
            return None


if __name__ == "__main__":
    unittest.main()
