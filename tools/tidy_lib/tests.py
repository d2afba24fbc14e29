# SPDX-License-Identifier: Apache-2.0
"""Every source has its test: in tests/<layer>/, either named after it or including its header."""

import re

from . import exceptions

INCLUDE = re.compile(r'#include "([^"]+)\.h"')


def check(project, code):
    sources = [p for p in code if p.parts[0] == "src" and p.suffix == ".cpp"]
    named, included = set(), set()
    for path in code:
        if path.parts[0] == "tests" and path.stem.endswith("_test"):
            named.add((path.parts[1], path.stem.removesuffix("_test")))
            text = (project / path).read_text(encoding="utf-8")
            included |= {header for header in INCLUDE.findall(text)}
    for path in sources:
        layer, header = path.parts[1], str(path.with_suffix("").relative_to("src"))
        tested = (layer, path.stem) in named or header in included
        excused = str(path) in exceptions.UNTESTED
        if not tested and not excused:
            yield f"{path}:1: no test in tests/{layer}/ is named after it or includes its header"
        if tested and excused:
            yield f"{path}:1: excused in tools/tidy_lib/exceptions.py, but it has a test"
    for path in exceptions.UNTESTED:
        if path not in map(str, sources):
            yield f"{path}:1: excused in tools/tidy_lib/exceptions.py, but there is no such file"
