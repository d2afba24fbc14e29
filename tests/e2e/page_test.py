# SPDX-License-Identifier: Apache-2.0
"""The page in headless Chromium: a person connects, speaks, listens, types and interrupts."""

import base64
import shutil
import unittest

from support import places, speech
from support.browser import Browser
from support.server import Server, transcribe

QUESTION = "best_and_worst"
# The reply was made by one model and is heard by another: both may be wrong, but not often.
WER_MAX_PERCENT = 15
# The fake microphone starts with the page; time to connect before the words come.
LEAD_MS = 2500
LINE_SECONDS = 120


def microphone(name, pcm):
    padded = speech.silence(LEAD_MS) + pcm + speech.silence(4000)
    return speech.write_wav(places.RESULTS / f"{name}_microphone.wav", padded)


def need_browser():
    places.need(shutil.which("chromium") or "/usr/bin/chromium", "install Debian's chromium")


class Page(unittest.TestCase):
    def setUp(self):
        need_browser()

    def check_clean(self, page, server):
        """No complaint in the console, and nothing asked for from elsewhere."""
        self.assertEqual(page.complaints(), [])
        own = (server.url, server.url.replace("http:", "ws:"), "data:", "blob:", "about:")
        self.assertEqual([url for url in page.requests() if not url.startswith(own)], [])

    def connect(self, page):
        page.click("#connect")
        page.wait_for("window.parley.talk.client.status === 'open' && window.parley.talk.microphone")

    def picture(self, page, name):
        page.screenshot(places.RESULTS / f"page_{name}.png")


