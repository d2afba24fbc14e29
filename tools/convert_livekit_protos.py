#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes one FileDescriptorSet of the messages of LiveKit's client library.

    convert_livekit_protos.py ffi_pb2.py OUT.fds

The library is published without its .proto files, but Python's code for its messages holds each
file's descriptor, serialized, in a call of AddSerializedFile. The set has that file and what it
imports, found beside it as NAME_pb2.py, each after those that it imports, as protoc wants it for
--descriptor_set_in. Every file is marked optimize_for = LITE_RUNTIME: the code of its messages is
smaller, and holds no descriptors.

Python code is read, never run.
"""

import ast
import sys
from pathlib import Path

# FileDescriptorProto.dependency and FileDescriptorSet.file, by their numbers.
DEPENDENCY = 3
SET_FILE_TAG = b"\x0a"
# FileDescriptorProto.options { optimize_for: LITE_RUNTIME }: a message field that comes twice is
# merged, so that it may stand at the end.
LITE_RUNTIME = b"\x42\x02\x48\x03"


class ConversionError(Exception):
    """The file is not what protoc writes for Python, as we know it."""


def descriptor_of(path):
    """The serialized FileDescriptorProto that the Python file `path` registers."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError) as error:
        raise ConversionError(f"{path.name}: {error}") from error
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr != "AddSerializedFile" or len(node.args) != 1:
            continue
        argument = node.args[0]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, bytes):
            return argument.value
    raise ConversionError(f"{path.name}: no AddSerializedFile(b'...')")


def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def read_varint(data, at):
    number = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ConversionError("a descriptor is cut off")
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at


def dependencies(descriptor):
    """The names of the files that a FileDescriptorProto imports."""
    names, at = [], 0
    while at < len(descriptor):
        tag, at = read_varint(descriptor, at)
        if tag & 7 == 0:
            _, at = read_varint(descriptor, at)
            continue
        if tag & 7 != 2:
            raise ConversionError(f"wire type {tag & 7} in a descriptor")
        size, at = read_varint(descriptor, at)
        if at + size > len(descriptor):
            raise ConversionError("a descriptor is cut off")
        if tag >> 3 == DEPENDENCY:
            names.append(descriptor[at:at + size].decode("utf-8"))
        at += size
    return names


def descriptor_set(path):
    files = {}
    descriptor = descriptor_of(path)
    for name in dependencies(descriptor):
        if name not in files:
            add(name, path.parent, files)
    files[""] = descriptor
    return b"".join(
        SET_FILE_TAG + varint(len(data)) + data
        for data in (one + LITE_RUNTIME for one in files.values())
    )


def add(name, folder, files):
    """Adds the descriptor of the .proto file `name` to `files`, after those that it imports."""
    files[name] = b""  # an import that leads back here stops
    descriptor = descriptor_of(folder / (name.removesuffix(".proto") + "_pb2.py"))
    for imported in dependencies(descriptor):
        if imported not in files:
            add(imported, folder, files)
    del files[name]
    files[name] = descriptor


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        made = descriptor_set(Path(arguments[0]))
    except ConversionError as error:
        print(f"convert_livekit_protos: {error}", file=sys.stderr)
        return 1
    Path(arguments[1]).write_bytes(made)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
