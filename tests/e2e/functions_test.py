# SPDX-License-Identifier: Apache-2.0
"""Function calls by the language model in this process, and by the fake one, over a real socket."""

import base64
import hmac
import http.server
import json
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

from support import functions_python, places
from support.server import Server
from support.wire import Wire

sys.path.insert(0, str(places.ROOT / "tests/data"))
from function_prompts import FUNCTIONS, PROMPTS  # noqa: E402

REPLY_SECONDS = 180
SECRET = b"a secret of some length"
ENCODED = base64.b64encode(SECRET).decode()
FORCED = {"output_modalities": ["text"], "audio": {"input": {"turn_detection": None}}}


async def call_of(wire, prompt, tools, choice):
    """The one function call with which the server answers a prompt beside the conversation."""
    start = wire.read
    await wire.send("response.create", response={
        "conversation": "none",
        "input": [{"type": "message", "role": "user",
                   "content": [{"type": "input_text", "text": prompt}]}],
        "tools": tools,
        "tool_choice": choice,
    })  # fmt: skip
    done = (await wire.later("response.done", within=REPLY_SECONDS))["response"]
    assert done["status"] == "completed", done
    (call,) = done["output"]
    assert call["type"] == "function_call" and call["status"] == "completed", call
    parts = [e["delta"] for e in wire.events[start:] if e["type"].endswith("arguments.delta")]
    assert "".join(parts) == call["arguments"], (parts, call)
    return call, len(parts)


class ForcedCalls(unittest.IsolatedAsyncioTestCase):
    async def test_fifty_prompts_have_arguments_that_the_schema_allows(self):
        functions_python.need()
        calls = []
        with Server() as server:
            async with Wire(server) as wire:
                await wire.update(**FORCED)
                for name, prompt in PROMPTS:
                    tool = FUNCTIONS[name]
                    call, parts = await call_of(
                        wire, prompt, [tool], {"type": "function", "name": name}
                    )
                    self.assertEqual(call["name"], name)
                    if tool["parameters"]["properties"]:
                        self.assertGreater(parts, 1, "the arguments came in one piece")
                    calls.append((name, prompt, call["arguments"]))
                # When it must call some function, the name is held to a grammar too.
                weather, hang_up = FUNCTIONS["get_weather"], FUNCTIONS["end_call"]
                call, _ = await call_of(wire, "Rain in Rome?", [weather, hang_up], "required")
                calls.append((call["name"], "Rain in Rome?", call["arguments"]))
        found = functions_python.schema_problems(
            [(FUNCTIONS[name]["parameters"], arguments) for name, _, arguments in calls]
        )
        for (name, prompt, arguments), problem in zip(calls, found, strict=True):
            print(f"{'wrong' if problem else 'valid'}  {name}  {prompt!r}  {arguments}  {problem}")
        print(f"valid: {found[:50].count('')} of {len(PROMPTS)}")
        self.assertEqual([problem for problem in found if problem], [])


