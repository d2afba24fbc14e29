#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Moonshine's two graphs anew: the same numbers in about half of the time.

    convert_moonshine.py FOLDER/encoder.onnx OUT

FOLDER/encoder.onnx and FOLDER/decoder.onnx are encoder_model.ort and decoder_model_merged.ort as they
are published. OUT becomes the new encoder, and FOLDER/decoder.onnx the new decoder.

    encoder  input_values [1, samples]
             -> present.{0..5}.encoder.key [1, 8, 36, frames] and .value [1, 8, frames, 36]
    decoder  input_ids [beams, tokens], past_key_values.{0..5}.decoder.{key,value} [beams, 8, past, 36],
             past_key_values.{0..5}.encoder.{key,value} as the encoder gives them
             -> logits [beams, tokens, 32768], alignment [beams, tokens, frames],
             present.{0..5}.decoder.{key,value} [beams, 8, past + tokens, 36]

1. The published decoder has about 900 nodes, most of which work out shapes; here they are 200. One
   graph serves the first step and all others, with any number of tokens at once.
2. What the decoder makes of the encoder's frames is made once, by the encoder, and the keys lie as
   the product with them wants them.
3. Weights become signed (each less 128, and its zero point too), since processors have an instruction
   for products of unsigned and signed bytes (VNNI) and none for two unsigned ones.
4. `alignment`: the decoder looks at the encoder's frames (384 samples each) through six layers of
   eight heads. A few look at the frame of the token that comes next; their mean gives words their
   times. The heads were found by how well each of them, and then each further one beside the best,
   tells the starts of words as PocketSphinx aligns them, on twelve synthesised sentences (not those
   of tools/word_times.py).

