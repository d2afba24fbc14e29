# SPDX-License-Identifier: Apache-2.0
"""What goes wrong in rooms and between a worker and LiveKit: each time the log and /healthz say what it is,
metrics tell the right state, nothing of it is kept, and other rooms go on. What registers wrongly with a
real server is in rooms_worker_test.py."""

import json
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

from support import places, speech
from support.agent_endpoint import BINARY, TEXT, AgentEndpoint, field
from support.livekit import LiveKitServer
from support.person import Person
from support.server import parley
from support.worker import Worker

NAME = "parley-tests"
LIBRARY = "sdk/livekit/lib/liblivekit_ffi.so"
# Of LiveKit's client, 0.12 where Parley has 0.13: what LiveKit's own agents are pinned to.
OTHER_LIBRARY = "venv/clients/lib/python3.11/site-packages/livekit/rtc/resources/liblivekit_ffi.so"
LEEWAY_SECONDS = 60  # with which LiveKit looks at the end of a token
TOKEN_SECONDS = 15  # of one that ends in the room
# Of LiveKit's client: the room, ourselves there, one person's publication, its track, and its sound.
HELD_FOR_ONE = 5
VISITORS, VISIT_EVERY = 50, 60 / 50
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


def lets_in(livekit, token):
    try:
        url = f"{livekit.http_url}/rtc/validate?access_token={token}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status == 200
    except urllib.error.HTTPError:
        return False


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

    def test_a_key_that_is_changed_and_changed_back(self):
        with LiveKitServer() as livekit, Worker(livekit, fake=True, agent_name=NAME) as worker:
            worker.wait_until_registered()
            secret, livekit.secret = livekit.secret, "another secret, of thirty-two bytes or more"
            livekit.kill()
            livekit.start()
            worker.wait_until(lambda: "rooms.secret" in (worker.state()["trouble"] or ""), "trouble")
            self.assertEqual(worker.get("/healthz")[0], 503)
            livekit.secret = secret
            livekit.kill()
            livekit.start()
            worker.wait_until_registered()
            self.assertIsNone(worker.state()["trouble"])

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

    def test_a_server_that_does_not_come_back_ends_its_jobs(self):
        with LiveKitServer() as livekit, Worker(livekit, fake=True, agent_name=NAME) as worker:
            worker.wait_until_registered()
            livekit.create_room("hall")
            livekit.dispatch("hall", NAME, "transcriber")
            worker.wait_until(lambda: agents_in(livekit, "hall", "ACTIVE"), "the agent")
            livekit.kill()
            nothing_is_left(worker, 180)
            self.assertEqual(outcome(worker, "failed"), 1)
            self.assertEqual(worker.get("/healthz")[0], 503)
            livekit.start()
            worker.wait_until_registered()
            log = worker.stop()
            self.assertIn("a job has failed", log)
            self.assertIn("the connection to the room ended", log)


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

    def test_a_token_that_expires_in_the_room(self):
        """Who is in stays, and comes back: LiveKit has given it a new one meanwhile."""
        with LiveKitServer() as livekit, AgentEndpoint() as endpoint:
            with Worker(endpoint, fake=True, agent_name=NAME) as worker, Person(livekit, "long", "ada") as ada:
                worker.wait_until_registered()
                token = agent_token(livekit, "long", seconds=TOKEN_SECONDS - LEEWAY_SECONDS)
                job = endpoint.assign("long", token, livekit.url)
                ada.wait_for_agent(state="listening")
                worker.wait_until(lambda: not lets_in(livekit, token), "its end")
                self.assertIn("heard", hears(ada, since=0))
                livekit.kill()
                livekit.start()
                meet_again(worker, livekit, "long", ada, "agent-test")
                livekit.delete_room("long")
                self.assertEqual(endpoint.wait_for_end(job), ("success", ""))
                nothing_is_left(worker)
        self.others_go_on()


class Visitors(unittest.TestCase):
    def test_fifty_come_and_go_in_a_minute_while_one_speaks(self):
        """With the real models: the words of the one who stays are all there."""
        names = [
            "best_and_worst", "wisdom_and_foolishness", "belief_and_incredulity", "light_and_darkness",
            "hope_and_despair", "everything_and_nothing", "heaven", "present_period",
        ]  # fmt: skip
        clips = [speech.clip(name) for name in names]
        with LiveKitServer() as livekit, Worker(livekit, agent_name=NAME) as worker:
            worker.wait_until_registered()
            with Person(livekit, "hall", "ada", agents=[(NAME, "transcriber")]) as ada:
                ada.wait_for_agent(state="listening")
                worker.wait_until(lambda: worker.metric("parley_room_tracks") == 1, "her track")
                said = [ada.start_saying(clip.pcm + speech.silence(3000), 24000) for clip in clips]
                visitors = [threading.Thread(target=self.visit, args=(livekit, n)) for n in range(VISITORS)]
                self.stayed = 0
                for visitor in visitors:
                    visitor.start()
                    time.sleep(VISIT_EVERY)
                for visitor in visitors:
                    visitor.join()
                self.assertEqual(self.stayed, VISITORS)
                said[-1].result(60)
                wanted = sum(len(clip.words.split()) for clip in clips)
                text = lambda: " ".join(one.text for one in ada.said_by("ada"))
                ada.wait_for(lambda: len(text().split()) >= 0.9 * wanted, 30, "all words")
                wrong, total, _ = speech.word_errors([(" ".join(clip.words for clip in clips), text())])
                print(text())
                self.assertLessEqual(wrong / total, 0.25, text())
                self.assertEqual({one.sender for one in ada.texts if one.topic == "lk.transcription"}, {"ada"})
                worker.wait_until(lambda: worker.metric("parley_room_tracks") == 1, "one track")
                held = lambda: worker.metric("parley_livekit_handles") == HELD_FOR_ONE
                worker.wait_until(held, "what is held for her alone")
                self.assertEqual(worker.metric("parley_rooms_lost_total"), 0)
                self.assertEqual(worker.metric("parley_room_tracks_refused_total"), 0)
            livekit.delete_room("hall")
            nothing_is_left(worker)

    def visit(self, livekit, number):
        with Person(livekit, "hall", f"visitor-{number}", listens=False):
            time.sleep(2)
        self.stayed += 1


if __name__ == "__main__":
    unittest.main()
