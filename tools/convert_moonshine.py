#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lets Moonshine's decoder tell where it listens, which gives recognised words their times.

    convert_moonshine.py DECODER.ort OUT.onnx

The decoder looks at the encoder's frames (384 samples each) through six layers of eight heads. A few
heads look at the frame of the token that comes next; their mean becomes one more output:
    alignment [batch, tokens, frames]
What the decoder computes stays what it was. The heads were found by how well each of them, and then
each further one beside the best, tells the starts of words as PocketSphinx aligns them, on twelve
synthesised sentences (not those of tools/word_times.py).

Needs onnx and onnxruntime (tools/deps runs it in a virtual environment of its own).
"""

import sys
import tempfile
from pathlib import Path

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

HEADS = {3: [7], 4: [5, 6], 5: [6]}  # layer: heads
OUTPUT = "alignment"


class ConversionError(Exception):
    """The file is not a Moonshine decoder as we know them."""


def attention_of(layer):
    return f"/model/decoder/layers.{layer}/encoder_attn/Softmax_output_0"


def as_onnx(source):
    """The model as it is in ONNX Runtime's own format, in ONNX's."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "decoder.onnx")
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.optimized_model_filepath = path
        options.add_session_config_entry("session.save_model_format", "ONNX")
        onnxruntime.InferenceSession(Path(source).read_bytes(), options,
                                     providers=["CPUExecutionProvider"])
        return onnx.load(path)


def add_alignment(graph):
    """One branch: the mean of the heads becomes its last output."""
    made = {output for node in graph.node for output in node.output}
    parts = []
    for layer, heads in HEADS.items():
        if attention_of(layer) not in made:
            raise ConversionError(f"there is no tensor {attention_of(layer)}")
        index = f"{OUTPUT}/heads.{layer}"
        graph.initializer.append(numpy_helper.from_array(numpy.array(heads, numpy.int64), index))
        part = f"{OUTPUT}/layer.{layer}"
        graph.node.append(helper.make_node("Gather", [attention_of(layer), index], [part],
                                           name=f"{part}/Gather", axis=1))
        parts.append(part)
    axes = f"{OUTPUT}/axes"
    graph.initializer.append(numpy_helper.from_array(numpy.array([1], numpy.int64), axes))
    graph.node.append(helper.make_node("Concat", parts, [f"{OUTPUT}/all"],
                                       name=f"{OUTPUT}/Concat", axis=1))
    result = f"{graph.name}/{OUTPUT}"
    graph.node.append(helper.make_node("ReduceMean", [f"{OUTPUT}/all", axes], [result],
                                       name=f"{OUTPUT}/ReduceMean", keepdims=0))
    graph.output.append(helper.make_tensor_value_info(result, TensorProto.FLOAT, None))


def convert(model):
    branches = [node for node in model.graph.node if node.op_type == "If"]
    if len(branches) != 1:
        raise ConversionError(f"expected one If node, found {len(branches)}")
    for attribute in branches[0].attribute:
        attribute.g.name = attribute.name  # ONNX Runtime wants them to have names
        add_alignment(attribute.g)
    branches[0].output.append(OUTPUT)
    model.graph.output.append(helper.make_tensor_value_info(
        OUTPUT, TensorProto.FLOAT, ["batch_size", "tokens", "frames"]))
    return model


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    source, target = arguments
    try:
        model = convert(as_onnx(source))
    except ConversionError as error:
        print(f"{source}: {error}", file=sys.stderr)
        return 1
    Path(target).write_bytes(model.SerializeToString(deterministic=True))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