Needs onnx and onnxruntime (tools/deps runs it in a virtual environment of its own).
"""

import os
import sys
import tempfile
from pathlib import Path

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

LAYERS, HEADS, HEAD_SIZE, ROTARY_SIZE = 6, 8, 36, 32
HIDDEN = HEADS * HEAD_SIZE
POSITIONS = 256  # more than an answer about 30 s has tokens
LISTENING = {3: [7], 4: [5, 6], 5: [6]}  # layer: heads
MICROSOFT = "com.microsoft"  # ONNX Runtime's own operators
HIDDEN_FRAMES = "last_hidden_state"


class ConversionError(Exception):
    """The file is not a part of Moonshine as we know it."""


class Source:
    """A published graph: its nodes by name, and what is constant in it."""

    def __init__(self, path):
        with tempfile.TemporaryDirectory() as folder:
            copy = str(Path(folder) / "copy.onnx")
            options = onnxruntime.SessionOptions()
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
            options.optimized_model_filepath = copy
            options.add_session_config_entry("session.save_model_format", "ONNX")
            onnxruntime.InferenceSession(Path(path).read_bytes(), options,
                                         providers=["CPUExecutionProvider"])
            self.model = onnx.load(copy)
        self.nodes, self.constants = {}, {}
        self.add(self.model.graph)

    def add(self, graph):
        self.constants.update({entry.name: entry for entry in graph.initializer})
        for node in graph.node:
            self.nodes.setdefault(node.name, node)
            for attribute in node.attribute:
                if attribute.type == onnx.AttributeProto.GRAPH:
                    self.add(attribute.g)

    def node(self, name):
        if name not in self.nodes:
            raise ConversionError(f"there is no node {name}")
        return self.nodes[name]

    def constant(self, name):
        if name not in self.constants:
            raise ConversionError(f"there is no constant {name}")
        return numpy_helper.to_array(self.constants[name])

    def weights(self, name):
        """(weights, scale, zero point, bias or None) of a product, signed"""
        node = self.node(name)
        first = quantised_inputs(node)
        if first is None:
            raise ConversionError(f"{name} is no product of quantised weights")
        weights, scale, zero = (self.constant(one) for one in first)
        with_bias = node.op_type == "DynamicQuantizeMatMul" and len(node.input) > 4 and node.input[4]
        return signed(weights), scale, signed(zero), self.constant(node.input[4]) if with_bias else None


def quantised_inputs(node):
    """The names of its weights, their scale and their zero point; None: it has none."""
    if node.op_type == "DynamicQuantizeMatMul":
        return node.input[1], node.input[2], node.input[3]
    if node.op_type == "MatMulIntegerToFloat":
        return node.input[1], node.input[3], node.input[5]
    return None


def signed(values):
    if values.dtype != numpy.uint8:
        raise ConversionError(f"weights of type {values.dtype}, expected uint8")
    return (values.astype(numpy.int16) - 128).astype(numpy.int8)


class Writer:
    """A graph that grows. Every method gives the name of what it made."""

    def __init__(self, source):
        self.source, self.nodes, self.constants = source, [], []

    def constant(self, name, values):
        self.constants.append(numpy_helper.from_array(numpy.ascontiguousarray(values), name))
        return name

    def integers(self, name, *values):
        return self.constant(name, numpy.array(values, numpy.int64))

    def add(self, kind, inputs, out, domain="", **attributes):
        outs = [out] if isinstance(out, str) else out
        self.nodes.append(helper.make_node(kind, inputs, outs, name=f"{outs[0]}/{kind}",
                                           domain=domain, **attributes))
        return out

    def product(self, value, names, out):
        """`value` times the weights of the published products `names`, side by side."""
        parts = [self.source.weights(name) for name in names]
        widths = [part[0].shape[1] for part in parts]
        inputs = [value, self.constant(f"{out}/weights", numpy.concatenate([p[0] for p in parts], 1))]
        for what, place in (("scale", 1), ("zero", 2)):
            values = [numpy.full(width, part[place]) for part, width in zip(parts, widths)]
            single = parts[0][place] if len(parts) == 1 else numpy.concatenate(values)
            inputs.append(self.constant(f"{out}/{what}", single))
        if parts[0][3] is not None:
            inputs.append(self.constant(f"{out}/bias", parts[0][3]))
        return self.add("DynamicQuantizeMatMul", inputs, out, MICROSOFT)

    def norm(self, value, name, out):
        node = self.source.node(name)
        epsilon = next(entry.f for entry in node.attribute if entry.name == "epsilon")
        weight = self.constant(f"{out}/weight", self.source.constant(node.input[1]))
        return self.add("LayerNormalization", [value, weight], out, axis=-1, epsilon=epsilon)

    def heads(self, value, count, out):
        """[n, tokens, count * HEAD_SIZE] as [n, count, tokens, HEAD_SIZE]"""
        shape = self.integers(f"{out}/shape", 0, 0, count, HEAD_SIZE)
        apart = self.add("Reshape", [value, shape], f"{out}/apart")
        return self.add("Transpose", [apart], out, perm=[0, 2, 1, 3])

    def together(self, value, out):
        """[n, HEADS, tokens, HEAD_SIZE] as [n, tokens, HIDDEN]"""
        turned = self.add("Transpose", [value], f"{out}/turned", perm=[0, 2, 1, 3])
        return self.add("Reshape", [turned, self.integers(f"{out}/shape", 0, 0, HIDDEN)], out)

    def attention(self, query, key, value, mask, out, turned):
        """What is looked at (`out`/share) and what is seen there. `turned`: the keys are columns."""
        scores = self.add("FusedMatMul", [query, key], f"{out}/scores", MICROSOFT,
                          transB=int(not turned), alpha=HEAD_SIZE**-0.5)
        if mask is not None:
            scores = self.add("Add", [scores, mask], f"{out}/masked")
        share = self.add("Softmax", [scores], f"{out}/share", axis=-1)
        return self.together(self.add("MatMul", [share, value], f"{out}/seen"), out)


def floats(name, *shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))


def cache_of(layer, side, part, when="past_key_values"):
    return f"{when}.{layer}.{side}.{part}"


def cross(name):
    """Keys or values of the encoder's frames."""
    ends = (HEAD_SIZE, "frames") if name.endswith("key") else ("frames", HEAD_SIZE)
    return floats(name, 1, HEADS, *ends)


