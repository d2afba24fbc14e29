# SPDX-License-Identifier: Apache-2.0
"""Two nodes behind a real HAProxy, with the configuration that examples/haproxy has: 30 people talk in
real time while one node is killed, comes back, and the other one is drained. And what two nodes share
through Redis: speakers and keys."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from collections import Counter
from pathlib import Path

from speakers_test import ask, wav
from support import places, speech
from support.redis import Redis, free_port, wait_for_port
from support.server import Server, clean_environment, parley
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect as sync_connect

STREAMS = 30
FRAME_MS = 60
FRAME = FRAME_MS * speech.BYTES_PER_MS
PAUSE_MS = 1500
PATIENCE_SECONDS = 90
DRAIN_SECONDS = 30
CLIPS = ("best_and_worst", "wisdom_and_foolishness", "light_and_darkness", "hope_and_despair", "heaven",
         "present_period", "authorities", "ever_tried")  # fmt: skip
# An utterance has begun for the server when so much of its speech was sent, and as much more as this program was late:
# what is on its way when the server closes is nobody's. Thirty streams on one node of a busy machine wait for each
# other, and a word's beginning is soft …
BEGUN_MS = 500
# … and its final covers it, if it ends at most so long before the clip's speech does: a word's end fades.
COVERED_MS = 600
WER_MAX = 0.15
# The test is about who is lost; a slow machine would refuse some of the thirty.
LET_ALL_IN = {"asr.backlog_ms": 60_000, "asr.busy_max": 1.0, "server.drain_seconds": DRAIN_SECONDS}


class HaProxy:
    def __init__(self, nodes):
        program = shutil.which("haproxy") or "/usr/sbin/haproxy"
        places.need(program, "make packages SETS=tests")
        self.port = free_port()
        environment = {
            "PARLEY_BIND": f"127.0.0.1:{self.port}",
            **{f"PARLEY_NODE_{name}": f"127.0.0.1:{port}" for name, port in nodes.items()},
        }
        self.process = subprocess.Popen(
            [program, "-db", "-f", places.ROOT / "examples/haproxy/haproxy.cfg"],
            env={**clean_environment(), **environment},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_for_port(self.port, self.process)
        self.url = f"ws://127.0.0.1:{self.port}/v1/asr/stream?rate={speech.RATE}&partials=false&silence_ms=800"

    def stop(self):
        self.process.kill()
        self.process.wait()


class Talker:
    """Says clips, one after the other, over whatever connection it gets. What has no final is said again."""

    def __init__(self, url, number, counts, errors):
        self.url, self.number, self.counts, self.errors = url, number, counts, errors
        self.stopping = False
        self.lost = Counter()  # by phase
        self.said = 0

    async def run(self, phase):
        self.phase = phase
        while not self.stopping:
            try:
                async with connect(self.url, compression=None, open_timeout=PATIENCE_SECONDS) as socket:
                    self.counts["connections"] += 1
                    await self.talk(socket)
            except ConnectionClosed as closed:
                self.counts[f"closed {closed.rcvd.code if closed.rcvd else 'without a word'}"] += 1
            except InvalidStatus as refused:
                self.counts[f"refused {refused.response.status_code}"] += 1
                await asyncio.sleep(int(refused.response.headers.get("Retry-After", "1")))

    async def talk(self, socket):
        """Until the connection ends, or between two clips when it is time to stop."""
        self.sent_ms = 0
        while not self.stopping:
            clip = speech.clip(CLIPS[(self.number + self.said) % len(CLIPS)])
            begin_ms, finals = self.sent_ms, []
            listener = asyncio.create_task(self.listen(socket, finals))
            try:
                await self.say(socket, clip.pcm + speech.silence(PAUSE_MS))
                await socket.send('{"type":"end"}')
                await listener
                self.answered(clip, finals)
            except ConnectionClosed:
                await asyncio.gather(listener, return_exceptions=True)
                self.closed_in(clip, begin_ms, finals)
                raise
            finally:
                listener.cancel()

    async def say(self, socket, pcm):
        start = time.monotonic()
        self.late_ms = 0
        for number, at in enumerate(range(0, len(pcm), FRAME)):
            wait = start + number * FRAME_MS / 1000 - time.monotonic()
            self.late_ms = max(self.late_ms, -wait * 1000)
            if wait > 0:
                await asyncio.sleep(wait)
            piece = pcm[at : at + FRAME]
            await socket.send(piece)
            self.sent_ms += len(piece) // speech.BYTES_PER_MS

    async def listen(self, socket, finals):
        async for message in socket:
            event = json.loads(message)
            if event["type"] == "final":
                finals.append(event)
            elif event["type"] == "done":
                return
            elif event["type"] == "error":
                raise AssertionError(event)
        raise ConnectionClosed(None, None)

    def answered(self, clip, finals):
        wrong, total, _ = speech.word_errors([(clip.words, " ".join(one["text"] for one in finals))])
        self.errors["wrong"] += wrong
        self.errors["words"] += total
        self.counts["utterances"] += 1
        self.said += 1

    def closed_in(self, clip, begin_ms, finals):
        """Is the clip answered all the same? A server that ends tells the last words before it closes."""
        end_ms = max((one["end_ms"] for one in finals), default=0)
        if end_ms >= begin_ms + clip.speech_end_ms - COVERED_MS:
            return self.answered(clip, finals)
        unheard_ms = self.sent_ms - begin_ms - clip.speech_start_ms
        if unheard_ms >= BEGUN_MS + self.late_ms:
            print(f"lost in {self.phase['name']}: {unheard_ms} ms of speech were sent, {self.late_ms:.0f} ms late")
            self.lost[self.phase["name"]] += 1


def streams_of(node):
    return json.loads(node.get("/readyz")[2]).get("streams", 0)


class BehindHaProxy(unittest.IsolatedAsyncioTestCase):
    def node(self, port):
        return Server(settings=LET_ALL_IN, port=port)

    async def until(self, is_so, what):
        limit = time.monotonic() + PATIENCE_SECONDS
        while not await asyncio.to_thread(is_so):
            self.assertLess(time.monotonic(), limit, what)
            await asyncio.sleep(0.1)

    async def test_a_killed_node_costs_an_utterance_and_a_drained_one_nothing(self):
        places.need_models()
        for name in CLIPS:
            speech.clip(name)
        a, b = self.node(0), self.node(0)
        self.addCleanup(lambda: [one.kill() for one in (a, b) if one.process.poll() is None])
        proxy = HaProxy({"A": a.port, "B": b.port})
        self.addCleanup(proxy.stop)

        counts, errors, phase = Counter(), Counter(), {"name": "before"}
        talkers = [Talker(proxy.url, number, counts, errors) for number in range(STREAMS)]
        tasks = []
        for talker in talkers:
            tasks.append(asyncio.create_task(talker.run(phase)))
            await asyncio.sleep(0.1)
        await self.until(lambda: counts["utterances"] >= STREAMS, "everybody was heard once")
        on_a, on_b = [await asyncio.to_thread(streams_of, node) for node in (a, b)]
        self.assertEqual(on_a + on_b, STREAMS)
        self.assertLessEqual(abs(on_a - on_b), 2, "leastconn")

        phase["name"] = "kill"
        port = a.port
        await asyncio.to_thread(a.kill)
        await self.until(lambda: streams_of(b) == STREAMS, "all are on the node that is left")
        a = await asyncio.to_thread(self.node, port)
        before = counts["utterances"]
        await self.until(lambda: counts["utterances"] >= before + STREAMS, "and are heard there")
        killed = [talker.lost["kill"] for talker in talkers]

        phase["name"] = "drain"
        connections = counts["connections"]
        started = time.monotonic()
        b.process.send_signal(signal.SIGTERM)
        status = await asyncio.to_thread(b.process.wait, PATIENCE_SECONDS)
        drained_in = time.monotonic() - started
        await self.until(lambda: streams_of(a) == STREAMS, "all are on the node that came back")
        before = counts["utterances"]
        await self.until(lambda: counts["utterances"] >= before + STREAMS, "and are heard there")
        for talker in talkers:
            talker.stopping = True
        _, hanging = await asyncio.wait(tasks, timeout=PATIENCE_SECONDS)
        drained = [talker.lost["drain"] for talker in talkers]

        wer = errors["wrong"] / errors["words"]
        print(f"\n{STREAMS} streams, {on_a} and {on_b} on the nodes: {dict(counts)}")
        print(f"lost by the kill: {sum(killed)} utterances, at most {max(killed)} of a stream; "
              f"by the drain, which took {drained_in:.1f} s: {sum(drained)}; word error rate {wer:.3f}")
        self.assertEqual(len(hanging), 0, "nobody hangs")
        for task in tasks:
            task.result()  # nor has failed
        self.assertEqual(status, 0)
        self.assertEqual(sum(talker.lost["before"] for talker in talkers), 0)
        self.assertLessEqual(max(killed), 1, "at most the utterance in flight")
        self.assertLessEqual(sum(killed), on_a)
        self.assertEqual(sum(drained), 0, "a drain loses nothing")
        self.assertGreaterEqual(counts["connections"] - connections, STREAMS, "all moved to the other node")
        self.assertLess(drained_in, DRAIN_SECONDS, "nobody held it up")
        self.assertLessEqual(wer, WER_MAX)
        await asyncio.to_thread(a.stop)


class Full(unittest.TestCase):
    def test_who_is_refused_by_one_node_is_let_in_by_the_other(self):
        places.program()
        room = {"A": 1, "B": 3}
        nodes = {}
        for name, streams in room.items():
            nodes[name] = Server(fake=True, settings={"limits.recognition_streams": streams})
            self.addCleanup(nodes[name].stop)
        proxy = HaProxy({name: node.port for name, node in nodes.items()})
        self.addCleanup(proxy.stop)
        with contextlib.ExitStack() as sockets:
            for _ in range(sum(room.values())):  # leastconn alone would send every second one to A
                sockets.enter_context(sync_connect(proxy.url, compression=None))
            with self.assertRaises(InvalidStatus) as refused:
                sync_connect(proxy.url, compression=None)
            self.assertEqual(refused.exception.response.status_code, 503)
            self.assertEqual({name: streams_of(node) for name, node in nodes.items()}, room)
            for node in nodes.values():
                self.assertEqual(node.get("/readyz")[0], 503)
                self.assertEqual(node.get("/healthz")[0], 200)


KEY_SECONDS = 5  # docs: within a second; a loaded machine needs time to start `parley keys`, too


class Shared(unittest.TestCase):
    """Two nodes with the stand-ins and one Redis."""

    def setUp(self):
        places.program()
        self.redis = Redis()
        self.addCleanup(self.redis.stop)
        self.folder = Path(tempfile.mkdtemp(prefix="parley-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        settings = {
            "store.url": self.redis.url, "server.keys_url": self.redis.url,
            "speakers.model": "ge2e", "speakers.key": "5a" * 32,
        }  # fmt: skip
        self.admin = self.key("create", "admin")
        self.nodes = []
        for _ in range(2):
            self.nodes.append(Server(fake=True, settings=settings))
            self.addCleanup(self.nodes[-1].stop)

    def key(self, *words):
        done = parley("keys", *words, "--url", self.redis.url)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def status(self, node, key):
        return node.get("/v1/models", Authorization=f"Bearer {key}")[0]

    def wait_for(self, node, key, status):
        limit = time.monotonic() + KEY_SECONDS
        while self.status(node, key) != status:
            self.assertLess(time.monotonic(), limit, f"not {status} within {KEY_SECONDS} s")
            time.sleep(0.05)

    def test_a_key_that_is_made_or_revoked_counts_on_every_node(self):
        for node in self.nodes:
            self.assertEqual(self.status(node, self.admin), 200)
            self.assertEqual(self.status(node, "sk_nobody"), 401)
        web = self.key("create", "web", "--requests-per-minute", "100")
        for node in self.nodes:
            self.wait_for(node, web, 200)
        self.key("revoke", "web")
        for node in self.nodes:
            self.wait_for(node, web, 401)
            self.assertEqual(self.status(node, self.admin), 200)

    def test_nodes_go_on_with_the_keys_they_know_while_redis_is_away(self):
        os.kill(self.redis.process.pid, signal.SIGSTOP)
        try:
            for node in self.nodes:
                self.assertEqual(self.status(node, self.admin), 200)
        finally:
            os.kill(self.redis.process.pid, signal.SIGCONT)

    def test_who_is_enrolled_on_one_node_is_known_on_the_other(self):
        a, b = self.nodes
        low, high = wav(speech.tone(2000, 120)), wav(speech.tone(2000, 900))
        headers = {"Authorization": f"Bearer {self.admin}"}
        status, enrolled = ask(a, "POST", "/v1/speakers", [("name", "Low"), ("file", low)], headers)
        self.assertEqual(status, 200, enrolled)
        status, who = ask(b, "POST", "/v1/speakers/identify", [("file", low)], headers)
        self.assertEqual((status, who["speaker"]["name"]), (200, "Low"), who)
        status, who = ask(b, "POST", "/v1/speakers/identify", [("file", high)], headers)
        self.assertEqual((status, who["speaker"]), (200, None), who)
        status, _ = ask(b, "DELETE", "/v1/speakers/" + enrolled["id"], headers=headers)
        self.assertEqual(status, 200)
        status, who = ask(a, "POST", "/v1/speakers/identify", [("file", low)], headers)
        self.assertEqual((status, who["speaker"]), (200, None), who)


if __name__ == "__main__":
    unittest.main()
