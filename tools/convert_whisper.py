#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the graphs that Parley runs of a multilingual Whisper whose weights CTranslate2 has packed.

    convert_whisper.py FILE FOLDER/encoder.onnx [MORE ...]

The weights (model.bin) may come in pieces: FILE is the first, MORE are the others. config.json and
vocabulary.txt (or .json) lie beside FILE. Beside encoder.onnx it writes decoder.onnx and tokens.bin.

    encoder   mel [1, 80, frames]
              -> cross_key.L [1, heads, size, T], cross_value.L [1, heads, T, size], T = frames / 2
    decoder   tokens [rows, n], past_key.L and past_value.L [rows, heads, past, size],
              cross_key.L and cross_value.L
              -> scores [rows, n, vocabulary], alignment [rows, n, T], present_key.L, present_value.L

1. Whatever the decoder needs of the audio is computed once, by the encoder. Rows are ways to go on
   with one recording: they share what the encoder made.
2. Matrices are stored as int8, each output with a scale of its own, and multiplied as int8 with
   activations that are quantised as they come. Convolutions, norms and positions stay float32.
3. `alignment` is the mean of the attention heads that follow the audio (config.json names them).
4. tokens.bin holds a record per token id: a length (one byte below 128; or two, low first, of
   `high * 128 + low - 128`), then the bytes that the token stands for. A special token stands for its
   name, "<|en|>".
5. The decoder's metadata: `parley.suppress` and `parley.suppress_first`, the ids of tokens that are
   never said, or never said first; `parley.positions`, how many tokens it can look at.