class SpokenTurn(Page):
    def test_question_is_answered_by_voice(self):
        clip = speech.clip(QUESTION)
        with Server() as server, Browser(microphone("spoken", clip.pcm)) as browser:
            page = browser.open(server.url)
            self.connect(page)
            page.run("parley.record(true)")
            page.wait_for("parley.state === 'hearing'", LINE_SECONDS)
            page.wait_for("parley.state === 'speaking'", LINE_SECONDS)
            self.picture(page, "speaking")
            page.wait_for("parley.state === 'listening'", LINE_SECONDS)
            self.picture(page, "after_turn")

            user, reply = page.run("parley.transcripts")
            self.assertEqual((user["role"], reply["role"]), ("user", "assistant"))
            wrong, words, _ = speech.word_errors([(clip.words, user["text"])])
            self.assertLessEqual(wrong, words // 5, user["text"])
            shown = page.run("document.querySelector('#log').innerText")
            self.assertIn(user["text"], shown)
            self.assertIn(reply["text"], shown)
            self.assert_heard(page, reply["text"])

            # The local model is one for demonstration, and the page says so.
            self.assertIn("demonstration", page.run("document.querySelector('#demo').innerText"))
            turn = page.run("parley.turn")
            self.assertGreaterEqual(len(turn["stages"]), 6, turn)
            self.assertGreater(turn["totalMs"], 0)
            self.check_clean(page, server)

            page.view(dark=True)
            page.run("new Promise((done) => setTimeout(done, 700))")
            self.picture(page, "dark")
            page.view(width=390, height=844, mobile=True)
            page.run("new Promise((done) => setTimeout(done, 700))")
            self.picture(page, "narrow")

    def assert_heard(self, page, text):
        pcm = base64.b64decode(page.run(
            "(() => { const bytes = new Uint8Array(parley.recording().buffer); let text = '';"
            "for (const byte of bytes) text += String.fromCharCode(byte); return btoa(text); })()"
        ))  # fmt: skip
        file = speech.write_wav(places.RESULTS / "page_reply.wav", pcm)
        heard = transcribe(file)[0]
        wrong, words, _ = speech.word_errors([(text, heard)])
        print(f"reply: {text!r}\nheard: {heard!r}\nWER {100 * wrong / words:.1f} %", flush=True)
        self.assertLessEqual(100 * wrong, WER_MAX_PERCENT * words)


class Controls(Page):
    """With fake models: the page's own behaviour, quickly."""

    def open(self, server, browser):
        page = browser.open(server.url)
        self.connect(page)
        return page

    def type(self, page, text):
        page.run("document.querySelector('#message').focus()")
        page.write(text)
        page.press("Enter")

    def test_type_interrupt_and_mute(self):
        quiet = microphone("quiet", speech.silence(1000))
        with Server(fake=True) as server, Browser(quiet) as browser:
            page = self.open(server, browser)
            self.type(page, "one two three four five six seven eight nine ten eleven twelve " * 4)
            page.wait_for("parley.state === 'speaking'")
            page.run("new Promise((done) => setTimeout(done, 600))")
            page.press("Escape")
            page.wait_for("parley.state === 'listening'")
            cut = page.run("parley.transcripts.at(-1)")
            self.assertEqual((cut["role"], cut["state"]), ("assistant", "cut"))
            self.assertTrue(0 <= cut["heardMs"] < 5000, cut)
            self.picture(page, "interrupted")

            self.type(page, "and again")
            page.wait_for("parley.transcripts.length === 4 && parley.transcripts[3].state === 'done'")
            page.wait_for("parley.state === 'listening'")
            self.assertEqual(page.run("parley.transcripts[2].text"), "and again")

            page.run("document.activeElement.blur()")
            page.press("m")
            page.wait_for("parley.state === 'muted'")
            self.assertEqual(page.run("document.querySelector('#microphone').innerText"), "Unmute")
            page.click("#microphone")
            page.wait_for("parley.state === 'listening'")
            page.click("#connect")
            page.wait_for("parley.state === 'offline'")
            self.check_clean(page, server)

    def test_speech_interrupts_the_reply(self):
        words = microphone("interrupting", speech.silence(2500) + speech.tone(1500))
        with Server(fake=True) as server, Browser(words) as browser:
            page = self.open(server, browser)
            self.type(page, "a long text that the stand-in for a model says back word for word " * 4)
            page.wait_for("parley.state === 'speaking'")
            page.wait_for("parley.transcripts[1].state === 'cut'")
            page.wait_for("parley.transcripts.length === 4 && parley.transcripts[3].state === 'done'")
            cut = page.run("parley.transcripts[1]")
            self.assertGreaterEqual(cut["heardMs"], 0)
            self.check_clean(page, server)

    def test_reconnects_when_the_server_comes_back(self):
        with Browser(microphone("quiet", speech.silence(1000))) as browser:
            with Server(fake=True) as server:
                page = self.open(server, browser)
                self.type(page, "before the break")
                page.wait_for("parley.transcripts.length === 2")
            page.wait_for("parley.state === 'waiting'")
            page.wait_for("document.querySelector('.notice')?.innerText.includes('parley serve')")
            self.picture(page, "server_away")
            with Server(fake=True, port=server.port):
                page.wait_for("parley.talk.client.status === 'open'", LINE_SECONDS)
                self.assertEqual(page.run("document.querySelectorAll('.notice').length"), 0)

    def test_a_key_is_asked_for(self):
        quiet = microphone("quiet", speech.silence(1000))
        settings = {"server.api_keys": ["open-sesame"]}
        with Server(fake=True, settings=settings) as server, Browser(quiet) as browser:
            page = browser.open(server.url)
            page.click("#connect")
            page.wait_for("document.querySelector('.notice')?.innerText.includes('key')")
            self.assertEqual(page.run("parley.state"), "offline")
            self.picture(page, "key_needed")
            page.click(".notice button")
            page.wait_for("document.querySelector('#settings').open")
            page.run("document.querySelector('#key').focus()")
            page.write("open-sesame")
            self.picture(page, "settings")
            page.press("Enter")
            page.wait_for("!document.querySelector('#settings').open")
            self.connect(page)
            page.wait_for("parley.state === 'listening'")


if __name__ == "__main__":
    unittest.main()
