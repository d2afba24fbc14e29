# SPDX-License-Identifier: Apache-2.0
"""The worker against a real LiveKit server: registration, offers, load, trouble and its end; and
what `parley serve` has over HTTP for rooms."""

import base64
import json
import socket
import unittest
import urllib.error
import urllib.request

from support.livekit import LiveKitServer
from support.server import Server, parley
from support.worker import Worker

NAME = "parley-tests"


def jobs_of(livekit, room):
    """Jobs that LiveKit has launched in the room, by its own word."""
    return [
        job
        for dispatch in livekit.dispatches(room)
        for job in (dispatch.get("state") or {}).get("jobs", [])
    ]


class WorkerTest(unittest.TestCase):
    def test_registers_is_offered_a_job_and_answers(self):
        with LiveKitServer() as livekit, Worker(livekit, fake=True, agent_name=NAME) as worker:
            worker.wait_until_registered()
            state = worker.state()
            self.assertEqual(state["agent_name"], NAME)
            self.assertEqual(state["worker_type"], "JT_ROOM")
            self.assertEqual(worker.get("/"), (200, "OK\n"))
            self.assertEqual(worker.metric("parley_room_worker_connected"), 1)
            livekit.dispatch("kitchen", NAME)
            [job] = worker.wait_until(lambda: jobs_of(livekit, "kitchen"), "a job")
            # LiveKit's own view of who took it.
            self.assertEqual(job["state"]["worker_id"], state["worker_id"])
            self.assertEqual(job["state"]["participant_identity"], "agent-" + job["id"])
            yes = 'parley_room_worker_availability_total{answer="yes"}'
            self.assertEqual(worker.metric(yes), 1)
            self.assertIn("a job begins", worker.log())

    def test_without_a_name_every_new_room_has_a_job(self):
        with LiveKitServer() as livekit, Worker(livekit, fake=True) as worker:
            worker.wait_until_registered()
            livekit.create_room("hall")
            worker.wait_until(lambda: jobs_of(livekit, "hall"), "a job")

    def test_a_wrong_secret_is_told_and_the_worker_stays(self):
        with LiveKitServer() as livekit, Worker(livekit, fake=True, secret="not it") as worker:
            worker.wait_until(lambda: worker.state()["trouble"], "trouble")
            state = worker.state()
            self.assertEqual(state["state"], "waiting")
            self.assertIn("answered 401", state["trouble"])
            self.assertIn("check rooms.key and rooms.secret", state["trouble"])
            status, body = worker.get("/healthz")
            self.assertEqual(status, 503)
            self.assertIn("rooms.secret", json.loads(body)["rooms"])
            log = worker.stop()
            self.assertIn("no connection to LiveKit", log)
            self.assertNotIn("not it", log)

    def test_comes_back_when_livekit_does(self):
        with LiveKitServer() as livekit, Worker(livekit, fake=True, agent_name=NAME) as worker:
            worker.wait_until_registered()
            livekit.kill()
            worker.wait_until(lambda: worker.get("/healthz")[0] == 503, "unwell")
            worker.wait_until(lambda: "reached" in (worker.state()["trouble"] or ""), "trouble")
            livekit.start()
            worker.wait_until_registered()
            self.assertIsNone(worker.state()["trouble"])
            self.assertGreaterEqual(worker.metric("parley_room_worker_reconnects_total"), 1)
            livekit.dispatch("kitchen", NAME)
            worker.wait_until(lambda: jobs_of(livekit, "kitchen"), "a job")

    def test_a_server_that_is_no_livekit_is_told(self):
        with Server(fake=True) as other:
            livekit = type("NoLiveKit", (), {"url": other.url, "key": "k", "secret": "s"})
            with Worker(livekit, fake=True) as worker:
                trouble = worker.wait_until(lambda: worker.state()["trouble"], "trouble")
                self.assertIn("answered 404", trouble)
                self.assertIn("rooms.url", trouble)

    def test_is_refused_without_an_address_or_a_key(self):
        done = parley("worker", "--set", "models.fake=true")
        self.assertEqual(done.returncode, 1)
        self.assertIn("rooms.url", done.stderr)
        done = parley("worker", "--url", "ws://127.0.0.1:1", "--set", "models.fake=true")
        self.assertEqual(done.returncode, 1)
        self.assertIn("rooms.key", done.stderr)

    def test_a_taken_port_is_told(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            done = parley(
                "worker", "--url", "ws://127.0.0.1:1", "--livekit-key", "k", "--livekit-secret",
                "s", "--port", taken.getsockname()[1],
            )  # fmt: skip
        self.assertEqual(done.returncode, 1)
        self.assertIn("--port", done.stderr)


class RoutesTest(unittest.TestCase):
    KEY = {"Authorization": "Bearer a-key"}

    def settings(self, livekit, **more):
        return {
            "rooms.url": livekit.url, "rooms.key": livekit.key, "rooms.secret": livekit.secret,
            "rooms.agent_name": NAME, "server.api_keys": ["a-key"], **more,
        }  # fmt: skip

    def test_tokens_open_the_room_and_agents_are_sent_for(self):
        with LiveKitServer() as livekit, Server(True, self.settings(livekit)) as server:
            self.assertEqual(server.post("/v1/rooms/token", {})[0], 401)
            request = {
                "room_name": "kitchen", "participant_identity": "ann",
                "room_config": {"agents": [{"metadata": "translator"}]},
            }  # fmt: skip
            status, ticket = server.post("/v1/rooms/token", request, **self.KEY)
            self.assertEqual(status, 201)
            self.assertEqual(ticket["server_url"], livekit.url)
            self.assertEqual(ticket["participant_identity"], "ann")
            self.assertTrue(lets_in(livekit, ticket["participant_token"]))
            self.assertFalse(lets_in(livekit, changed(ticket["participant_token"])))
            wait_until(server, lambda: self.worker(server)["state"] == "registered")
            order = {"room": "kitchen", "metadata": {"agent": "translator", "to": "en"}}
            status, dispatch = server.post("/v1/rooms/dispatch", order, **self.KEY)
            self.assertEqual(status, 200, dispatch)
            self.assertEqual(dispatch["agent_name"], NAME)
            wait_until(server, lambda: jobs_of(livekit, "kitchen"))
            [known] = [one for one in livekit.dispatches("kitchen") if one["id"] == dispatch["id"]]
            self.assertEqual(json.loads(known["metadata"]), order["metadata"])
            self.assertNotIn(livekit.secret, json.dumps(self.worker(server)))

    def worker(self, server):
        status, _, body = server.get("/v1/rooms", **self.KEY)
        self.assertEqual(status, 200)
        return json.loads(body)

    def test_livekit_away_or_of_another_secret_is_told(self):
        with LiveKitServer() as livekit:
            wrong = self.settings(livekit, **{"rooms.secret": "another secret, not LiveKit's own"})
            with Server(True, wrong) as server:
                status, answer = server.post("/v1/rooms/dispatch", {"room": "r"}, **self.KEY)
                self.assertEqual((status, answer["error"]["code"]), (502, "livekit_denied"))
                wait_until(server, lambda: "rooms" in self.health(server))
                self.assertIn("rooms.secret", self.health(server)["rooms"])
                livekit.kill()
                status, answer = server.post("/v1/rooms/dispatch", {"room": "r"}, **self.KEY)
                self.assertEqual((status, answer["error"]["code"]), (503, "livekit_unavailable"))

    def health(self, server):
        status, _, body = server.get("/healthz")
        self.assertEqual(status, 200, "sessions of other faces go on")
        return json.loads(body)

    def test_a_server_without_rooms_says_so(self):
        with Server(True) as server:
            status, answer = server.post("/v1/rooms/token", {})
            self.assertEqual((status, answer["error"]["code"]), (404, "rooms_off"))


def wait_until(server, condition):
    # A worker's way of waiting, for a worker inside another process.
    return Worker.wait_until(server, condition, "what was waited for")


def lets_in(livekit, token):
    try:
        url = f"{livekit.http_url}/rtc/validate?access_token={token}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status == 200
    except urllib.error.HTTPError:
        return False


def changed(token):
    """The same with another identity, which the signature does not cover."""
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    claims["sub"] = "mallory"
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return ".".join([head, body, signature])


if __name__ == "__main__":
    unittest.main()
