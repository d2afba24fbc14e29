# SPDX-License-Identifier: Apache-2.0
"""What the measurements of recognition share: clips, what is done to them, and clients.

Samples are numpy arrays of float32, mono, at RATE. Runs in `venv/python` (numpy, websockets).
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("PARLEY_CACHE") or Path.home() / ".cache/parley")
SHARED = ROOT / "../shared/data"
RATE = 16000
FRAME_SECONDS = 0.06
FRAME = int(RATE * FRAME_SECONDS)
PATIENCE_SECONDS = 120
# Below the loudest 10 ms by so much nobody speaks any more.
SILENCE_DB = 35.0


def enter_environment(name="python"):
    """Runs the program again in an environment of `tools/deps --with tests`, unless it is there."""
    python = CACHE / "venv" / name / "bin/python"
    if Path(sys.prefix) == python.parents[1]:
        return
    if not python.exists():
        raise SystemExit(f"{python} is missing: run tools/deps --with tests")
    os.execv(python, [str(python), "-B", *sys.argv])


def read(path, rate=RATE):
    """A recording of any kind, through ffmpeg."""
    import numpy

    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", path, "-f", "f32le", "-ac", "1", "-ar", str(rate), "-"],
        capture_output=True, check=True,
    )  # fmt: skip
    return numpy.frombuffer(done.stdout, dtype=numpy.float32)


def pcm16(samples):
    import numpy

    return (numpy.clip(samples, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()


@dataclass
class Clip:
    name: str
    words: str
    samples: object
    end: float = 0.0  # seconds, of the last speech

    def __post_init__(self):
        self.end = speech_end(self.samples)


def speech_end(samples):
    """Seconds; the end of the last 10 ms that are not much softer than the loudest."""
    import numpy

    size = RATE // 100
    count = len(samples) // size
    blocks = samples[: count * size].reshape(count, size)
    level = 10 * numpy.log10(numpy.mean(blocks * blocks, axis=1) + 1e-12)
    loud = numpy.nonzero(level > level.max() - SILENCE_DB)[0]
    return float((loud[-1] + 1) * size / RATE)


def libri_clips(limit=None):
    """The 60 clips of LibriSpeech that lie beside the project."""
    table = SHARED / "speech/transcripts.tsv"
    if not table.exists():
        raise SystemExit("the clips of ../shared/data/speech are needed, and are not there")
    clips = []
    for line in table.read_text(encoding="utf-8").splitlines():
        key, _, words = line.partition("\t")
        path = table.parent / f"{Path(key).stem}.flac"
        if path.exists() and (limit is None or len(clips) < limit):
            clips.append(Clip(path.stem, words, read(path)))
    return clips


def with_noise(samples, snr_db, seed):
    """Pink noise, as loud as it must be."""
    import numpy

    white = numpy.random.default_rng(seed).standard_normal(len(samples))
    spectrum = numpy.fft.rfft(white)
    spectrum[1:] /= numpy.sqrt(numpy.arange(1, len(spectrum)))
    noise = numpy.fft.irfft(spectrum, len(samples))
    power = numpy.mean(samples**2) / 10 ** (snr_db / 10)
    return (samples + noise * numpy.sqrt(power / numpy.mean(noise**2))).astype(numpy.float32)


def through(samples, encode, decode):
    """What is left of it behind a codec: `encode` and `decode` are ffmpeg's options."""
    import numpy

    raw = ["-f", "f32le", "-ar", str(RATE), "-ac", "1"]
    coded = subprocess.run(
        ["ffmpeg", "-v", "error", *raw, "-i", "-", *encode, "-"],
        input=samples.tobytes(), capture_output=True, check=True,
    )  # fmt: skip
    done = subprocess.run(
        ["ffmpeg", "-v", "error", *decode, "-i", "-", *raw, "-"],
        input=coded.stdout, capture_output=True, check=True,
    )  # fmt: skip
    return numpy.frombuffer(done.stdout, dtype=numpy.float32)