Needs onnx and numpy (tools/deps runs it in a virtual environment of its own).
"""

import json
import struct
import sys
from pathlib import Path

import numpy
from onnx import TensorProto, helper, numpy_helper

VERSION = 6  # of the binary format
TYPES = {0: numpy.float32, 1: numpy.int8, 2: numpy.int16, 3: numpy.int32, 4: numpy.float16}
OPSET, IR_VERSION = 20, 9
MEL_BINS = 80


class ConversionError(Exception):
    """The files are not a Whisper as we know it."""


# --- reading --------------------------------------------------------------------------------------


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, form):
        value = struct.unpack_from("<" + form, self.data, self.at)[0]
        self.at += struct.calcsize("<" + form)
        return value

    def text(self):
        size = self.number("H")  # the zero at its end counts
        self.at += size
        return self.data[self.at - size : self.at - 1].decode()

    def array(self):
        shape = [self.number("I") for _ in range(self.number("B"))]
        kind = TYPES.get(self.number("B"))
        size = self.number("I")
        if kind is None or self.at + size > len(self.data):
            raise ConversionError("a tensor is of an unknown type, or cut off")
        self.at += size
        return numpy.frombuffer(self.data[self.at - size : self.at], kind).reshape(shape)


def read_weights(data):
    """{name: array} of a packed model."""
    reader = Reader(data)
    version, kind, _ = reader.number("I"), reader.text(), reader.number("I")
    if version != VERSION or kind != "WhisperSpec":
        raise ConversionError(f"version {version} of a {kind}, not {VERSION} of a WhisperSpec")
    weights = {}
    for _ in range(reader.number("I")):
        name = reader.text()
        weights[name] = reader.array()
    return weights  # aliases of them follow; we know which matrix is used twice


class Weights:
    def __init__(self, arrays):
        self.arrays = arrays
        self.layers = len([n for n in arrays if n.endswith("/attention/linear_0/weight")])
        self.heads = int(arrays["encoder/num_heads"])
        self.vocabulary, self.width = arrays["decoder/embeddings/weight"].shape
        self.head_size = self.width // self.heads

    def __getitem__(self, name):
        if name not in self.arrays:
            raise ConversionError(f"there is no tensor {name}")
        values = self.arrays[name]
        if values.dtype == numpy.int8:  # packed models may be int8: a scale for each row
            return values / self.arrays[f"{name}_scale"].astype(numpy.float32)[:, None]
        return values.astype(numpy.float32)


# --- building -------------------------------------------------------------------------------------


def quantised(rows):
    """int8 and a scale for each row."""
    scale = numpy.abs(rows).max(axis=1) / numpy.float32(127)
    scale[scale == 0] = 1
    return numpy.rint(rows / scale[:, None]).astype(numpy.int8), scale.astype(numpy.float32)


def float_value(name, shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


class Graph:
    def __init__(self, weights):
        self.weights = weights
        self.nodes, self.constants, self.known = [], [], {}

    def constant(self, values, name=None):
        values = numpy.ascontiguousarray(values) if numpy.ndim(values) else numpy.array(values)
        key = (values.dtype.str, values.shape, values.tobytes()) if values.size < 16 else name
        if key not in self.known:
            self.known[key] = name or f"constant.{len(self.constants)}"
            self.constants.append(numpy_helper.from_array(values, self.known[key]))
        return self.known[key]

    def numbers(self, *values):
        return self.constant(numpy.array(values, numpy.int64))

    def op(self, kind, *inputs, names=(), outputs=1, **attributes):
        name = f"{kind}.{len(self.nodes)}"
        made = list(names) or [f"{name}:{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), made, name=name, **attributes))
        return made[0] if len(made) == 1 else made

    def norm(self, x, name):
        gamma = self.constant(self.weights[f"{name}/gamma"], f"{name}/gamma")
        beta = self.constant(self.weights[f"{name}/beta"], f"{name}/beta")
        return self.op("LayerNormalization", x, gamma, beta, axis=-1, epsilon=1e-5)

    def dense(self, x, name, factor=1.0):
        rows, scale = quantised(self.weights[f"{name}/weight"])
        bias = numpy.float32(factor) * self.weights[f"{name}/bias"]
        return self.op("DynamicQuantizeMatMul", x, self.constant(rows.T, f"{name}/weight"),
                       self.constant(scale * numpy.float32(factor), f"{name}/scale"), "",
                       self.constant(bias, f"{name}/bias"), domain="com.microsoft")

    def split(self, x, parts):
        return self.op("Split", x, outputs=parts, axis=-1, num_outputs=parts)

    def add(self, x, y):
        return self.op("Add", x, y)

    def as_float(self, x):
        return self.op("Cast", x, to=TensorProto.FLOAT)

    def feed_forward(self, x, name):
        y = self.op("Gelu", self.dense(self.norm(x, f"{name}/layer_norm"), f"{name}/linear_0"))
        return self.add(x, self.dense(y, f"{name}/linear_1"))

    def model(self, name, inputs, outputs):
        graph = helper.make_graph(self.nodes, name, inputs, outputs, self.constants)
        domains = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(graph, opset_imports=domains, producer_name="parley")
        model.ir_version = IR_VERSION
        return model


def cross_values(weights):
    """What the encoder gives the decoder, layer by layer."""
    heads, size = weights.heads, weights.head_size
    for layer in range(weights.layers):
        yield float_value(f"cross_key.{layer}", [1, heads, size, "T"])
        yield float_value(f"cross_value.{layer}", [1, heads, "T", size])


def build_encoder(weights):
    graph = Graph(weights)
    x = "mel"
    for name, stride in (("conv1", 1), ("conv2", 2)):
        kernel = graph.constant(weights[f"encoder/{name}/weight"], f"{name}/weight")
        bias = graph.constant(weights[f"encoder/{name}/bias"], f"{name}/bias")
        x = graph.op("Gelu", graph.op("Conv", x, kernel, bias, kernel_shape=[3], pads=[1, 1],
                                      strides=[stride]))
    x = graph.op("Transpose", x, perm=[0, 2, 1])
    positions = graph.constant(weights["encoder/position_encodings/encodings"], "positions")
    length = graph.op("Shape", x, start=1, end=2)
    x = graph.add(x, graph.op("Slice", positions, graph.numbers(0), length, graph.numbers(0)))
    for layer in range(weights.layers):
        name = f"encoder/layer_{layer}"
        y = graph.norm(x, f"{name}/self_attention/layer_norm")
        parts = graph.split(graph.dense(y, f"{name}/self_attention/linear_0"), 3)
        y = graph.op("MultiHeadAttention", *parts, domain="com.microsoft", num_heads=weights.heads)
        x = graph.add(x, graph.dense(y, f"{name}/self_attention/linear_1"))
        x = graph.feed_forward(x, f"{name}/ffn")
    x = graph.norm(x, "encoder/layer_norm")
    by_head = graph.numbers(0, 0, weights.heads, weights.head_size)
    for layer in range(weights.layers):
        both = graph.dense(x, f"decoder/layer_{layer}/attention/linear_1")
        key, value = (graph.op("Reshape", part, by_head) for part in graph.split(both, 2))
        graph.op("Transpose", key, perm=[0, 2, 3, 1], names=[f"cross_key.{layer}"])
        graph.op("Transpose", value, perm=[0, 2, 1, 3], names=[f"cross_value.{layer}"])
    return graph.model("encoder", [float_value("mel", [1, MEL_BINS, "frames"])],
                       list(cross_values(weights)))


class Decoder:
    def __init__(self, weights, aligned):
        self.weights = weights
        self.graph = Graph(weights)
        self.aligned = aligned  # {layer: heads}
        self.looks = []

    def embedded(self):
        """The tokens, at their places behind the past ones."""
        graph = self.graph
        rows, scale = quantised(self.weights["decoder/embeddings/weight"])
        self.output_matrix = graph.constant(rows.T, "scores/weight")
        self.output_scale = graph.constant(scale, "scores/scale")
        token = graph.op("Gather", graph.constant(rows, "embeddings"), "tokens")
        factor = graph.op("Gather", graph.constant(scale[:, None], "embeddings/scale"), "tokens")
        x = graph.op("Mul", graph.as_float(token), factor)
        past = graph.op("Shape", "past_key.0", start=2, end=3)
        end = graph.add(past, graph.op("Shape", "tokens", start=1, end=2))
        positions = graph.constant(self.weights["decoder/position_encodings/encodings"], "positions")
        return graph.add(x, graph.op("Slice", positions, past, end, graph.numbers(0)))

    def self_attention(self, x, layer):
        name = f"decoder/layer_{layer}/self_attention"
        y = self.graph.norm(x, f"{name}/layer_norm")
        parts = self.graph.split(self.graph.dense(y, f"{name}/linear_0"), 3)
        y, _, _ = self.graph.op(
            "MultiHeadAttention", *parts, "", "", "", f"past_key.{layer}", f"past_value.{layer}",
            names=[f"{name}/heard", f"present_key.{layer}", f"present_value.{layer}"],
            domain="com.microsoft", num_heads=self.weights.heads, unidirectional=1)
        return self.graph.add(x, self.graph.dense(y, f"{name}/linear_1"))

    def cross_attention(self, x, layer):
        """All tokens of all rows look at one recording: they are one long row here."""
        graph, name = self.graph, f"decoder/layer_{layer}/attention"
        y = graph.dense(graph.norm(x, f"{name}/layer_norm"), f"{name}/linear_0",
                        factor=self.weights.head_size**-0.5)
        by_head = graph.numbers(1, -1, self.weights.heads, self.weights.head_size)
        y = graph.op("Transpose", graph.op("Reshape", y, by_head), perm=[0, 2, 1, 3])
        look = graph.op("Softmax", graph.op("MatMul", y, f"cross_key.{layer}"), axis=-1)
        if layer in self.aligned:
            self.looks.append(graph.op("Gather", look, graph.numbers(*self.aligned[layer]), axis=1))
        y = graph.op("Transpose", graph.op("MatMul", look, f"cross_value.{layer}"), perm=[0, 2, 1, 3])
        y = graph.op("Reshape", y, self.rows_by_tokens(self.weights.width))
        return graph.add(x, graph.dense(y, f"{name}/linear_2"))

    def rows_by_tokens(self, last):
        return self.graph.op("Concat", self.graph.op("Shape", "tokens"), self.graph.numbers(last),
                             axis=0)

    def build(self):
        graph, weights = self.graph, self.weights
        x = self.embedded()
        for layer in range(weights.layers):
            x = self.self_attention(x, layer)
            x = self.cross_attention(x, layer)
            x = graph.feed_forward(x, f"decoder/layer_{layer}/ffn")
        graph.op("DynamicQuantizeMatMul", graph.norm(x, "decoder/layer_norm"), self.output_matrix,
                 self.output_scale, domain="com.microsoft", names=["scores"])
        looks = graph.op("ReduceMean", graph.op("Concat", *self.looks, axis=1), graph.numbers(1),
                         keepdims=0)
        graph.op("Reshape", looks, self.rows_by_tokens(-1), names=["alignment"])
        return graph.model("decoder", self.inputs(), self.outputs())

    def caches(self, when, length):
        shape = ["rows", self.weights.heads, length, self.weights.head_size]
        for layer in range(self.weights.layers):
            for part in ("key", "value"):
                yield float_value(f"{when}_{part}.{layer}", shape)

    def inputs(self):
        tokens = helper.make_tensor_value_info("tokens", TensorProto.INT64, ["rows", "n"])
        return [tokens, *self.caches("past", "past"), *cross_values(self.weights)]

    def outputs(self):
        return [float_value("scores", ["rows", "n", self.weights.vocabulary]),
                float_value("alignment", ["rows", "n", "T"]),
                *self.caches("present", "total")]


# --- tokens ---------------------------------------------------------------------------------------


def printable_bytes():
    """GPT-2's way to write bytes as characters that can be seen, the other way round."""
    seen = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in seen]
    return {chr(c): c for c in seen} | {chr(256 + i): byte for i, byte in enumerate(hidden)}


