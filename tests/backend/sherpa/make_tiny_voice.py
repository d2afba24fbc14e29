#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a voice for sherpa-onnx that is small enough for a test.

    make_tiny_voice.py FOLDER

A VITS as Piper exports them, as far as sherpa looks: phoneme ids and scales in, samples out. Each id
becomes 100 samples (at a length scale of 1) of its number / 100. Beside it comes another that lacks
what sherpa wants to know of a model.
"""

import json
import pathlib
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

SYMBOLS = ["_", "^", "$", " ", ".", ",", "a", "n", "o"]
META = {"model_type": "vits", "comment": "piper", "language": "English", "voice": "en-us", "version": 1,
        "has_espeak": 1, "has_g2pw": 0, "n_speakers": 1, "sample_rate": 16000}


def tiny_vits():
    """ids / 100, each as often as the second scale says."""
    constants = [numpy_helper.from_array(numpy.array(value), name) for name, value in [
        ("hundred", numpy.float32(100.0)), ("one", [1]), ("column", [-1, 1]), ("row", [1, 1, -1])]]
    nodes = [
        helper.make_node("Gather", ["scales", "one"], ["length"]),
        helper.make_node("Mul", ["length", "hundred"], ["samples_f"]),
        helper.make_node("Cast", ["samples_f"], ["samples"], to=TensorProto.INT64),
        helper.make_node("Concat", ["one", "samples"], ["repeats"], axis=0),
        helper.make_node("Cast", ["input"], ["ids"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["ids", "hundred"], ["levels"]),
        helper.make_node("Reshape", ["levels", "column"], ["columns"]),
        helper.make_node("Tile", ["columns", "repeats"], ["tiled"]),
        helper.make_node("Reshape", ["tiled", "row"], ["output"]),
    ]
    inputs = [helper.make_tensor_value_info("input", TensorProto.INT64, [1, "ids"]),
              helper.make_tensor_value_info("input_lengths", TensorProto.INT64, [1]),
              helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3])]
    outputs = [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, "samples"])]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def write_voice(folder, meta):
    """A folder that sherpa_voice.h describes."""
    folder.mkdir(parents=True, exist_ok=True)
    model = tiny_vits()
    helper.set_model_props(model, {key: str(value) for key, value in meta.items()})
    onnx.save(model, folder / "model.onnx")
    tokens = "".join(f"{symbol} {number}\n" for number, symbol in enumerate(SYMBOLS))
    (folder / "tokens.txt").write_text(tokens, encoding="utf-8")
    (folder / "sherpa.json").write_text(json.dumps({
        "family": "vits", "language": "en-us", "speakers": {"tiny": 0},
        "files": {"model": "model.onnx", "tokens": "tokens.txt"}}), encoding="utf-8")


def main():
    """Writes both voices."""
    folder = pathlib.Path(sys.argv[1])
    write_voice(folder / "good", META)
    write_voice(folder / "bad", {})


if __name__ == "__main__":
    main()