def mu_law(samples):
    """Bytes of G.711 at 8 kHz."""
    raw = ["-f", "f32le", "-ar", str(RATE), "-ac", "1"]
    done = subprocess.run(
        ["ffmpeg", "-v", "error", *raw, "-i", "-", "-ar", "8000", "-f", "mulaw", "-"],
        input=samples.tobytes(), capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout


def opus(samples, bits="16k"):
    """What 16 kbit/s leave of it."""
    return through(samples, ["-c:a", "libopus", "-b:a", bits, "-frame_duration", "60",
                             "-application", "voip", "-f", "ogg"], ["-f", "ogg"])  # fmt: skip


@dataclass
class Heard:
    """One recording, as a client of the raw socket saw it. Seconds of time.perf_counter."""

    finals: list = field(default_factory=list)
    partials: list = field(default_factory=list)
    retracted: list = field(default_factory=list)  # (stable before, what came then)
    sent_at: list = field(default_factory=list)  # when each frame had been sent
    finals_at: list = field(default_factory=list)

    def waits(self):
        """Milliseconds from the frame with an utterance's last speech, where the server's detector
        found it, to the utterance's text; of those that ended by themselves."""
        found = []
        for final, at in zip(self.finals, self.finals_at, strict=True):
            frame = int(final["end_ms"] / 1000 / FRAME_SECONDS)
            if at < self.sent_at[-1] + FRAME_SECONDS and frame < len(self.sent_at):
                found.append((at - self.sent_at[frame]) * 1000)
        return found

    @property
    def text(self):
        return " ".join(final["text"] for final in self.finals if final["text"])


def frames(data, bytes_per_second, tail_frames):
    """The bytes in pieces of 60 ms, silence behind them. The last piece is filled up."""
    size = int(bytes_per_second * FRAME_SECONDS)
    zero = b"\xff" if bytes_per_second == 8000 else b"\0"  # mu-law's zero
    padded = data + zero * (-len(data) % size) + zero * (tail_frames * size)
    return [padded[at : at + size] for at in range(0, len(padded), size)]


async def hear(url, pieces, speech_frames, real_time=True, until_final=True):
    """Sends `pieces` and hears what comes. `speech_frames`: how many of them have speech.

    With `until_final` sending ends with the first final behind the speech, as a device does that
    closes its microphone when it was understood; else all pieces are sent.
    """
    from websockets.asyncio.client import connect

    heard = Heard()
    understood = asyncio.Event()
    async with connect(url, compression=None, max_size=None) as socket:

        async def send():
            start = time.perf_counter()
            for number, piece in enumerate(pieces):
                if real_time:
                    wait = start + number * FRAME_SECONDS - time.perf_counter()
                    if wait > 0:
                        await asyncio.sleep(wait)
                if until_final and understood.is_set():
                    break
                await socket.send(piece)
                heard.sent_at.append(time.perf_counter())
            await socket.send('{"type":"end"}')

        sender = asyncio.create_task(send())
        stable = {}
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for message in socket:
                event = json.loads(message)
                if event["type"] == "partial":
                    before = stable.get(event["utterance"], "")
                    if not event["text"].startswith(before):
                        heard.retracted.append((before, event["text"]))
                    stable[event["utterance"]] = event["stable"]
                    heard.partials.append(event)
                elif event["type"] == "final":
                    heard.finals_at.append(time.perf_counter())
                    heard.finals.append(event)
                    if len(heard.sent_at) >= speech_frames:
                        understood.set()
                elif event["type"] == "done":
                    break
                elif event["type"] == "error":
                    raise RuntimeError(event)
        await sender
    return heard


def thread_cpu(pid, names):
    """{name: seconds of CPU} of a process's threads whose names begin with one of `names`; the
    kernel counts them in nanoseconds (schedstat). Others are under ''."""
    used = dict.fromkeys([*names, ""], 0.0)
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            comm = (task / "comm").read_text(encoding="utf-8").strip()
            nanos = int((task / "schedstat").read_text(encoding="ascii").split()[0])
        except OSError:
            continue  # it has ended
        name = next((name for name in names if comm.startswith(name)), "")
        used[name] += nanos / 1e9
    return used
