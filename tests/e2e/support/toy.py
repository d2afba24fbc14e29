# SPDX-License-Identifier: Apache-2.0
"""A headless xiaozhi device, written from the firmware's protocol notes: asks at the OTA address where to
talk, shows its four headers, speaks Opus (libopus itself), keeps what it hears, has tools, aborts."""

import array
import ctypes
import ctypes.util
import json
import queue
import struct
import threading
import time
import unittest
import urllib.request

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

UPLINK_RATE = 16_000
DOWNLINK_RATE = 24_000
FRAME_MS = 60
PATIENCE_SECONDS = 60
VOIP = 2048  # OPUS_APPLICATION_VOIP
PACKET_BYTES = 4000
DEVICE_ID = "aa:bb:cc:dd:ee:ff"
CLIENT_ID = "6c5b1c3e-0000-4000-8000-000000000001"

TOOLS = [
    {"name": "self.get_device_status", "description": "The state of the device: volume, battery.",
     "inputSchema": {"type": "object", "properties": {}}},
    {"name": "self.audio_speaker.set_volume",
     "description": "Sets the volume of the speaker.",
     "inputSchema": {"type": "object",
                     "properties": {"volume": {"type": "integer", "minimum": 0, "maximum": 100}},
                     "required": ["volume"]}},
]  # fmt: skip


