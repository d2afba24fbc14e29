#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A recogniser, a language model and a voice by OpenAI's paths, which answer at once and the same.

    services.py CLIP      (mono, 16 bits, 24 kHz, no header)

What is left of an agent that asks them is the agent. Prints the base URL; GET /counts says how often
each was asked. For tools/rooms_load.py, in the environment `rooms`.
"""

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path

from aiohttp import web

HEARD = "Parley, it was the age of wisdom."  # with the name: in company it answers to that
SAID = "I am glad that you said it."
BODY_MAX = 16 * 1024 * 1024

asked = Counter()


async def transcriptions(request):
    asked["transcriptions"] += 1
    form = await request.post()
    answer = {"text": HEARD}
    if form.get("response_format") == "verbose_json":
        answer |= {"language": "english", "duration": 1.6, "segments": [], "words": []}
    return web.json_response(answer)


async def completions(request):
    asked["completions"] += 1
    await request.read()
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await answer.prepare(request)
    frame = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "fixed"}
    deltas = [{"role": "assistant", "content": ""}, *({"content": f"{word} "} for word in SAID.split())]
    for delta in deltas:
        await event(answer, {**frame, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    await event(answer, {**frame, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    await answer.write(b"data: [DONE]\n\n")
    await answer.write_eof()
    return answer


async def event(answer, data):
    await answer.write(b"data: " + json.dumps(data).encode() + b"\n\n")


async def speech(request):
    asked["speech"] += 1
    await request.read()
    return web.Response(body=request.app["clip"], content_type="audio/pcm")


async def counts(_request):
    return web.json_response(asked)


async def main(path):
    app = web.Application(client_max_size=BODY_MAX)
    app["clip"] = Path(path).read_bytes()
    app.router.add_post("/v1/audio/transcriptions", transcriptions)
    app.router.add_post("/v1/chat/completions", completions)
    app.router.add_post("/v1/audio/speech", speech)
    app.router.add_get("/counts", counts)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