def model_of(graph):
    versions = [helper.make_opsetid("", 18), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(graph, opset_imports=versions, ir_version=9)


# --- the encoder ---------------------------------------------------------------------------------


def make_encoder(source, decoder):
    """The published graph, and behind it the decoder's keys and values of its frames."""
    graph = source.model.graph
    for node in graph.node:
        for name in (quantised_inputs(node) or ())[::2]:
            entry = source.constants[name]
            if entry.data_type == TensorProto.UINT8:
                entry.CopyFrom(numpy_helper.from_array(signed(source.constant(name)), name))
    writer = Writer(decoder)
    # All samples count.
    shape = writer.add("Shape", ["input_values"], "every_sample/shape")
    one = helper.make_tensor("one", TensorProto.INT64, [1], [1])
    writer.add("ConstantOfShape", [shape], "attention_mask", value=one)
    first = list(writer.nodes)
    writer.nodes.clear()

    names = [f"/model/decoder/layers.{layer}/encoder_attn/{part}_proj/MatMul_quant"
             for layer in range(LAYERS) for part in "kv"]  # fmt: skip
    caches = [cache_of(layer, "encoder", part, "present")
              for layer in range(LAYERS) for part in ("key", "value")]  # fmt: skip
    made = writer.product(HIDDEN_FRAMES, names, "cross")
    apart = writer.heads(made, len(caches) * HEADS, "cross/heads")
    sizes = writer.integers("cross/sizes", *[HEADS] * len(caches))
    parts = [name if name.endswith("value") else f"{name}/rows" for name in caches]
    writer.add("Split", [apart, sizes], parts, axis=1)
    for name in caches[::2]:
        writer.add("Transpose", [f"{name}/rows"], name, perm=[0, 1, 3, 2])
    inputs = [entry for entry in graph.input if entry.name == "input_values"]
    outputs = [cross(name) for name in caches]
    return model_of(helper.make_graph(
        [*first, *graph.node, *writer.nodes], "moonshine_encoder", inputs, outputs,
        [*graph.initializer, *writer.constants]))  # fmt: skip


# --- the decoder ---------------------------------------------------------------------------------


def embed(writer):
    source = writer.source
    scales = [node for name, node in source.nodes.items()
              if node.op_type == "DequantizeLinear" and "embed_tokens" in name]  # fmt: skip
    if not scales:
        raise ConversionError("there is no table of embedded tokens")
    _, scale, zero = scales[0].input
    table = scale.removesuffix("_scale") + "_quantized"
    rows = writer.add("Gather", [writer.constant("embedding/table", source.constant(table)),
                                 "input_ids"], "embedding/rows")  # fmt: skip
    return writer.add("DequantizeLinear", [
        rows, writer.constant("embedding/scale", source.constant(scale)),
        writer.constant("embedding/zero", source.constant(zero))], "embedding")  # fmt: skip


def places(writer):
    """(position of the first token, cosines, sines, mask): a token sees itself and those before it"""
    past = cache_of(0, "decoder", "key")
    first = writer.add("Shape", [past], "place/first", start=2, end=3)
    count = writer.add("Shape", ["input_ids"], "place/count", start=1, end=2)
    end = writer.add("Add", [first, count], "place/end")
    zero = writer.integers("place/zero", 0)
    starts = writer.add("Concat", [first, zero], "place/starts", axis=0)
    ends = writer.add("Concat", [end, end], "place/ends", axis=0)
    later = numpy.triu(numpy.full((POSITIONS, POSITIONS), numpy.finfo(numpy.float32).min,
                                  numpy.float32), 1)  # fmt: skip
    mask = writer.add("Slice", [writer.constant("mask/all", later), starts, ends], "mask")
    speeds = writer.source.constant("onnx::Expand_248").ravel()
    angles = numpy.arange(POSITIONS)[:, None] * speeds[None]
    cosines = writer.constant("cosines", numpy.cos(angles).astype(numpy.float32))
    return first, cosines, writer.constant("sines", numpy.sin(angles).astype(numpy.float32)), mask


def add_layer(writer, layer, value, place):
    """One layer; the list of what of it tells where the decoder listens."""
    published, name = f"/model/decoder/layers.{layer}", f"layer.{layer}"
    first, cosines, sines, mask = place
    normed = writer.norm(value, f"{published}/input_layernorm/LayerNormalization", f"{name}/norm.1")
    mixed = writer.product(normed, [f"{published}/self_attn/{part}_proj/MatMul_quant"
                                    for part in "qkv"], f"{name}/own")  # fmt: skip
    apart = writer.heads(mixed, 3 * HEADS, f"{name}/own/heads")
    writer.add("Split", [apart, writer.integers(f"{name}/own/sizes", 2 * HEADS, HEADS)],
               [f"{name}/unturned", f"{name}/v"], axis=1)  # fmt: skip
    writer.add("RotaryEmbedding", [f"{name}/unturned", first, cosines, sines], f"{name}/turned",
               MICROSOFT, interleaved=1, num_heads=2 * HEADS, rotary_embedding_dim=ROTARY_SIZE)
    writer.add("Split", [f"{name}/turned", writer.integers(f"{name}/turned/sizes", HEADS, HEADS)],
               [f"{name}/q", f"{name}/k"], axis=1)  # fmt: skip
    key, value_cache = (
        writer.add("Concat", [cache_of(layer, "decoder", part), f"{name}/{part[0]}"],
                   cache_of(layer, "decoder", part, "present"), axis=2)
        for part in ("key", "value")
    )  # fmt: skip
    seen = writer.attention(f"{name}/q", key, value_cache, mask, f"{name}/self", turned=False)
    out = writer.product(seen, [f"{published}/self_attn/o_proj/MatMul_quant"], f"{name}/self/out")
    value = writer.add("Add", [value, out], f"{name}/after.self")

    normed = writer.norm(value, f"{published}/post_attention_layernorm/LayerNormalization",
                         f"{name}/norm.2")  # fmt: skip
    query = writer.product(normed, [f"{published}/encoder_attn/q_proj/MatMul_quant"], f"{name}/ask")
    seen = writer.attention(writer.heads(query, HEADS, f"{name}/ask/heads"),
                            cache_of(layer, "encoder", "key"), cache_of(layer, "encoder", "value"),
                            None, f"{name}/cross", turned=True)  # fmt: skip
    out = writer.product(seen, [f"{published}/encoder_attn/o_proj/MatMul_quant"], f"{name}/cross/out")
    value = writer.add("Add", [value, out], f"{name}/after.cross")

    normed = writer.norm(value, f"{published}/final_layernorm/LayerNormalization", f"{name}/norm.3")
    wide = writer.product(normed, [f"{published}/mlp/fc1/MatMul_quant"], f"{name}/wide")
    writer.add("Split", [wide], [f"{name}/up", f"{name}/gate"], axis=-1, num_outputs=2)
    gate = writer.add("QuickGelu", [f"{name}/gate"], f"{name}/silu", MICROSOFT, alpha=1.0)
    gated = writer.add("Mul", [gate, f"{name}/up"], f"{name}/gated")
    out = writer.product(gated, [f"{published}/mlp/fc2/MatMul_quant"], f"{name}/narrow")
    return writer.add("Add", [value, out], f"{name}/out")


def add_alignment(writer):
    parts = []
    for layer, heads in LISTENING.items():
        indices = writer.integers(f"alignment/heads.{layer}", *heads)
        parts.append(writer.add("Gather", [f"layer.{layer}/cross/share", indices],
                                f"alignment/layer.{layer}", axis=1))  # fmt: skip
    every = writer.add("Concat", parts, "alignment/all", axis=1)
    writer.add("ReduceMean", [every, writer.integers("alignment/axes", 1)], "alignment", keepdims=0)


def make_decoder(source):
    writer = Writer(source)
    value, place = embed(writer), places(writer)
    for layer in range(LAYERS):
        value = add_layer(writer, layer, value, place)
    normed = writer.norm(value, "/model/decoder/norm/LayerNormalization", "norm")
    writer.product(normed, ["/proj_out/MatMul_quant"], "logits")
    add_alignment(writer)
    vocabulary = writer.source.weights("/proj_out/MatMul_quant")[0].shape[1]
    inputs = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["beams", "tokens"])]
    outputs = [floats("logits", "beams", "tokens", vocabulary),
               floats("alignment", "beams", "tokens", "frames")]  # fmt: skip
    for layer in range(LAYERS):
        for part in ("key", "value"):
            inputs += [
                floats(cache_of(layer, "decoder", part), "beams", HEADS, "past", HEAD_SIZE),
                cross(cache_of(layer, "encoder", part)),
            ]
            outputs.append(floats(cache_of(layer, "decoder", part, "present"),
                                  "beams", HEADS, "past + tokens", HEAD_SIZE))  # fmt: skip
    return model_of(helper.make_graph(writer.nodes, "moonshine_decoder", inputs, outputs,
                                      writer.constants))  # fmt: skip


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    encoder_file, target = arguments
    decoder_file = Path(encoder_file).with_name("decoder.onnx")
    file = encoder_file
    try:
        encoder = Source(encoder_file)
        file = decoder_file
        decoder = Source(decoder_file)
        made = {target: make_encoder(encoder, decoder), decoder_file: make_decoder(decoder)}
    except ConversionError as error:
        print(f"{file}: {error}", file=sys.stderr)
        return 1
    for path, model in made.items():
        whole = Path(f"{path}.part")
        whole.write_bytes(model.SerializeToString(deterministic=True))
        os.replace(whole, path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
