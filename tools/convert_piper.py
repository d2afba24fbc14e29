#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a Piper voice repeatable and gives it word times.

    convert_piper.py VOICE.onnx OUT.onnx

1. Each RandomNormalLike node becomes a graph input of standard normal noise, so that the same text
   with the same noise gives the same audio:
       noise_duration [batch, 2, >= input ids]     noise_latent [batch, 192, >= frames]
   The graph slices them to the shape that the node would have made, so a caller may give more than
   is needed (frames are known only after the durations are).
2. The frames of 256 samples that each input id lasts become the output `durations` [batch, 1, ids].

Needs onnx (tools/deps runs it in a virtual environment of its own).
"""

import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

FRAMES_PER_ID = "/Ceil_output_0"
CHANNELS = {"noise_duration": 2, "noise_latent": 192}


class ConversionError(Exception):
    """The file is not a Piper voice as we know them."""


def attribute(node, name, default):
    for entry in node.attribute:
        if entry.name == name:
            return helper.get_attribute_value(entry)
    return default


def noise_name(node):
    """The duration predictor is the sub-module /dp; the other random node is the latent's."""
    return "noise_duration" if node.name.startswith("/dp/") else "noise_latent"


def constant(graph, name, values):
    tensor = numpy_helper.from_array(numpy.asarray(values), name)
    graph.initializer.append(tensor)
    return name


def replacement(graph, node):
    """The nodes that stand for one RandomNormalLike, and the graph input that feeds them."""
    name = noise_name(node)
    shape, sliced = f"{name}/shape", f"{name}/sliced"
    starts = constant(graph, f"{name}/starts", numpy.zeros(3, numpy.int64))
    nodes = [
        helper.make_node("Shape", [node.input[0]], [shape], name=f"{name}/Shape"),
        helper.make_node("Slice", [name, starts, shape], [sliced], name=f"{name}/Slice"),
    ]
    scale = constant(graph, f"{name}/scale", numpy.float32(attribute(node, "scale", 1.0)))
    mean = constant(graph, f"{name}/mean", numpy.float32(attribute(node, "mean", 0.0)))
    scaled = f"{name}/scaled"
    nodes.append(helper.make_node("Mul", [sliced, scale], [scaled], name=f"{name}/Mul"))
    nodes.append(helper.make_node("Add", [scaled, mean], list(node.output), name=f"{name}/Add"))
    value = helper.make_tensor_value_info(
        name, TensorProto.FLOAT, ["batch_size", CHANNELS[name], f"{name}_length"]
    )
    return nodes, value


def convert(model):
    graph = model.graph
    if FRAMES_PER_ID not in {output for node in graph.node for output in node.output}:
        raise ConversionError(f"there is no tensor {FRAMES_PER_ID}: not a Piper VITS voice")
    random = [node for node in graph.node if node.op_type == "RandomNormalLike"]
    if sorted(noise_name(node) for node in random) != sorted(CHANNELS):
        raise ConversionError(f"expected one random node of each kind, found {len(random)}")

    nodes = []
    for node in list(graph.node):
        if node.op_type != "RandomNormalLike":
            nodes.append(node)
            continue
        new_nodes, value = replacement(graph, node)
        nodes.extend(new_nodes)
        graph.input.append(value)
    kept = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(kept)

    rename_output(graph, FRAMES_PER_ID, "durations")
    onnx.checker.check_model(model)
    return model


def rename_output(graph, tensor, name):
    for node in graph.node:
        node.input[:] = [name if item == tensor else item for item in node.input]
        node.output[:] = [name if item == tensor else item for item in node.output]
    graph.output.append(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch_size", 1, "phonemes"])
    )


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    source, target = arguments
    try:
        model = convert(onnx.load(source))
    except ConversionError as error:
        print(f"{source}: {error}", file=sys.stderr)
        return 1
    with open(target, "wb") as out:
        out.write(model.SerializeToString(deterministic=True))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
