# SPDX-License-Identifier: Apache-2.0
"""The agents in rooms of a real LiveKit server, with the real models: people who are LiveKit's own
Python participants talk with the assistant, are written down, and are translated."""

import unittest

from support import speech
from support.livekit import LiveKitServer
from support.person import Person
from support.worker import Worker

NAME = "parley-tests"
WRONG_MAX = 0.25


class AgentsTest(unittest.TestCase):
    def invite(self, livekit, room, metadata):
        return Person(livekit, room, "ada", name="Ada", agents=[(NAME, metadata)])

    def test_three_speakers_at_once_each_have_their_own_words(self):
        names = ["best_and_worst", "heaven", "wisdom_and_foolishness"]
        with LiveKitServer() as livekit, Worker(livekit, agent_name=NAME) as worker:
            worker.wait_until_registered()
            with (
                self.invite(livekit, "hall", "transcriber") as ada,
                Person(livekit, "hall", "bob") as bob,
                Person(livekit, "hall", "cat") as cat,
            ):
                ada.wait_for_agent(state="listening")
                people = [ada, bob, cat]
                clips = [speech.clip(name) for name in names]
                said = [one.start_saying(clip.pcm) for one, clip in zip(people, clips)]
                for one in said:
                    one.result(60)
                for one, clip in zip(people, clips):
                    bob.wait_for(lambda: bob.said_by(one.identity), 15, f"words of {one.identity}")
                bob.wait_for(
                    lambda: all(
                        len(" ".join(t.text for t in bob.said_by(one.identity)).split())
                        >= 0.7 * len(clip.words.split())
                        for one, clip in zip(people, clips)
                    ),
                    20, "all words",
                )  # fmt: skip
                for one, clip in zip(people, clips):
                    text = " ".join(t.text for t in bob.said_by(one.identity))
                    wrong, total, _ = speech.word_errors([(clip.words, text)])
                    print(f"{one.identity}: {text}")
                    self.assertLessEqual(wrong / total, WRONG_MAX, text)
                self.assertTrue(bob.segments, "packets for clients that read no text streams")
                interim = [t for t in bob.texts if t.attributes.get("lk.transcription_final") == "false"]
                self.assertTrue(interim, "words while they are spoken")


if __name__ == "__main__":
    unittest.main()
