# SPDX-License-Identifier: Apache-2.0
"""Several workers and two LiveKit nodes on one Redis: a room keeps its agent when a worker dies or
drains, and the next agent knows what was said. What takes longer: rooms_handover_long_test.py."""

import concurrent.futures
import contextlib
import threading
import time
import unittest

from support import speech
from support.chat import Chat
from support.livekit import LiveKitServer
from support.person import Person
from support.redis import Redis
from support.worker import Worker

NAME = "parley-tests"
HEIR_SECONDS = 10
MISSING_MAX = 0.5  # of the words that only one recording has, which a recogniser may get wrong
LOAD_SECONDS = 3.5  # a worker tells its load every 2.5 s
TAKEN_OVER = 'parley_room_leases_total{outcome="taken_over"}'


class Site(contextlib.ExitStack):
    """Two nodes of LiveKit on one Redis, and a worker for each."""

    def __init__(self, chat=None, fake=False, settings=({}, {})):
        super().__init__()
        self.redis = Redis()
        self.callback(self.redis.stop)
        try:
            self.nodes = [self.enter_context(LiveKitServer(redis=self.redis.port)) for _ in range(2)]
            shared = {"store.url": self.redis.url}
            if chat:
                shared |= {"llm.url": chat.url, "llm.model": "scripted"}
            self.workers = [
                self.enter_context(
                    Worker(node, fake=fake, agent_name=NAME, settings={**shared, **more})
                )
                for node, more in zip(self.nodes, settings)
            ]
            for worker in self.workers:
                worker.wait_until_registered()
            time.sleep(LOAD_SECONDS)  # both are known to both nodes
        except BaseException:
            self.close()
            raise

    def jobs(self):
        return [worker.state()["active_jobs"] for worker in self.workers]

    def holder(self):
        """(the one worker that has a job, the other one)"""
        jobs = self.jobs()
        assert sorted(jobs) == [0, 1], jobs
        return (self.workers[0], self.workers[1]) if jobs[0] else (self.workers[1], self.workers[0])


def words_of(person, speaker):
    return " ".join(text.text for text in person.said_by(speaker))


def heir_of(person, sid, seconds):
    """The agent that is at work in the place of the one with that sid, which has gone."""

    def found():
        others = [a for a in person.agents if a.sid != sid]
        at_work = [a for a in others if a.attributes.get("lk.agent.state") == "listening"]
        return at_work[0] if at_work and len(person.agents) == 1 else None

    return person.wait_for(found, seconds, "another agent, alone")


def check_words(test, clips, text):
    """Of each recording the words that no other has, but for what a recogniser gets wrong; words
    that were told twice are no fault."""
    told = text.lower().translate(str.maketrans("", "", ".,!?")).split()
    words = [set(clip.words.split()) for clip in clips]
    for clip, wanted in zip(clips, words):
        own = wanted.difference(*(other for other in words if other is not wanted))
        missing = own.difference(told)
        test.assertLessEqual(len(missing) / len(own), MISSING_MAX, (clip.name, missing, text))
    test.assertGreaterEqual(len(told), 0.8 * sum(len(clip.words.split()) for clip in clips), text)


def stop(test, worker):
    """A future: SIGTERM, until its process is gone."""
    pool = concurrent.futures.ThreadPoolExecutor(1)
    test.addCleanup(pool.shutdown)
    return pool.submit(worker.stop)


class Handover(unittest.TestCase):
    def test_the_room_of_a_worker_that_dies_gets_an_agent_that_knows_the_conversation(self):
        first, second = speech.clip("best_and_worst"), speech.clip("heaven")
        with Chat(["I will remember that."] * 8) as chat, Site(chat) as site:
            with Person(site.nodes[0], "hall", "ada", name="Ada", agents=[(NAME, "assistant")]) as ada:
                agent = ada.wait_for_agent(state="listening")
                ada.say(first.pcm)
                ada.wait_for(lambda: ada.said_by(agent.identity), 30, "an answer")
                check_words(self, [first], words_of(ada, "ada"))
                told = [text.text for text in ada.said_by("ada")]
                holder, other = site.holder()
                ada.rpc(agent.identity, "set_instructions", '{"instructions": "You are terse."}')
                time.sleep(0.5)  # on its way to Redis
                requests, died = len(chat.requests), time.monotonic()
                holder.kill()
                heir = heir_of(ada, agent.sid, HEIR_SECONDS)
                print(f"another agent after {time.monotonic() - died:.1f} s")
                self.assertEqual(other.state()["active_jobs"], 1)
                ada.say(second.pcm)
                ada.wait_for(lambda: len(chat.requests) > requests, 30, "a question to the model")
                messages = chat.requests[-1]["messages"]
                self.assertIn("You are terse.", messages[0]["content"])
                contents = [str(message["content"]) for message in messages]
                for text in told:
                    self.assertTrue(any(text in content for content in contents), messages)
                self.assertTrue(any("I will remember" in content for content in contents), messages)
                ada.wait_for(lambda: ada.said_by(heir.identity), 30, "an answer of the heir")
                # Whoever leaves last takes the agent along; nobody comes after that.
            other.wait_until(lambda: other.state()["active_jobs"] == 0, "the room is over", 60)

    def test_a_drain_in_the_middle_of_an_utterance_loses_no_word(self):
        clips = [speech.clip(name) for name in ("best_and_worst", "heaven")]
        with Chat(["I see."] * 8) as chat, Site(chat) as site:
            with Person(site.nodes[1], "hall", "ada", name="Ada", agents=[(NAME, "assistant")]) as ada:
                agent = ada.wait_for_agent(state="listening")
                holder, other = site.holder()
                saying = ada.start_saying(clips[0].pcm)
                time.sleep(clips[0].speech_end_ms / 2000)
                stopped = stop(self, holder)
                saying.result(30)
                ada.wait_for(lambda: chat.requests, 30, "a question to the model")
                heir_of(ada, agent.sid, 30)
                check_words(self, clips[:1], words_of(ada, "ada"))
                self.assertEqual(other.state()["active_jobs"], 1)
                before = len(chat.requests)
                ada.say(clips[1].pcm)
                ada.wait_for(lambda: len(chat.requests) > before, 30, "an answer of the heir")
                contents = [str(m["content"]) for m in chat.requests[-1]["messages"]]
                self.assertTrue(any("times" in content for content in contents), contents)
                stopped.result(60)

    def test_a_room_that_is_over_gets_no_agent(self):
        with Site(fake=True) as site:
            site.nodes[0].dispatch("hall", NAME, "transcriber")
            site.workers[0].wait_until(lambda: sum(site.jobs()) == 1, "a job")
            holder, other = site.holder()
            holder.kill()
            site.nodes[1].delete_room("hall")
            other.wait_until(lambda: other.metric(TAKEN_OVER) == 1, "the job is found")
            other.wait_until(lambda: "its room is over" in other.log(), "its room is looked for")
            self.assertEqual(other.state()["active_jobs"], 0)
            self.assertEqual(site.nodes[0].rooms(), [])


if __name__ == "__main__":
    unittest.main()
