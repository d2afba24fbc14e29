#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/scripted_llm.py answers with its caller's code word, and fails as it is told to."""

import http.client
import json
import subprocess
import sys
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "scripted_llm.py"


class Endpoint:
    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, SCRIPT, "--delay", "0", "--tokens-per-second", "1000000", *arguments],
            stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.port = int(line.rsplit(":", 1)[1].split("/")[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def post(self, **request):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", "/v1/chat/completions", json.dumps(request))
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()


def chunks(body):
    events = [line[6:] for line in body.splitlines() if line.startswith("data: ")]
    assert events[-1] == "[DONE]", events
    return [json.loads(event) for event in events[:-1]]


def text_of(body):
    return "".join(choice["delta"].get("content", "")
                   for chunk in chunks(body) for choice in chunk["choices"])


class ScriptedLlm(unittest.TestCase):
    def test_says_the_code_word_of_its_caller(self):
        with Endpoint("--reply", "Request {n}: {code}, {user}.") as endpoint:
            for number, word in enumerate(["walrus", "lantern"], start=1):
                status, body = endpoint.post(
                    messages=[{"role": "system", "content": f"Be kind. The code word is {word}."},
                              {"role": "user", "content": "hello"}],
                    stream_options={"include_usage": True})
                self.assertEqual(status, 200)
                self.assertEqual(text_of(body), f"Request {number}: {word}, hello.")
                self.assertGreater(chunks(body)[-1]["usage"]["completion_tokens"], 0)

    def test_makes_the_forced_call(self):
        with Endpoint("--arguments", '{"city": "Oslo"}') as endpoint:
            _, body = endpoint.post(messages=[], tools=[{"function": {"name": "f"}}],
                                    tool_choice={"type": "function", "function": {"name": "f"}})
        calls = [call for chunk in chunks(body) for choice in chunk["choices"]
                 for call in choice["delta"].get("tool_calls", [])]
        self.assertEqual(calls[0]["function"]["name"], "f")
        self.assertEqual("".join(call["function"]["arguments"] for call in calls),
                         '{"city": "Oslo"}')

    def test_refuses(self):
        with Endpoint("--fail", "refuse", "--every", "2") as endpoint:
            self.assertEqual([endpoint.post(messages=[])[0] for _ in range(4)],
                             [200, 503, 200, 503])

    def test_breaks_off(self):
        for how in ["reset", "die"]:
            with Endpoint("--fail", how) as endpoint, self.assertRaises(
                    (http.client.HTTPException, ConnectionError)):
                endpoint.post(messages=[])

    def test_reports_an_error_in_the_middle(self):
        with Endpoint("--fail", "error", "--reply", "one two three four") as endpoint:
            with self.assertRaises((http.client.IncompleteRead, ConnectionError)) as raised:
                endpoint.post(messages=[])
            if isinstance(raised.exception, http.client.IncompleteRead):
                self.assertIn(b"scripted error", raised.exception.partial)


if __name__ == "__main__":
    unittest.main()
