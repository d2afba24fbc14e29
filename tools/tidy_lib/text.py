# SPDX-License-Identifier: Apache-2.0
"""Checks of a file's text: length, first line, refused calls, machine paths."""

import re

from . import exceptions, rules

CODE_FOLDERS = ("src", "apps", "include", "plugins", "tests", "bench", "fuzz", "examples")
SPDX = "SPDX-License-Identifier: "
# Written so that this file does not find itself.
MACHINE_PATH = re.compile(r"/[w]ork/|/[r]oot/|/[h]ome/[a-z]|[.][.]/shared\b")
BESIDE = "../" + "shared"
# Tests may read recordings that lie beside the checkout, and say so when there are none.
MAY_LOOK_BESIDE = ("tests/", "bench/", "docs/", ".ci/")
TODO = re.compile(r"\b(FIXME|XXX)\b|\bTODO\b(?!: .{10})")


def check(source):
    path, lines = str(source.path), len(source.lines)
    if SPDX not in source.lines[0]:
        yield source.finding(1, f"the first line is `// {SPDX}Apache-2.0`")
    limit = rules.LINES_MAX[source.path.suffix]
    if lines > limit and rules.LONG_FILE_REASON not in "\n".join(source.lines[:30]):
        yield source.finding(
            limit, f"{lines} lines, more than {limit}: cut it, or say at its top "
            f"`{rules.LONG_FILE_REASON} ...`"
        )
    if source.path.suffix == ".h" and not has_guard(source):
        yield source.finding(1, "a header has a guard")
    for number, line in enumerate(source.lines, 1):
        if TODO.search(line):
            yield source.finding(number, "a TODO says why: `TODO: reason`")
    for what, pattern, folders in rules.BANNED:
        if path.startswith(folders or ("\0",)) or allowed(path, what):
            continue
        for match in pattern.finditer(source.code):
            if "naked new" in what and is_owned(source.code, match.start()):
                continue
            yield source.finding(source.line_of(match.start()), what)


def has_guard(source):
    return "#pragma once" in source.code or re.search(r"#ifndef \w+\n#define \w+\n", source.code)


def is_owned(code, offset):
    return rules.OWNED_NEW.search(code[max(0, offset - 160) : offset])


def allowed(path, what):
    return any(path == file and what.startswith(start) for file, start in exceptions.ALLOWED)


def machine_paths(project, path):
    try:
        text = (project / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    for number, line in enumerate(text.split("\n"), 1):
        for match in MACHINE_PATH.finditer(line):
            if match.group() == BESIDE and str(path).startswith(MAY_LOOK_BESIDE):
                continue
            yield f"{path}:{number}: a path of one machine: {match.group()}"
