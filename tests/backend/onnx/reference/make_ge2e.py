#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/features/ge2e.txt: embeddings of a recording, computed with NumPy alone.

    pip download --no-deps resemblyzer==0.1.4 && unzip -j resemblyzer-*.whl resemblyzer/pretrained.pt
    ~/.cache/parley/venv/convert/bin/python tests/backend/onnx/reference/make_ge2e.py \\
        pretrained.pt ~/.cache/parley/speech/beckett.wav tests/data/features/ge2e.txt

The LSTM, the features and the windows are written down here once more, from Resemblyzer's source and
librosa's definition of a mel spectrogram, and the weights come from the checkpoint as PyTorch keeps
them: nothing is shared with what is tested but the reader of the checkpoint. A line is one excerpt
(CUTS), its 256 numbers.
"""

import sys
import wave
from pathlib import Path

import numpy as np

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "tools"))
from convert_ge2e import read_weights

RATE, WINDOW, HOP, MELS = 16_000, 400, 160, 40
FRAMES = 160  # of a partial utterance
PER_SECOND, COVERAGE_MIN = 1.3, 0.75
LOUDNESS_DBFS = -30
# (first second, last second, gain)
CUTS = ((0.0, 1.0, 1.0), (2.0, 5.0, 1.0), (2.0, 5.0, 0.02), (0.0, 9.9, 1.0))


def slaney_hz(mel):
    """Linear up to 1 kHz (15 mels), then a factor of 6.4 in 27 mels."""
    return np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))


def mel_filters():
    top = 15 + 27 * np.log(RATE / 2 / 1000) / np.log(6.4)
    edges = slaney_hz(np.linspace(0, top, MELS + 2))
    bins = np.fft.rfftfreq(WINDOW, 1 / RATE)
    rise = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    return np.maximum(0, np.minimum(rise, fall)) * (2 / (edges[2:] - edges[:-2]))[:, None]


def mel_spectrogram(audio):
    padded = np.pad(audio, WINDOW // 2)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    starts = range(0, len(padded) - WINDOW + 1, HOP)
    frames = np.stack([padded[at:at + WINDOW] * hann for at in starts])
    return np.abs(np.fft.rfft(frames)) ** 2 @ mel_filters().T


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def encode(weights, mels):
    """[batch, frames, 40] -> [batch, 256]: PyTorch's gates are input, forget, cell, output."""
    steps = mels
    for layer in range(3):
        w, r, b, c = (weights[f"lstm.{name}_l{layer}"].astype(np.float64)
                      for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
        state = np.zeros((len(mels), 256))
        cell = np.zeros_like(state)
        states = []
        for at in range(steps.shape[1]):
            gates = steps[:, at] @ w.T + b + state @ r.T + c
            entry, forget, new, output = np.split(gates, 4, axis=1)
            cell = sigmoid(forget) * cell + sigmoid(entry) * np.tanh(new)
            state = sigmoid(output) * np.tanh(cell)
            states.append(state)
        steps = np.stack(states, axis=1)
    raw = np.maximum(0, state @ weights["linear.weight"].T + weights["linear.bias"])
    return raw / np.linalg.norm(raw, axis=1, keepdims=True)


def starts_of(samples):
    frames = -(-(samples + 1) // HOP)
    step = round(RATE / PER_SECOND / HOP)
    starts = list(range(0, max(1, frames - FRAMES + step + 1), step))
    if len(starts) > 1 and (samples - starts[-1] * HOP) / (FRAMES * HOP) < COVERAGE_MIN:
        starts.pop()
    return starts


def embed(weights, audio):
    level = 20 * np.log10(np.sqrt(np.mean(audio ** 2)))
    audio = audio * 10 ** (max(0, LOUDNESS_DBFS - level) / 20)
    starts = starts_of(len(audio))
    mels = mel_spectrogram(np.pad(audio, (0, max(0, (starts[-1] + FRAMES) * HOP - len(audio)))))
    parts = encode(weights, np.stack([mels[at:at + FRAMES] for at in starts]))
    mean = parts.mean(axis=0)
    return mean / np.linalg.norm(mean)


def main(checkpoint, recording, out):
    weights = read_weights(checkpoint)
    with wave.open(recording) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        audio = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    rows = [embed(weights, gain * audio[int(first * RATE):int(last * RATE)])
            for first, last, gain in CUTS]
    lines = [f"{len(rows)} 256", *(" ".join(f"{value:.6g}" for value in row) for row in rows)]
    Path(out).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
