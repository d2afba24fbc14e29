#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cuts a Piper voice (VITS) into three graphs, so that it can speak while it still computes.

    convert_piper.py VOICE.onnx FOLDER/encoder.onnx

Beside encoder.onnx it writes flow.onnx and generator.onnx. One after another they compute what the
voice computes, of the same noise; but the flow and the generator are convolutions, which may be
given a window of frames at a time, with a margin on both sides.

    encoder    input [1, ids], input_lengths [1], scales [3], noise_duration [1, 2, >= ids],
               and sid [1] where there are several speakers
               -> mean [1, 192, frames], spread [1, 192, frames], durations [1, 1, ids], and
               speaker [1, n, 1]
               mean + spread * (standard normal noise) is the prior
    flow       prior [1, 192, window] (and speaker) -> latent [1, 192, window]
    generator  latent [1, 192, window], cuts [2 * levels] (and speaker) -> output [1, 1, samples]

1. There is no randomness left in the graphs, so that the same text with the same noise gives the
   same audio. The noise of the durations is an input, that of the latent is the caller's to add:
   how many frames there are is known only after the durations.
2. `durations` are the frames that each input id lasts.
3. How many frames of margin a window needs is computed from the convolutions and noted in the
   graph's metadata (`parley.margin`). A generator raises the rate level by level, and the further
   up, the less margin is needed and the more it costs: `cuts` holds, for each level after the
   first and for the output, the begin and end of what is kept, in samples of that level
   (`parley.rates` of a frame; `parley.margins`: frames to be kept around the window).
4. The generator's convolutions become two-dimensional, with a height of one: ONNX Runtime has faster
   kernels for those (a fifth less time), and the numbers are the same to the last bits.

