# SPDX-License-Identifier: Apache-2.0
"""The agents in rooms of a real LiveKit server, with the real models: people who are LiveKit's own
Python participants talk with the assistant, are written down, and are translated."""

import subprocess
import time
import unittest

from support import places, speech
from support.chat import Chat
from support.livekit import LiveKitServer
from support.person import TRANSCRIPTION, Person
from support.worker import Worker

NAME = "parley-tests"
WRONG_MAX = 0.25  # of the words
MANDARIN_SECONDS = 9  # of the recording
THREE = ("best_and_worst", "everything_and_nothing", "wisdom_and_foolishness")
LONG = (
    "Once upon a time there was a small harbour town. Every morning the fishermen sailed out "
    "before the sun came up. Every evening they came home with baskets full of silver fish. "
    "And the whole town came down to the water to see what they had caught."
)


def heard(pcm, name):
    """What a recogniser understands of sound that came out of a room."""
    path = speech.write_wav(places.RESULTS / f"rooms_{name}.wav", pcm)
    done = subprocess.run(
        [places.program(), "transcribe", path], capture_output=True, text=True, check=True
    )
    return done.stdout.partition("\t")[2].strip()


def scripted(chat):
    return {"llm.url": chat.url, "llm.model": "scripted"}


def mandarin(test):
    """(rate, PCM) of what somebody says about a class."""
    path = places.SHARED / "data/other/zh-vad-example.wav"
    if not path.exists():
        test.skipTest("no recordings in ../shared")
    rate, samples = speech.read_any(path)
    return rate, samples[: MANDARIN_SECONDS * rate].tobytes()


class Agents(unittest.TestCase):
    def check_words(self, expected, text, wrong_max=WRONG_MAX):
        wrong, total, _ = speech.word_errors([(expected, text)])
        self.assertLessEqual(wrong / total, wrong_max, (expected, text))

    def ada(self, livekit, room, metadata):
        """Whoever comes first brings the agent."""
        return Person(livekit, room, "ada", name="Ada", agents=[(NAME, metadata)])

    def said(self, listener, identity, words, translation=""):
        """The finals of one person, joined, when there are about as many words as were spoken."""

        def whole():
            texts = listener.said_by(identity, translation=translation)
            text = " ".join(one.text for one in texts)
            return text if len(text.split()) >= 0.7 * words else ""

        return listener.wait_for(whole, 40, f"{words} words of {identity}")


class Transcriber(Agents):
    def test_three_speakers_at_once_each_have_their_own_words(self):
        clips = [speech.clip(name) for name in THREE]
        with LiveKitServer() as livekit, Worker(livekit, agent_name=NAME) as worker:
            worker.wait_until_registered()
            with (
                self.ada(livekit, "hall", "transcriber") as ada,
                Person(livekit, "hall", "bob") as bob,
                Person(livekit, "hall", "cat") as cat,
            ):
                ada.wait_for_agent(state="listening")
                people = [ada, bob, cat]
                for one in [one.start_saying(clip.pcm) for one, clip in zip(people, clips)]:
                    one.result(60)
                for one, clip in zip(people, clips):
                    text = self.said(bob, one.identity, len(clip.words.split()))
                    self.check_words(clip.words, text)
                    # By another way, which may take longer.
                    packets = lambda: [s.text for s in bob.segments if s.identity == one.identity and s.final]
                    bob.wait_for(lambda: " ".join(packets()) == text, 10, f"packets of {text!r}")
                interim = [t for t in bob.texts if t.topic == TRANSCRIPTION and not t.final]
                self.assertTrue(interim, "words while they are spoken")


