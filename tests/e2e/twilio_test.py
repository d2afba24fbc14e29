# SPDX-License-Identifier: Apache-2.0
"""A telephone call against the real binary, as Twilio connects it: the webhook, the stream, a question and its
answer, an interruption, keys, the end; signatures; the words of both sides with the real models. And a call that
is only listened to."""

import json
import tempfile
import time
import unittest
import urllib.error
from pathlib import Path

from support import places, speech
from support.caller import RATE, SILENCE, Caller, Overheard, mulaw, pcm, signature
from support.chat import Chat
from support.server import Server, transcribe
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

GREETING = "Good morning, this is the weather service."
LONG = (
    "It will be sunny in the morning. Later there will be clouds from the west, and then some rain,"
    " and in the evening a storm will come over the hills and the lakes and all of the coast."
)
LAST = "Good night."
TOKEN = "12345"
PATIENCE_SECONDS = 30
WER_MAX = 0.35  # through a synthetic voice, the telephone's band and a recogniser


def tone(ms):
    return mulaw(speech.tone(ms))


def silence(ms):
    return SILENCE * (RATE * ms // 1000)


def messages_of(chat, number, role):
    return [one["content"] for one in chat.requests[number]["messages"] if one["role"] == role]


def talk(case, call, chat, question):
    """Greeting, question, an answer that is interrupted, keys, goodbye."""
    case.assertTrue(call.wait_until_quiet())
    case.assertIn(GREETING, json.dumps(messages_of(chat, 0, "system")))
    greeting = len(call.heard)
    call.say(question + silence(1500))
    case.assertTrue(call.wait_for(lambda: len(call.heard) > greeting + RATE * 3 // 2))
    case.assertNotIn("clear", call.events)
    call.say(question + silence(1500))  # while it speaks
    case.assertTrue(call.wait_for(lambda: "clear" in call.events))
    cut = len(call.heard)
    case.assertTrue(call.wait_until_quiet(cut))
    answer = len(call.heard)
    call.press("12#")
    case.assertTrue(call.wait_until_quiet(answer))
    case.assertEqual(call.events.count("clear"), 1)
    # Of what was cut the model reads the beginning.
    said = messages_of(chat, 2, "assistant")[-1]
    case.assertIn("sunny", said)
    case.assertNotIn("coast", said)
    case.assertIn("12#", messages_of(chat, 3, "user")[-1])
    call.hang_up()
    case.assertEqual(call.close_code, 1000)
    return bytes(call.heard[:greeting]), bytes(call.heard[cut:answer]), messages_of(chat, 1, "user")


def records_of(file):
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def wait_for_records(file, count):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(records_of(file)) < count:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


SCRIPT = (GREETING, LONG, LAST, "Thank you.")


class WithoutModels(unittest.TestCase):
    def test_a_whole_call(self):
        with Chat(SCRIPT) as chat:
            settings = {
                "llm.url": chat.url, "llm.model": "m", "twilio.greeting": GREETING,
                "twilio.auth_token": TOKEN,
            }  # fmt: skip
            with Server(fake=True, settings=settings) as server, Caller(server, TOKEN) as call:
                talk(self, call, chat, tone(1200))
                for name in ("sessions_total", "interruptions_total"):
                    self.assertRegex(server.get("/metrics")[2].decode(), f"parley_call_{name} 1\n")

    def test_what_is_not_signed_is_refused(self):
        with Server(fake=True, settings={"twilio.auth_token": TOKEN}) as server:
            self.assertEqual(server.get("/twilio/voice")[0], 403)
            with self.assertRaises(urllib.error.HTTPError) as refused:
                Caller(server, "another")
            self.assertEqual(refused.exception.code, 403)
            address = f"ws://{server.host}:{server.port}/twilio/media"
            for headers in ({}, {"X-Twilio-Signature": signature("another", address)}):
                with self.assertRaises(InvalidStatus) as closed:
                    connect(address, additional_headers=headers)
                self.assertEqual(closed.exception.response.status_code, 403)

    def test_a_call_of_others_is_written_down(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "records"
            settings = {"observers.file": str(file), "twilio.auth_token": TOKEN}
            with Server(fake=True, settings=settings) as server:
                with Overheard(server, TOKEN, tracks=("inbound", "outbound")) as call:
                    call.say(tone(1200))
                    call.say(silence(2500) + tone(900), "outbound")
                    self.assertTrue(wait_for_records(file, 3))
                    call.say(tone(1200))
                    self.assertFalse(call.over.wait(0.6))
                    call.hang_up()  # in the middle of a sentence
                    self.assertEqual((call.close_code, call.events), (1000, []))
                self.assertTrue(wait_for_records(file, 5))
                records = records_of(file)
            self.assertEqual({one["call"] for one in records}, {"CA1"})
            self.assertEqual(
                [one["event"].get("track", one["event"]["type"]) for one in records],
                ["session.opened", "inbound", "outbound", "inbound", "session.closed"],
            )

    def test_without_observers_nobody_listens(self):
        with Server(fake=True) as server, self.assertRaises(InvalidStatus) as refused:
            Overheard(server)
        self.assertEqual(refused.exception.response.status_code, 404)

    def test_a_server_that_ends_says_its_last_word(self):
        with Server(fake=True) as server:
            call = Caller(server)
            call.say(tone(1200) + silence(1500))
            self.assertTrue(call.wait_for(lambda: call.heard))
            server.process.terminate()
            self.assertTrue(call.over.wait(PATIENCE_SECONDS))
            self.assertEqual((call.close_code, call.waiting), (1001, []))
            call.close()
            self.assertEqual(server.process.wait(PATIENCE_SECONDS), 0)


class WithModels(unittest.TestCase):
    def test_both_sides_are_understood(self):
        places.need_models()
        clip = speech.clip("best_and_worst")
        with Chat(SCRIPT) as chat:
            settings = {
                "llm.url": chat.url, "llm.model": "m", "twilio.greeting": GREETING,
                "turn.silence_ms": 1200,
            }  # fmt: skip
            with Server(settings=settings) as server, Caller(server) as call:
                greeting, _, heard = talk(self, call, chat, mulaw(clip.pcm))
        wrong, total, _ = speech.word_errors([(clip.words, heard[-1])])
        self.assertLessEqual(wrong / total, WER_MAX, heard)
        with tempfile.TemporaryDirectory() as folder:
            spoken = transcribe(speech.write_wav(Path(folder) / "greeting.wav", pcm(greeting)))
        wrong, total, _ = speech.word_errors([(GREETING, spoken[0])])
        self.assertLessEqual(wrong / total, WER_MAX, spoken)

    def test_a_call_of_others_is_understood(self):
        places.need_models()
        clips = [speech.clip(name) for name in ("best_and_worst", "present_period")]
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "records"
            tracks = ("inbound", "outbound")
            with Server(settings={"observers.file": str(file)}) as server:
                with Overheard(server, tracks=tracks) as call:
                    for track, clip in zip(tracks, clips, strict=True):
                        call.say(mulaw(clip.pcm) + silence(1000), track)
                    self.assertTrue(wait_for_records(file, 3))
                    self.assertFalse(call.over.wait(max(len(clip.pcm) for clip in clips) / 48_000 + 2))
                    call.hang_up()
                    self.assertEqual(call.events, [])
            heard = records_of(file)
        for track, clip in zip(tracks, clips, strict=True):
            words = [one["event"]["transcript"] for one in heard if one["event"].get("track") == track]
            wrong, total, _ = speech.word_errors([(clip.words, " ".join(words))])
            self.assertLessEqual(wrong / total, WER_MAX, words)


if __name__ == "__main__":
    unittest.main()
