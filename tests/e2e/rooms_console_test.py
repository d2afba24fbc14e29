# SPDX-License-Identifier: Apache-2.0
"""The page of rooms as Parley itself serves it, in headless Chromium, with a real LiveKit server and
the real models: somebody at the page invites agents, talks with one, and reads what others say."""

import unittest

from rooms_agents_test import LONG, NAME, THREE, mandarin, scripted
from rooms_page_test import HEARD, ROOM, Rooms, microphone
from support import places, speech
from support.browser import Browser
from support.chat import Chat
from support.livekit import LiveKitServer
from support.person import Person
from support.server import Server

# A browser plays its microphone's file from when the page asks for it.
BEFORE_MS, AFTER_MS = 12_000, 120_000
LINES = (
    "parley.client.lines.lines.map((l) => [l.identity, l.said.text, l.said.final,"
    " Object.fromEntries([...l.translations].map(([k, w]) => [k, w.text]))])"
)


class Console(Rooms):
    def parley(self, livekit, settings=None):
        rooms = {
            "rooms.url": livekit.url, "rooms.key": livekit.key, "rooms.secret": livekit.secret,
            "rooms.agent_name": NAME,
        }  # fmt: skip
        return Server(settings={**rooms, **(settings or {})})

    def invite(self, page, agent, **fields):
        """Its identity, when it listens."""
        page.run(
            f"document.querySelector('#agent').value = '{agent}';"
            "document.querySelector('#agent').dispatchEvent(new Event('change'))"
        )
        for field, value in fields.items():
            kind = "checked" if value is True else "value"
            page.run(f"document.querySelector('#{field}').{kind} = {value!r}".replace("True", "true"))
        page.run("document.querySelector('#invite-button').scrollIntoView()")
        page.click("#invite-button")
        found = "parley.client.people.find((p) => p.agent && p.state === 'listening')?.identity"
        return page.wait_for(found, 30)

    def check_words(self, expected, got, wrong_max=0.25):
        wrong, total, _ = speech.word_errors([(expected, got)])
        self.assertLessEqual(wrong / total, wrong_max, (expected, got))

    def said(self, page, identity, words):
        """The finals of one person, joined, when there are about as many words as were spoken."""
        mine = f"{LINES}.filter(([who, , final]) => who === '{identity}' && final).map((l) => l[1]).join(' ')"
        page.wait_for(f"{mine}.split(' ').length >= {0.7 * words}", 60)
        return page.run(mine)

    def test_a_conversation_with_an_interruption(self):
        question, cut_in = speech.clip("best_and_worst").pcm, speech.clip("wisdom_and_foolishness").pcm
        pause = speech.silence(6000)  # the answer has begun
        sound = [speech.silence(BEFORE_MS), question, pause, cut_in, speech.silence(AFTER_MS)]
        with (
            Chat([LONG] + ["Let us talk about something else."] * 4) as chat,
            LiveKitServer() as livekit,
            self.parley(livekit, scripted(chat)) as server,
            Browser(microphone("talks", b"".join(sound))) as browser,
        ):
            page = self.enter(browser, server, "Ada")
            agent = self.invite(page, "assistant")
            page.wait_for(f"parley.client.people.find((p) => p.agent).state === 'speaking'", 40)
            page.wait_for(f"{HEARD}.then((energy) => energy > 0.001)")
            self.picture(page, "console_speaking")
            page.wait_for(f"{LINES}.some(([who, text]) => who === '{agent}' && text.includes('else'))", 40)
            page.wait_for(f"{LINES}.filter(([who, , final]) => who === '{agent}' && final).length === 2")
            self.picture(page, "console_interrupted")
            first = page.run(f"{LINES}.find(([who]) => who === '{agent}')[1]").strip()
            self.assertTrue(LONG.startswith(first), first)
            self.assertLess(len(first.split()), len(LONG.split()) - 5)
            messages = chat.requests[-1]["messages"]
            [told] = [one["content"] for one in messages if one["role"] == "assistant"]
            self.assertTrue(LONG.startswith(told.rstrip(" .…")), told)
            self.check_clean(page, server, livekit)

    def test_three_speakers_at_once(self):
        clips = [speech.clip(name) for name in THREE]
        sound = speech.silence(BEFORE_MS) + clips[0].pcm + speech.silence(AFTER_MS)
        with (
            LiveKitServer() as livekit,
            self.parley(livekit) as server,
            Browser(microphone("one_of_three", sound)) as browser,
        ):
            page = self.enter(browser, server, "Ada")
            self.invite(page, "transcriber")
            with (
                Person(livekit, ROOM, "bob", name="Bob") as bob,
                Person(livekit, ROOM, "cat", name="Cat") as cat,
            ):
                ada = page.run("parley.client.room.localParticipant.identity")
                page.wait_for(f"{LINES}.some(([who]) => who === '{ada}')", 40)
                for one, clip in ((bob, clips[1]), (cat, clips[2])):
                    one.start_saying(clip.pcm)
                for who, clip in ((ada, clips[0]), ("bob", clips[1]), ("cat", clips[2])):
                    self.check_words(clip.words, self.said(page, who, len(clip.words.split())))
                self.picture(page, "console_three")
                shown = page.run("document.querySelector('#log').innerText")
                for name in ("Ada", "Bob", "Cat"):
                    self.assertIn(name, shown)
                people = page.run("document.querySelector('#people').innerText")
                self.assertIn("Transcriber", people)
            self.check_clean(page, server, livekit)

    def test_mandarin_beside_its_translation_which_is_heard(self):
        places.need(places.CACHE / "models/whisper-base", "run tools/deps --with languages")
        rate, pcm = mandarin(self)
        with (
            LiveKitServer() as livekit,
            self.parley(livekit, {"asr.model": "whisper-base"}) as server,
            Browser(microphone("quiet", speech.silence(1000))) as browser,
        ):
            page = self.enter(browser, server, "Ada")
            self.invite(page, "translator", speak=True)
            with Person(livekit, ROOM, "bo", name="Bo") as bo:
                bo.start_saying(pcm, rate)
                mine = f"{LINES}.filter(([who, , final]) => who === 'bo' && final)"
                page.wait_for(f"{mine}.filter((l) => l[3].en).length >= 2", 90)
                page.wait_for(f"{HEARD}.then((energy) => energy > 0.001)", 60)
                self.picture(page, "console_translated")
                for _, text, _, translations in page.run(mine):
                    self.assertTrue(any("\u4e00" <= each <= "\u9fff" for each in text), text)
                    self.assertTrue(translations["en"].isascii(), translations)
            self.check_clean(page, server, livekit)


if __name__ == "__main__":
    unittest.main()
