# SPDX-License-Identifier: Apache-2.0
"""Function calls by the language model in this process, and by the fake one, over a real socket."""

import asyncio
import base64
import contextlib
import hmac
import http.server
import json
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

from support import functions_python, places, speech
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
    """A webhook that checks signatures and does what is asked once for each key.

    `troubles` are what becomes of the first answers: "half": the connection breaks; "slow": it comes
    after the caller has given up; "twice": it is sent two times.
    """

    SLOW_SECONDS = 1.5

    def __init__(self, *troubles):
        self.troubles = list(troubles)
        self.keys = []
        self.done = {}  # the answer for each key
        self.problems = []
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.check(self.headers, body)
                key = self.headers["Idempotency-Key"]
                trouble = hook.troubles.pop(0) if hook.troubles else ""
                text = json.dumps({"got": json.loads(body)["arguments"], "nth": len(hook.done)})
                answer = hook.done.setdefault(key, text).encode()
                whole = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer)
                if trouble == "slow":
                    time.sleep(Hook.SLOW_SECONDS)
                self.close_connection = True
                with contextlib.suppress(OSError):  # the caller may be gone
                    self.wfile.write({"half": whole[:-3], "twice": whole * 2}.get(trouble, whole))

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

    async def order(self, url, **webhook):
        """What a call of the function at `url` has as outputs, all of them."""
        function = {"type": "function", "function": {"name": "order", "parameters": {}},
                    "webhook": {"url": url, "secret": "whsec_" + ENCODED, **webhook}}  # fmt: skip
        with self.server({"functions": [function]}) as server:
            async with Wire(server) as wire:
                outputs, said = await self.ask(wire, "go", tool_choice="required")
                await asyncio.sleep(Hook.SLOW_SECONDS)  # what comes late is no second one
                outputs += [
                    event["item"]["output"] for event in await wire.settle()
                    if event.get("item", {}).get("type") == "function_call_output"
                ]  # fmt: skip
                self.assertEqual(said, outputs[0])
        return outputs

    async def test_a_webhook_in_trouble_is_asked_again_and_has_one_output(self):
        for troubles, attempts in ((["half", "half"], 3), (["slow"], 2), (["twice"], 1)):
            with self.subTest(troubles=troubles), Hook(*troubles) as hook:
                outputs = await self.order(hook.url, timeout_ms=500)
                self.assertEqual(outputs, ['{"got": {}, "nth": 0}'])
                self.assertEqual(len(hook.keys), attempts)
                self.assertEqual(len(set(hook.keys)), 1, "each attempt has the same key")
                self.assertEqual(hook.problems, [])

    async def test_a_webhook_that_is_always_slow_has_one_output_too(self):
        with Hook("slow", "slow") as hook:
            (output,) = await self.order(hook.url, timeout_ms=300, retries=1)
            self.assertEqual(json.loads(output)["error"]["code"], "deadline_exceeded")

    async def test_a_webhook_that_is_killed_in_a_call_is_asked_again_where_it_starts_anew(self):
        notes = Path(self.folder.name) / "keys"
        program = [sys.executable, "-B", Path(__file__).parent / "support/webhook.py", notes]
        first = subprocess.Popen([*program, "0", "hang"], stdout=subprocess.PIPE, text=True)
        port = first.stdout.readline().strip()
        second = []
        is_over = threading.Event()

        def kill():
            while not notes.exists() and not is_over.is_set():
                time.sleep(0.01)
            first.kill()
            first.wait()
            second.append(
                subprocess.Popen([*program, port, "answer"], stdout=subprocess.DEVNULL)
            )

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            outputs = await self.order(f"http://127.0.0.1:{port}/", retries=5)
        finally:
            is_over.set()
            killer.join()
            first.stdout.close()
            for process in second:
                process.kill()
                process.wait()
        self.assertEqual(outputs, ["done"])
        keys = notes.read_text().split()
        self.assertEqual(len(keys), 2, keys)
        self.assertEqual(len(set(keys)), 1, "each attempt has the same key")

    async def test_speech_in_a_call_and_a_clients_answer_leave_one_output(self):
        is_output = lambda event: event["item"]["type"] == "function_call_output"  # noqa: E731
        for answers in (False, True):
            with self.subTest(answers=answers), Hook("slow") as hook:
                function = {"type": "function", "name": "order", "webhook": {"url": hook.url}}
                with self.server({"functions": [function]}) as server:
                    async with Wire(server) as wire:
                        await wire.add_text("go")
                        await wire.send("response.create", response={"tool_choice": "required"})
                        call = await wire.later("response.function_call_arguments.done")
                        await wire.say(speech.tone(600) + speech.silence(1000))
                        await wire.later("input_audio_buffer.speech_started")
                        if answers:
                            await wire.send("conversation.item.create", item={
                                "type": "function_call_output", "call_id": call["call_id"],
                                "output": "mine",
                            })  # fmt: skip
                        output = (await wire.later("conversation.item.done", is_output))["item"]
                        self.assertEqual(output["call_id"], call["call_id"])
                        self.assertEqual(
                            output["output"], "mine" if answers else '{"got": {}, "nth": 0}'
                        )
                        await asyncio.sleep(2 * Hook.SLOW_SECONDS)
                        await wire.settle()
                        outputs = [e for e in wire.all("conversation.item.done") if is_output(e)]
                        self.assertEqual(len(outputs), 1)
                self.assertEqual(len(hook.keys), 1)

    async def test_a_client_names_a_function_of_the_server(self):
        with Hook() as hook:
            functions = [
                {"type": "function", "name": name, "webhook": {"url": hook.url}}
                for name in ("first", "second")
            ]
            with self.server({"functions": functions}) as server:
                async with Wire(server) as wire:
                    await self.ask(wire, "go", tool_choice={"type": "function", "name": "second"})
                    (call,) = wire.all("response.function_call_arguments.done")
                    self.assertEqual(call["name"], "second")
                    await wire.send(
                        "response.create",
                        response={"tool_choice": {"type": "function", "name": "third"}},
                    )
                    self.assertEqual((await wire.error())["param"], "response.tool_choice")

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

    async def list_of(self, wire, url, **entry):
        """Names the server in the session; its list, once it is there."""
        await wire.update(**FORCED, tools=[
            {"type": "mcp", "server_label": "shelf", "server_url": url, **entry}
        ])  # fmt: skip
        is_list = lambda event: event["item"]["type"] == "mcp_list_tools"  # noqa: E731
        events = await wire.until("conversation.item.done", is_list)
        return events[-1]["item"], [event["type"] for event in events]

    async def call_mcp(self, wire):
        """The item of the call that is made next."""
        is_call = lambda event: event["item"]["type"] == "mcp_call"  # noqa: E731
        return (await wire.later("conversation.item.done", is_call))["item"]

    async def test_a_session_names_a_real_mcp_server(self):
        functions_python.need()
        with functions_python.McpServer("events") as shelf, self.server() as server:
            async with Wire(server) as wire:
                listed, kinds = await self.list_of(wire, shelf.url, require_approval="never")
                self.assertEqual(
                    kinds,
                    ["conversation.item.added", "mcp_list_tools.in_progress",
                     "mcp_list_tools.completed", "conversation.item.done"],
                )  # fmt: skip
                self.assertEqual([tool["name"] for tool in listed["tools"]], ["find_book", "lose_book"])
                self.assertEqual(listed["tools"][0]["input_schema"]["type"], "object")
                for name, output, error in (
                    ("find_book", "Emma is on shelf 1.", None),
                    ("lose_book", None, "tool_execution_error"),
                ):
                    choice = {"type": "mcp", "server_label": "shelf", "name": name}
                    await wire.add_text("go")
                    start = wire.read
                    await wire.send("response.create", response={"tool_choice": choice})
                    call = await self.call_mcp(wire)
                    self.assertEqual((call["name"], call["server_label"]), (name, "shelf"))
                    self.assertEqual(call.get("output"), output)
                    self.assertEqual((call.get("error") or {}).get("type"), error)
                    await wire.later("response.output_text.done")
                    await wire.later("response.done")
                    kinds = [e["type"] for e in wire.events[start:] if "mcp" in e["type"]]
                    self.assertEqual(
                        [kind for kind in kinds if not kind.endswith("arguments.delta")],
                        ["response.mcp_call_arguments.done", "response.mcp_call.in_progress",
                         "response.mcp_call." + ("failed" if error else "completed")],
                    )  # fmt: skip

    async def test_a_call_of_an_mcp_server_waits_for_the_clients_leave(self):
        functions_python.need()
        for approve in (True, False):
            with functions_python.McpServer("json") as shelf, self.server() as server:
                async with Wire(server) as wire:
                    await self.list_of(wire, shelf.url, allowed_tools=["find_book"])
                    await wire.add_text("go")
                    await wire.send("response.create", response={"tool_choice": "required"})
                    asked = await wire.later(
                        "conversation.item.done",
                        lambda event: event["item"]["type"] == "mcp_approval_request",
                    )
                    self.assertEqual(asked["item"]["name"], "find_book")
                    await wire.later("response.done")
                    await wire.send("conversation.item.create", item={
                        "type": "mcp_approval_response", "approve": approve,
                        "approval_request_id": asked["item"]["id"],
                    })  # fmt: skip
                    if approve:
                        call = await self.call_mcp(wire)
                        self.assertEqual(call["output"], "Emma is on shelf 1.")
                        self.assertEqual(call["approval_request_id"], asked["item"]["id"])
                    said = await wire.later("response.output_text.done")
                    self.assertIn("Emma" if approve else "not allow", said["text"])
                    await wire.later("response.done")
                    calls = [e for e in wire.all("conversation.item.added")
                             if e["item"]["type"] == "mcp_call"]  # fmt: skip
                    self.assertEqual(len(calls), 1 if approve else 0)

    async def test_a_session_cannot_name_an_mcp_server_on_this_machine(self):
        with self.server(allow_private=False) as server:
            async with Wire(server) as wire:
                listed, kinds = await self.list_of(wire, "http://127.0.0.1:9/mcp")
                self.assertIn("mcp_list_tools.failed", kinds)
                self.assertIn("not public", listed["error"]["message"])

    async def test_a_client_is_given_the_functions_of_the_file_that_it_runs_itself(self):
        function = {"type": "function", "function": {"name": "show", "description": "Shows."}}
        with self.server({"functions": [function]}) as server:
            async with Wire(server) as wire:
                created = await wire.later("session.created")
                (tool,) = created["session"]["tools"]
                self.assertEqual((tool["type"], tool["name"]), ("function", "show"))


if __name__ == "__main__":
    unittest.main()
