# SPDX-License-Identifier: Apache-2.0
"""start, push, poll, stop."""

import threading
import unittest

import numpy as np

import parley
from pipeline_test import copies, operator, pipeline_of

WAIT = 30.0  # seconds that no test needs


class Streams(unittest.TestCase):
    def each(self):
        for scheduler in ("sync", "async"):
            with self.subTest(scheduler=scheduler):
                yield {"scheduler_type": scheduler, "worker_threads": 2}

    def test_what_is_pushed_comes_out_in_order(self):
        for config in self.each():
            pipeline = pipeline_of(operator("B", copies("b", "c", lambda v: v + 1)),
                                   operator("A", copies("a", "b", lambda v: v * 2)), **config)
            pipeline.start()
            for i in range(100):
                pipeline.push("a", i)
            self.assertEqual([pipeline.poll("c", timeout=WAIT) for _ in range(100)],
                             [2 * i + 1 for i in range(100)])
            self.assertIsNone(pipeline.poll("c"))
            pipeline.close()

    def test_poll_without_a_name_gives_what_has_outputs(self):
        def odd_only(context):
            if (value := context.input("a")) % 2:
                context.output("odd", value)

        for config in self.each():
            with pipeline_of(operator("Odd", odd_only), **config) as pipeline:
                for i in range(6):
                    pipeline.push({"a": i})
                found = [pipeline.poll(timeout=WAIT) for _ in range(3)]
                self.assertEqual(found, [{"odd": 1}, {"odd": 3}, {"odd": 5}])

    def test_stop_lets_everything_run_and_poll_gives_the_rest(self):
        for config in self.each():
            pipeline = pipeline_of(operator("A", copies("a", "b")), **config)
            pipeline.start()
            for i in range(50):
                pipeline.push("a", i)
            pipeline.stop()
            self.assertEqual([pipeline.poll("b") for _ in range(50)], list(range(50)))
            self.assertIsNone(pipeline.poll("b"))
            with self.assertRaisesRegex(parley.EngineError, "start"):
                pipeline.push("a", 1)

    def test_names_of_different_activations_do_not_meet(self):
        def both(context):
            context.output("pair", (context.input("a"), context.input("b")))

        with pipeline_of(operator("Both", both)) as pipeline:
            pipeline.push("a", 1)
            pipeline.push("b", 2)
            self.assertIsNone(pipeline.poll())
            pipeline.push({"a": 3, "b": 4})
            self.assertEqual(pipeline.poll(), {"pair": (3, 4)})

    def test_poll_by_name_keeps_the_other_names(self):
        with pipeline_of(operator("A", copies("x", "a")), operator("B", copies("x", "b"))) as pipeline:
            pipeline.push("x", 1)
            self.assertEqual(pipeline.poll("b"), 1)
            self.assertEqual(pipeline.poll("a"), 1)

    def test_a_full_queue_refuses_the_push(self):
        may_go, is_in = threading.Event(), threading.Event()

        def slow(context):
            is_in.set()
            may_go.wait(WAIT)
            context.output("b", context.input("a"))

        pipeline = pipeline_of(operator("Slow", slow), scheduler_type="async", max_queue_size=4)
        pipeline.start()
        pushed = 0
        with self.assertRaisesRegex(parley.QueueFull, "is full"):
            for pushed in range(10_000):
                pipeline.push("a", pushed)
        self.assertLess(pushed, 2_000)
        may_go.set()
        self.assertEqual([pipeline.poll("b", timeout=WAIT) for _ in range(pushed)],
                         list(range(pushed)))
        pipeline.close()

    def test_who_only_takes_need_not_be_polled(self):
        for config in self.each():
            taken = []
            with pipeline_of(operator("Sink", lambda c: taken.append(c.input("a"))),
                             max_queue_size=8, **config) as pipeline:
                for i in range(500):
                    while True:
                        try:
                            pipeline.push("a", i)
                            break
                        except parley.QueueFull:
                            pass
            self.assertEqual(taken, list(range(500)))

    def test_start_and_run_exclude_each_other(self):
        pipeline = pipeline_of(operator("A", copies("a", "b")))
        pipeline.start()
        with self.assertRaisesRegex(parley.EngineError, "was started"):
            pipeline.run({"a": 1})
        with self.assertRaisesRegex(parley.GraphError, "stop"):
            pipeline.add_operator(operator("B", copies("a", "c")))
        pipeline.stop()
        self.assertEqual(pipeline.run({"a": 1}), {"b": 1})

    def test_open_and_close_are_called(self):
        calls = []

        class Stage(parley.Operator):
            def open(self):
                calls.append("open")

            def process(self, context):
                calls.append(context.input("x"))

            def close(self):
                calls.append("close")

        with pipeline_of(Stage()) as pipeline:
            pipeline.push("x", 1)
        self.assertEqual(calls, ["open", 1, "close"])

    def test_time_is_what_was_given(self):
        times = []
        with pipeline_of(operator("T", lambda c: times.append((c.input("x"), c.time)))) as pipeline:
            pipeline.push("x", 1, time=0.25)
            pipeline.push("x", 2)
        self.assertEqual(times, [(1, 0.25), (2, None)])

    def test_timers(self):
        class Ticks(parley.Operator):
            def process(self, context):
                context.input("go")
                context.wake_after(0.001)

            def on_timer(self, context):
                context.output("tick", context.id)

        for config in self.each():
            with pipeline_of(Ticks(), **config) as pipeline:
                pipeline.push("go", 1)
                self.assertEqual(pipeline.poll("tick", timeout=WAIT), "Ticks")


class Profiles(unittest.TestCase):
    def test_a_report_counts_calls(self):
        for scheduler in ("sync", "async"):
            profiler = parley.PipelineProfiler()
            pipeline = pipeline_of(operator("A", copies("a", "b")), operator("B", copies("b", "c")),
                                   scheduler_type=scheduler)
            pipeline.set_profiler(profiler)
            for i in range(10):
                pipeline.run({"a": np.zeros(4)})
            report = profiler.report()
            self.assertEqual((report["A"].calls, report["B"].calls), (10, 10))
            self.assertGreater(report["A"].process_ns.p50, 0)
            self.assertIn("A", str(report))
            self.assertIn("A", report)
            self.assertTrue({"A", "B"} <= set(report))
            self.assertIn("critical_path", report.json())
            self.assertIn("traceEvents", profiler.chrome_trace())
            self.assertLess(report.critical_path.index("A"), report.critical_path.index("B"))
