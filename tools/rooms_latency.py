#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How soon is what is said in a room read and answered, and how soon is an agent silent?

    rooms_latency.py [--rounds 20] [--short] [--write]
        A LiveKit server, `parley worker` with its models, and people who are LiveKit's own Python
        participants in one process, so that one clock sees both ends. First a room with a
        transcriber: Ada speaks, Bob reads. Then a room with the assistant, whom Ada asks and
        interrupts. Each round also measures the room itself: a tone from Ada to Bob, the same tone
        sent back by a participant that does nothing else, and a text.

--short does two rounds and judges nothing. Needs `tools/deps --with tests`; runs bin/parley
(PARLEY_BIN_DIR). Exit status 1 where something was not answered or a target was missed.
"""

import argparse
import os
import random
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "bench/rooms"), str(ROOT / "tests/e2e"), str(ROOT / "tools")]
import environment  # noqa: E402

environment.enter()

from hearing import WINDOW, first_heard, forget, heard, speak  # noqa: E402
from livekit import rtc  # noqa: E402
from speech_load import processor  # noqa: E402
from support import speech  # noqa: E402
from support.livekit import LiveKitServer  # noqa: E402
from support.person import STATE, TRANSCRIPTION, Person  # noqa: E402
from support.speaking import percentile  # noqa: E402
from support.worker import Worker  # noqa: E402

REPORT = ROOT / "docs/measurements/rooms-latency.md"
FIGURES = "## Figures\n"  # of the report: what follows is written here
NAME = "parley-latency"
ENDPOINT = 0.4  # seconds of silence that end an utterance: agents/*.yaml
TONE_MS, TONE_HERTZ = 50, 1000  # too short to begin an utterance
PATIENCE = 15
PAUSE = 0.8  # seconds without a sound: the assistant has ended, or the room is quiet
MISSES_MAX = 2  # rounds for each that is wanted: replies may be too short to be interrupted
# Clips that begin and end just where the table of the tests says, and hold no pause that ends a turn.
STATEMENTS = ["hope_and_despair", "everything_and_nothing", "wisdom", "authorities"]
INTERRUPTIONS = ["authorities", "everything_and_nothing", "hope_and_despair"]

ONE_WAY = "sound, one way: a tone from Ada to another"
ECHO = "sound, there and back: the tone, sent back"
TEXT = "text, one way"
FINAL = "end of speech → final transcript at the other"
DECIDED = "end-of-turn decision (by the text that it makes) → first audio of the assistant"
RECKONED = "end of speech + one way + endpoint → first audio of the assistant"
ANSWERED = "end of speech → first audio of the assistant"
SILENCED = "first sample of an interruption → last audible sample of the assistant"
IN_ROOM = ("the room with the transcriber", "the room with the assistant")


# --- who is there, and when ----------------------------------------------------------------------


class Echo(Person):
    """Sends back what it hears of Ada, at once: no queue, and pieces as short as the library has."""

    FRAME_MS = 10

    async def _join(self, url, microphone):
        await super()._join(url, False)
        self.source = rtc.AudioSource(self.rate, 1, queue_size_ms=0)
        track = rtc.LocalAudioTrack.create_audio_track("echo", self.source)
        await self.room.local_participant.publish_track(track, rtc.TrackPublishOptions())

    async def _listen(self, track, sound):
        if sound.identity != "ada":
            return
        stream = rtc.AudioStream(
            track, sample_rate=self.rate, num_channels=1, frame_size_ms=self.FRAME_MS
        )
        try:
            async for event in stream:
                await self.source.capture_frame(event.frame)
        finally:
            await stream.aclose()

    async def _leave(self):
        await super()._leave()
        await self.source.aclose()


class Times(dict):
    """Seconds, by what was measured."""

    def add(self, what, seconds):
        self.setdefault(what, []).append(seconds)

    def median(self, what):
        return percentile(self.get(what, []), 0.5)


# --- rounds --------------------------------------------------------------------------------------


def measure_room(times, ada, bob, echo, number):
    forget(ada, bob)
    time.sleep(random.uniform(0.1, 0.3))
    said = ada.say(speech.tone(TONE_MS, TONE_HERTZ, 0.5))
    for what, person, sender in ((ONE_WAY, bob, "ada"), (ECHO, ada, "echo")):
        sounds = lambda: person.sounds_of(sender)
        times.add(what, first_heard(person, sounds, said.began, PATIENCE, what) - said.began)
    words = f"This is the text of round {number}, as long as people's are."
    sent = time.monotonic()
    echo.write(words, topic=TRANSCRIPTION)
    arrived = lambda: next((t for t in list(bob.texts) if t.closed and t.text == words), None)
    times.add(TEXT, bob.wait_for(arrived, PATIENCE, TEXT).closed - sent)


def final_after(person, sender, end):
    found = [text for text in person.said_by(sender) if text.closed > end]
    return found[0] if found else None


def transcriber(livekit, rounds, times, problems):
    room = "written"
    with (
        Person(livekit, room, "ada", agents=[(NAME, "transcriber")]) as ada,
        Person(livekit, room, "bob") as bob,
        Echo(livekit, room, "echo", kind="agent") as echo,
    ):
        settle(ada, echo)
        for number in range(rounds):
            measure_room(times, ada, bob, echo, number)
            clip = speech.clip(STATEMENTS[number % len(STATEMENTS)])
            _, end = speak(ada, clip)
            try:
                text = bob.wait_for(lambda: final_after(bob, "ada", end), PATIENCE, "a transcript")
            except AssertionError as error:
                problems.append(f"not written down: {clip.name}: {error}")
                continue
            times.add(FINAL, text.closed - end)
            whole = " ".join(one.text for one in bob.said_by("ada"))
            wrong, total, _ = speech.word_errors([(clip.words, whole)])
            if wrong > total / 4:
                problems.append(f"{clip.name} was written down as: {whole}")


def settle(ada, echo):
    """Until the agent listens, and everybody is heard by whom he should be."""
    agent = ada.wait_for(
        lambda: next((a for a in ada.agents if a.attributes.get(STATE) == "listening"), None), 30, "an agent"
    )
    echo.wait_for(lambda: echo.sounds_of("ada"), PATIENCE, "Ada's track")
    ada.wait_for(lambda: ada.sounds_of("echo"), PATIENCE, "the echo's track")
    time.sleep(2)  # jitter buffers
    return agent.identity


def wait_for_quiet(person, sound):
    person.wait_for(
        lambda: not heard(sound, time.monotonic() - PAUSE) and
        person.attributes_of(sound.identity).get(STATE) == "listening",
        60, "the assistant to end",
    )  # fmt: skip


def first_answer(times, ada, sound, end):
    """Until the assistant is heard that answers what ended then; when that was."""
    at = first_heard(ada, lambda: [sound], end, PATIENCE, "an answer")
    decided = final_after(ada, "ada", end)
    thinking = [at for at, who, what in list(ada.changes)
                if who == sound.identity and at > end and what.get(STATE) == "thinking"]  # fmt: skip
    told = min([*thinking, *([decided.closed] if decided else [])], default=None)
    if told is not None:
        times.add(DECIDED, at - told + times.median(TEXT))
    times.add(RECKONED, at - end - times.median(ONE_WAY) - ENDPOINT)
    times.add(ANSWERED, at - end)
    return at


def assistant(livekit, rounds, times, problems):
    room = "spoken"
    with (
        Person(livekit, room, "ada", agents=[(NAME, "assistant")]) as ada,
        # For the assistant Ada is alone, so that it answers all that she says.
        Person(livekit, room, "bob", kind="agent", microphone=False) as bob,
        Echo(livekit, room, "echo", kind="agent") as echo,
    ):
        sound = ada.sound_of(settle(ada, echo))
        number = 0
        while len(times.get(SILENCED, [])) < rounds and number < MISSES_MAX * rounds:
            wait_for_quiet(ada, sound)
            measure_room(times, ada, bob, echo, number)
            number += 1
            try:
                ask_and_interrupt(times, ada, sound, number)
            except AssertionError as error:
                problems.append(f"not answered: {error}")
        if len(times.get(SILENCED, [])) < rounds:
            problems.append("replies were too short to be interrupted")


def ask_and_interrupt(times, ada, sound, number):
    _, end = speak(ada, speech.clip(STATEMENTS[number % len(STATEMENTS)]))
    first_answer(times, ada, sound, end)
    time.sleep(random.uniform(0.1, 0.4))  # the model's replies are short
    start, end = speak(ada, speech.clip(INTERRUPTIONS[number % len(INTERRUPTIONS)]))
    # The reply may have come to its end, or to a pause, by itself.
    spoken = heard(sound, 0, end)
    if heard(sound, start - 0.1, start + 0.05):
        times.add(SILENCED, spoken[-1] + WINDOW - start)
    first_answer(times, ada, sound, end)


# --- the report ----------------------------------------------------------------------------------


def targets(written, spoken):
    """[(what, p50, most that it may be, why so much)], in seconds."""
    return [
        (FINAL, written.median(FINAL), ENDPOINT + 0.25 + written.median(ONE_WAY),
         "endpoint 400 ms + one way + 250 ms"),
        (DECIDED, spoken.median(DECIDED), 0.9, "900 ms"),
        (SILENCED, spoken.median(SILENCED), spoken.median(ECHO) + 0.2, "there and back + 200 ms"),
    ]  # fmt: skip


def tables(written, spoken):
    lines = []
    for title, times in zip(IN_ROOM, (written, spoken)):
        lines += [f"### In {title}", "",
                  "| ms | rounds | p50 | p95 | lowest to highest |",
                  "| --- | --- | --- | --- | --- |"]  # fmt: skip
        for what, seconds in times.items():
            ms = [1000 * second for second in seconds]
            lines.append(f"| {what} | {len(ms)} | {percentile(ms, 0.5):.0f} | {percentile(ms, 0.95):.0f} | "
                         f"{min(ms):.0f} to {max(ms):.0f} |")  # fmt: skip
        lines.append("")
    lines += ["### What was wanted", "", "| p50 | measured | at most | which is |",
              "| --- | --- | --- | --- |"]  # fmt: skip
    for what, p50, most, why in targets(written, spoken):
        measured = f"{1000 * p50:.0f} ms" if p50 else "–"
        lines.append(f"| {what} | {measured} | {1000 * most:.0f} ms | {why} |")
    return [*lines, ""]


def write(report, lines):
    """Below the words that stand there."""
    words = report.read_text(encoding="utf-8").partition(FIGURES)[0]
    when = f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores ({processor()}), for everything."
    report.write_text("\n".join([words + FIGURES, when, "", *lines]), encoding="utf-8")


def parse(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--short", action="store_true", help="is everything there?")
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.relative_to(ROOT)}")
    parser.add_argument("--log", action="store_true", help="print the worker's log")
    return parser.parse_args(arguments)


def main(arguments):
    options = parse(arguments)
    rounds = 2 if options.short else options.rounds
    written, spoken, problems = Times(), Times(), []
    with LiveKitServer() as livekit, Worker(livekit, agent_name=NAME) as worker:
        worker.wait_until_registered()
        transcriber(livekit, rounds, written, problems)
        assistant(livekit, rounds, spoken, problems)
        if options.log:
            print(worker.log())
    lines = tables(written, spoken)
    print("\n".join([*lines, *problems]))
    if not options.short:
        found = targets(written, spoken)
        problems += [what for what, p50, most, _ in found if not p50 or p50 > most]
    if options.write:
        write(REPORT, lines)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
