#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/features/*.txt: what other people's programs make of a signal of ours.

    python3 -m venv v && v/bin/pip install numpy kaldi-native-fbank==1.23.0 transformers==5.23.0
    v/bin/python tests/dsp/reference/make_references.py tests/data/features

kaldi-native-fbank is what sherpa-onnx computes its features with; transformers has Whisper's
feature extractor in NumPy. The signal is integer arithmetic, so that tests/dsp/feature_signal.h
makes the same numbers. A file is `rows columns`, then one row a line.
"""

import sys
from pathlib import Path

import kaldi_native_fbank as knf
import numpy as np
from transformers import WhisperFeatureExtractor

RATE = 16_000
SAMPLES = 3_300  # not a whole number of hops


def signal():
    """A saw tooth of 220 Hz that swells, over smoothed noise."""
    samples = []
    state, smooth = 12345, 0
    for i in range(SAMPLES):
        state = (state * 1664525 + 1013904223) % 2**32
        smooth += ((state >> 16) - 32768 - smooth) >> 2
        saw = ((i * 901) & 0xFFFF) - 32768
        samples.append((saw * (i % 1600) >> 12) + (smooth >> 3))
    return np.array(samples, dtype=np.float32) / 32768


def frame_options(options, window, snip_edges):
    options.frame_opts.samp_freq = RATE
    options.frame_opts.dither = 0
    options.frame_opts.window_type = window
    options.frame_opts.snip_edges = snip_edges


def rows_of(computer, samples):
    computer.accept_waveform(RATE, samples.tolist())
    computer.input_finished()
    return np.stack([computer.get_frame(i) for i in range(computer.num_frames_ready)])


def fbank(samples, window, snip_edges, high_hz):
    options = knf.FbankOptions()
    frame_options(options, window, snip_edges)
    options.mel_opts.num_bins = 80
    options.mel_opts.high_freq = high_hz
    return rows_of(knf.OnlineFbank(options), samples)


def mfcc(samples):
    options = knf.MfccOptions()
    frame_options(options, "povey", True)
    options.mel_opts.num_bins = 40
    options.mel_opts.high_freq = -400
    options.num_ceps = 40
    options.use_energy = False
    return rows_of(knf.OnlineMfcc(options), samples)


def deltas(rows):
    options = knf.DeltaOptions()
    options.order = 2
    options.window = 2
    return np.array(knf.compute_deltas(options, rows))


def whisper(samples):
    extractor = WhisperFeatureExtractor(feature_size=80)
    return np.array(extractor._np_extract_fbank_features(samples[None, :], "cpu")[0]).T


def write(folder, name, rows):
    lines = [f"{rows.shape[0]} {rows.shape[1]}"]
    lines += [" ".join(f"{value:.6g}" for value in row) for row in rows]
    (folder / name).write_text("\n".join(lines) + "\n")


def main(folder):
    samples = signal()
    scaled = samples * 32768
    write(folder, "fbank_funasr.txt", fbank(scaled, "hamming", True, 0))
    write(folder, "fbank_sherpa.txt", fbank(samples, "povey", False, -400))
    coefficients = mfcc(scaled)
    write(folder, "mfcc_deltas.txt", deltas(coefficients))
    write(folder, "whisper.txt", whisper(samples))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
