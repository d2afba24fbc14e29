# SPDX-License-Identifier: Apache-2.0
"""Values gathered into batches."""

import numpy as np

from .operators import Operator

DEFAULT_INPUT = "frame"


class BatchAccumulator(Operator):
    """Gathers values of one name into batches.

    A batch goes out under `output` when it has `target_batch_size` values, when its first one has
    waited `max_wait_ms`, or at `Pipeline.stop`. Arrays of one shape become one array with a new first
    axis, anything else a list.

    Without `input` it reads "frame", or else the name that was written last before it.
    """

    def __init__(self, target_batch_size, input=None, output="batch", max_wait_ms=None):
        if target_batch_size < 1:
            raise ValueError(f"target_batch_size is {target_batch_size}; give at least 1")
        self.target_batch_size = target_batch_size
        self.max_wait_ms = max_wait_ms
        self.output = output
        self._input = input
        if input is not None:
            self.inputs = [input]
            self.outputs = [output]
        self._waiting = []
        self._batches = 0
        self._timer_for = None  # the number of the batch that a timer was set for

    def process(self, context):
        if self._input is None:
            self._input = _choose(context.names)
        self._waiting.append(context.input(self._input or DEFAULT_INPUT))
        if len(self._waiting) >= self.target_batch_size:
            self._give(context)
        elif len(self._waiting) == 1 and self.max_wait_ms is not None:
            self._timer_for = self._batches
            context.wake_after(self.max_wait_ms / 1000)

    def on_timer(self, context):
        if self._waiting and self._timer_for == self._batches:
            self._give(context)

    def on_stop(self, context):
        if self._waiting:
            self._give(context)

    def adopt(self, predecessor):
        if isinstance(predecessor, BatchAccumulator):
            self._input = self._input or predecessor._input
            self._waiting = predecessor._waiting
            self._batches = predecessor._batches
            self._timer_for = predecessor._timer_for

    def _give(self, context):
        batch, self._waiting = self._waiting, []
        self._batches += 1
        context.note_batch(len(batch))
        context.output(self.output, _stacked(batch))


def _choose(names):
    if DEFAULT_INPUT in names:
        return DEFAULT_INPUT
    return names[-1] if names else None


def _stacked(values):
    arrays = [np.asarray(value) for value in values if hasattr(value, "__array__")]
    if len(arrays) == len(values) and len({array.shape for array in arrays}) == 1:
        return np.stack(arrays)
    return values
