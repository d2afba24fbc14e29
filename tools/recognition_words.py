#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many words a recognition server gets wrong, whatever was done to the sound.

    recognition_words.py [--write]
        60 clips of LibriSpeech over the raw socket: as they are, with noise at 10 dB, as G.711 at
        8 kHz, through Opus at 16 kbit/s, each sentence heard as a whole (an utterance ends after 1 s
        of silence); once more as they are with the usual 0.5 s, which cuts sentences where somebody
        takes a breath; beside them the same model without a server (sherpa-onnx, greedy). No partial
        may take a word back that it showed as stable. Then five minutes each of
        silence, noise and music, in which nobody says a word; then Mandarin and French, recognised
        and translated, where Whisper is there (`tools/deps --with languages`).

Needs `tools/deps --with tests --with bench`; runs bin/parley (PARLEY_BIN_DIR). Exit status 1 when the
clips as they are have more than 14.0 % word errors, a partial took something back, or somebody was
heard who is not there.
"""

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "bench/recognition"), str(ROOT / "tests/e2e"), str(ROOT / "tools")]
import listening  # noqa: E402
import wer  # noqa: E402

REPORT = ROOT / "docs/measurements/recognition-words.md"
WER_MAX = 14.0
NOISE_DB = 10
TAIL_FRAMES = 25
WHOLE = "silence_ms=1000"  # most people take a breath in less
QUIET_MINUTES = 5
# So many clips at once: the server thins partials out when it has too much to do, and these are
# wanted all.
AT_ONCE = 4


def conditions():
    """[(what, query, clip → (bytes, bytes per second), clip → samples at 16 kHz)]"""
    import numpy

    def plain(clip):
        return listening.pcm16(clip.samples), listening.RATE * 2

    def noisy_samples(clip):
        return listening.with_noise(clip.samples, NOISE_DB, seed=sum(map(ord, clip.name)))

    def noisy(clip):
        return listening.pcm16(noisy_samples(clip)), listening.RATE * 2

    def g711(clip):
        return listening.mu_law(clip.samples), 8000

    def g711_samples(clip):
        return listening.through(
            clip.samples, ["-ar", "8000", "-f", "mulaw"], ["-f", "mulaw", "-ar", "8000"]
        )

    def opus_samples(clip):
        return listening.opus(clip.samples).astype(numpy.float32)

    def opus(clip):
        return listening.pcm16(opus_samples(clip)), listening.RATE * 2

    return [
        ("as they are", f"?{WHOLE}", plain, lambda clip: clip.samples),
        (f"with noise at {NOISE_DB} dB", f"?{WHOLE}", noisy, noisy_samples),
        ("G.711 (mu-law), 8 kHz", f"?encoding=mulaw&rate=8000&{WHOLE}", g711, g711_samples),
        ("through Opus at 16 kbit/s", f"?{WHOLE}", opus, opus_samples),
        ("as they are, an utterance ends after 0.5 s", "", plain, lambda clip: clip.samples),
    ]


async def hear_all(url, clips, sound_of):
    """{name: Heard}, a few at a time, in real time."""
    limit, found = asyncio.Semaphore(AT_ONCE), {}

    async def one(clip):
        async with limit:
            data, rate = sound_of(clip)
            pieces = listening.frames(data, rate, TAIL_FRAMES)
            found[clip.name] = await listening.hear(url, pieces, len(pieces), until_final=False)

    await asyncio.gather(*map(one, clips))
    return found


# The model alone: one recogniser of sherpa-onnx, a line of text for each file.
ALONE = """
import sys, numpy, sherpa_onnx
model, tokens, *files = sys.argv[1:]
recognizer = sherpa_onnx.OfflineRecognizer.from_moonshine_v2(
    encoder=model + "/encoder_model.ort", decoder=model + "/decoder_model_merged.ort",
    tokens=tokens, num_threads=1)
for file in files:
    stream = recognizer.create_stream()
    stream.accept_waveform(16000, numpy.fromfile(file, dtype=numpy.float32))
    recognizer.decode_stream(stream)
    print(stream.result.text.strip().replace("\\n", " "))