Needs onnx (tools/deps runs it in a virtual environment of its own).
"""

import math
import sys
from fractions import Fraction
from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

FRAMES_PER_ID = "/Ceil_output_0"


class ConversionError(Exception):
    """The file is not a Piper voice as we know them."""


def attribute(node, name, default):
    for entry in node.attribute:
        if entry.name == name:
            return helper.get_attribute_value(entry)
    return default


def float_value(name, shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def constant(graph, name, values):
    graph.initializer.append(numpy_helper.from_array(numpy.asarray(values), name))
    return name


# --- noise ----------------------------------------------------------------------------------------


def noise_of_durations(graph, node):
    """The nodes that stand for the duration predictor's RandomNormalLike: its input is standard
    normal noise, at least as long as the text, cut to the shape that the node would have made."""
    name = "noise_duration"
    shape, sliced, scaled = f"{name}/shape", f"{name}/sliced", f"{name}/scaled"
    starts = constant(graph, f"{name}/starts", numpy.zeros(3, numpy.int64))
    scale = constant(graph, f"{name}/scale", numpy.float32(attribute(node, "scale", 1.0)))
    mean = constant(graph, f"{name}/mean", numpy.float32(attribute(node, "mean", 0.0)))
    graph.input.append(float_value(name, ["batch_size", 2, f"{name}_length"]))
    return [
        helper.make_node("Shape", [node.input[0]], [shape], name=f"{name}/Shape"),
        helper.make_node("Slice", [name, starts, shape], [sliced], name=f"{name}/Slice"),
        helper.make_node("Mul", [sliced, scale], [scaled], name=f"{name}/Mul"),
        helper.make_node("Add", [scaled, mean], list(node.output), name=f"{name}/Add"),
    ]


def without_noise(graph):
    """Makes the durations' noise an input and takes the latent's out: what it was multiplied with
    stays. Returns the name of that."""
    random = [node for node in graph.node if node.op_type == "RandomNormalLike"]
    of_durations = [node for node in random if node.name.startswith("/dp/")]
    of_latent = [node for node in random if node not in of_durations]
    if len(of_durations) != 1 or len(of_latent) != 1 or of_latent[0].attribute[1:]:
        raise ConversionError(f"expected one random node of each kind, found {len(random)}")
    noise, deviation = of_latent[0].output[0], None
    nodes = []
    for node in graph.node:
        if node in of_durations:
            nodes += noise_of_durations(graph, node)
        elif node.op_type == "Mul" and noise in node.input:
            factor = next(name for name in node.input if name != noise)
            deviation = node.output[0]
            nodes.append(helper.make_node("Identity", [factor], [deviation], name=node.name))
        elif node not in of_latent:
            nodes.append(node)
    nodes = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(nodes)
    return deviation


# --- cutting --------------------------------------------------------------------------------------


class Cut:
    """The tensors at which the graph is cut."""

    def __init__(self, graph, deviation):
        self.producer = {name: node for node in graph.node for name in node.output}
        nodes = {node.name: node for node in graph.node}
        if FRAMES_PER_ID not in self.producer or "/dec/conv_pre/Conv" not in nodes:
            raise ConversionError("there is no encoder or generator: not a Piper VITS voice")
        self.masked_latent = nodes["/dec/conv_pre/Conv"].input[0]
        masking = self.producer[self.masked_latent]
        self.mean, self.spread, self.prior = moments(graph, deviation)
        # One text at a time: every frame is real, and a mask is a multiplication by one.
        self.mask = next(
            (name for name in masking.input if not self.is_in_flow(name)), None
        ) if masking.op_type == "Mul" else None
        if self.mask is None:
            raise ConversionError("the latent is not masked as a Piper VITS voice does it")
        self.output = graph.output[0].name
        conditioned = nodes.get("/dec/cond/Conv")
        self.speaker = conditioned.input[0] if conditioned is not None else None

    def is_in_flow(self, name):
        node = self.producer.get(name)
        return node is not None and node.name.startswith("/flow/")


def moments(graph, deviation):
    """The prior is mean + noise * deviation * scale; the noise is out already."""
    spread = deviation
    while True:
        users = [node for node in graph.node if spread in node.input]
        if len(users) != 1 or users[0].op_type not in ("Mul", "Add"):
            raise ConversionError("the prior is not made as a Piper VITS voice does it")
        if users[0].op_type == "Add":
            mean = next(name for name in users[0].input if name != spread)
            return mean, spread, users[0].output[0]
        spread = users[0].output[0]


def unmasked(nodes, mask):
    """The nodes without those that multiply by the mask."""
    same = {}
    kept = []
    for node in nodes:
        if node.op_type == "Mul" and mask in node.input:
            other = next(name for name in node.input if name != mask)
            same[node.output[0]] = same.get(other, other)
            continue
        copy = onnx.NodeProto.FromString(node.SerializeToString())
        copy.input[:] = [same.get(name, name) for name in copy.input]
        kept.append(copy)
    return kept, same


def needed_nodes(graph, cut, given, wanted):
    """The nodes that make `wanted` of `given`, in their order."""
    found, open_names, seen = set(), [wanted], set(given)
    inputs = {value.name for value in graph.input}
    while open_names:
        name = open_names.pop()
        if not name or name in seen:
            continue
        seen.add(name)
        if name in inputs:
            raise ConversionError(f"{wanted} needs {name}: the voice cannot be cut there")
        node = cut.producer.get(name)
        if node is not None:
            found.add(id(node))
            open_names += node.input
    return [node for node in graph.node if id(node) in found]


def make_model(source, name, nodes, inputs, outputs):
    """`inputs` and `outputs`: new name -> (name in the graph, shape)."""
    renamed = {old: new for new, (old, _) in {**inputs, **outputs}.items()}
    nodes = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    for node in nodes:
        node.input[:] = [renamed.get(item, item) for item in node.input]
        node.output[:] = [renamed.get(item, item) for item in node.output]
    used = {item for node in nodes for item in node.input}
    weights = [entry for entry in source.graph.initializer if entry.name in used]
    graph = helper.make_graph(
        nodes, name,
        [float_value(new, shape) for new, (_, shape) in inputs.items()],
        [float_value(new, shape) for new, (_, shape) in outputs.items()],
        weights,
    )
    model = helper.make_model(graph, opset_imports=source.opset_import, producer_name="parley")
    model.ir_version = source.ir_version
    return model


# --- how far a convolution looks ------------------------------------------------------------------


def reach(nodes, given, wanted, rate):
    """How many frames to the left or right of itself a sample of `wanted` depends on. `rate`:
    samples per frame of `given`. Returns the rate of `wanted`, too."""
    known = {given: (Fraction(0), rate)}
    for node in nodes:
        sources = [known[name] for name in node.input if name in known]
        if not sources:
            continue
        far, here = max(entry[0] for entry in sources), sources[0][1]
        if node.op_type == "Conv":
            far += Fraction(max(attribute(node, "pads", [0, 0])), here)
        elif node.op_type == "ConvTranspose":
            kernel, stride = attribute(node, "kernel_shape", [1])[0], attribute(node, "strides", [1])[0]
            pad = attribute(node, "pads", [0, 0])[0]
            far += Fraction(max(kernel - 1 - pad, pad), stride * here)
            here *= stride
        for name in node.output:
            known[name] = (far, here)
    return known[wanted]


# --- the three graphs -----------------------------------------------------------------------------


def encoder_part(source, cut):
    graph = source.graph
    outputs = {
        "mean": (cut.mean, ["batch_size", 192, "frames"]),
        "spread": (cut.spread, ["batch_size", 192, "frames"]),
    }
    wanted = [cut.mean, cut.spread, FRAMES_PER_ID]
    if cut.speaker:
        outputs["speaker"] = (cut.speaker, ["batch_size", "speaker_size", 1])
        wanted.append(cut.speaker)
    outputs["durations"] = (FRAMES_PER_ID, ["batch_size", 1, "phonemes"])
    given = [value.name for value in graph.input]
    found = {id(node) for name in wanted for node in needed_nodes(graph, cut, given, name)}
    nodes = [node for node in graph.node if id(node) in found]
    model = make_model(source, "encoder", nodes, {}, outputs)
    model.graph.input.extend(graph.input)
    return model


def conditioned(cut, inputs):
    if cut.speaker:
        inputs["speaker"] = (cut.speaker, [1, "speaker_size", 1])
    return inputs


def flow_part(source, cut):
    given = [name for name in (cut.prior, cut.mask, cut.speaker) if name]
    nodes, same = unmasked(needed_nodes(source.graph, cut, given, cut.masked_latent), cut.mask)
    latent = same.get(cut.masked_latent, cut.masked_latent)
    model = make_model(
        source, "flow", nodes,
        conditioned(cut, {"prior": (cut.prior, [1, 192, "window"])}),
        {"latent": (latent, [1, 192, "window"])},
    )
    far, _ = reach(nodes, cut.prior, latent, 1)
    note(model, "parley.margin", math.ceil(far))
    return model


def generator_part(source, cut):
    given = [name for name in (cut.masked_latent, cut.speaker) if name]
    nodes = needed_nodes(source.graph, cut, given, cut.output)
    while nodes[-1].op_type in ("Unsqueeze", "Squeeze", "Reshape"):  # the shape of its output is ours
        nodes.pop()
    wave = nodes[-1].output[0]
    rising = [node for node in nodes if node.op_type == "ConvTranspose"]
    places = [node.input[0] for node in rising[1:]]  # before each further rise, and at the end
    far, _ = reach(nodes, cut.masked_latent, wave, 1)
    margins, rates = [math.ceil(far)], []
    for place in [*places, wave]:
        _, rate = reach(nodes, cut.masked_latent, place, 1)
        rates.append(rate)
        margins.append(math.ceil(reach(nodes, place, wave, rate)[0]))

    model = make_model(
        source, "generator", nodes,
        conditioned(cut, {"latent": (cut.masked_latent, [1, 192, "window"])}),
        {"output": (wave, [1, 1, "samples"])},
    )
    flatten_into_rows(model.graph)
    add_cuts(model.graph, [*places, "output"])
    note(model, "parley.margin", margins[0])
    note(model, "parley.margins", ",".join(str(margin) for margin in margins[1:]))
    note(model, "parley.rates", ",".join(str(rate) for rate in rates))
    return model


def flatten_into_rows(graph):
    """Each one-dimensional convolution becomes a two-dimensional one of height 1."""
    weights = {entry.name: entry for entry in graph.initializer}
    widened = {"kernel_shape": [1], "dilations": [1], "strides": [1], "output_padding": [0]}
    for node in graph.node:
        if node.op_type not in ("Conv", "ConvTranspose"):
            continue
        weight = weights[node.input[1]]
        values = numpy_helper.to_array(weight)
        if values.ndim == 3:
            weight.CopyFrom(numpy_helper.from_array(values[:, :, None, :], weight.name))
        for entry in node.attribute:
            if entry.name in widened:
                entry.ints[:] = widened[entry.name] + list(entry.ints)
            elif entry.name == "pads":
                entry.ints[:] = [0, entry.ints[0], 0, entry.ints[1]]
    height = constant(graph, "height_axis", numpy.array([2], numpy.int64))
    first = []
    for name in [value.name for value in graph.input]:
        rename_use(graph, name, f"{name}/row")
        first.append(helper.make_node("Unsqueeze", [name, height], [f"{name}/row"]))
    rename_made(graph, "output", "output/row")
    last = helper.make_node("Squeeze", ["output/row", height], ["output"])
    put_in_order(graph, [*first, *graph.node, last])


def add_cuts(graph, places):
    """After the tensors `places` only what `cuts` says goes on."""
    cuts = helper.make_tensor_value_info("cuts", TensorProto.INT64, [2 * len(places)])
    graph.input.append(cuts)
    ends = [f"cuts/{i}" for i in range(2 * len(places))]
    axis = constant(graph, "time_axis", numpy.array([3], numpy.int64))
    nodes = [helper.make_node("Split", ["cuts"], ends, axis=0)]
    for i, place in enumerate(places):
        name = "output/row" if place == "output" else place
        rename_use(graph, name, f"{name}/cut")
        begin, end = ends[2 * i : 2 * i + 2]
        nodes.append(helper.make_node("Slice", [name, begin, end, axis], [f"{name}/cut"]))
    put_in_order(graph, [*graph.node, *nodes])


def rename_use(graph, old, new):
    for node in graph.node:
        node.input[:] = [new if item == old else item for item in node.input]


def rename_made(graph, old, new):
    for node in graph.node:
        node.output[:] = [new if item == old else item for item in node.output]


def put_in_order(graph, nodes):
    """Each node after those that make its inputs."""
    waiting = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    made = {value.name for value in graph.input} | {entry.name for entry in graph.initializer} | {""}
    ordered = []
    while waiting:
        ready = [node for node in waiting if made.issuperset(node.input)]
        if not ready:
            raise ConversionError("the graph has a cycle")
        ordered += ready
        made.update(name for node in ready for name in node.output)
        waiting = [node for node in waiting if not made.issuperset(node.output)]
    del graph.node[:]
    graph.node.extend(ordered)


def note(model, key, value):
    model.metadata_props.add(key=key, value=str(value))


def convert(model):
    cut = Cut(model.graph, without_noise(model.graph))
    parts = {
        "encoder": encoder_part(model, cut),
        "flow": flow_part(model, cut),
        "generator": generator_part(model, cut),
    }
    for part in parts.values():
        onnx.checker.check_model(part)
    return parts


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    source, target = arguments
    try:
        parts = convert(onnx.load(source))
    except ConversionError as error:
        print(f"{source}: {error}", file=sys.stderr)
        return 1
    for name, part in parts.items():
        file = Path(target) if name == "encoder" else Path(target).with_name(f"{name}.onnx")
        file.write_bytes(part.SerializeToString(deterministic=True))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
