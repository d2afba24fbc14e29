# SPDX-License-Identifier: Apache-2.0
"""Operators of the box in a pipeline of names."""

import os
import unittest

import numpy as np

import parley
from pipeline_test import copies, operator, pipeline_of

WAIT = 30.0


def gain(db, source, target):
    return parley.operator("gain", gain_db=db, inputs=source, outputs=target)


def level(frame):
    return float(np.asarray(frame)[-1])


class Boxes(unittest.TestCase):
    def each(self):
        for scheduler in ("sync", "async"):
            with self.subTest(scheduler=scheduler):
                yield {"scheduler_type": scheduler, "worker_threads": 2}

    def test_python_before_and_after(self):
        for config in self.each():
            pipeline = pipeline_of(
                operator("After", copies("loud", "level", level)), gain(20, "quiet", "loud"),
                operator("Before", copies("mic", "quiet", lambda v: v * np.float32(0.1))), **config)
            for _ in range(2):
                found = pipeline.run({"mic": np.full(1_600, 0.5, np.float32)})
                self.assertAlmostEqual(found["level"], 0.5, places=3)

    def test_python_may_read_what_fed_it_and_what_it_gave(self):
        def compare(context):
            context.output("ratio", level(context.input("loud")) / level(context.input("mic")))

        for config in self.each():
            pipeline = pipeline_of(operator("Compare", compare), gain(20, "mic", "loud"), **config)
            found = pipeline.run({"mic": np.full(1_600, 0.05, np.float32)})
            self.assertAlmostEqual(found["ratio"], 10, places=2)

    def test_two_boxes_in_parallel_meet_again(self):
        def join(context):
            context.output("sum", level(context.input("a")) + level(context.input("b")))

        for config in self.each():
            pipeline = pipeline_of(operator("Join", join), gain(20, "mic", "a"), gain(0, "mic", "b"),
                                   **config)
            found = pipeline.run({"mic": np.full(1_600, 0.05, np.float32)})
            self.assertAlmostEqual(found["sum"], 0.55, places=3)

    def test_each_frame_of_a_list_is_one_for_readers(self):
        frames = [np.full(160, 0.1 * i, np.float32) for i in range(1, 5)]
        for config in self.each():
            heard = []
            pipeline = pipeline_of(gain(0, "mic", "loud"),
                                   operator("Hear", lambda c: heard.append(level(c.input("loud")))),
                                   **config)
            pipeline.run({"mic": frames})
            np.testing.assert_allclose(heard, [0.1, 0.2, 0.3, 0.4], rtol=1e-4)

    def test_a_box_that_writes_the_name_it_reads(self):
        for config in self.each():
            pipeline = pipeline_of(gain(20, "audio", "audio"),
                                   operator("Last", copies("audio", "level", level)), **config)
            found = pipeline.run({"audio": np.full(1_600, 0.05, np.float32)})
            self.assertAlmostEqual(found["level"], 0.5, places=3)

    def test_a_stream_of_blocks(self):
        for config in self.each():
            with pipeline_of(gain(20, "mic", "loud"),
                             operator("Level", copies("loud", "level", level)), **config) as pipeline:
                for i in range(20):
                    pipeline.push("mic", np.full(320, 0.001 * i, np.float32))
                levels = [pipeline.poll("level", timeout=WAIT) for _ in range(20)]
            np.testing.assert_allclose(levels[10:], [0.01 * i for i in range(10, 20)], rtol=0.2)

    def test_times_are_counted_by_samples(self):
        with pipeline_of(gain(0, "mic", "loud"),
                         operator("T", copies("loud", "t", lambda f: (f.time, f.duration)))) as p:
            for _ in range(3):
                p.push("mic", np.zeros(320, np.float32))
            self.assertEqual([p.poll("t", timeout=WAIT) for _ in range(3)],
                             [(0.0, 0.02), (0.02, 0.02), (0.04, 0.02)])

    def test_wrong_kinds_ports_options_and_values_are_told(self):
        pipeline = parley.Pipeline()
        with self.assertRaisesRegex(parley.EngineError, "gian.*gain"):
            pipeline.add_operator(parley.operator("gian"))
        with self.assertRaisesRegex(parley.GraphError, "gain_dbs.*gain_db"):
            pipeline.add_operator(parley.operator("gain", gain_dbs=3))
        with self.assertRaisesRegex(parley.GraphError, "no input 'sound'; it has control, audio"):
            pipeline.add_operator(parley.operator("gain", inputs={"sound": "mic"}))
        pipeline.add_operator(gain(0, "mic", "loud"))
        with self.assertRaisesRegex(TypeError, "a str cannot become.*AudioFrame"):
            pipeline.run({"mic": "not audio"})
        with self.assertRaisesRegex(parley.GraphError, "'gain' reads 'mic', which nobody gives"):
            pipeline.run({"mike": np.zeros(8, np.float32)})

    def test_kinds_describe_themselves(self):
        self.assertIn("gain", parley.kinds())
        self.assertIn("gain_db", parley.describe("gain"))
        with self.assertRaisesRegex(parley.EngineError, "gian"):
            parley.describe("gian")


