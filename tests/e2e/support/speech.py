# SPDX-License-Identifier: Apache-2.0
"""Speech for the tests: clips of real recordings, and tones that the fake models take for speech.

Everything is 24 kHz mono PCM16 as bytes, the format that a client sends.
"""

import array
import ctypes
import ctypes.util
import functools
import math
import operator
import sys
import wave
from dataclasses import dataclass
from pathlib import Path

from . import places

RATE = 24000
BYTES_PER_MS = RATE // 1000 * 2
# A low-pass of this many taps on each side; the recordings end well below 11 kHz.
HALF_TAPS = 24

sys.path.insert(0, str(places.ROOT / "tools"))
import wer  # noqa: E402  (the one scorer of word error rates)


@dataclass(frozen=True)
class Clip:
    name: str
    pcm: bytes
    words: str
    speech_start_ms: int
    speech_end_ms: int

    @property
    def duration_ms(self):
        return len(self.pcm) // BYTES_PER_MS


@functools.cache
def table():
    """{name: (file, times in seconds, words)} of tests/data/speech_cuts.tsv, in its order."""
    rows = {}
    text = (places.ROOT / "tests/data/speech_cuts.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            name, file, *times, words = line.split("\t")
            rows[name] = (file, [float(time) for time in times], words)
    return rows


@functools.cache
def clip(name):
    places.need_speech()
    file, (start, end, speech_start, speech_end), words = table()[name]
    pcm = _cut(places.CACHE / "speech" / file, start, end)
    ms = [round((time - start) * 1000) for time in (speech_start, speech_end)]
    return Clip(name, pcm, words, *ms)


def shared_clips(limit):
    """Some of the LibriSpeech clips beside the project, where there are any."""
    table = places.SHARED / "data/speech/transcripts.tsv"
    if not table.exists():
        return []
    found = []
    for line in table.read_text(encoding="utf-8").splitlines():
        key, _, words = line.partition("\t")
        path = table.parent / f"{Path(key).stem}.flac"
        if not path.exists():
            continue
        rate, samples = read_any(path)
        if len(samples) > rate * 8:
            continue  # a real-time session of each would take too long
        pcm = resample(samples, rate)
        found.append(Clip(path.stem, pcm, words, 0, len(pcm) // BYTES_PER_MS))
        if len(found) == limit:
            break
    return found


def tone(ms, hertz=220, level=0.2):
    """Loud enough for the fake voice activity detector; begins and ends without a click."""
    total = RATE * ms // 1000
    fade = RATE // 100
    samples = array.array("h", bytes(2 * total))
    for at in range(total):
        gain = level * min(1, at / fade, (total - at) / fade)
        samples[at] = round(32767 * gain * math.sin(2 * math.pi * hertz * at / RATE))
    return samples.tobytes()


def silence(ms):
    return bytes(ms * BYTES_PER_MS)


def write_wav(path, pcm, rate=RATE):
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)
    return path


def word_errors(pairs):
    """(errors, words, pairs without any error) of (expected, got) texts, by tools/wer.py."""
    wrong = total = same = 0
    for expected, got in pairs:
        reference, hypothesis = wer.words(expected), wer.words(got)
        errors = wer.errors(reference, hypothesis)
        wrong += errors
        total += len(reference)
        same += errors == 0
    return wrong, total, same


def _cut(path, start, end):
    with wave.open(str(path)) as file:
        rate = file.getframerate()
        file.setpos(round(start * rate))
        samples = array.array("h", file.readframes(round((end - start) * rate)))
    return resample(samples, rate)


def resample(samples, rate):
    """PCM16 samples of any usual rate as bytes at 24 kHz: a windowed sinc, by polyphase."""
    if rate == RATE:
        return samples.tobytes()
    common = math.gcd(rate, RATE)
    up, down = RATE // common, rate // common
    rows = [_taps(phase / up, min(1.0, RATE / rate)) for phase in range(up)]
    padded = [0] * HALF_TAPS + list(samples) + [0] * HALF_TAPS
    result = array.array("h")
    for at in range(len(samples) * up // down):
        start, phase = divmod(at * down, up)
        value = sum(map(operator.mul, padded[start : start + 2 * HALF_TAPS], rows[phase]))
        result.append(max(-32768, min(32767, round(value))))
    return result.tobytes()


def _taps(fraction, cutoff):
    taps = []
    for index in range(2 * HALF_TAPS):
        x = index - HALF_TAPS - fraction
        window = 0.5 + 0.5 * math.cos(math.pi * x / (HALF_TAPS + 1))
        taps.append((1.0 if x == 0 else math.sin(math.pi * cutoff * x) / (math.pi * cutoff * x)) * window)
    total = sum(taps)
    return [tap / total for tap in taps]


class _Info(ctypes.Structure):
    """SF_INFO of sndfile.h."""

    _fields_ = [
        ("frames", ctypes.c_int64), ("samplerate", ctypes.c_int), ("channels", ctypes.c_int),
        ("format", ctypes.c_int), ("sections", ctypes.c_int), ("seekable", ctypes.c_int),
    ]  # fmt: skip


def read_any(path):
    """(rate, samples) of a mono file of any kind that libsndfile, which Parley needs anyway, reads."""
    library = ctypes.CDLL("libsndfile.so.1")
    library.sf_open.restype = ctypes.c_void_p
    info = _Info()
    handle = library.sf_open(str(path).encode(), 0x10, ctypes.byref(info))
    if not handle:
        raise AssertionError(f"libsndfile cannot read {path}")
    samples = array.array("h", bytes(2 * info.frames * info.channels))
    buffer = (ctypes.c_short * len(samples)).from_buffer(samples)
    library.sf_readf_short(ctypes.c_void_p(handle), buffer, ctypes.c_int64(info.frames))
    library.sf_close(ctypes.c_void_p(handle))
    return info.samplerate, samples
