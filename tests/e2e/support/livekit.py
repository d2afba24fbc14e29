# SPDX-License-Identifier: Apache-2.0
"""A LiveKit server of one test alone, its tokens, and its HTTP interface; needs no package.

    with LiveKitServer() as livekit:
        livekit.dispatch("room", "parley", "translator")

Several nodes share a Redis: LiveKitServer(redis=redis.port). Who is in a room: support/person.py.
"""

import base64
import hashlib
import hmac
import json
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from . import places

PROGRAM = places.CACHE / "programs/livekit-server/livekit-server"
START_SECONDS = 30
STOP_SECONDS = 30
START_ATTEMPTS = 3  # another process may take a port that was free a moment ago
KEY, SECRET = "parley-tests", "a secret of thirty-two bytes, or more"


class LiveKitServer:
    def __init__(self, redis=None, settings=None):
        places.need(PROGRAM, "run tools/deps --with rooms")
        self.key, self.secret = KEY, SECRET
        self.folder = Path(tempfile.mkdtemp(prefix="parley-livekit-"))
        self.redis, self.settings = redis, settings or {}
        self.process = None
        for attempt in range(START_ATTEMPTS):
            self.port, self.tcp_port, self.udp_port = free_ports()
            try:
                self.start()
                break
            except AssertionError:
                if attempt == START_ATTEMPTS - 1:
                    shutil.rmtree(self.folder, ignore_errors=True)
                    raise
        self.url = f"ws://127.0.0.1:{self.port}"
        self.http_url = f"http://127.0.0.1:{self.port}"

    def start(self):
        """Also after kill(), on the same ports."""
        config = self.folder / "livekit.yaml"
        config.write_text(json.dumps(self._config()), encoding="utf-8")  # JSON is YAML
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "--config", config, "--bind", "127.0.0.1", "--node-ip", "127.0.0.1"],
                stdout=log, stderr=log, cwd=self.folder,
            )  # fmt: skip
        limit = time.monotonic() + START_SECONDS
        while time.monotonic() < limit and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5) as answer:
                    if answer.read() == b"OK":
                        return
            except OSError:
                time.sleep(0.05)
        self.kill()
        raise AssertionError(f"livekit-server did not start:\n{self.log()[-3000:]}")

    def _config(self):
        config = {
            "port": self.port,
            "keys": {self.key: self.secret},
            "logging": {"level": "info", "json": True},
            # Nobody is asked for our address, and nothing leaves this machine.
            "rtc": {
                "tcp_port": self.tcp_port, "udp_port": self.udp_port, "use_external_ip": False,
                "node_ip": "127.0.0.1", "enable_loopback_candidate": True,
                "interfaces": {"includes": ["lo"]}, "stun_servers": [f"127.0.0.1:{self.udp_port}"],
            },
        }  # fmt: skip
        if self.redis:
            config["redis"] = {"address": f"127.0.0.1:{self.redis}"}
        return merged(config, self.settings)

    def log(self):
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def kill(self):
        """As a machine that loses its power."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        # The first signal waits for everybody to leave; the second does not.
        for _ in range(2):
            self.process.terminate()
            try:
                self.process.wait(timeout=1)
                break
            except subprocess.TimeoutExpired:
                continue
        try:
            self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- tokens ---

    def token(self, identity, room, **options):
        return token(self.key, self.secret, identity, room, **options)

    # --- the HTTP interface ---

    def call(self, service, method, room="", **body):
        """The answer of a Twirp method, by the names of LiveKit's protocol in JSON."""
        grants = {"roomCreate": True, "roomList": True, "roomAdmin": True, "room": room}
        request = urllib.request.Request(
            f"{self.http_url}/twirp/livekit.{service}/{method}",
            data=json.dumps({**({"room": room} if room else {}), **body}).encode(),
            headers={
                "Content-Type": "application/json",
                "Authorization": f"Bearer {signed(self.key, self.secret, {'video': grants})}",
            },
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            raise LiveKitError(f"{service}.{method}: {error.code} {text}") from error

    def create_room(self, room, **fields):
        return self.call("RoomService", "CreateRoom", name=room, **fields)

    def delete_room(self, room):
        return self.call("RoomService", "DeleteRoom", room)

    def rooms(self):
        return self.call("RoomService", "ListRooms").get("rooms", [])

    def participants(self, room):
        return self.call("RoomService", "ListParticipants", room).get("participants", [])

    def remove(self, room, identity):
        return self.call("RoomService", "RemoveParticipant", room, identity=identity)

    def dispatch(self, room, agent_name, metadata="", **fields):
        """Asks for an agent; `metadata` is a text, or what becomes JSON."""
        text = metadata if isinstance(metadata, str) else json.dumps(metadata)
        fields = {"agent_name": agent_name, "metadata": text, **fields}
        return self.call("AgentDispatchService", "CreateDispatch", room, **fields)

    def dispatches(self, room):
        return self.call("AgentDispatchService", "ListDispatch", room).get("agent_dispatches", [])


class LiveKitError(Exception):
    """LiveKit's HTTP interface refused a request."""


def token(
    key, secret, identity, room, *, name="", metadata="", attributes=None, kind="", agents=(),
    seconds=3600, grants=None,
):  # fmt: skip
    """To join a room. `agents` are (name, metadata) that a room gets when this is who makes it."""
    claims = {"sub": identity, "video": {"roomJoin": True, "room": room, **(grants or {})}}
    optional = {"name": name, "metadata": metadata, "attributes": attributes, "kind": kind}
    claims.update((field, value) for field, value in optional.items() if value)
    if agents:
        wanted = [{"agentName": agent, "metadata": text} for agent, text in agents]
        claims["roomConfig"] = {"agents": wanted}
    return signed(key, secret, claims, seconds)


def signed(key, secret, claims, seconds=3600):
    """A JSON web token (RFC 7519), HS256."""
    now = int(time.time())
    claims = {"iss": key, "nbf": now - 5, "exp": now + seconds, **claims}
    head = {"alg": "HS256", "typ": "JWT"}
    words = [encoded(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims)]
    signature = hmac.new(secret.encode(), ".".join(words).encode(), hashlib.sha256).digest()
    return ".".join([*words, encoded(signature)])


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def free_ports():
    """One for HTTP, one for media over TCP, one for media over UDP; all different."""
    kinds = (socket.SOCK_STREAM, socket.SOCK_STREAM, socket.SOCK_DGRAM)
    sockets = [socket.socket(socket.AF_INET, kind) for kind in kinds]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def merged(config, more):
    """`config` with the values of `more`, folder by folder."""
    made = dict(config)
    for name, value in more.items():
        both = isinstance(value, dict) and isinstance(made.get(name), dict)
        made[name] = merged(made[name], value) if both else value
    return made
