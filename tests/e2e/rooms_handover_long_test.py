# SPDX-License-Identifier: Apache-2.0
"""Several workers, as in rooms_handover_test.py, where it takes its time: `make check-long STAGES=rooms`."""

import threading
import time
import unittest

from rooms_handover_test import LOAD_SECONDS, NAME, Site, check_words, heir_of, stop, words_of
from support import speech
from support.person import Person

YES, FULL = (f'parley_room_worker_availability_total{{answer="{answer}"}}' for answer in ("yes", "full"))


class Drain(unittest.TestCase):
    def test_somebody_who_speaks_all_the_time_is_written_down_through_a_drain(self):
        names = ("best_and_worst", "wisdom_and_foolishness", "belief_and_incredulity",
                 "light_and_darkness", "hope_and_despair", "everything_and_nothing")  # fmt: skip
        clips = [speech.clip(name) for name in names]
        with Site() as site:
            with Person(site.nodes[0], "hall", "ada", name="Ada", agents=[(NAME, "transcriber")]) as ada:
                agent = ada.wait_for_agent(state="listening")
                holder, _ = site.holder()
                saying = [ada.start_saying(clip.pcm) for clip in clips]
                saying[0].result(30)
                stopped = stop(self, holder)
                for one in saying:
                    one.result(60)
                heir_of(ada, agent.sid, 30)
                last = clips[-1].words.split()[-2]
                ada.wait_for(lambda: last in words_of(ada, "ada").lower(), 30, "the last words")
                check_words(self, clips, words_of(ada, "ada"))
                print(words_of(ada, "ada"))
                stopped.result(60)


class Load(unittest.TestCase):
    def test_jobs_go_to_who_has_room_for_them(self):
        limits = ({"rooms.jobs_max": 2}, {"rooms.jobs_max": 20})
        with Site(fake=True, settings=limits) as site:
            for number in range(8):
                site.nodes[number % 2].dispatch(f"room-{number}", NAME, "transcriber")
                if number % 2:
                    time.sleep(LOAD_SECONDS)
            site.workers[1].wait_until(lambda: sum(site.jobs()) == 8, "all jobs")
            small, big = site.jobs()
            print(f"jobs: {small} of 2 places, {big} of 20")
            self.assertLessEqual(small, 2)
            self.assertGreaterEqual(big, 6)

    def test_every_offer_is_answered_also_at_the_limit(self):
        limits = ({"rooms.jobs_max": 1}, {"rooms.jobs_max": 1})
        with Site(fake=True, settings=limits) as site:
            orders = [
                threading.Thread(
                    target=site.nodes[number % 2].dispatch,
                    args=(f"room-{number}", NAME, "transcriber"),
                )
                for number in range(10)
            ]
            for order in orders:
                order.start()
            for order in orders:
                order.join()
            # So many at once may all have been offered to one of the two, by one node: LiveKit learns later
            # that it is full.
            for number in range(10, 20):
                time.sleep(LOAD_SECONDS)
                if site.jobs() == [1, 1]:
                    break
                site.nodes[number % 2].dispatch(f"room-{number}", NAME, "transcriber")
            self.assertEqual(site.jobs(), [1, 1])
            self.assertEqual([worker.metric(YES) for worker in site.workers], [1, 1])
            print("refused:", [worker.metric(FULL) for worker in site.workers])
            for node in site.nodes:
                self.assertNotIn("availability timeout", node.log())


if __name__ == "__main__":
    unittest.main()
