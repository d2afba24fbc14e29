# SPDX-License-Identifier: Apache-2.0
"""What goes wrong in rooms, as in rooms_faults_test.py, where it takes its time: `make check-long STAGES=rooms`."""

import threading
import time
import unittest
import urllib.error
import urllib.request

from rooms_faults_test import (
    LEEWAY_SECONDS, NAME, agent_token, agents_in, hears, meet_again, nothing_is_left, outcome,
)  # fmt: skip
from support import speech
from support.agent_endpoint import AgentEndpoint
from support.livekit import LiveKitServer
from support.person import Person
from support.worker import Worker

TOKEN_SECONDS = 15  # of one that ends in the room
# Of LiveKit's client: the room, ourselves there, one person's publication, its track, and its sound.
HELD_FOR_ONE = 5
VISITORS, VISIT_EVERY = 50, 60 / 50


def lets_in(livekit, token):
    try:
        url = f"{livekit.http_url}/rtc/validate?access_token={token}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status == 200
    except urllib.error.HTTPError:
        return False


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


class Token(unittest.TestCase):
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
