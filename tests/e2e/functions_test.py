# SPDX-License-Identifier: Apache-2.0
"""Function calls by the language model in this process, and by the fake one, over a real socket."""

import sys
import unittest

from support import functions_python, places
from support.server import Server
from support.wire import Wire

sys.path.insert(0, str(places.ROOT / "tests/data"))
from function_prompts import FUNCTIONS, PROMPTS  # noqa: E402

REPLY_SECONDS = 180
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


if __name__ == "__main__":
    unittest.main()
