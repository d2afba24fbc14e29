#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An OpenAI-compatible chat-completions endpoint that says what it is told to.

For benches and tests: it needs no model, answers at a chosen pace, and misbehaves on demand. Python's
standard library only.

    tools/scripted_llm.py --port 9000 --reply "Your word is {code}." --tokens-per-second 40
    parley serve --set llm.url=http://127.0.0.1:9000/v1 --set llm.model=scripted

It prints one line, `scripted llm listening on http://127.0.0.1:PORT/v1`, when it can serve (port 0
takes a free one). {code} in the reply is the code word that the request's system message carries
after the words "code word" ("the code word is walrus", "code word: walrus"), so that a bench can tell
whose answer it hears; {n} is the number of the request, {user} the last user message.

Misbehaviour, for every request or, with --every N, for each N-th:
    --fail refuse      HTTP 503 with an error body
    --fail reset       the connection is closed without an answer
    --fail stall       the head comes, then nothing
    --fail die         the connection breaks in the middle of the reply
    --fail error       an error object in the middle of the stream
    --fail garbage     an event that is no JSON
"""

import argparse
import asyncio
import json
import re
import sys

CODE_WORD = re.compile(r"code\s+word(?:\s+is|:)?\s+[\"'*]*([\w-]+)", re.IGNORECASE)
HEAD_BYTES_MAX = 64 * 1024
BODY_BYTES_MAX = 16 * 1024 * 1024


def text_of(message):
    """A message's text; its content is a string or a list of parts."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return " ".join(part.get("text", "") for part in content if isinstance(part, dict))


def fill(template, messages, number):
    system = " ".join(text_of(m) for m in messages if m.get("role") == "system")
    user = next((text_of(m) for m in reversed(messages) if m.get("role") == "user"), "")
    found = CODE_WORD.search(system)
    values = {"code": found.group(1) if found else "nothing", "n": str(number), "user": user}
    return re.sub(r"\{(code|n|user)\}", lambda m: values[m.group(1)], template)


def forced_tool(request):
    """The name of the function that must be called, or None."""
    choice = request.get("tool_choice")
    if isinstance(choice, dict):
        return choice.get("function", {}).get("name")
    tools = request.get("tools") or []
    return tools[0]["function"]["name"] if choice == "required" and tools else None


class Endpoint:
    def __init__(self, options):
        self.options = options
        self.requests = 0

    async def serve(self, reader, writer):
        try:
            while await self.exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def exchange(self, reader, writer):
        """One request and its answer. True: the connection can be used again."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = dict(
            line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line
        )
        length = int(fields.get("content-length", "0"))
        if length > BODY_BYTES_MAX:
            return False
        body = await reader.readexactly(length)
        method, path = head.split(" ", 2)[:2]
        if method == "GET" and path.endswith("/models"):
            listed = {"object": "list", "data": [{"id": "scripted", "object": "model"}]}
            return await self.answer(writer, "200 OK", listed)
        if method != "POST" or not path.endswith("/chat/completions"):
            return await self.answer(writer, "404 Not Found", {"error": {"message": "no such path"}})
        try:
            request = json.loads(body)
            messages = request["messages"]
        except (ValueError, KeyError, TypeError):
            return await self.answer(writer, "400 Bad Request", {"error": {"message": "bad JSON"}})
        self.requests += 1
        return await self.complete(writer, request, messages)

    async def answer(self, writer, status, value):
        body = json.dumps(value).encode()
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode() + body
        )
        await writer.drain()
        return True

    def failure(self):
        every = self.options.every
        return self.options.fail if self.requests % every == 0 else None

    async def complete(self, writer, request, messages):
        fail = self.failure()
        if fail == "refuse":
            error = {"error": {"message": "scripted refusal"}}
            return await self.answer(writer, "503 Service Unavailable", error)
        if fail == "reset":
            return False
        await asyncio.sleep(self.options.delay)
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        await writer.drain()
        if fail == "stall":
            await asyncio.sleep(3600)
        deltas = self.deltas(request, messages)
        for i, delta in enumerate(deltas):
            if fail in ("die", "error", "garbage") and i >= (len(deltas) + 1) // 2:
                if fail == "die":
                    writer.transport.abort()
                    return False
                await self.event(writer, "no JSON" if fail == "garbage" else
                                 {"error": {"message": "scripted error", "code": 500}})
                return False
            await self.event(writer, self.chunk(delta))
            await asyncio.sleep(1.0 / self.options.tokens_per_second)
        calls = "tool_calls" in deltas[-1]
        await self.event(writer, self.chunk({}, "tool_calls" if calls else "stop"))
        if (request.get("stream_options") or {}).get("include_usage"):
            words = sum(len(text_of(m).split()) for m in messages)
            usage = {"prompt_tokens": words, "completion_tokens": len(deltas),
                     "total_tokens": words + len(deltas)}
            await self.event(writer, {"choices": [], "usage": usage})
        await self.event(writer, "[DONE]")
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    def deltas(self, request, messages):
        """Words, each with the blank before it; or the pieces of a forced call."""
        text = fill(self.options.reply, messages, self.requests)
        name = forced_tool(request)
        if name is None:
            return [{"content": word} for word in re.findall(r"\s*\S+", text)] or [{"content": ""}]
        arguments = fill(self.options.arguments, messages, self.requests)
        pieces = [arguments[i:i + 8] for i in range(0, len(arguments), 8)]
        first = {"index": 0, "id": f"call_{self.requests}", "type": "function",
                 "function": {"name": name, "arguments": ""}}
        rest = [{"index": 0, "function": {"arguments": piece}} for piece in pieces]
        return [{"tool_calls": [call]} for call in [first, *rest]]

    def chunk(self, delta, finish=None):
        return {"id": f"chatcmpl-{self.requests}", "object": "chat.completion.chunk",
                "model": "scripted",
                "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    async def event(self, writer, data):
        text = data if isinstance(data, str) else json.dumps(data)
        event = f"data: {text}\n\n".encode()
        writer.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
        await writer.drain()


def parse_options(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--reply", default="The code word is {code}.")
    parser.add_argument("--arguments", default="{}", help="of forced function calls, as JSON")
    parser.add_argument("--delay", type=float, default=0.05, help="seconds before the first token")
    parser.add_argument("--tokens-per-second", type=float, default=50.0)
    parser.add_argument("--fail", choices=["refuse", "reset", "stall", "die", "error", "garbage"])
    parser.add_argument("--every", type=int, default=1, help="fail only each N-th request")
    return parser.parse_args(arguments)


async def main(options):
    endpoint = Endpoint(options)
    server = await asyncio.start_server(endpoint.serve, options.host, options.port,
                                        limit=HEAD_BYTES_MAX)
    port = server.sockets[0].getsockname()[1]
    print(f"scripted llm listening on http://{options.host}:{port}/v1", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main(parse_options(sys.argv[1:])))
    except KeyboardInterrupt:
        pass
