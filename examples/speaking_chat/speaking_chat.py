#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A chat page that reads its answers aloud while they are being written.

    speaking_chat.py --llm-url http://127.0.0.1:11434/v1 --llm-model llama3.2

The page is served from here, and talks to this server only:

    GET  /            the page
    POST /chat        {"messages":[{"role","content"},…]} → lines of JSON as the model writes:
                      {"text":…}, at last {"done":true} or {"error":{"what","advice"}}
    GET  /ws/audio    Parley's, byte for byte
    GET  /voice       {"ok":true}, or what is wrong with Parley and what to do

So the keys of the language model and of Parley stay here. It is made for one person or a few: a
thread for each connection, the standard library only.
"""

import argparse
import contextlib
import http.client
import ipaddress
import json
import os
import socket
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode, urlsplit

PAGE = Path(__file__).resolve().parent / "page"
TYPES = {
    ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}  # fmt: skip
POLICY = "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
BODY_BYTES_MAX = 1024 * 1024
PIECE_BYTES = 64 * 1024
CONNECT_SECONDS = 10
LLM_SECONDS = 300  # between two tokens; a model may have to be loaded before the first
INSTRUCTIONS = (
    "Your answers are read aloud. Answer in plain sentences, briefly: no tables, no lists, no code "
    "unless it is asked for."
)


class Trouble(Exception):
    """What a person is told: what happened, and what to do about it."""

    def __init__(self, what, advice):
        super().__init__(f"{what} {advice}")
        self.told = {"what": what, "advice": advice}


# --- the language model ---------------------------------------------------------------------------


def open_connection(url, seconds):
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    return kind(url.hostname, url.port, timeout=seconds)


class LanguageModel:
    """Any OpenAI-compatible endpoint that streams chat completions."""

    def __init__(self, url, model, key, instructions):
        self.shown_url = url
        self.url = urlsplit(url.rstrip("/") + "/chat/completions")
        self.model = model
        self.key = key
        self.instructions = instructions

    def connect(self):
        connection = open_connection(self.url, LLM_SECONDS)
        try:
            connection.connect()
        except OSError as error:
            raise self.away(error) from error
        return connection

    def ask(self, connection, messages):
        """The answer, whose lines are events. Raises Trouble."""
        if self.instructions:
            messages = [{"role": "system", "content": self.instructions}, *messages]
        body = json.dumps({"model": self.model, "messages": messages, "stream": True})
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        try:
            connection.request("POST", self.url.path, body, headers)
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise self.away(error) from error
        if answer.status != 200:
            raise self.refusal(answer)
        return answer

    def away(self, error):
        return Trouble(
            f"The language model at {self.shown_url} does not answer ({error}).",
            "Is it running? Start it, or name another with --llm-url.",
        )

    def refusal(self, answer):
        try:
            said = message_in(json.loads(answer.read(BODY_BYTES_MAX)))
        except (ValueError, OSError, http.client.HTTPException):
            said = answer.reason
        what = f"The language model answers {answer.status}: {said}"
        if answer.status in (401, 403):
            return Trouble(what, "Give its key with --llm-key, or in the environment as LLM_KEY.")
        if answer.status == 404:
            return Trouble(what, f"Is {self.model!r} the name of a model there (--llm-model)? "
                                 "Does the address end as it should, often in /v1 (--llm-url)?")
        if answer.status == 429:
            return Trouble(what, "Wait a moment, then ask again.")
        return Trouble(what, "Ask again; if it stays so, look at its log.")


def message_in(value):
    """The message of an error object in any of its usual shapes."""
    error = value.get("error", value) if isinstance(value, dict) else value
    return str(error.get("message", error)) if isinstance(error, dict) else str(error)


def texts(answer):
    """The pieces of text in a stream of chat-completion chunks. Raises Trouble."""
    try:
        for line in answer:
            name, _, data = line.decode("utf-8", "replace").strip().partition(":")
            if name != "data":
                continue
            if data.strip() == "[DONE]":
                return
            chunk = json.loads(data)
            if "error" in chunk:
                raise Trouble(f"The language model broke off: {message_in(chunk)}", "Ask again.")
            for choice in chunk.get("choices") or []:
                text = (choice.get("delta") or {}).get("content")
                if text:
                    yield text
                if choice.get("finish_reason"):
                    return
    except (OSError, ValueError, TypeError, AttributeError, http.client.HTTPException) as error:
        what = f"The language model broke off in the middle of its answer ({error})."
        raise Trouble(what, "Ask again.") from error
    raise Trouble("The language model broke off in the middle of its answer.", "Ask again.")


def checked_messages(body):
    """The messages of a request's body; ValueError says what is wrong with it."""
    messages = json.loads(body)["messages"]
    for message in messages:
        if message["role"] not in ("user", "assistant") or not isinstance(message["content"], str):
            raise ValueError("a message is {role: user or assistant, content: text}")
    if not messages or messages[-1]["role"] != "user":
        raise ValueError("the last message is the user's")
    return [{"role": message["role"], "content": message["content"]} for message in messages]


