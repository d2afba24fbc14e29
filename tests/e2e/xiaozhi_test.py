# SPDX-License-Identifier: Apache-2.0
"""A headless xiaozhi device against the real binary: the bootstrap, the wake word, a question, a call of a
tool of the device's own, an abort; every framing, keys, silence at the end of all."""

import array
import json
import math
import time
import unittest
import urllib.error

from support import places, speech
from support.chat import Chat
from support.server import Server
from support.toy import FRAME_MS, UPLINK_RATE, Toy, at_16_khz

LEAD_PACKETS = 5
OTA = "/xiaozhi/ota/"


def tone(ms):
    samples = (
        int(9000 * math.sin(2 * math.pi * 220 * i / UPLINK_RATE)) for i in range(UPLINK_RATE * ms // 1000)
    )
    return array.array("h", samples).tobytes()


def silence(ms):
    return bytes(UPLINK_RATE * ms // 1000 * 2)


def said(toy):
    """The kinds of what came, in order."""
    return [
        one if isinstance(one, str) else one["type"] + ":" + one.get("state", "")
        for one in toy.seen
        if isinstance(one, str) or one["type"] != "mcp"
    ]


class WithoutModels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(fake=True)
        cls.addClassCleanup(cls.server.stop)
        cls.ota = cls.server.url + OTA

    def ask(self, toy):
        toy.listen("start", mode="auto")
        toy.say(tone(1200) + silence(1200))

    def test_a_whole_session_in_every_framing(self):
        for version in (1, 2, 3):
            with self.subTest(version=version), Toy(self.ota, version) as toy:
                self.assertEqual(toy.bootstrap["firmware"], {"version": "2.0.1", "url": ""})
                self.assertNotIn("activation", toy.bootstrap)
                self.assertNotIn("mqtt", toy.bootstrap)
                self.assertLess(
                    abs(toy.bootstrap["server_time"]["timestamp"] / 1000 - time.time()), 60
                )
                toy.say(tone(600), paced=False)  # the wake word
                toy.listen("detect", text="你好小智")
                self.ask(toy)
                self.assertTrue(toy.until("stt")["text"])
                toy.until("tts", state="stop")
                self.assertEqual(
                    said(toy)[:5],
                    ["stt:", "tts:start", "llm:", "tts:sentence_start", "sound"],
                )
                self.assertEqual(toy.strays, 0)
                self.assertGreater(toy.loudness(), 500)
                for number, at in enumerate(toy.arrivals):
                    early = (number - LEAD_PACKETS + 1) * FRAME_MS / 1000 - (at - toy.arrivals[0])
                    # Never more than what a device has room for, whatever the network does.
                    self.assertLess(early, 0.1, number)

    def test_an_abort_is_silence_at_once_and_the_session_goes_on(self):
        with Toy(self.ota) as toy:
            toy.listen("detect", text="Tell me a story that is long enough to be interrupted, please.")
            toy.until("tts", state="sentence_start")
            time.sleep(0.5)
            toy.send_json(type="abort", reason="wake_word_detected")
            toy.until("tts", state="stop")
            packets = len(toy.arrivals)
            time.sleep(0.5)
            self.assertEqual((len(toy.arrivals), toy.strays), (packets, 0))
            self.ask(toy)
            toy.until("stt")
            toy.until("tts", state="stop")
            self.assertGreater(len(toy.arrivals), packets)

    def test_push_to_talk(self):
        with Toy(self.ota, tools=[]) as toy:
            toy.listen("start", mode="manual")
            toy.say(tone(900), paced=False)
            toy.listen("stop")
            toy.until("stt")
            toy.until("tts", state="stop")
            self.assertGreater(len(toy.arrivals), 0)

    def test_a_browser_asks_and_reads(self):
        status, _, body = self.server.get(OTA)
        self.assertEqual(status, 200)
        answer = json.loads(body)
        self.assertEqual(
            answer["websocket"]["url"], f"ws://{self.server.host}:{self.server.port}/xiaozhi/v1/"
        )


SCRIPT = (
    ("self_audio_speaker_set_volume", {"volume": 50}),
    "🙂 The volume is fifty now. I can tell you a very long story about it, if you like, of course.",
    "Good night.",
)


def assert_example(case, toy, chat, question):
    """The documented session: wake word, question, the device's tool, barge-in, one more turn."""
    toy.say(tone(600), paced=False)
    toy.listen("detect", text="你好小智")
    toy.listen("start", mode="auto")
    toy.say(silence(600) + question + silence(1500))
    heard = toy.until("stt")["text"]
    toy.until("tts", state="start")
    case.assertEqual(toy.until("llm")["emotion"], "happy")
    sentence = toy.until("tts", state="sentence_start")["text"]
    case.assertEqual(sentence, "The volume is fifty now.")
    case.assertEqual(toy.calls, [("self.audio_speaker.set_volume", {"volume": 50})])
    offered = [tool["function"]["name"] for tool in chat.requests[0]["tools"]]
    for name in ("self_get_device_status", "self_audio_speaker_set_volume"):
        case.assertIn(name, offered)
    case.assertIn("true", json.dumps(chat.requests[1]["messages"]))
    toy.until("tts", state="sentence_start")
    time.sleep(0.5)
    toy.send_json(type="abort", reason="wake_word_detected")
    toy.until("tts", state="stop")
    toy.listen("start", mode="auto")
    toy.say(question + silence(1500))
    toy.until("stt")
    case.assertEqual(toy.until("tts", state="sentence_start")["text"], "Good night.")
    toy.until("tts", state="stop")
    case.assertEqual(toy.strays, 0)
    # Of what was cut the model reads the beginning.
    said = [one for one in chat.requests[2]["messages"] if one["role"] == "assistant"][-1]
    case.assertIn("The volume is fifty now.", said["content"])
    case.assertNotIn("course", said["content"])
    return heard


class Example(unittest.TestCase):
    def test_the_documented_session(self):
        with Chat(SCRIPT) as chat:
            settings = {"llm.url": chat.url, "llm.model": "m"}
            with Server(fake=True, settings=settings) as server, Toy(server.url + OTA) as toy:
                assert_example(self, toy, chat, tone(1200))


class Keys(unittest.TestCase):
    def test_the_key_of_the_address_lets_the_device_in(self):
        with Server(fake=True, settings={"server.api_keys": ["sesame"]}) as server:
            with self.assertRaises(urllib.error.HTTPError) as refused:
                Toy.ask_where(server.url + OTA)
            self.assertEqual(refused.exception.code, 401)
            with Toy(server.url + OTA + "?key=sesame") as toy:
                self.assertEqual(toy.bootstrap["websocket"]["token"], "sesame")
                toy.listen("detect", text="Hello there")
                toy.until("tts", state="stop")


class WithModels(unittest.TestCase):
    def test_the_documented_session_is_understood_and_spoken(self):
        places.need_models()
        clip = speech.clip("best_and_worst")
        with Chat(SCRIPT) as chat:
            settings = {"llm.url": chat.url, "llm.model": "m", "turn.silence_ms": 1200}
            with Server(settings=settings) as server, Toy(server.url + OTA) as toy:
                heard = assert_example(self, toy, chat, at_16_khz(clip.pcm))
                wrong, total, _ = speech.word_errors([(clip.words, heard)])
                self.assertLessEqual(wrong / total, 0.2, heard)
                self.assertGreater(toy.loudness(), 1000)


if __name__ == "__main__":
    unittest.main()
