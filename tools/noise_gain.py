#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What noise reduction does to recognition: word error rates at 5 dB of SNR.

    tools/noise_gain.py BIN/parley CLIPS [--snr DB]

CLIPS holds recordings and a transcripts.tsv (file<tab>text). Steady noise (a fan: falling 6 dB an
octave above 200 Hz, the same for each run) is added to each clip at the given ratio, and what
`parley transcribe --suppress-noise` hears at 0, 15 (near_field) and 30 dB (far_field) is scored by
tools/wer.py, beside the clean clips. Needs the Python packages numpy and soundfile.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import soundfile

sys.path.insert(0, str(Path(__file__).parent))
import wer

CORNER_HZ = 200.0


def fan(length, rate, random):
    spectrum = numpy.fft.rfft(random.standard_normal(length))
    hertz = numpy.fft.rfftfreq(length, 1.0 / rate)
    return numpy.fft.irfft(spectrum / numpy.maximum(1.0, hertz / CORNER_HZ), length)


def heard(parley, files, suppress_db):
    out = subprocess.run([parley, "transcribe", "--suppress-noise", str(suppress_db), *files],
                         check=True, capture_output=True, text=True).stdout
    return {Path(line.split("\t")[0]).stem: line.split("\t", 1)[1] for line in out.splitlines()}


def percent(references, found):
    wrong = total = 0
    for name, text in references.items():
        expected = wer.words(text)
        wrong += wer.errors(expected, wer.words(found.get(name, "")))
        total += len(expected)
    return 100.0 * wrong / total


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parley")
    parser.add_argument("clips", type=Path)
    parser.add_argument("--snr", type=float, default=5.0)
    options = parser.parse_args()
    lines = (options.clips / "transcripts.tsv").read_text(encoding="utf-8").splitlines()
    references = {Path(line.split("\t")[0]).stem: line.split("\t", 1)[1] for line in lines if "\t" in line}
    clips = sorted(p for p in options.clips.iterdir() if p.stem in references and p.suffix == ".flac")
    random = numpy.random.default_rng(1)
    with tempfile.TemporaryDirectory() as name:
        noisy = []
        for clip in clips:
            speech, rate = soundfile.read(clip)
            noise = fan(len(speech), rate, random)
            noise *= numpy.std(speech) / numpy.std(noise) / 10.0 ** (options.snr / 20.0)
            mixed = speech + noise
            mixed *= min(1.0, 0.99 / numpy.abs(mixed).max())
            noisy.append(Path(name) / f"{clip.stem}.flac")
            soundfile.write(noisy[-1], mixed, rate)
        print(f"clean: {percent(references, heard(options.parley, clips, 0)):.1f} %")
        for suppress_db in (0, 15, 30):
            rate = percent(references, heard(options.parley, noisy, suppress_db))
            print(f"{options.snr:g} dB, noise turned down by up to {suppress_db} dB: {rate:.1f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