def at_16_khz(pcm):
    """Of recordings at 24 kHz; every third sample, and the mean of the two between."""
    samples = array.array("h", pcm)
    out = array.array("h")
    for at in range(0, len(samples) - 2, 3):
        out.append(samples[at])
        out.append((samples[at + 1] + samples[at + 2]) // 2)
    return out.tobytes()


def libopus():
    name = ctypes.util.find_library("opus")
    if name is None:
        raise unittest.SkipTest("libopus is missing")
    library = ctypes.CDLL(name)
    library.opus_encoder_create.restype = ctypes.c_void_p
    library.opus_decoder_create.restype = ctypes.c_void_p
    return library


class Opus:
    def __init__(self, rate=UPLINK_RATE, channels=1):
        self.codec = libopus()
        self.channels = channels
        self.encoder = ctypes.c_void_p(self.codec.opus_encoder_create(rate, channels, VOIP, None))
        self.decoder = ctypes.c_void_p(self.codec.opus_decoder_create(DOWNLINK_RATE, 1, None))

    def encode(self, pcm):
        """s16 of 60 ms, the channels' samples in turn."""
        samples = len(pcm) // 2 // self.channels
        packet = ctypes.create_string_buffer(PACKET_BYTES)
        size = self.codec.opus_encode(self.encoder, pcm, samples, packet, PACKET_BYTES)
        assert size > 0, size
        return packet.raw[:size]

    def decode(self, packet):
        pcm = ctypes.create_string_buffer(DOWNLINK_RATE * 2)
        count = self.codec.opus_decode(self.decoder, packet, len(packet), pcm, DOWNLINK_RATE, 0)
        assert count > 0, count
        return pcm.raw[: count * 2]


def framed(version, packet):
    if version == 2:
        return struct.pack(">HHIII", 2, 0, 0, 0, len(packet)) + packet
    if version == 3:
        return struct.pack(">BBH", 0, 0, len(packet)) + packet
    return packet


def unframed(version, message):
    if version == 2:
        kind, size = struct.unpack(">xxHxxxxxxxxI", message[:16])
        message = message[16:]
    elif version == 3:
        kind, size = struct.unpack(">BxH", message[:4])
        message = message[4:]
    else:
        kind, size = 0, len(message)
    assert (kind, size) == (0, len(message)), (kind, size, len(message))
    return message


class Toy:
    """`with Toy(url) as toy:` has asked, connected and said hello."""

    def __init__(self, ota_url, version=1, tools=TOOLS):
        self.version = version
        self.tools = tools
        self.opus = Opus()
        self.bootstrap = self.ask_where(ota_url)
        socket = self.bootstrap["websocket"]
        headers = {"Protocol-Version": str(version), "Device-Id": DEVICE_ID, "Client-Id": CLIENT_ID}
        if socket["token"]:
            headers["Authorization"] = "Bearer " + socket["token"]
        self.socket = connect(socket["url"], additional_headers=headers, compression=None)
        self.messages = queue.Queue()
        self.seen = []  # every message, sounds as "sound" once in a row
        self.sound = bytearray()  # s16 that was heard while we were speaking
        self.arrivals = []  # when each packet came
        self.calls = []  # of our tools
        self.speaking = False
        self.strays = 0  # packets that came when nobody had said that they would
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.send_json(
            type="hello", version=version, features={"mcp": bool(tools)}, transport="websocket",
            audio_params={"format": "opus", "sample_rate": UPLINK_RATE, "channels": 1,
                          "frame_duration": FRAME_MS},
        )  # fmt: skip
        hello = json.loads(self.socket.recv(timeout=10))
        assert hello["type"] == "hello" and hello["transport"] == "websocket", hello
        assert hello["audio_params"]["sample_rate"] == DOWNLINK_RATE, hello
        self.session_id = hello["session_id"]
        self.reader.start()

    @staticmethod
    def ask_where(url):
        report = {
            "version": 2, "language": "en-US", "flash_size": 16777216,
            "minimum_free_heap_size": "8318916", "mac_address": DEVICE_ID, "uuid": CLIENT_ID,
            "chip_model_name": "esp32s3", "application": {"name": "xiaozhi", "version": "2.0.1"},
            "board": {"type": "bread-compact-wifi"},
        }  # fmt: skip
        request = urllib.request.Request(
            url, data=json.dumps(report).encode(), method="POST",
            headers={"Device-Id": DEVICE_ID, "Client-Id": CLIENT_ID, "Activation-Version": "1",
                     "Content-Type": "application/json", "User-Agent": "bread-compact-wifi/2.0.1"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _read(self):
        try:
            for message in self.socket:
                if isinstance(message, bytes):
                    self._hear(unframed(self.version, message))
                else:
                    self._take(json.loads(message))
        except ConnectionClosed:
            pass
        self.messages.put({"type": "closed"})

    def _hear(self, packet):
        if not self.speaking:
            self.strays += 1
            return
        self.arrivals.append(time.monotonic())
        self.sound += self.opus.decode(packet)
        if not self.seen or self.seen[-1] != "sound":
            self.seen.append("sound")

    def _take(self, message):
        assert message["session_id"] == self.session_id, message
        assert len(json.dumps(message)) < 8192
        if message["type"] == "mcp":
            self._answer(message["payload"])
        if message["type"] == "tts" and message["state"] in ("start", "stop"):
            self.speaking = message["state"] == "start"
        self.seen.append(message)
        self.messages.put(message)

    def _answer(self, request):
        """As firmware does, one tool a page."""
        assert request["jsonrpc"] == "2.0" and isinstance(request["id"], int), request
        params = request["params"]
        if request["method"] == "initialize":
            result = {"protocolVersion": "2024-11-05", "capabilities": {"tools": {}},
                      "serverInfo": {"name": "toy", "version": "2.0.1"}}  # fmt: skip
        elif request["method"] == "tools/list":
            names = [tool["name"] for tool in self.tools]
            at = names.index(params["cursor"]) if params.get("cursor") else 0
            result = {"tools": self.tools[at : at + 1]}
            if at + 1 < len(names):
                result["nextCursor"] = names[at + 1]
        else:
            self.calls.append((params["name"], params["arguments"]))
            result = {"content": [{"type": "text", "text": "true"}], "isError": False}
        payload = {"jsonrpc": "2.0", "id": request["id"], "result": result}
        self.send_json(type="mcp", payload=payload)

    def send_json(self, **message):
        self.socket.send(json.dumps({"session_id": getattr(self, "session_id", ""), **message}))

    def listen(self, state, **more):
        self.send_json(type="listen", state=state, **more)

    def say(self, pcm, paced=True):
        """s16 at 16 kHz, in packets of 60 ms, as they are spoken."""
        frame = UPLINK_RATE * 2 * FRAME_MS // 1000
        start = time.monotonic()
        for number, at in enumerate(range(0, len(pcm), frame)):
            wait = start + number * FRAME_MS / 1000 - time.monotonic()
            if paced and wait > 0:
                time.sleep(wait)
            packet = self.opus.encode(pcm[at : at + frame].ljust(frame, b"\0"))
            self.socket.send(framed(self.version, packet))

    def until(self, type, **fields):
        """The next such message; those before it are passed over."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            message = self.messages.get(timeout=max(0.1, end - time.monotonic()))
            if message["type"] == type and fields.items() <= message.items():
                return message
            if message["type"] == "closed":
                raise AssertionError(f"closed before {type} {fields}: {self.seen}")

    def loudness(self):
        samples = array.array("h", bytes(self.sound))
        return max((abs(one) for one in samples), default=0)