def token_records(tokens):
    bytes_of = printable_bytes()
    records = bytearray()
    for token in tokens:
        special = token.startswith("<|") and token.endswith("|>")
        content = token.encode() if special else bytes(bytes_of[c] for c in token)
        size = len(content)
        records += bytes([size]) if size < 128 else bytes([128 + size % 128, size // 128])
        records += content
    return bytes(records)


def read_tokens(folder):
    file = folder / "vocabulary.json"
    if file.exists():
        return json.loads(file.read_text(encoding="utf-8"))
    return (folder / "vocabulary.txt").read_text(encoding="utf-8").split("\n")


def note(model, key, value):
    model.metadata_props.add(key=key, value=str(value))


def listed(ids):
    return ",".join(str(entry) for entry in ids)


def convert(data, config, tokens):
    """(encoder, decoder, tokens.bin)."""
    weights = Weights(read_weights(data))
    aligned = {}
    for layer, head in config["alignment_heads"]:
        aligned.setdefault(layer, []).append(head)
    decoder = Decoder(weights, aligned).build()
    note(decoder, "parley.suppress", listed(config["suppress_ids"]))
    note(decoder, "parley.suppress_first", listed(config["suppress_ids_begin"]))
    positions = len(weights["decoder/position_encodings/encodings"])
    note(decoder, "parley.positions", positions)
    return build_encoder(weights), decoder, token_records(tokens[: weights.vocabulary])


def main(arguments):
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    first, target = Path(arguments[0]), Path(arguments[1])
    try:
        data = b"".join(Path(part).read_bytes() for part in [first, *arguments[2:]])
        config = json.loads((first.parent / "config.json").read_text(encoding="utf-8"))
        encoder, decoder, tokens = convert(data, config, read_tokens(first.parent))
    except (ConversionError, KeyError, struct.error) as error:
        print(f"{first}: {error}", file=sys.stderr)
        return 1
    target.write_bytes(encoder.SerializeToString(deterministic=True))
    target.with_name("decoder.onnx").write_bytes(decoder.SerializeToString(deterministic=True))
    target.with_name("tokens.bin").write_bytes(tokens)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
