# SPDX-License-Identifier: Apache-2.0
"""update_operator: another operator in the same place, while the pipeline runs."""

import threading
import unittest

import numpy as np

import parley
from box_test import gain, level
from pipeline_test import copies, operator, pipeline_of

WAIT = 30.0


class Counts(parley.Operator):
    """Numbers what it sees; `label` says which one of them it is."""

    def __init__(self, label):
        self.label = label
        self.count = 0

    def adopt(self, predecessor):
        self.count = predecessor.count

    def process(self, context):
        value = context.input("x")
        self.count += 1
        context.output("y", (value, self.count, self.label))


class Updates(unittest.TestCase):
    def test_state_is_adopted(self):
        for scheduler in ("sync", "async"):
            with pipeline_of(Counts("old"), scheduler_type=scheduler) as pipeline:
                pipeline.push("x", 0)
                self.assertEqual(pipeline.poll("y", timeout=WAIT), (0, 1, "old"))
                pipeline.update_operator("Counts", Counts("new"))
                pipeline.push("x", 1)
                self.assertEqual(pipeline.poll("y", timeout=WAIT), (1, 2, "new"))

    def test_nothing_is_lost_or_doubled_under_load(self):
        pushes, updates = 2_000, 50
        pipeline = pipeline_of(Counts(0), scheduler_type="async", worker_threads=2)
        pipeline.start()
        found = []

        def polls():
            while len(found) < pushes:
                if (value := pipeline.poll("y", timeout=WAIT)) is None:
                    return
                found.append(value)

        poller = threading.Thread(target=polls)
        poller.start()
        for i in range(pushes):
            while True:
                try:
                    pipeline.push("x", i)
                    break
                except parley.QueueFull:
                    pass
            if i % (pushes // updates) == 0:
                pipeline.update_operator("Counts", Counts(i))
        poller.join(WAIT)
        pipeline.close()
        self.assertEqual([(value, count) for value, count, _ in found],
                         [(i, i + 1) for i in range(pushes)])
        self.assertGreater(len({label for _, _, label in found}), 10)

    def test_between_runs(self):
        pipeline = pipeline_of(Counts("old"))
        pipeline.run({"x": 0})
        pipeline.update_operator("Counts", Counts("new"))
        self.assertEqual(pipeline.run({"x": 0}), {"y": (0, 2, "new")})

    def test_an_operator_of_the_box(self):
        with pipeline_of(gain(0, "mic", "loud")) as pipeline:
            pipeline.push("mic", np.full(1_600, 0.05, np.float32))
            self.assertAlmostEqual(level(pipeline.poll("loud", timeout=WAIT)), 0.05, places=3)
            pipeline.update_operator("gain", gain(20, "mic", "loud"))
            for _ in range(2):
                pipeline.push("mic", np.full(1_600, 0.05, np.float32))
                loud = pipeline.poll("loud", timeout=WAIT)
            self.assertAlmostEqual(level(loud), 0.5, places=2)

    def test_what_does_not_fit_is_refused_and_the_old_one_goes_on(self):
        pipeline = pipeline_of(Counts("old"), gain(0, "mic", "loud"))
        pipeline.start()
        with self.assertRaisesRegex(parley.NotFound, "no operator 'Count'; operators: Counts, gain"):
            pipeline.update_operator("Count", Counts("new"))
        with self.assertRaisesRegex(parley.GraphError, "of the box"):
            pipeline.update_operator("gain", Counts("new"))
        with self.assertRaisesRegex(parley.GraphError, "lacks input .audio."):
            pipeline.update_operator("gain", parley.operator("gate"))
        class Refuses(Counts):
            def adopt(self, predecessor):
                raise ValueError("too old")

        with self.assertRaisesRegex(parley.EngineError, "ValueError: too old"):
            pipeline.update_operator("Counts", Refuses("new"))
        pipeline.push("x", 1)
        self.assertEqual(pipeline.poll("y"), (1, 1, "old"))
        pipeline.close()

    def test_other_lists_are_checked(self):
        pipeline = pipeline_of(operator("A", copies("x", "y"), ["x"], ["y"]),
                               operator("B", copies("y", "z"), ["y"], ["z"]))
        with self.assertRaisesRegex(parley.GraphError, "cycle"):
            pipeline.update_operator("A", operator("A", copies("z", "y"), ["z"], ["y"]))
        self.assertEqual(pipeline.run({"x": 1}), {"z": 1})