class Assistant(Agents):
    def test_a_conversation_with_the_models_in_the_box(self):
        order = '{"agent":"assistant","name":"Joe","greeting":"Hello, I am Joe. How are you today?"}'
        with LiveKitServer() as livekit, Worker(livekit, agent_name=NAME) as worker:
            worker.wait_until_registered()
            with self.ada(livekit, "cafe", order) as ada:
                joe = ada.wait_for_agent(state="speaking").identity
                greeting = self.reply(ada, joe, 0)
                self.assertEqual(greeting, "Hello, I am Joe. How are you today?")
                ada.wait_for_agent(state="listening")
                voice = ada.sound_of(joe)
                self.check_words(greeting, heard(voice.pcm(), "greeting"))

                asked = ada.say(speech.clip("best_and_worst").pcm)
                answer = self.reply(ada, joe, 1)
                ada.wait_for_agent(state="listening")
                self.assertGreater(len(answer.split()), 2)
                self.check_words(answer, heard(voice.pcm(since=asked.ended), "answer"))
                states = [s for _, who, c in ada.changes if who == joe and (s := c.get("lk.agent.state"))]
                self.assertEqual(states[-4:], ["listening", "thinking", "speaking", "listening"])

    def test_it_is_silent_when_it_is_interrupted_and_knows_what_was_heard(self):
        with (
            Chat([LONG] + ["Let us talk about something else."] * 4) as chat,
            LiveKitServer() as livekit,
            Worker(livekit, agent_name=NAME, settings=scripted(chat)) as worker,
        ):
            worker.wait_until_registered()
            with self.ada(livekit, "cafe", "assistant") as ada:
                ada.wait_for_agent(state="listening")
                asked = ada.say(speech.clip("best_and_worst").pcm)
                voice = ada.sound_of(ada.agents[0].identity)
                ada.wait_for(lambda: voice.heard_after(asked.ended), 20, "the answer")
                time.sleep(4)
                cut_in = ada.start_saying(speech.clip("wisdom_and_foolishness").pcm)
                begun = time.monotonic()
                time.sleep(2)
                silent_after = voice.loud_until() - begun
                self.assertGreater(voice.quiet_for(), 0.3)
                self.assertLess(silent_after, 1.5)
                self.check_cut(ada, chat)
                cut_in.result(30)
                self.assertIn("something else", self.reply(ada, ada.agents[0].identity, 1))
                self.check_cut_in_conversation(ada, chat.requests[-1])

    def reply(self, ada, agent, nth):
        """The words of its nth reply, as they were told with its sound."""
        replies = lambda: ada.said_by(agent)
        ada.wait_for(lambda: len(replies()) > nth, 60, f"reply {nth}")
        return replies()[nth].text.strip()

    def check_cut(self, ada, chat):
        """What was told of the reply ends about where the sound did."""
        told = self.reply(ada, ada.agents[0].identity, 0)
        self.assertTrue(LONG.startswith(told), ada.summary())
        self.assertLess(len(told.split()), 25)
        self.assertGreater(len(told.split()), 5)

    def check_cut_in_conversation(self, ada, request):
        """The model is told what was heard of its reply, and by whom it was interrupted."""
        said = [(one["role"], one["content"]) for one in request["messages"]]
        [at] = [at for at, (role, _) in enumerate(said) if role == "assistant"]
        answer = said[at][1]
        told = self.reply(ada, ada.agents[0].identity, 0)
        self.assertTrue(LONG.startswith(answer.rstrip(" .…")), answer)
        self.assertLess(abs(len(answer.split()) - len(told.split())), 6, (answer, told))
        # It may have paused, and gone on before it was answered.
        self.assertEqual({(role, text[:5]) for role, text in said[at + 1 :]}, {("user", "Ada: ")})
        cut_in = " ".join(text[5:] for _, text in said[at + 1 :])
        self.check_words(speech.clip("wisdom_and_foolishness").words, cut_in)

    def test_in_company_it_answers_who_calls_it_by_name(self):
        with (
            Chat(["I am here."] * 8) as chat,
            LiveKitServer() as livekit,
            Worker(livekit, agent_name=NAME, settings=scripted(chat)) as worker,
        ):
            worker.wait_until_registered()
            with (
                self.ada(livekit, "hall", '{"agent":"assistant","name":"Heaven"}') as ada,
                Person(livekit, "hall", "bob", name="Bob") as bob,
            ):
                agent = ada.wait_for_agent(state="listening").identity
                bob.say(speech.clip("best_and_worst").pcm)
                self.said(ada, "bob", 12)
                self.assertEqual(chat.requests, [])
                # "... direct to heaven", a pause in which an answer may begin, and she goes on: it is cut then,
                # and she is answered when she is done.
                ada.say(speech.clip("heaven").pcm)
                answered = lambda: [one.text for one in bob.said_by(agent) if "I am here." in one.text]
                bob.wait_for(answered, 60, "the answer")
                before = len(bob.said_by(agent))
                said = [one["content"] for one in chat.requests[-1]["messages"] if one["role"] == "user"]
                self.assertTrue(said[0].startswith("Bob: It was the best of times"), said)
                self.assertTrue(said[-1].startswith("Ada: "), said)
                # Written words and calls reach it, too.
                bob.write("Are you there?")
                self.assertIn("I am here.", self.reply(bob, agent, before))
                bob.rpc(agent, "say", '{"text":"Goodbye, everybody."}')
                self.assertEqual(self.reply(bob, agent, before + 1), "Goodbye, everybody.")


class Translator(Agents):
    def test_mandarin_is_read_and_heard_in_english(self):
        places.need(places.CACHE / "models/whisper-base", "run tools/deps --with languages")
        rate, pcm = mandarin(self)
        with (
            LiveKitServer() as livekit,
            Worker(livekit, agent_name=NAME, settings={"asr.model": "whisper-base"}) as worker,
        ):
            worker.wait_until_registered()
            order = '{"agent":"translator","language":"zh","to":"en","speak":true}'
            with (
                self.ada(livekit, "hall", order) as ada,
                Person(livekit, "hall", "bo", name="Bo", microphone=False) as bo,
            ):
                agent = ada.wait_for_agent(state="listening").identity
                said = ada.say(pcm, rate)
                bo.wait_for(lambda: bo.said_by("ada"), 60, "what was said")
                bo.wait_for(lambda: bo.said_by("ada", translation="en"), 60, "what it means")
                name = "translation:ada"
                bo.wait_for(lambda: bo.sound_of(agent, name).heard_after(said.began), 60, "its sound")
                bo.wait_for(lambda: (bo.sound_of(agent, name).quiet_for() or 0) > 4, 90, "its end")
                text = " ".join(one.text for one in bo.said_by("ada", translation="en"))
                chinese = " ".join(one.text for one in bo.said_by("ada"))
                spoken = heard(bo.sound_of(agent, name).pcm(), "translation")
                print(f"said: {chinese}\ntranslated: {text}\nspoken: {spoken}")
                self.assertTrue(any("\u4e00" <= each <= "\u9fff" for each in chinese), chinese)
                self.assertTrue(text.isascii() and len(text.split()) > 8, text)
                self.check_words(text, spoken)
                about = {one.attributes["parley.segment"] for one in bo.said_by("ada", translation="en")}
                self.assertLessEqual(about, {one.segment for one in bo.said_by("ada")})


if __name__ == "__main__":
    unittest.main()
