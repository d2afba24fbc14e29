# SPDX-License-Identifier: Apache-2.0
"""The environment `functions` of deps.lock: a validator of JSON schemas, and a real MCP server.

It is apart from the tests' own, since what it needs of other packages is its own business.
"""

import json
import subprocess

from . import places

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
