#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the speaker encoder of Resemblyzer (GE2E) an ONNX graph, without PyTorch.

    convert_ge2e.py CHECKPOINT.pt OUT.onnx

The checkpoint is what torch.save wrote: pickled tensors that name their storages, either in a zip
file or, in files from before PyTorch 1.6, followed by the storages. Three LSTM layers of 256 cells, a
linear layer and a rectifier become

    mels [batch, frames, 40]  ->  embedding [batch, 256], each of length 1

PyTorch keeps the gates of an LSTM in the order input, forget, cell, output; ONNX wants input, output,
forget, cell. Everything else stays as it was trained.

Needs onnx (tools/deps runs it in a virtual environment of its own).
"""

import io
import pickle
import struct
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

LAYERS = 3
CELLS = 256
MELS = 40
OPSET = 18
IR_VERSION = 9
# An utterance that excites no cell at all has length 0: it stays the zero vector.
LENGTH_MIN = 1e-12

STORAGES = {
    "FloatStorage": numpy.float32,
    "DoubleStorage": numpy.float64,
    "HalfStorage": numpy.float16,
    "LongStorage": numpy.int64,
    "IntStorage": numpy.int32,
}


class ConversionError(Exception):
    """The file is not a GE2E checkpoint as we know them."""


class Tensor:
    """Where a tensor lies in its storage; the numbers may come later in the file."""

    def __init__(self, storage, offset, size, stride, *_):
        self.storage, self.offset, self.size, self.stride = storage, offset, size, stride

    def array(self, storages):
        flat = storages[self.storage][self.offset:]
        strides = [step * flat.itemsize for step in self.stride]
        return numpy.lib.stride_tricks.as_strided(flat, self.size, strides).copy()


class Ignored:
    """Stands for every other class of the pickle, none of which is run."""

    def __init__(self, *_, **__):
        pass

    def __setstate__(self, state):
        pass


class Unpickler(pickle.Unpickler):
    """Makes tensors, and nothing else that the file asks for."""

    def __init__(self, file, storage_of):
        super().__init__(file)
        self.storage_of = storage_of

    def persistent_load(self, pid):
        return self.storage_of(pid)

    def find_class(self, module, name):
        if name in ("_rebuild_tensor", "_rebuild_tensor_v2"):
            return Tensor
        if name == "_rebuild_parameter":
            return lambda tensor, *_: tensor
        if name == "OrderedDict":
            return OrderedDict
        return name if name in STORAGES else Ignored


def read_zip(path):
    storages = {}
    with zipfile.ZipFile(path) as archive:
        pickled = next((n for n in archive.namelist() if n.endswith("data.pkl")), None)
        if pickled is None:
            raise ConversionError("a zip file without data.pkl")
        folder = pickled.removesuffix("data.pkl")

        def storage_of(pid):
            _, kind, key = pid[:3]
            storages[key] = numpy.frombuffer(archive.read(f"{folder}data/{key}"), STORAGES[kind])
            return key

        return Unpickler(io.BytesIO(archive.read(pickled)), storage_of).load(), storages


def read_legacy(path):
    """Magic number, version, machine; the object; its storages' keys; then each storage."""
    kinds, storages = {}, {}

    def storage_of(pid):
        kinds[pid[2]] = pid[1]
        return pid[2]

    with open(path, "rb") as file:
        for _ in range(3):
            Unpickler(file, storage_of).load()
        checkpoint = Unpickler(file, storage_of).load()
        for key in Unpickler(file, storage_of).load():
            (count,) = struct.unpack("<q", file.read(8))
            kind = numpy.dtype(STORAGES[kinds[key]])
            storages[key] = numpy.frombuffer(file.read(count * kind.itemsize), kind)
    return checkpoint, storages


def read_weights(path):
    """{name: array} of the model's own weights."""
    try:
        read = read_zip if zipfile.is_zipfile(path) else read_legacy
        checkpoint, storages = read(path)
        state = checkpoint.get("model_state", checkpoint)
        tensors = {name: value for name, value in state.items() if isinstance(value, Tensor)}
        return {name: tensor.array(storages) for name, tensor in tensors.items()}
    except (pickle.UnpicklingError, struct.error, AttributeError, EOFError, KeyError,
            ValueError) as error:
        raise ConversionError(f"not a checkpoint of PyTorch ({error})") from error


def expect(weights, name, shape):
    if name not in weights or weights[name].shape != shape:
        got = weights[name].shape if name in weights else "nothing"
        raise ConversionError(f"{name} should be {shape} and is {got}")
    return weights[name].astype(numpy.float32)


def in_order_of_onnx(gates):
    entry, forget, cell, output = numpy.split(gates, 4)
    return numpy.concatenate([entry, output, forget, cell])


def lstm(weights, layer):
    """W, R and B of one layer, in ONNX's shapes."""
    inputs = MELS if layer == 0 else CELLS

    def part(name, shape):
        return in_order_of_onnx(expect(weights, f"lstm.{name}_l{layer}", shape))

    biases = [part("bias_ih", (4 * CELLS,)), part("bias_hh", (4 * CELLS,))]
    return (part("weight_ih", (4 * CELLS, inputs))[None],
            part("weight_hh", (4 * CELLS, CELLS))[None], numpy.concatenate(biases)[None])


def make_graph(weights):
    nodes, constants = [], []

    def constant(name, array):
        constants.append(numpy_helper.from_array(numpy.ascontiguousarray(array), name))
        return name

    def node(kind, inputs, outputs, **attributes):
        nodes.append(helper.make_node(kind, inputs, outputs, name=f"{kind}/{outputs[0]}",
                                      **attributes))

    node("Transpose", ["mels"], ["frames.0"], perm=[1, 0, 2])
    for layer in range(LAYERS):
        made = zip(("weights", "recurrence", "bias"), lstm(weights, layer))
        names = [constant(f"{name}.{layer}", array) for name, array in made]
        last = layer == LAYERS - 1
        node("LSTM", [f"frames.{layer}", *names],
             ["", "last"] if last else [f"states.{layer}"], hidden_size=CELLS)
        if not last:
            directions = constant(f"directions.{layer}", numpy.array([1], numpy.int64))
            node("Squeeze", [f"states.{layer}", directions], [f"frames.{layer + 1}"])
    node("Squeeze", ["last", constant("directions", numpy.array([0], numpy.int64))], ["state"])
    node("Gemm", ["state", constant("linear", expect(weights, "linear.weight", (CELLS, CELLS))),
                  constant("linear.bias", expect(weights, "linear.bias", (CELLS,)))],
         ["linear.out"], transB=1)
    node("Relu", ["linear.out"], ["rectified"])
    node("ReduceL2", ["rectified", constant("axes", numpy.array([1], numpy.int64))], ["length"],
         keepdims=1)
    node("Max", ["length", constant("length.min", numpy.array(LENGTH_MIN, numpy.float32))],
         ["divisor"])
    node("Div", ["rectified", "divisor"], ["embedding"])
    return helper.make_graph(
        nodes, "ge2e",
        [helper.make_tensor_value_info("mels", TensorProto.FLOAT, ["batch", "frames", MELS])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", CELLS])],
        constants)


def convert(weights):
    model = helper.make_model(make_graph(weights), ir_version=IR_VERSION, producer_name="parley",
                              opset_imports=[helper.make_opsetid("", OPSET)])
    onnx.checker.check_model(model)
    return model


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    source, target = arguments
    try:
        model = convert(read_weights(source))
    except ConversionError as error:
        print(f"{source}: {error}", file=sys.stderr)
        return 1
    Path(target).write_bytes(model.SerializeToString(deterministic=True))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
