# SPDX-License-Identifier: Apache-2.0
"""The environment `functions` of deps.lock: a validator of JSON schemas, and a real MCP server.

It is apart from the tests' own, since what it needs of other packages is its own business.
"""

import json
import socket
import subprocess
import time
from pathlib import Path

from . import places

START_SECONDS = 60
PYTHON = places.CACHE / "venv/functions/bin/python"
VALIDATE = """
import json, sys
from jsonschema import Draft202012Validator as Validator
found = []
for schema, text in json.load(sys.stdin):
    Validator.check_schema(schema)
    try:
        errors = [error.message for error in Validator(schema).iter_errors(json.loads(text))]
    except ValueError as error:
        errors = [f"no JSON: {error}"]
    found.append("; ".join(errors))
json.dump(found, sys.stdout)
"""


def need():
    places.need(PYTHON, "run tools/deps --with tests")


def schema_problems(pairs):
    """What `jsonschema` finds wrong in each (schema, JSON text); empty texts: nothing."""
    done = subprocess.run(
        [PYTHON, "-c", VALIDATE], input=json.dumps(pairs), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


class McpServer:
    """`with McpServer("json") as server:` runs mcp_server.py; `answers` is "json" or "events"."""

    def __init__(self, answers):
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/mcp"
        self.process = subprocess.Popen(
            [PYTHON, "-B", Path(__file__).with_name("mcp_server.py"), str(self.port), answers],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while True:
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise AssertionError("the MCP server did not start")
            time.sleep(0.1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
