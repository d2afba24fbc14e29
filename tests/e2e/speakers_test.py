# SPDX-License-Identifier: Apache-2.0
"""Who speaks: the real binary with the real model of speakers, over HTTP, over the raw recognition
socket and FunASR's port, and in recordings; and with the stand-ins, whom a Realtime session, a device
and a call answer."""

import base64
import json
import time
import unittest
import urllib.error
import urllib.request
import wave
from io import BytesIO

from support import places, speech
from support.caller import SILENCE, Caller, mulaw
from support.server import Server
from support.toy import Toy, at_16_khz
from websockets.sync.client import connect

PATIENCE_SECONDS = 60
FRAME_MS = 60
KEY = "5a" * 32
SETTINGS = {"speakers.model": "ge2e", "speakers.key": KEY}
# A reader, and the server's own voice: what they are enrolled with, and what they say later.
READER, JOE = "The reader", "Joe"
ENROLLED = {
    READER: ("best_and_worst", "belief_and_incredulity"),
    JOE: ("The captain counted seven boxes, and the harbour was quiet in the morning.",),
}
LATER = {
    READER: ("wisdom_and_foolishness", "hope_and_despair", "present_period", "superlative"),
    JOE: (
        "Nobody knows how long the winter will last, and we had better bring some wood.",
        "There is a train at half past nine, and another one in the afternoon.",
    ),
}


def wav(pcm, rate=speech.RATE):
    out = BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)
    return out.getvalue()


def form(fields):
    body = b""
    for name, value in fields:
        is_file = isinstance(value, bytes)
        head = f'--b\r\nContent-Disposition: form-data; name="{name}"'
        head += '; filename="clip.wav"\r\nContent-Type: audio/wav' if is_file else ""
        body += head.encode() + b"\r\n\r\n" + (value if is_file else value.encode()) + b"\r\n"
    return body + b"--b--\r\n"


def ask(server, method, path, fields=None, headers=None):
    """(status, JSON)"""
    request = urllib.request.Request(server.url + path, method=method, headers=headers or {})
    if fields is not None:
        request.data = form(fields)
        request.add_header("Content-Type", "multipart/form-data; boundary=b")
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as answer:
        return answer.code, json.load(answer)


def clip(name):
    return ("file", wav(speech.clip(name).pcm))


