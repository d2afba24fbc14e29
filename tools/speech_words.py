#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Are numbers, dates and names said as people say them, and does speech in pieces sound like one?

    speech_words.py [--limit N] [--json FILE]

Words: each sentence of tests/text/spoken_sentences.tsv is spoken twice by a server of its own, as it is
written and as it was written out by hand, and both are transcribed back by `parley transcribe`. The word
error rates against the text written out by hand should be the same, since the sounds should be.

Joints: a long text is spoken through /v1/audio/stream, whose chunks are the pieces in which it was made.
A click is a step between two samples that is larger than speech has; told are the largest step at a joint
and the largest elsewhere, and how loud each chunk of a second or more is (RMS of what is not silence).

Standard library only; needs the models of tools/deps.
"""

import argparse
import array
import base64
import json
import math
import statistics
import sys
import tempfile
import urllib.request
import wave
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests/e2e"))
sys.path.insert(0, str(ROOT / "tools"))

SENTENCES = ROOT / "tests/text/spoken_sentences.tsv"
RATE = 24_000
SILENCE = 0.01  # of full scale; what is below is between words
LONG = " ".join(
    f"This is sentence number {number} of a text that goes on, and on, so that there are many joints in it."
    for number in ("one", "two", "three", "four", "five", "six", "seven", "eight")
)


def post(server, path, body):
    request = urllib.request.Request(server.url + path, data=json.dumps(body).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=120) as answer:
        return answer.read()


def save(path, pcm):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(pcm)
    return path


def rows(limit):
    found = []
    for line in SENTENCES.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            written, _, spoken = line.partition("\t")
            found.append((written, spoken))
    return found[:limit]


def word_error_rates(server, folder, limit):
    """(percent as written, percent as written out, sentences, those that sounded different)."""
    from support.server import transcribe  # noqa: PLC0415  (after the path is set)
    import wer  # noqa: PLC0415

    sentences = rows(limit)
    files, sounds = [], []
    for number, pair in enumerate(sentences):
        said = [post(server, "/v1/audio/speech", {"input": text, "response_format": "pcm"}) for text in pair]
        sounds.append(said[0] == said[1])
        files += [save(folder / f"{number}-{form}.wav", pcm) for form, pcm in enumerate(said)]
    heard = transcribe(*files)
    wrong, total = [0, 0], 0
    for number, (_, spoken) in enumerate(sentences):
        reference = wer.words(spoken)
        total += len(reference)
        for form in (0, 1):
            wrong[form] += wer.errors(reference, wer.words(heard[2 * number + form]))
    rates = [wer.rate(count, total) for count in wrong]
    different = [pair for pair, same in zip(sentences, sounds, strict=True) if not same]
    return rates, len(sentences), different


def joints(server):
    """(largest step at a joint, largest elsewhere, loudness of each long chunk in dB)."""
    answer = json.loads(post(server, "/v1/audio/stream", {"text": LONG, "samplerate": RATE}))
    pieces = [array.array("h", base64.b64decode(one["audio_data"])) for one in answer["data"]["audio_chunks"]]
    samples = array.array("h")
    borders = set()
    for piece in pieces:
        borders.add(len(samples))
        samples.extend(piece)
    at_joints = max(abs(samples[at] - samples[at - 1]) for at in borders if at)
    elsewhere = max(abs(samples[at] - samples[at - 1]) for at in range(1, len(samples)) if at not in borders)
    loudness = []
    for piece in pieces:
        loud = [sample / 32768 for sample in piece if abs(sample) > SILENCE * 32768]
        if len(piece) >= RATE and loud:
            loudness.append(20 * math.log10(math.sqrt(statistics.fmean(s * s for s in loud))))
    return at_joints / 32768, elsewhere / 32768, len(borders) - 1, loudness


def main():
    from support.server import Server  # noqa: PLC0415  (after the path is set)

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--limit", type=int, default=1000, help="sentences")
    parser.add_argument("--json", type=Path, help="the figures as a file")
    options = parser.parse_args()
    with Server() as server, tempfile.TemporaryDirectory() as folder:
        rates, count, different = word_error_rates(server, Path(folder), options.limit)
        at_joints, elsewhere, borders, loudness = joints(server)
    print(f"{count} sentences: {rates[0]:.1f} % word errors as written, {rates[1]:.1f} % written out by hand")
    for written, spoken in different:
        print(f"  sounds different: {written!r}, {spoken!r}")
    print(f"{borders} joints: largest step {at_joints:.3f} of full scale, elsewhere {elsewhere:.3f}")
    print(
        f"loudness of {len(loudness)} chunks: {statistics.fmean(loudness):.1f} dB,"
        f" {min(loudness):.1f} to {max(loudness):.1f}"
    )
    if options.json:
        figures = {
            "wer_written": rates[0], "wer_by_hand": rates[1], "sentences": count,
            "step_at_joints": at_joints, "step_elsewhere": elsewhere, "loudness_db": loudness,
        }  # fmt: skip
        options.json.write_text(json.dumps(figures), encoding="utf-8")


if __name__ == "__main__":
    main()
