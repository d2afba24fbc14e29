#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a smaller variant of a voice that tools/convert_piper.py has cut.

    quantise_voice.py FOLDER OUT_FOLDER (int8 | fp16) [encoder,flow,generator]

int8: the convolutions of the named graphs (all three) compute with whole numbers of 8 bits; the
ranges of what they are given are learned from a few sentences (static quantisation, QDQ). The
generator's first and last convolution stay as they are: they cost little and are heard most.

fp16: weights are stored in half precision and computed with in single: half the size, the same
speed. (A CPU has no faster way to compute with halves; a cast is folded when the model is loaded.)

Prints the size of each graph and how near its output comes to the original's (SNR, same noise). The
folder is a voice like any other: name it in tts.voice or tts.voices.

Needs onnx and onnxruntime: run it in the environment that tools/deps makes for conversions,
~/.cache/parley/venv/convert.
"""

import json
import math
import shutil
import sys
from pathlib import Path

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

PARTS = ("encoder", "flow", "generator")
# Heard most: the first and the last convolution of the generator.
LEFT_ALONE = ("/dec/conv_pre/Conv", "/dec/conv_post/Conv")
# Smaller weights are biases and the like: nothing is gained by halving them.
HALVED_ELEMENTS_MIN = 1024

# Every vowel and consonant of English, questions and lists among them.
SENTENCES = (
    "həlˈoʊ, wˈɜːld.",
    "ðə kwˈɪk bɹˈaʊn fˈɑːks dʒˈʌmps ˌoʊvɚ ðə lˈeɪzi dˈɑːɡ ænd ɹˈʌnz ɐwˈeɪ.",
    "ðə wˈɛðɚɹ ɪz lˈʌvli, sˌoʊ wiː wˈɛnt fɚɹə wˈɔːk ɪnðə pˈɑːɹk.",
    "wʌt tˈaɪm dʌz ðə nˈɛkst tɹˈeɪn tə ðə sˈɪɾi lˈiːv?",
    "θˈæŋk juː fɔːɹ kˈɔːlɪŋ, hˌaʊ kæn aɪ hˈɛlp juː tədˈeɪ?",
    "ʃiː tˈʊk ɐ vˈɪʒən ʌv ɡɹˈeɪt dʒˈɔɪ, bˌʌt ˈuːzɪŋ tʃˈɑːɹm.",
)


def load_session(file):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


class Voice:
    """What the three graphs of a folder are given, for one sentence after the other."""

    def __init__(self, folder):
        self.sessions = {part: load_session(folder / f"{part}.onnx") for part in PARTS}
        settings = json.loads((folder / "voice.json").read_text(encoding="utf-8"))
        self.phoneme_ids = settings["phoneme_id_map"]
        inference = settings["inference"]
        self.scales = [inference[key] for key in ("noise_scale", "length_scale", "noise_w")]
        self.several_speakers = settings.get("num_speakers", 1) > 1
        meta = self.sessions["generator"].get_modelmeta().custom_metadata_map
        self.rates = [int(rate) for rate in meta["parley.rates"].split(",")]

    def ids(self, phonemes):
        pad = self.phoneme_ids["_"]
        ids = self.phoneme_ids["^"] + pad
        for phoneme in phonemes:
            if phoneme in self.phoneme_ids:
                ids = ids + self.phoneme_ids[phoneme] + pad
        return numpy.array([ids + self.phoneme_ids["$"]], numpy.int64)

    def inputs(self, phonemes):
        """Of each graph, made of what the one before it gives; the noise is the same each time."""
        random = numpy.random.default_rng(1)
        ids = self.ids(phonemes)
        length = ids.shape[1]
        of_encoder = {
            "input": ids,
            "input_lengths": numpy.array([length], numpy.int64),
            "scales": numpy.array(self.scales, numpy.float32),
            "noise_duration": random.standard_normal((1, 2, length), numpy.float32),
        }
        speaker = {}
        outputs = ["mean", "spread"]
        if self.several_speakers:
            of_encoder["sid"] = numpy.array([0], numpy.int64)
            outputs.append("speaker")
        mean, spread, *rest = self.sessions["encoder"].run(outputs, of_encoder)
        if rest:
            speaker = {"speaker": rest[0]}
        prior = mean + spread * random.standard_normal(mean.shape, numpy.float32)
        of_flow = {"prior": prior, **speaker}
        latent = self.sessions["flow"].run(["latent"], of_flow)[0]
        ends = [end for rate in self.rates for end in (0, latent.shape[2] * rate)]
        of_generator = {"latent": latent, "cuts": numpy.array(ends, numpy.int64), **speaker}
        return {"encoder": of_encoder, "flow": of_flow, "generator": of_generator}


def quantise(voice, part, source, target):
    from onnxruntime.quantization import (
        CalibrationDataReader, QuantFormat, QuantType, quantize_static,
    )

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.left = iter([voice.inputs(sentence)[part] for sentence in SENTENCES[1:]])

        def get_next(self):
            return next(self.left, None)

    quantize_static(
        str(source), str(target), Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
        op_types_to_quantize=["Conv"], nodes_to_exclude=list(LEFT_ALONE),
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
    )


def halve(source, target):
    model = onnx.load(str(source))
    graph = model.graph
    casts = []
    for weight in graph.initializer:
        values = numpy_helper.to_array(weight)
        if weight.data_type != TensorProto.FLOAT or values.size < HALVED_ELEMENTS_MIN:
            continue
        name = weight.name
        weight.CopyFrom(numpy_helper.from_array(values.astype(numpy.float16), f"{name}/half"))
        casts.append(helper.make_node("Cast", [f"{name}/half"], [name], to=TensorProto.FLOAT))
    nodes = casts + [onnx.NodeProto.FromString(node.SerializeToString()) for node in graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    target.write_bytes(model.SerializeToString(deterministic=True))


def snr_db(reference, other):
    noise = float(((reference - other) ** 2).sum())
    return 10.0 * math.log10(float((reference**2).sum()) / max(noise, 1e-30))


def report(voice, part, source, target):
    """The encoder's durations may differ by a frame; then there is nothing to compare."""
    inputs = voice.inputs(SENTENCES[0])[part]
    output = {"encoder": "mean", "flow": "latent", "generator": "output"}[part]
    reference = voice.sessions[part].run([output], inputs)[0]
    other = load_session(target).run([output], inputs)[0]
    near = f"{snr_db(reference, other):.1f} dB" if reference.shape == other.shape else "other length"
    sizes = [file.stat().st_size / 1e6 for file in (source, target)]
    print(f"{part:10} {sizes[0]:6.1f} MB -> {sizes[1]:6.1f} MB   SNR {near}")


def keep_notes(source, target):
    """What the converter noted in the graph goes with it."""
    model = onnx.load(str(target))
    del model.metadata_props[:]
    model.metadata_props.extend(onnx.load(str(source), load_external_data=False).metadata_props)
    target.write_bytes(model.SerializeToString(deterministic=True))


def main(arguments):
    if len(arguments) not in (3, 4) or arguments[2] not in ("int8", "fp16"):
        print(__doc__, file=sys.stderr)
        return 2
    folder, out, precision = Path(arguments[0]), Path(arguments[1]), arguments[2]
    parts = arguments[3].split(",") if len(arguments) == 4 else PARTS
    if not set(parts) <= set(PARTS):
        print(f"{arguments[3]}: the graphs are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder / "voice.json", out / "voice.json")
    voice = Voice(folder)
    for part in PARTS:
        source, target = folder / f"{part}.onnx", out / f"{part}.onnx"
        if part not in parts:
            shutil.copyfile(source, target)
            continue
        if precision == "int8":
            quantise(voice, part, source, target)
            keep_notes(source, target)
        else:
            halve(source, target)
        report(voice, part, source, target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