def spoken(server, text):
    """By the server's own voice, 24 kHz."""
    order = {"model": "any", "voice": "alloy", "input": text, "response_format": "pcm"}
    request = urllib.request.Request(
        server.url + "/v1/audio/speech",
        data=json.dumps(order).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        return answer.read()


def hear(server, recording):
    """The finals of one recording, which is sent as it is spoken."""
    finals = []
    url = f"ws://{server.host}:{server.port}/v1/asr/stream?rate={speech.RATE}&partials=false"
    with connect(url, compression=None) as socket:
        frame = FRAME_MS * speech.BYTES_PER_MS
        start = time.monotonic()
        for at in range(0, len(recording), frame):
            wait = start + at / speech.BYTES_PER_MS / 1000 - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            socket.send(recording[at : at + frame])
        socket.send('{"type":"end"}')
        while True:
            event = json.loads(socket.recv(timeout=PATIENCE_SECONDS))
            if event["type"] == "done":
                return finals
            if event["type"] == "final":
                finals.append(event)


class Voices(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        places.need_models()
        places.need(places.CACHE / "models/ge2e", "run tools/deps")
        places.need_speech()
        cls.server = Server(settings={**SETTINGS, "ports.funasr": 0})
        cls.addClassCleanup(cls.server.stop)
        cls.funasr = cls.server.lines.get(timeout=PATIENCE_SECONDS).split()[-1]
        for name, clips in ENROLLED.items():
            fields = [("name", name)] + [("file", wav(cls.pcm(name, one))) for one in clips]
            status, speaker = ask(cls.server, "POST", "/v1/speakers", fields)
            assert status == 200, speaker

    @classmethod
    def pcm(cls, name, what):
        return spoken(cls.server, what) if name == JOE else speech.clip(what).pcm

    def test_everybody_is_identified_by_what_he_says_later(self):
        for name, clips in LATER.items():
            for one in clips:
                fields = [("file", wav(self.pcm(name, one)))]
                status, who = ask(self.server, "POST", "/v1/speakers/identify", fields)
                self.assertEqual(status, 200, who)
                self.assertEqual((who["speaker"] or {}).get("name"), name, (one, who))

    def test_nobody_is_taken_for_another(self):
        for name, clips in LATER.items():
            for asked in ENROLLED:
                fields = [("name", asked), ("file", wav(self.pcm(name, clips[0])))]
                status, same = ask(self.server, "POST", "/v1/speakers/verify", fields)
                self.assertEqual(status, 200, same)
                self.assertEqual(same["is_same"], asked == name, same)

    def test_the_raw_socket_names_who_speaks(self):
        finals = hear(self.server, self.conversation())
        # A pause may cut a clip in two; each part is its speaker's, or says too little.
        named = [final["speaker"] for final in finals if final["speaker"]]
        self.assertEqual(in_turn(named), [READER, JOE, READER], finals)

    def test_funasrs_port_names_who_speaks(self):
        results = []
        with connect(f"ws://{self.funasr}", compression=None) as socket:
            order = {"mode": "2pass", "wav_name": "a", "wav_format": "pcm", "audio_fs": speech.RATE,
                     "chunk_size": [5, 10, 5], "is_speaking": True}  # fmt: skip
            socket.send(json.dumps(order))
            pcm = self.conversation()
            for at in range(0, len(pcm), 9600):
                socket.send(pcm[at : at + 9600])
            socket.send('{"is_speaking": false}')
            while not results or not results[-1]["is_final"]:
                results.append(json.loads(socket.recv(timeout=PATIENCE_SECONDS)))
        named = [result["spk_name"] for result in results if "spk_name" in result]
        self.assertEqual(in_turn(named), [READER, JOE, READER], results)

    def test_a_recording_is_told_by_speakers(self):
        self.assertEqual(in_turn(diarized(self.server, self.conversation())), [READER, JOE, READER])

    def conversation(self):
        told = [(READER, LATER[READER][1]), (JOE, LATER[JOE][0]), (READER, LATER[READER][2])]
        pcm = speech.silence(1200).join(self.pcm(name, what) for name, what in told)
        return pcm + speech.silence(1200)

    def test_speakers_are_listed_and_forgotten_and_what_is_kept_is_encrypted(self):
        fields = [("name", "Somebody-in-clear"), clip("light_and_darkness")]
        _, speaker = ask(self.server, "POST", "/v1/speakers", fields)
        _, listed = ask(self.server, "GET", "/v1/speakers")
        self.assertIn(speaker["id"], [one["id"] for one in listed["data"]])
        for path in self.server.folder.glob("conversations.db*"):
            self.assertNotIn(b"Somebody-in-clear", path.read_bytes())
        status, gone = ask(self.server, "DELETE", "/v1/speakers/" + speaker["id"])
        self.assertEqual((status, gone["deleted"]), (200, True))
        _, listed = ask(self.server, "GET", "/v1/speakers")
        self.assertNotIn(speaker["id"], [one["id"] for one in listed["data"]])

    def test_mistakes_name_the_field(self):
        for fields, param in (
            ([("name", "x")], "file"),
            ([clip("wisdom")], "name"),
            ([("name", "x"), ("file", b"no recording")], "file"),
            ([("name", "x"), ("file", wav(speech.silence(3000)))], "file"),
        ):
            status, answer = ask(self.server, "POST", "/v1/speakers", fields)
            self.assertEqual((status, answer["error"]["param"]), (400, param), answer)


class Strangers(unittest.TestCase):
    def test_they_are_told_apart_and_a_sample_names_one(self):
        places.need_models()
        places.need(places.CACHE / "models/ge2e", "run tools/deps")
        server = Server(settings={"speakers.model": "ge2e", "speakers.key": KEY})
        self.addCleanup(server.stop)
        joe = [spoken(server, text) for text in (*ENROLLED[JOE], *LATER[JOE])]
        reader = [speech.clip(name).pcm for name in LATER[READER][1:3]]
        pcm = speech.silence(1200).join((reader[0], joe[1], reader[1], joe[2]))
        self.assertEqual(in_turn(diarized(server, pcm)), ["A", "B", "A", "B"])
        sample = "data:audio/wav;base64," + base64.b64encode(wav(joe[0])).decode()
        named = diarized(
            server, pcm, ("known_speaker_names[]", JOE), ("known_speaker_references[]", sample)
        )
        self.assertEqual(in_turn(named), ["A", JOE, "A", JOE])


def in_turn(names):
    return [name for at, name in enumerate(names) if at == 0 or names[at - 1] != name]


def diarized(server, pcm, *more):
    """The speaker of each segment."""
    fields = [("file", wav(pcm)), ("model", "any"), ("response_format", "diarized_json"), *more]
    status, answer = ask(server, "POST", "/v1/audio/transcriptions", fields)
    assert status == 200, answer
    return [segment["speaker"] for segment in answer["segments"]]


class Gate(unittest.TestCase):
    def test_only_who_is_enrolled_is_answered(self):
        settings = {**SETTINGS, "speakers.gate": "enrolled", "speakers.threshold": 0.5}
        server = Server(fake=True, settings=settings)
        self.addCleanup(server.stop)
        fields = [("name", "Low"), ("file", wav(speech.tone(2000, 120)))]
        status, answer = ask(server, "POST", "/v1/speakers", fields)
        self.assertEqual(status, 200, answer)
        with connect(server.socket_url + "?model=any") as socket:
            self.assertEqual(self.say(socket, 900), [])
            self.assertEqual(self.say(socket, 120), ["response.created", "response.done"])
            self.assertEqual(self.say(socket, 900), [])
        with Toy(server.url + "/xiaozhi/ota/", tools=[]) as toy:
            toy.listen("start", mode="auto")
            self.assertEqual(self.say_to(toy, 900), [])
            self.assertEqual(self.say_to(toy, 120), ["start", "stop"])
        with Toy(server.url + "/xiaozhi/ota/?gate=off", tools=[]) as toy:
            toy.listen("start", mode="auto")
            self.assertEqual(self.say_to(toy, 900), ["start", "stop"])
        with Caller(server) as call:
            call.say(mulaw(speech.tone(2000, 900)) + SILENCE * 8 * 3000)
            self.assertFalse(call.over.wait(6))
            self.assertEqual(call.events, [])
            call.say(mulaw(speech.tone(2000, 120)) + SILENCE * 8 * 1500)
            self.assertTrue(call.wait_until_quiet())
        self.assertRegex(server.get("/metrics")[2].decode(), "parley_gate_refused_total 4\n")

    def say_to(self, toy, hertz):
        """What a device is told of speaking, until a while after its user's words are shown."""
        before = len(toy.seen)
        toy.say(at_16_khz(speech.tone(2000, hertz) + speech.silence(1500)))
        toy.until("stt")
        time.sleep(3)
        new = [one for one in toy.seen[before:] if isinstance(one, dict)]
        told = [one["state"] for one in new if one["type"] == "tts"]
        return [state for state in told if state != "sentence_start"]

    def say(self, socket, hertz):
        """What was said of replies, until a while after the user's words are known."""
        audio = speech.tone(2000, hertz) + speech.silence(1500)
        for at in range(0, len(audio), 4800):
            text = base64.b64encode(audio[at : at + 4800]).decode()
            socket.send(json.dumps({"type": "input_audio_buffer.append", "audio": text}))
        told = []
        try:
            while True:
                event = json.loads(socket.recv(timeout=3))
                if event["type"] in ("response.created", "response.done"):
                    told.append(event["type"])
        except TimeoutError:
            return told


if __name__ == "__main__":
    unittest.main()
