#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the house rules that no compiler knows. Prints `file:line: finding`, exits 1 if there is any.

    tools/tidy.py              everything below
    tools/tidy.py --headers    and that each header compiles alone (needs the SDKs of tools/deps)

- an #include may name only the file's own layer and those that its row of cmake/layers.cmake names;
- third-party headers appear only where tidy_lib/rules.py lists them;
- calls that are refused (sleeping, naked new, std::thread, rand) with the folders that may;
- file length, functions' length, the SPDX line, #pragma once or none;
- every source has its test, or a reason not to (tidy_lib/exceptions.py);
- no path of one person's machine.
"""

import argparse
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True

from tidy_lib import headers, includes, tests, text
from tidy_lib.source import Source


def tracked(project, *folders):
    """Files that git knows or would add; what it ignores is nobody's business."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *folders]
    output = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True).stdout
    return sorted(path for path in map(Path, output.splitlines()) if (project / path).is_file())


def findings(project, check_headers=False):
    layers = includes.read_layers(project / "cmake/layers.cmake")
    paths = tracked(project)
    for path in paths:
        yield from text.machine_paths(project, path)
    code = [p for p in paths if p.suffix in (".h", ".cpp") and p.parts[0] in text.CODE_FOLDERS]
    for path in code:
        source = Source(project, path)
        yield from text.check(source)
        yield from includes.check(source, layers)
    yield from tests.check(project, code)
    if check_headers:
        yield from headers.check(project, [p for p in code if p.suffix == ".h"])


def main(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--headers", action="store_true")
    parser.add_argument("--project", type=Path, default=Path(__file__).resolve().parent.parent)
    options = parser.parse_args(arguments)
    count = 0
    for finding in findings(options.project, options.headers):
        print(finding)
        count += 1
    print(f"tidy: {count} findings" if count else "tidy: no findings")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
