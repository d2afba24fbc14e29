# SPDX-License-Identifier: Apache-2.0
"""Compiles each header alone, so that nobody needs to know what to include before it."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def include_folders(project):
    cache = Path(os.environ.get("PARLEY_CACHE") or Path.home() / ".cache/parley")
    sdks = sorted((cache / "sdk").glob("*/include"))
    ours = [word for folder in ("src", "include", "") for word in ("-I", project / folder)]
    return [*ours, *(w for sdk in sdks for w in ("-isystem", sdk))]


def compile_alone(project, header):
    name = header.relative_to("src") if header.parts[0] == "src" else header
    command = ["g++", "-std=c++20", "-march=x86-64-v2", "-fsyntax-only", "-x", "c++", "-"]
    result = subprocess.run(
        [*map(str, [*command, *include_folders(project)])],
        input=f'#include "{name}"\n', capture_output=True, text=True, check=False,
    )
    errors = [line for line in result.stderr.splitlines() if "error" in line]
    return errors[0] if result.returncode else ""


def check(project, headers):
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for header, error in zip(headers, pool.map(lambda h: compile_alone(project, h), headers)):
            if error:
                yield f"{header}:1: does not compile alone: {error}"
