# SPDX-License-Identifier: Apache-2.0
"""Includes against cmake/layers.cmake, and third-party headers against rules.py."""

import re

from . import rules

ROW = re.compile(r'^\s*"([a-z]+)\s*:\s*([a-z *]*)"\s*$', re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]', re.MULTILINE)


def read_layers(path):
    """{layer: layers that it may include}, itself among them."""
    layers = {}
    for name, imports in ROW.findall(path.read_text(encoding="utf-8")):
        words = list(layers) if imports.strip() == "*" else imports.split()
        layers[name] = {name, *words}
    return layers


def check(source, layers):
    path = str(source.path)
    for match in INCLUDE.finditer(source.text):
        bracket, header = match.groups()
        line = source.line_of(match.start(2))
        for pattern, folders in rules.THIRD_PARTY:
            if in_product(path) and pattern.match(header) and not path.startswith(folders):
                where = " ".join(folders)
                yield source.finding(line, f"<{header}> belongs into {where}only")
        if bracket == '"' and source.layer:
            yield from check_layer(source, line, header, layers)


def in_product(path):
    return path.startswith(("src/", "apps/"))


def check_layer(source, line, header, layers):
    top = header.partition("/")[0]
    if "/" not in header or (top not in layers and top != "parley"):
        yield source.finding(line, f'"{header}": include from src/, as "layer/file.h"')
    elif top in layers and source.layer not in layers:
        yield source.finding(line, f"src/{source.layer} is in no row of cmake/layers.cmake")
    elif top in layers and top not in layers[source.layer]:
        yield source.finding(line, f'layer {source.layer} may not import {top} ("{header}")')
