# SPDX-License-Identifier: Apache-2.0
"""A language that needs no training data: each letter is a tone. And an ONNX model that hears it.

The model is one matrix product over log filter bank energies. Its file is written here, in as much of
ONNX's protobuf (onnx.proto, IR version 8) as that takes.
"""

import struct

import numpy as np

RATE = 16_000
LETTERS = "abcdefghijklmnopqrstuvwxyz "
FREQUENCIES = np.geomspace(400, 6_000, len(LETTERS))
FLOAT = 1  # TensorProto.DataType


def speak(text, rng):
    """A tone of 80 ms and a pause of 40 ms for each letter, half a second of silence around."""
    tone_time = np.arange(int(0.08 * RATE)) / RATE
    parts = [np.zeros(RATE // 2)]
    for letter in text:
        tone = np.sin(2 * np.pi * FREQUENCIES[LETTERS.index(letter)] * tone_time)
        parts += [0.3 * tone * np.hanning(len(tone)), np.zeros(int(0.04 * RATE))]
    audio = np.concatenate([*parts, np.zeros(RATE // 2)])
    return (audio + 1e-4 * rng.standard_normal(len(audio))).astype(np.float32)


def write_symbols(path):
    """The decoder's table; U+2581 is a blank between words, number 0 the CTC blank."""
    lines = ["<blk> 0"] + [f"{'▁' if c == ' ' else c} {i + 1}" for i, c in enumerate(LETTERS)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_model(path, weights, bias):
    """scores [rows, tokens] = features [rows, bins] x weights + bias"""
    bins, tokens = weights.shape
    graph = (
        _message(1, _text(1, "features") + _text(1, "weights") + _text(2, "product")
                 + _text(4, "MatMul"))
        + _message(1, _text(1, "product") + _text(1, "bias") + _text(2, "scores") + _text(4, "Add"))
        + _text(2, "tones")
        + _message(5, _tensor("weights", weights)) + _message(5, _tensor("bias", bias))
        + _message(11, _value("features", bins)) + _message(12, _value("scores", tokens))
    )
    path.write_bytes(_number(1, 8) + _message(7, graph) + _message(8, _number(2, 15)))


def _varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _number(field, value):
    return _varint(field << 3) + _varint(value)


def _message(field, content):
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field, value):
    return _message(field, value.encode())


def _tensor(name, array):
    dims = b"".join(_number(1, size) for size in array.shape)
    data = struct.pack(f"<{array.size}f", *array.ravel())
    return dims + _number(2, FLOAT) + _text(8, name) + _message(9, data)


def _value(name, columns):
    shape = _message(1, _text(2, "rows")) + _message(1, _number(1, columns))
    return _text(1, name) + _message(2, _message(1, _number(1, FLOAT) + _message(2, shape)))