# --- Parley ---------------------------------------------------------------------------------------


class Speech:
    """Where Parley is, and how a connection to its speaking socket is opened."""

    def __init__(self, url, key, voice):
        self.shown_url = url
        self.url = urlsplit(url)
        self.key = key
        self.path = self.url.path.rstrip("/")
        self.query = "?" + urlencode({"voice": voice}) if voice else ""

    def away(self, error):
        return Trouble(f"Parley at {self.shown_url} does not answer ({error}).",
                       "Is “parley serve” running? Start it, or name it with --speech-url.")

    def check(self):
        """Raises Trouble when nobody can speak there."""
        connection = open_connection(self.url, CONNECT_SECONDS)
        try:
            connection.request("GET", f"{self.path}/healthz")
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            raise self.away(error) from error
        finally:
            connection.close()
        if status != 200:
            raise Trouble("Parley is starting or stopping.", "Ask again in a moment.")

    def connect(self):
        is_tls = self.url.scheme == "https"
        port = self.url.port or (443 if is_tls else 80)
        try:
            peer = socket.create_connection((self.url.hostname, port), CONNECT_SECONDS)
            if is_tls:
                peer = ssl.create_default_context().wrap_socket(
                    peer, server_hostname=self.url.hostname
                )
        except OSError as error:
            raise self.away(error) from error
        peer.settimeout(None)
        return peer

    def upgrade_request(self, headers):
        """The head that opens Parley's socket, from that of the page."""
        lines = [f"GET {self.path}/ws/audio{self.query} HTTP/1.1", f"Host: {self.url.netloc}",
                 "Upgrade: websocket", "Connection: Upgrade"]
        for name in ("Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Extensions"):
            lines += [f"{name}: {value}" for value in headers.get_all(name, [])]
        if self.key:
            lines.append(f"Authorization: Bearer {self.key}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


def pump(source, target):
    """Carries bytes until either side ends. A target that is slow holds the source up."""
    try:
        while piece := source.recv(PIECE_BYTES):
            target.sendall(piece)
    except (OSError, ValueError):
        pass  # hung up; TLS that the other thread has ended is a ValueError
    for one in (source, target):
        hang_up(one)


def hang_up(one):
    """Ends a connection for whoever waits on it, in any thread."""
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


# --- the server -----------------------------------------------------------------------------------


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address, llm, speech):
        super().__init__(address, Handler)
        self.llm = llm
        self.speech = speech