class Alignment(unittest.TestCase):
    def test_audio_and_video_of_one_time_meet(self):
        pairs = []

        def pair(context):
            pairs.append((context.input("audio").time, context.input("video").time))

        for scheduler in ("sync", "async"):
            pairs.clear()
            pipeline = pipeline_of(parley.MultiStreamOperator(audio_key="audio", video_key="video"),
                                   operator("Pair", pair), scheduler_type=scheduler)
            audio = [parley.AudioFrame(np.zeros(320, np.float32), time=0.02 * i) for i in range(8)]
            video = [parley.VideoFrame(np.zeros((2, 2), np.uint8), time=0.04 * i) for i in range(4)]
            pipeline.run({"audio": audio, "video": video})
            self.assertEqual(len(pairs), 8)
            for audio_time, video_time in pairs:
                self.assertLessEqual(abs(audio_time - video_time), 0.04)


    def test_arrays_are_paired_by_samples_and_arrival(self):
        pipeline = pipeline_of(parley.MultiStreamOperator("mic", "camera"))
        found = pipeline.run({"mic": np.ones(320, np.float32), "camera": np.ones((4, 6), np.uint8)})
        self.assertEqual(found["camera"].pixels.shape, (4, 6))
        np.testing.assert_allclose(found["mic"], 1.0)

    def test_anything_can_be_aligned(self):
        for scheduler in ("sync", "async"):
            pairs = []
            pipeline = pipeline_of(
                parley.MultiStreamOperator(audio_key="words", video_key="gestures"),
                operator("Pair", lambda c: pairs.append((c.input("words"), c.input("gestures")))),
                scheduler_type=scheduler)
            with pipeline:
                for i in range(4):
                    pipeline.push({"words": f"w{i}", "gestures": {"number": i}}, time=0.1 * i)
            pipeline.close()
            self.assertGreaterEqual(len(pairs), 3)  # the last one may still wait for a nearer one
            self.assertEqual(pairs, [(f"w{i}", {"number": i}) for i in range(len(pairs))])


class Resources(unittest.TestCase):
    def test_a_pool_without_gpus_is_bound_and_the_pipeline_runs(self):
        for cores in ([], sorted(os.sched_getaffinity(0))[:1]):
            pipeline = pipeline_of(operator("A", copies("a", "b")), scheduler_type="async",
                                   worker_threads=1)
            pipeline.bind_resource_pool(parley.ResourcePool(cores=cores))
            self.assertEqual(pipeline.run({"a": 1}), {"b": 1})

    def test_the_threads_of_a_pipeline_are_pinned_to_cores_of_its_own(self):
        core = sorted(os.sched_getaffinity(0))[-1]
        pool = parley.ResourcePool(cores=[core])
        asks = operator("Asks", lambda c: c.output("cores", os.sched_getaffinity(0)), [], ["cores"])
        pipeline = pipeline_of(asks, scheduler_type="async")
        pipeline.bind_resource_pool(pool)
        self.assertEqual(pipeline.run(), {"cores": {core}})
        self.assertEqual(pool.leases().cores_free, 0)
        other = pipeline_of(operator("A", copies("a", "b")), scheduler_type="async")
        other.bind_resource_pool(pool)
        with self.assertRaisesRegex(parley.EngineError, "cores"):
            other.run({"a": 1})
        pipeline.close()
        self.assertEqual(pool.leases().cores_free, 1)
        self.assertEqual(other.run({"a": 1}), {"b": 1})

    def test_a_pool_with_what_is_not_there_can_be_made_and_is_refused_when_bound(self):
        pool = parley.ResourcePool(gpu_devices=[99], tensorrt_engines=["asr.engine"])
        self.assertEqual((pool.gpu_devices, pool.tensorrt_engines), ([99], ["asr.engine"]))
        pipeline = pipeline_of(operator("A", copies("a", "b")))
        with self.assertRaisesRegex(parley.EngineError, "gpu_devices=.99.*GPU 99 is not on this"):
            pipeline.bind_resource_pool(pool)
        with self.assertRaisesRegex(parley.EngineError, "'tensorrt' needs a GPU"):
            pipeline.bind_resource_pool(parley.ResourcePool(tensorrt_engines=["asr.engine"]))
        self.assertEqual(pipeline.run({"a": 1}), {"b": 1})
