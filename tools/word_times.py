#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How exact are the times that Parley gives to words? Measured against PocketSphinx.

    tools/word_times.py BIN/parley [--json FILE]

Output words: 20 sentences are spoken by `parley say --words`, and PocketSphinx, an aligner that is
not ours and uses another model, aligns the same audio with the same text.

Input words: the same recordings, in fours with known gaps between them, go through
`parley transcribe --json`. The truth is PocketSphinx's time in each clip plus where the clip is.

Compared are the starts of words. The constant offset between the two methods (the median
difference) is taken out, since each has its own idea of where the first sound of a word begins.
Needs the Python packages pocketsphinx and numpy (tools/deps --with tests: venv/words).
"""

import argparse
import difflib
import json
import re
import statistics
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import numpy
from pocketsphinx import Decoder

SENTENCES = [
    "The train to the coast leaves at seven in the morning and arrives before noon.",
    "Please remember to bring your passport and a warm jacket for the evening.",
    "I would like to reserve a table for four people on Friday night.",
    "The weather tomorrow will be cloudy with a small chance of rain.",
    "She opened the window because the room had become too hot.",
    "There are three flights to Chicago, and the cheapest one leaves at noon.",
    "We should meet in front of the library after the lecture is over.",
    "The doctor asked him to drink more water and to sleep longer.",
    "My brother bought a used car from the man who lives next door.",
    "It takes about an hour to walk from the station to the old castle.",
    "Can you tell me where I can find the nearest pharmacy?",
    "The children played in the garden until the sun went down.",
    "He forgot to close the door, so the cat ran out into the street.",
    "The meeting has been moved to Thursday because the director is away.",
    "Most of the people in this village work on the farms around it.",
    "If you need any help with the form, just ask me.",
    "The museum is closed on Mondays but open late on Fridays.",
    "They painted the kitchen yellow and put new shelves on the wall.",
    "You can change your order until the package has been sent.",
    "After dinner we watched an old movie about a journey to the moon.",
]
RATE = 16_000
FRAME_S = 0.01  # PocketSphinx
CLIPS_JOINED = 4
GAPS_S = [0.35, 0.8, 1.5]


def plain(text):
    return re.sub(r"[^a-z']", "", text.lower())


def read_16k(path):
    with wave.open(str(path)) as wav:
        rate = wav.getframerate()
        samples = numpy.frombuffer(wav.readframes(wav.getnframes()), numpy.int16).astype(float)
    spectrum = numpy.fft.rfft(samples)
    length = int(round(len(samples) * RATE / rate))
    return numpy.clip(numpy.fft.irfft(spectrum[: length // 2 + 1], length) * length / len(samples),
                      -32768, 32767).astype(numpy.int16)


def write_wav(path, samples):
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        wav.writeframes(samples.tobytes())


def aligned(samples, text):
    """[(word, start)] in seconds, by PocketSphinx."""
    decoder = Decoder(lm=None, samprate=RATE, loglevel="FATAL")
    decoder.set_align_text(" ".join(plain(word) for word in text.split()))
    decoder.start_utt()
    decoder.process_raw(samples.tobytes(), full_utt=True)
    decoder.end_utt()
    return [(re.sub(r"\(\d+\)$", "", entry.word), entry.start_frame * FRAME_S)
            for entry in decoder.seg() if entry.word[0] not in "<["]


def spoken(parley, text, seed, folder):
    path = folder / f"{seed}.wav"
    out = subprocess.run([parley, "say", text, "--words", "--seed", str(seed), "-o", path],
                         check=True, capture_output=True, text=True).stdout
    words = [json.loads(line) for line in out.splitlines()]
    return read_16k(path), [(plain(word["text"]), word["start"]) for word in words]


def matched(truth, found):
    """Pairs of starts of the words that both have."""
    matcher = difflib.SequenceMatcher(None, [w for w, _ in truth], [w for w, _ in found], False)
    for a, b, size in matcher.get_matching_blocks():
        for i in range(size):
            yield truth[a + i][0], truth[a + i][1], found[b + i][1]


def report(name, pairs):
    offset = statistics.median(ours - theirs for _, theirs, ours in pairs)
    errors = sorted((abs(ours - theirs - offset) * 1000, word, theirs)
                    for word, theirs, ours in pairs)
    at = lambda share: errors[min(len(errors) - 1, int(share * len(errors)))][0]
    result = {"words": len(pairs), "offset_ms": round(offset * 1000, 1),
              "median_ms": round(at(0.5), 1), "p95_ms": round(at(0.95), 1),
              "max_ms": round(errors[-1][0], 1)}
    print(f"{name}: {result}; worst: " +
          ", ".join(f"{word} at {at_s:.2f} s {error:.0f} ms" for error, word, at_s in errors[-5:]))
    return result


def joined(clips, truths, first):
    samples, truth, at = [], [], 0
    for i, (clip, times) in enumerate(zip(clips, truths)):
        truth += [(word, start + at / RATE) for word, start in times]
        gap = numpy.zeros(int(GAPS_S[(first + i) % len(GAPS_S)] * RATE), numpy.int16)
        samples += [clip, gap]
        at += len(clip) + len(gap)
    return numpy.concatenate(samples), truth


def output_words(parley, folder):
    """The clips, PocketSphinx's times in them, and the pairs."""
    clips, truths, pairs = [], [], []
    for seed, text in enumerate(SENTENCES, 1):
        samples, words = spoken(parley, text, seed, folder)
        clips.append(samples)
        truths.append(aligned(samples, text))
        pairs += matched(truths[-1], words)
    return clips, truths, pairs


def input_words(parley, clips, truths, folder):
    pairs = []
    for first in range(0, len(clips), CLIPS_JOINED):
        part = slice(first, first + CLIPS_JOINED)
        samples, truth = joined(clips[part], truths[part], first)
        write_wav(folder / "joined.wav", samples)
        out = subprocess.run([parley, "transcribe", "--json", folder / "joined.wav"],
                             check=True, capture_output=True, text=True).stdout
        found = [(plain(word["text"]), word["start"])
                 for segment in json.loads(out)["segments"] for word in segment["words"]]
        pairs += matched(truth, found)
    return pairs


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parley")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clips, truths, pairs = output_words(options.parley, Path(folder))
        results = {"output": report("output words", pairs)}
        pairs = input_words(options.parley, clips, truths, Path(folder))
        results["input"] = report("input words", pairs)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
