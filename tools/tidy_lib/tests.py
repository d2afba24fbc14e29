# SPDX-License-Identifier: Apache-2.0
"""Every source has its test: one named after it, one whose folder includes its header, or one that
exceptions.py names because it tests the source through its component."""

import re

from . import exceptions

INCLUDE = re.compile(r'#include "([^"]+)\.h"')


def check(project, code):
    sources = [str(p) for p in code if p.parts[0] == "src" and p.suffix == ".cpp"]
    tests = [p for p in code if p.parts[0] == "tests"]
    named = {(p.parts[1], p.stem.removesuffix("_test")) for p in tests if p.stem.endswith("_test")}
    included = set()
    for path in tests:
        included |= set(INCLUDE.findall((project / path).read_text(encoding="utf-8")))
    for path in sources:
        layer, header = path.split("/")[1], path.removeprefix("src/").removesuffix(".cpp")
        tested = (layer, header.rpartition("/")[2]) in named or header in included
        if not tested and path not in excused():
            yield f"{path}:1: no test in tests/{layer}/ is named after it or includes its header"
    yield from stale(project, sources)


def excused():
    return {*exceptions.UNTESTED, *exceptions.TESTED_THROUGH}


def stale(project, sources):
    for path in sorted(excused() - set(sources)):
        yield f"{path}:1: excused in tools/tidy_lib/exceptions.py, but there is no such file"
    for path, test in exceptions.TESTED_THROUGH.items():
        if not (project / test).is_file():
            yield f"{path}:1: said to be tested through {test}, but there is no such file"