class Hook:
    """A webhook that checks signatures, and fails as often as it is told to."""

    def __init__(self, failures=0):
        self.failures = failures
        self.keys = []
        self.problems = []
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.check(self.headers, body)
                if len(hook.keys) <= hook.failures:
                    # Half of an answer, and then nothing.
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{")
                    self.close_connection = True
                    return
                answer = json.dumps({"got": json.loads(body)["arguments"]}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def check(self, headers, body):
        self.keys.append(headers["Idempotency-Key"])
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        made = base64.b64encode(hmac.new(SECRET, signed, "sha256").digest()).decode()
        if headers["webhook-signature"] != f"v1,{made}":
            self.problems.append(dict(headers))
        if abs(time.time() - int(headers["webhook-timestamp"])) > 300:
            self.problems.append("an old timestamp")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class ServersFunctions(unittest.IsolatedAsyncioTestCase):
    """Functions that the server runs; the fake model calls what it must and repeats what came out."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def server(self, tools=None, allow_private=True, builtin=("none",)):
        settings = {"tools.builtin": list(builtin), "tools.allow_private": allow_private}
        if tools:
            path = Path(self.folder.name) / "tools.yaml"
            path.write_text(json.dumps(tools), encoding="utf-8")  # JSON is YAML
            settings["tools.file"] = str(path)
        return Server(fake=True, settings=settings)

    async def ask(self, wire, text, **response):
        """(output of each function, what the model said then)"""
        await wire.update(**FORCED)
        await wire.add_text(text)
        await wire.send("response.create", response=response)
        outputs = []
        while True:
            event = await wire.next()
            self.assertNotEqual(event["type"], "error", event)
            item = event.get("item") or {}
            if event["type"] == "conversation.item.done" and item["type"] == "function_call_output":
                outputs.append(item["output"])
            if event["type"] == "response.output_text.done":
                await wire.later("response.done")
                return outputs, event["text"]

    async def test_built_in_functions_answer_what_is_asked(self):
        with self.server(builtin=["time", "timer", "calculator", "memory"]) as server:
            async with Wire(server) as wire:
                outputs, said = await self.ask(wire, "What is 17 times 23?")
                self.assertEqual((outputs, said), (["That is 391."], "That is 391."))
                _, said = await self.ask(wire, "What time is it?")
                self.assertRegex(said, r"^It is \d?\d:\d\d [AP]M\.$")
                await self.ask(wire, "Remember that my bike is blue.")
                _, said = await self.ask(wire, "What did I tell you about my bike?")
                self.assertEqual(said, "You told me that your bike is blue.")
                _, said = await self.ask(wire, "Set a timer for one second.")
                self.assertEqual(said, "The timer is set: 1 second.")
                rings = await wire.later("response.output_text.done")
                self.assertEqual(rings["text"], "The timer of 1 second is up.")
                await wire.later("response.done")

    async def test_a_webhook_that_dies_is_asked_again_and_has_one_output(self):
        with Hook(failures=2) as hook:
            function = {"type": "function", "function": {"name": "order", "parameters": {}},
                        "webhook": {"url": hook.url, "secret": "whsec_" + ENCODED}}  # fmt: skip
            with self.server({"functions": [function]}) as server:
                async with Wire(server) as wire:
                    outputs, said = await self.ask(wire, "go", tool_choice="required")
            self.assertEqual(outputs, ['{"got": {}}'])
            self.assertEqual(said, '{"got": {}}')
            self.assertEqual(len(hook.keys), 3)
            self.assertEqual(len(set(hook.keys)), 1, "each attempt has the same key")
            self.assertEqual(hook.problems, [])

    async def test_a_webhook_on_this_machine_is_refused_unless_it_is_allowed(self):
        with Hook() as hook:
            function = {"type": "function", "name": "order", "webhook": {"url": hook.url}}
            with self.server({"functions": [function]}, allow_private=False) as server:
                async with Wire(server) as wire:
                    outputs, _ = await self.ask(wire, "go", tool_choice="required")
            (output,) = outputs
            self.assertEqual(json.loads(output)["error"]["code"], "permission_denied")
            self.assertEqual(hook.keys, [])

    async def test_a_real_mcp_server_is_listed_and_called(self):
        functions_python.need()
        for answers in ("events", "json"):
            with functions_python.McpServer(answers) as shelf:
                entry = {"server_label": "shelf", "server_url": shelf.url}
                with self.server({"mcp": [entry]}) as server:
                    async with Wire(server) as wire:
                        outputs, said = await self.ask(wire, "go", tool_choice="required")
                    self.assertIn('"tools":2', server.log())
                self.assertEqual(outputs, ["Emma is on shelf 1."], answers)
                self.assertEqual(said, "Emma is on shelf 1.")
                # Only what is allowed is offered; what fails says so.
                entry["allowed_tools"] = ["lose_book"]
                with self.server({"mcp": [entry]}) as server:
                    async with Wire(server) as wire:
                        outputs, _ = await self.ask(wire, "go", tool_choice="required")
                    self.assertIn('"tools":1', server.log())
                self.assertEqual(list(json.loads(outputs[0])), ["error"], outputs)

    async def test_a_client_is_given_the_functions_of_the_file_that_it_runs_itself(self):
        function = {"type": "function", "function": {"name": "show", "description": "Shows."}}
        with self.server({"functions": [function]}) as server:
            async with Wire(server) as wire:
                created = await wire.later("session.created")
                (tool,) = created["session"]["tools"]
                self.assertEqual((tool["type"], tool["name"]), ("function", "show"))


if __name__ == "__main__":
    unittest.main()
