# SPDX-License-Identifier: Apache-2.0
"""What the tests of other people's clients share."""

import logging
import sys
import types

from . import speech

ANSWER_SECONDS = 60
LONG = "Tell me a long story about the sea, the ships and the harbours of the world. " * 3


def leave_out(*modules):
    """Takes the place of modules that a client imports and never uses here: large ones, or ones whose
    licence is not for everybody."""

    def stand_in(word):
        if word.startswith("__"):
            raise AttributeError(word)
        return type(word, (), {})

    for name in modules:
        module = types.ModuleType(name)
        module.__getattr__ = stand_in
        sys.modules[name] = module


def question():
    """A recorded one, and the silence that ends it."""
    return speech.clip("wisdom").pcm + speech.silence(1500)


class Complaints(logging.Handler):
    """Fails the test in which a client logs a warning or an error that is not in `known`."""

    def __init__(self, logger, known=()):
        super().__init__(logging.WARNING)
        self.logger = logger
        self.known = known
        self.found = []

    def emit(self, record):
        text = record.getMessage()
        if not any(known in text for known in self.known):
            self.found.append(f"{record.name}: {text} {getattr(record, 'error', '')}")

    def __enter__(self):
        self.logger.addHandler(self)
        return self

    def __exit__(self, kind, *_):
        self.logger.removeHandler(self)
        if kind is None and self.found:
            raise AssertionError("\n".join(self.found))
