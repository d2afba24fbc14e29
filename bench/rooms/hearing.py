# SPDX-License-Identifier: Apache-2.0
"""When people in a room hear something, to 5 ms; and the people's speech.

Of a frame that came at a time, the n-th sample is heard n samples later: by a player that plays each
frame as it comes.
"""

import numpy
from support import speech

WINDOW = 0.005  # seconds over which loudness is taken
AUDIBLE = 150.0  # root mean square of a window, of 32768


def heard(sound, since, until=float("inf")):
    """When the audible windows were heard."""
    times, size = [], round(sound.rate * WINDOW)
    for at, loudness, samples in list(sound.frames):
        # One audible window of its four makes a frame at least half as loud.
        if not since <= at <= until or loudness < AUDIBLE / 2:
            continue
        values = numpy.frombuffer(samples, dtype=numpy.int16).astype(numpy.float32)
        levels = numpy.sqrt((values.reshape(-1, size) ** 2).mean(axis=1))
        times += [at + index * WINDOW for index in numpy.flatnonzero(levels > AUDIBLE)]
    return times


def first_heard(person, sounds, since, seconds, what):
    """In any of the tracks that `sounds()` gives; waits for it."""
    times = person.wait_for(
        lambda: [time for sound in sounds() for time in heard(sound, since)[:1]], seconds, what
    )
    return min(times)


def forget(*people):
    """What came so far is not looked at again, which would take the longer the more there is."""
    for person in people:
        for sound in person.sounds:
            sound.frames.clear()
        person.texts.clear()
        person.changes.clear()


def speak(person, clip: speech.Clip):
    """Says it. (when the first and the last sample of its speech left)"""
    said = person.say(clip.pcm)
    return said.began + clip.speech_start_ms / 1000, said.began + clip.speech_end_ms / 1000