"""


def alone(clips, samples_of):
    """{name: text}"""
    from recognition_load import MODEL, VERSUS, write_tokens

    with tempfile.TemporaryDirectory(prefix="parley-alone-") as folder:
        tokens = Path(folder) / "tokens.txt"
        write_tokens(MODEL / "tokenizer.bin", tokens)
        files = []
        for clip in clips:
            files.append(Path(folder) / f"{clip.name}.f32")
            files[-1].write_bytes(samples_of(clip).astype("<f4").tobytes())
        done = subprocess.run(
            [VERSUS / "bin/python", "-c", ALONE, MODEL, tokens, *files],
            capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode != 0:
            raise SystemExit(done.stderr[-2000:])
    return dict(zip((clip.name for clip in clips), done.stdout.splitlines(), strict=True))


def quiet_sounds():
    """[(what, samples)] in which nobody speaks."""
    import numpy

    count = QUIET_MINUTES * 60 * listening.RATE
    random = numpy.random.default_rng(7)
    noise = listening.with_noise(numpy.full(count, 1e-9, numpy.float32), 0, 3)
    noise = 0.05 * noise / numpy.std(noise)
    return [
        ("silence", numpy.zeros(count, numpy.float32)),
        ("noise (pink, -26 dB)", noise.astype(numpy.float32)),
        ("music (chords, a melody, a beat)", music(count, random)),
    ]


def music(count, random):
    """Four chords over and over, a melody that wanders, a drum: the spectrum of a band, no voice."""
    import numpy

    beat = listening.RATE // 2
    chords = [(220.0, 261.6, 329.6), (174.6, 220.0, 261.6), (196.0, 246.9, 293.7),
              (164.8, 207.7, 246.9)]  # fmt: skip
    scale = [440.0, 493.9, 523.3, 587.3, 659.3, 784.0]
    t = numpy.arange(beat) / listening.RATE
    fade = numpy.exp(-3.0 * t)
    sound = numpy.zeros(count)
    for number in range(count // beat):
        piece = numpy.zeros(beat)
        for root in chords[number // 4 % 4]:
            for harmonic in range(1, 6):
                piece += numpy.sin(2 * numpy.pi * root * harmonic * t) / harmonic**1.5 * 0.3
        lead = scale[random.integers(len(scale))]
        piece += 0.5 * fade * numpy.sign(numpy.sin(2 * numpy.pi * lead * t)) * 0.4
        piece += 0.6 * numpy.exp(-40 * t) * random.standard_normal(beat)
        sound[number * beat : (number + 1) * beat] = piece
    return (0.2 * sound / numpy.abs(sound).max()).astype(numpy.float32)


def quiet(server):
    """[(what, what was heard)]"""
    url = f"ws://{server.host}:{server.port}/v1/asr/stream"

    async def all_at_once():
        jobs = []
        for _, samples in quiet_sounds():
            pieces = listening.frames(listening.pcm16(samples), listening.RATE * 2, 0)
            # As fast as it is heard: time on a stream is counted in samples.
            jobs.append(listening.hear(url, pieces, len(pieces), False, False))
        return await asyncio.gather(*jobs)

    heard = asyncio.run(all_at_once())
    return [(what, one) for (what, _), one in zip(quiet_sounds(), heard, strict=True)]


def languages():
    """[(file, what, text)] by `parley transcribe` with Whisper."""
    program = Path(os.environ.get("PARLEY_BIN_DIR", ROOT / "bin")) / "parley"
    rows = []
    for file in ("zh-short.flac", "fr-short.aiff"):
        for what, more in (("recognised", []), ("translated", ["--translate"])):
            done = subprocess.run(
                [program, "transcribe", "--set", "asr.model=whisper-base", *more,
                 listening.SHARED / "other" / file],
                capture_output=True, text=True,
            )  # fmt: skip
            text = done.stdout.partition("\t")[2].strip() or f"({done.stderr.strip()[-200:]})"
            rows.append((file, what, text))
    return rows


def main(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=60, help="of the 60 that there are")
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.relative_to(ROOT)}")
    options = parser.parse_args(arguments)
    from speech_load import processor
    from support.server import Server

    clips = listening.libri_clips(options.clips)
    words = {clip.name: clip.words for clip in clips}
    rows, problems = [], []
    with Server(settings={"log.level": "warn"}) as server:
        address = f"ws://{server.host}:{server.port}/v1/asr/stream"
        for what, query, sound_of, samples_of in conditions():
            heard = asyncio.run(hear_all(address + query, clips, sound_of))
            texts = {name: one.text for name, one in heard.items()}
            _, wrong, total = wer.score(words, texts)
            _, wrong_alone, _ = wer.score(words, alone(clips, samples_of))
            partials = sum(len(one.partials) for one in heard.values())
            retracted = [pair for one in heard.values() for pair in one.retracted]
            ours = wer.rate(wrong, total)
            rows.append(f"| {what} | {ours:.1f} % | {wer.rate(wrong_alone, total):.1f} % | "
                        f"{partials} | {len(retracted)} |")  # fmt: skip
            print(rows[-1], flush=True)
            if retracted:
                problems.append(f"{what}: taken back: {retracted[:3]}")
            if what == "as they are" and ours > WER_MAX:
                problems.append(f"{ours:.1f} % word errors are more than {WER_MAX} %")
        silence = []
        for what, one in quiet(server):
            silence.append(f"| {QUIET_MINUTES} minutes of {what} | {len(one.partials)} | "
                           f"{len(one.finals)} | {one.text or 'nothing'} |")  # fmt: skip
            print(silence[-1], flush=True)
            if one.text or one.partials:
                problems.append(f"{what}: heard {one.text!r}, {len(one.partials)} partials")
    spoken = [f"| {file} | {what} | {text} |" for file, what, text in languages()]
    print("\n".join(spoken))
    if options.write:
        REPORT.write_text("\n".join([
            "# What is heard, and what is not", "",
            f"`tools/recognition_words.py`, {time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores "
            f"({processor()}). {len(clips)} clips of LibriSpeech test-other ({total} words) over the "
            "raw socket, in real time in frames of 60 ms; word errors of their finals. The model "
            "alone is the same Moonshine tiny in sherpa-onnx 2.0.1, which gets each clip whole and "
            "decodes greedily. An utterance ends after 1 s of silence where no other time is named. A "
            "stable word is taken back when a later partial of the utterance no "
            "longer has it.", "",
            "| clips | word errors | the model alone | partials | stable words taken back |",
            "| --- | --- | --- | --- | --- |", *rows, "",
            "| sound without speech | partials | finals | words |", "| --- | --- | --- | --- |",
            *silence, "",
            "| recording (Whisper base) | | text |", "| --- | --- | --- |", *spoken, "",
        ]), encoding="utf-8")  # fmt: skip
    for problem in problems:
        print(f"FAILED: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        listening.enter_environment()
        sys.exit(main(sys.argv[1:]))