class Handler(BaseHTTPRequestHandler):
    """One request a connection, so that the end of an answer is the end of its connection."""

    protocol_version = "HTTP/1.0"
    disable_nagle_algorithm = True

    def do_GET(self):
        path = urlsplit(self.path).path
        if not self.is_for_us():
            return
        if path == "/ws/audio":
            self.carry_speech()
        elif path == "/voice":
            self.tell_of_voice()
        else:
            self.send_file(PAGE / ("index.html" if path == "/" else path[1:]))

    def do_POST(self):
        if not self.is_for_us():
            return
        if urlsplit(self.path).path != "/chat":
            self.send_error(404)
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > BODY_BYTES_MAX:
            self.send_error(413, f"At most {BODY_BYTES_MAX} bytes")
            return
        try:
            messages = checked_messages(self.rfile.read(int(length)))
        except (ValueError, KeyError, TypeError) as error:
            self.send_error(400, f"Not a conversation: {error!r}")
            return
        self.begin("application/x-ndjson")
        try:
            self.write_answer(messages)
        except OSError:
            self.close_connection = True  # the person stopped it, or left

    def is_for_us(self):
        """Refuses pages of others: they could spend the keys, or speak, through a person's browser.

        A name instead of an address may be anybody's who can answer for it (DNS rebinding).
        """
        host = self.headers.get("Host", "")
        own = (None, f"http://{host}", f"https://{host}")
        if is_address_or_local(host) and self.headers.get("Origin") in own:
            return True
        self.send_error(403, "Only this server's own page may ask; open it by its IP address")
        return False

    def begin(self, kind, status=200):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()

    def send_file(self, file):
        if file.parent != PAGE or not file.is_file():
            self.send_error(404)
            return
        self.begin(TYPES.get(file.suffix, "application/octet-stream"))
        self.wfile.write(file.read_bytes())

    def tell(self, value):
        self.wfile.write(json.dumps(value).encode() + b"\n")

    def tell_of_voice(self):
        self.begin("application/json")
        try:
            self.server.speech.check()
            self.tell({"ok": True})
        except Trouble as trouble:
            self.tell({"ok": False, **trouble.told})

    def write_answer(self, messages):
        llm = self.server.llm
        try:
            with contextlib.closing(llm.connect()) as connection:
                # Kept, because an answer that ends with its connection takes it over.
                source = connection.sock
                threading.Thread(
                    target=self.hang_up_with_page, args=(source,), daemon=True
                ).start()
                with contextlib.closing(llm.ask(connection, messages)) as answer:
                    for text in texts(answer):
                        self.tell({"text": text})
            self.tell({"done": True})
        except Trouble as trouble:
            self.tell({"error": trouble.told})
        finally:
            hang_up(self.connection)  # ends the other thread, too

    def hang_up_with_page(self, source):
        """The model stops writing at once when the page does not listen any more."""
        try:
            self.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            pass
        hang_up(source)

    def carry_speech(self):
        speech = self.server.speech
        if self.headers.get("Upgrade", "").lower() != "websocket":
            self.send_error(426, "A WebSocket")
            return
        try:
            peer = speech.connect()
        except Trouble as trouble:
            self.log_error("%s", trouble)
            self.send_error(502)
            return
        page = self.connection
        with peer:
            # Words and sound leave at once, however short they are.
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer.sendall(speech.upgrade_request(self.headers))
            back = threading.Thread(target=pump, args=(peer, page), daemon=True)
            back.start()
            pump(page, peer)
            back.join()
        self.close_connection = True

    def log_request(self, code="-", size="-"):
        """Only what goes wrong is logged."""


def is_address_or_local(host):
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name) is not None
    except ValueError:
        return False


def parse_options(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0],
        epilog="Keys are better given in the environment: others can read a command line.",
    )
    add = parser.add_argument
    add("--llm-url", required=True, help="OpenAI-compatible, as http://127.0.0.1:11434/v1")
    add("--llm-model", required=True, help="its name there")
    add("--llm-key", default=os.environ.get("LLM_KEY"), help="default: the environment's LLM_KEY")
    add("--instructions", default=INSTRUCTIONS, help="what the model is told first")
    add("--speech-url", default="http://127.0.0.1:8080", help="Parley (default: %(default)s)")
    add("--speech-key", default=os.environ.get("SPEECH_KEY"), help="default: SPEECH_KEY")
    add("--voice", help="one of Parley's /v1/audio/voices (default: its own choice)")
    add("--host", default="127.0.0.1", help="address to listen at (default: %(default)s)")
    add("--port", type=int, default=8090, help="0: a free one (default: %(default)s)")
    options = parser.parse_args(arguments)
    for name, url in (("--llm-url", options.llm_url), ("--speech-url", options.speech_url)):
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            parser.error(f"{name}: {url!r} is no http:// or https:// address")
    return options


def make_server(options):
    llm = LanguageModel(options.llm_url, options.llm_model, options.llm_key, options.instructions)
    speech = Speech(options.speech_url, options.speech_key, options.voice)
    return Server((options.host, options.port), llm, speech)


def main():
    options = parse_options()
    with make_server(options) as server:
        host, port = server.server_address[:2]
        print(f"speaking chat on http://{host}:{port}", flush=True)
        try:
            server.speech.check()
        except Trouble as trouble:
            print(trouble, file=sys.stderr)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
