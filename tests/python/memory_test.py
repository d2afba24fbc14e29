# SPDX-License-Identifier: Apache-2.0
"""Arrays and the engine's memory are one: pointers are compared, and lives watched."""

import gc
import os
import threading
import unittest
import weakref

import numpy as np

import parley


class Watched(np.ndarray):
    """An array that can be watched while it goes."""


def watched(values):
    return np.asarray(values, np.float32).view(Watched)


def pointer(array):
    return np.asarray(array).__array_interface__["data"][0]


def settle():
    """Lets go of what the engine dropped: any call into it does."""
    gc.collect()
    pipeline = parley.Pipeline()
    pipeline.add_operator(type("Nothing", (parley.Operator,), {"process": lambda s, c: None})())
    pipeline.run()


class Pointers(unittest.TestCase):
    def test_between_operators_of_python_it_is_the_same_object(self):
        class Pass(parley.Operator):
            def process(self, context):
                context.output("out", context.input("in"))

        pipeline = parley.Pipeline(parley.PipelineConfig(scheduler_type="async"))
        pipeline.add_operator(Pass())
        array = np.arange(10, dtype=np.float32)
        self.assertIs(pipeline.run({"in": array})["out"], array)

    def test_through_an_operator_of_the_box_it_is_the_same_memory(self):
        pipeline = parley.Pipeline()
        pipeline.add_operator(parley.operator("gate", inputs={"in": "mic"}, outputs="out"))
        array = np.linspace(-1, 1, 320, dtype=np.float32)
        frame = pipeline.run({"mic": array})["out"]
        self.assertIsInstance(frame, parley.AudioFrame)
        self.assertEqual(pointer(frame.samples), pointer(array))
        self.assertEqual(pointer(frame), pointer(array))

    def test_pictures_and_tensors_too(self):
        for kind, array in (("VideoFrame", np.zeros((4, 6, 3), np.uint8)),
                            ("TensorFrame", np.zeros((2, 3), np.int64))):
            pipeline = parley.Pipeline()
            pipeline.add_operator(
                parley.operator("gate", type=kind, inputs={"in": "x"}, outputs="out"))
            frame = pipeline.run({"x": array})["out"]
            self.assertEqual(pointer(frame), pointer(array))
            self.assertEqual(np.asarray(frame).shape, array.shape)

    def test_views_of_the_engines_memory_are_one_memory_and_read_only(self):
        frame = parley.AudioFrame(np.ones(8, np.float32))
        self.assertEqual(pointer(frame.samples), pointer(frame.samples))
        with self.assertRaises(ValueError):
            frame.samples[0] = 2.0

    def test_an_operator_that_changes_samples_leaves_the_array_alone(self):
        pipeline = parley.Pipeline()
        pipeline.add_operator(
            parley.operator("gain", gain_db=20, inputs={"audio": "mic"}, outputs="loud"))
        array = np.full(160, 0.05, np.float32)
        loud = np.asarray(pipeline.run({"mic": array})["loud"])
        np.testing.assert_allclose(array, 0.05)
        np.testing.assert_allclose(loud[-1], 0.5, rtol=1e-3)

    def test_int16_is_scaled_and_channels_are_rows(self):
        frame = parley.AudioFrame(np.array([[16_384, -16_384], [0, 8_192]], np.int16), rate_hz=8_000)
        self.assertEqual((frame.channels, frame.rate_hz, len(frame)), (2, 8_000, 2))
        np.testing.assert_allclose(frame.samples, [[0.5, -0.5], [0.0, 0.25]])


class Lives(unittest.TestCase):
    def test_memory_lives_as_long_as_a_frame_and_no_longer(self):
        array = watched(np.ones(16))
        watch = weakref.ref(array)
        frame = parley.AudioFrame(array)
        del array
        settle()
        self.assertIsNotNone(watch())
        view = frame.samples
        del frame
        settle()
        np.testing.assert_allclose(view, 1.0)
        self.assertIsNotNone(watch())
        del view
        settle()
        self.assertIsNone(watch())

    def test_values_go_when_a_run_is_over(self):
        class Pass(parley.Operator):
            def process(self, context):
                context.output("out", context.input("in"))

        for scheduler in ("sync", "async"):
            pipeline = parley.Pipeline(parley.PipelineConfig(scheduler_type=scheduler))
            pipeline.add_operator(Pass())
            array = watched(np.ones(16))
            watch = weakref.ref(array)
            result = pipeline.run({"in": array})
            del array, result
            settle()
            pipeline.close()
            settle()
            self.assertIsNone(watch())


def resident_kib():
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def threads_and_files():
    return len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))


class ManyPipelines(unittest.TestCase):
    """A thousand pipelines, each with a block of 64 KiB and half of them with threads."""

    def test_a_thousand_pipelines_leave_nothing(self):
        class Pass(parley.Operator):
            def process(self, context):
                context.output("out", context.input("in"))

        def use(number):
            scheduler = ("sync", "async")[number % 2]
            pipeline = parley.Pipeline(parley.PipelineConfig(scheduler, worker_threads=1))
            pipeline.add_operator(Pass())
            block = np.zeros(16_384, np.float32)
            if number % 4 < 2:
                pipeline.run({"in": block})
            else:
                with pipeline:
                    pipeline.push("in", block)
                self.assertIsNotNone(pipeline.poll("out"))
            if number % 8 < 4:
                pipeline.close()  # the others are only dropped

        for number in range(100):  # what is made once is there then
            use(number)
        settle()
        before, resident = threads_and_files(), resident_kib()
        for number in range(1_000):
            use(number)
        settle()
        self.assertEqual(threads_and_files(), before)
        self.assertEqual(threading.active_count(), 1)
        # A single byte kept of each block's 64 KiB would be 64 MB.
        self.assertLess(resident_kib() - resident, 8 * 1024)
