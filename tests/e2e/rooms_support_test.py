# SPDX-License-Identifier: Apache-2.0
"""What the tests of rooms stand on, without Parley: a real LiveKit server and people who meet there."""

import unittest

from livekit import rtc
from support import speech
from support.livekit import LiveKitError, LiveKitServer
from support.person import QUIET, Person

TONE_MS = 1500


class People(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.livekit = LiveKitServer()
        cls.addClassCleanup(cls.livekit.close)

    def join(self, identity, **options):
        person = Person(self.livekit, self.id().rpartition(".")[2], identity, **options)
        self.addCleanup(person.leave)
        return person

    def test_two_hear_each_other(self):
        ada, bob = self.join("ada"), self.join("bob", rate=16000)
        for one, other in ((ada, bob), (bob, ada)):
            other.wait_for(lambda: other.sound_of(one.identity).frames, 20, "a track")
            said = one.say(speech.tone(TONE_MS), 24000)
            sound = other.sound_of(one.identity)
            heard = other.wait_for(lambda: sound.heard_after(said.began), 10, "the tone")
            other.wait_for(lambda: (sound.quiet_for() or 0) > 0.5, 20, "silence after the tone")
            loud = [samples for at, level, samples in sound.frames if at >= heard and level > QUIET]
            length_ms = sum(map(len, loud)) / 2 / sound.rate * 1000
            # A busy machine stretches what was late, by a fifth at most.
            self.assertGreater(length_ms, 0.8 * TONE_MS)
            self.assertLess(length_ms, 1.4 * TONE_MS)
            self.assertAlmostEqual(said.ended - said.began, TONE_MS / 1000, delta=0.02)

    def test_words_that_an_agent_sends_for_another_are_the_others(self):
        ada, bob = self.join("ada"), self.join("bob")
        agent = self.join("agent", microphone=False, kind="agent")
        for person in (ada, bob):
            person.wait_for(lambda: "agent" in person.others, what="the agent")
        attributes = {"lk.segment_id": "SG_1", "lk.transcription_final": "false"}
        final = {"lk.transcription_final": "true"}
        agent.write_on_behalf("ada", ["Good ", "morning."], attributes=attributes, at_end=final)
        [text] = bob.wait_for(lambda: bob.said_by("ada"), 10, "a final text")
        self.assertEqual((text.text, text.segment, text.problem), ("Good morning.", "SG_1", ""))
        self.assertEqual(ada.wait_for(lambda: ada.said_by("ada"), 10, "it too")[0].text, text.text)
        self.assertEqual(bob.said_by("bob"), [])

    def test_chat_calls_attributes_and_mute(self):
        ada, bob = self.join("ada"), self.join("bob", attributes={"language": "es"})
        ada.wait_for(lambda: ada.sound_of("bob").frames, 20, "bob's track")
        bob.wait_for(lambda: "ada" in bob.others, what="ada")
        self.assertEqual(ada.attributes_of("bob"), {"language": "es"})
        bob.set_attributes({"lk.agent.state": "thinking"})
        ada.wait_for(lambda: ada.attributes_of("bob").get("lk.agent.state") == "thinking", 10, "it")
        ada.write("hello")
        chats = lambda: [t for t in bob.texts if t.topic == "lk.chat" and t.closed]
        [chat] = bob.wait_for(chats, 10, "a chat")
        self.assertEqual((chat.sender, chat.text), ("ada", "hello"))
        bob.serve("shout", str.upper)
        self.assertEqual(ada.rpc("bob", "shout", "quietly"), "QUIETLY")
        with self.assertRaises(rtc.RpcError) as caught:
            ada.rpc("bob", "whisper")
        self.assertEqual(caught.exception.code, 1400)
        bob.mute()
        ada.wait_for(lambda: "muted" in [name for _, name, _ in ada.events], 10, "the mute")

    def test_who_is_removed_and_where_a_room_ends_is_told(self):
        ada, _ = self.join("ada"), self.join("bob")
        room = self.id().rpartition(".")[2]
        ada.wait_for(lambda: "bob" in ada.others, what="bob")
        self.assertEqual({p["identity"] for p in self.livekit.participants(room)}, {"ada", "bob"})
        self.livekit.remove(room, "bob")
        ada.wait_for(lambda: "bob" not in ada.others, 10, "bob leaving")
        self.livekit.delete_room(room)
        ada.wait_for(lambda: "disconnected" in [name for _, name, _ in ada.events], 10, "the end")
        with self.assertRaises(LiveKitError):
            self.livekit.remove(room, "ada")


class Server(unittest.TestCase):
    def test_a_server_that_is_killed_comes_back_at_its_address(self):
        with LiveKitServer() as livekit:
            livekit.create_room("before")
            livekit.kill()
            livekit.start()
            self.assertEqual(livekit.rooms(), [])
            with Person(livekit, "after", "ada"):
                self.assertEqual([p["identity"] for p in livekit.participants("after")], ["ada"])


if __name__ == "__main__":
    unittest.main()
