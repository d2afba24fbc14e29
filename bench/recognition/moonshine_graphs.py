#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do the graphs that tools/convert_moonshine.py writes compute what the published ones do, and how fast?

    moonshine_graphs.py RECORDING.wav (16 kHz, mono, 16 bit; its first 7 s)

Encodes, and decodes greedily with both, step by step on the same tokens. Prints the largest difference
of what they give, and the least time of 20 runs each, in turn, on one thread. Exit status 1 where they
differ by more than 1e-4. Needs `tools/deps --with bench`, and runs in its environment `convert`.
"""

import os
import sys
import time
import wave
from pathlib import Path

import numpy
import onnxruntime

CACHE = Path(os.environ.get("PARLEY_CACHE") or Path.home() / ".cache/parley")
RATE, SECONDS, BEGIN, END, LAYERS = 16_000, 7, 1, 2, 6
DIFFERENCE_MAX = 1e-4
RUNS = 20


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run(model, feed):
    return dict(zip((output.name for output in model.get_outputs()), model.run(None, feed)))


def as_past(made, side):
    return {name.replace("present", "past_key_values"): value for name, value in made.items()
            if f".{side}." in name}  # fmt: skip


def empty_past():
    nothing = numpy.zeros((1, 8, 0, 36), numpy.float32)
    return {f"past_key_values.{layer}.decoder.{part}": nothing
            for layer in range(LAYERS) for part in ("key", "value")}  # fmt: skip


def tokens(*ids):
    return {"input_ids": numpy.array([ids], numpy.int64)}


def least_ms(model, feed):
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        model.run(None, feed)
        times.append((time.perf_counter() - start) * 1000)
    return min(times)


def main(arguments):
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    with wave.open(arguments[0]) as file:
        pcm = numpy.frombuffer(file.readframes(RATE * SECONDS), numpy.int16)
    audio = (pcm.astype(numpy.float32) / 32768)[None]
    published, ours = CACHE / "recognisers/moonshine-tiny-en", CACHE / "models/moonshine-tiny-en"
    encoders = [session(published / "encoder_model.ort"), session(ours / "encoder.onnx")]
    decoders = [session(published / "decoder_model_merged.ort"), session(ours / "decoder.onnx")]
    mask = numpy.ones(audio.shape, numpy.int64)
    heard = [{"input_values": audio, "attention_mask": mask}, {"input_values": audio}]
    hidden, cross = run(encoders[0], heard[0])["last_hidden_state"], run(encoders[1], heard[1])
    no_past = {entry.name: numpy.zeros((1, 8, 0, 36), numpy.float32)
               for entry in decoders[0].get_inputs() if "past" in entry.name}  # fmt: skip
    listened = {"encoder_attention_mask": mask, "encoder_hidden_states": hidden}
    fixed = [{**listened, "use_cache_branch": numpy.array([True])}, as_past(cross, "encoder")]

    first = [{**listened, **no_past, "use_cache_branch": numpy.array([False]), **tokens(BEGIN)},
             {**fixed[1], **empty_past(), **tokens(BEGIN)}]  # fmt: skip
    made = [run(decoders[0], first[0]), run(decoders[1], first[1])]
    fixed[0] |= as_past(made[0], "encoder")
    differences, step, count = [], first, 0
    while True:
        differences.append(float(numpy.abs(made[0]["logits"] - made[1]["logits"]).max()))
        token = int(made[0]["logits"][0, -1].argmax())
        if token == END:
            break
        count += 1
        step = [{**fixed[side], **as_past(made[side], "decoder"), **tokens(token)} for side in (0, 1)]
        made = [run(decoders[side], step[side]) for side in (0, 1)]
    print(f"{count} tokens, scores differ by at most {max(differences):.1e}")
    for what, models, feeds in (("encoder", encoders, heard), ("first step", decoders, first),
                                ("a further step", decoders, step)):  # fmt: skip
        times = [least_ms(model, feed) for model, feed in zip(models, feeds)]
        print(f"{what}: published {times[0]:.2f} ms, ours {times[1]:.2f} ms")
    return 1 if max(differences) > DIFFERENCE_MAX else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
