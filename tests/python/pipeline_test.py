# SPDX-License-Identifier: Apache-2.0
"""One shot: who runs when, which value a name has, what comes back."""

import asyncio
import concurrent.futures
import threading
import unittest

import numpy as np

import parley


def operator(name, body, inputs=None, outputs=None):
    """An operator whose class is called `name` and whose process is `body(context)`."""
    members = {"process": lambda self, context: body(context), "inputs": inputs, "outputs": outputs}
    return type(name, (parley.Operator,), members)()


def copies(source, target, how=lambda value: value):
    return lambda context: context.output(target, how(context.input(source)))


def pipeline_of(*operators, **config):
    pipeline = parley.Pipeline(parley.PipelineConfig(**config))
    for one in operators:
        pipeline.add_operator(one)
    return pipeline


class Wiring(unittest.TestCase):
    schedulers = ("sync", "async")

    def each(self):
        for scheduler in self.schedulers:
            with self.subTest(scheduler=scheduler):
                yield {"scheduler_type": scheduler, "worker_threads": 2}

    def test_runs_when_its_names_are_there_whatever_the_order_of_adding(self):
        for config in self.each():
            pipeline = pipeline_of(
                operator("C", copies("b", "c", lambda v: v + "c")),
                operator("B", copies("a", "b", lambda v: v + "b")),
                operator("A", copies("mic", "a", lambda v: v + "a")), **config)
            for _ in range(3):
                self.assertEqual(pipeline.run({"mic": "m"}), {"c": "mabc"})

    def test_two_inputs_and_two_outputs(self):
        def both(context):
            context.output("sum", context.input("x") + context.input("y"))
            context.output("difference", context.input("x") - context.input("y"))

        for config in self.each():
            pipeline = pipeline_of(
                operator("Both", both), operator("X", copies("mic", "x", lambda v: v * 2)),
                operator("Y", copies("mic", "y", lambda v: v * 3)), **config)
            self.assertEqual(pipeline.run({"mic": 10}), {"sum": 50, "difference": -10})

    def test_ties_go_in_add_order(self):
        order = []
        pipeline = pipeline_of(*(
            operator(name, lambda context, name=name: order.append((name, context.input("mic"))))
            for name in ("Second", "First", "Third")))
        pipeline.run({"mic": 1})
        self.assertEqual(order, [("Second", 1), ("First", 1), ("Third", 1)])

    def test_one_that_becomes_ready_goes_before_later_ones(self):
        order = []

        def step(name, source, target):
            def body(context):
                value = context.input(source)
                order.append(name)
                context.output(target, value)
            return operator(name, body)

        pipeline = pipeline_of(step("P", "z", "p"), step("Q", "mic", "z"), step("R", "mic", "r"))
        pipeline.run({"mic": 0})
        self.assertEqual(order, ["Q", "P", "R"])

    def test_a_call_that_misses_a_name_is_repeated_and_its_outputs_do_not_count(self):
        calls = []

        def hasty(context):
            calls.append("call")
            context.output("draft", len(calls))
            context.input("late")

        pipeline = pipeline_of(operator("Hasty", hasty), operator("Late", copies("mic", "late")))
        self.assertEqual(pipeline.run({"mic": 1}), {"draft": 2})

    def test_names_that_can_be_seen_in_the_code_save_the_call_that_misses(self):
        class Late(parley.Operator):
            def __init__(self):
                self.key = "late"
                self.calls = 0

            def process(self, context):
                self.calls += 1
                context.output("seen", (context.input(self.key), context.input("mic")))

        class Maybe(parley.Operator):
            def process(self, context):
                if context.has("nothing"):
                    context.input("nothing")
                context.output("maybe", 1)

        for config in self.each():
            late = Late()
            pipeline = pipeline_of(Maybe(), late, operator("Gives", copies("mic", "late")), **config)
            for calls in (1, 2):
                self.assertEqual(pipeline.run({"mic": 5}), {"maybe": 1, "seen": (5, 5)})
                self.assertEqual(late.calls, calls)

    def test_listed_inputs_save_the_call_that_misses(self):
        calls = []

        def body(context):
            calls.append(context.input("late"))

        pipeline = pipeline_of(operator("Patient", body, ["late"], []),
                               operator("Late", copies("mic", "late")))
        pipeline.run({"mic": 1})
        self.assertEqual(calls, [1])

    def test_a_name_written_again_has_the_later_operators_value(self):
        for config in self.each():
            pipeline = pipeline_of(
                operator("Clean", copies("audio", "audio", lambda v: v + ["clean"])),
                operator("Loud", copies("audio", "audio", lambda v: v + ["loud"])),
                operator("Last", copies("audio", "seen")), **config)
            for _ in range(3):
                self.assertEqual(pipeline.run({"audio": []})["seen"], ["clean", "loud"])

    def test_names_may_change_from_run_to_run(self):
        def picks(context):
            context.output("picked", context.input(context.input("which")))

        for config in self.each():
            pipeline = pipeline_of(operator("Picks", picks), operator("L", copies("mic", "left")),
                                   operator("R", copies("mic", "right", lambda v: -v)), **config)
            self.assertEqual(pipeline.run({"which": "left", "mic": 1})["picked"], 1)
            self.assertEqual(pipeline.run({"which": "right", "mic": 1})["picked"], -1)

    def test_an_operator_need_not_write(self):
        def loud_only(context):
            if (value := context.input("mic")) > 0.5:
                context.output("loud", value)

        pipeline = pipeline_of(operator("Gate", loud_only), operator("After", copies("loud", "out")))
        self.assertEqual(pipeline.run({"mic": 1.0}), {"out": 1.0})
        self.assertEqual(pipeline.run({"mic": 0.1}), {})
        self.assertEqual(pipeline.unreached, {"After": "loud"})

    def test_default_and_has_do_not_wait(self):
        def body(context):
            context.output("seen", (context.input("extra", default=7), context.has("mic")))

        self.assertEqual(pipeline_of(operator("O", body)).run({"mic": 1}), {"seen": (7, True)})

    def test_an_operator_without_inputs_is_a_source(self):
        pipeline = pipeline_of(operator("Source", lambda context: context.output("x", 5)))
        self.assertEqual(pipeline.run(), {"x": 5})

    def test_inputs_that_nobody_reads_are_no_outputs(self):
        pipeline = pipeline_of(operator("A", copies("a", "b")))
        self.assertEqual(pipeline.run({"a": 1, "unread": 2}), {"b": 1})

    def test_none_is_a_value(self):
        pipeline = pipeline_of(operator("A", copies("a", "b")), operator("B", copies("b", "c")))
        self.assertEqual(pipeline.run({"a": None}), {"c": None})


class Names(unittest.TestCase):
    def test_an_id_is_the_class_name_and_counts(self):
        class Stage(parley.Operator):
            def process(self, context):
                context.output("id", context.id)

        pipeline = parley.Pipeline()
        self.assertEqual([pipeline.add_operator(Stage()) for _ in range(3)],
                         ["Stage", "Stage_2", "Stage_3"])
        self.assertEqual(pipeline.add_operator(Stage(), name="other"), "other")
        self.assertEqual(pipeline.operators, ["Stage", "Stage_2", "Stage_3", "other"])

    def test_pipelines_can_be_derived_from(self):
        class Doubler(parley.Pipeline):
            def __init__(self):
                super().__init__(parley.PipelineConfig(scheduler_type="async"))
                self.add_operator(operator("Double", copies("x", "y", lambda v: v * 2)))

        self.assertEqual(Doubler().run({"x": 4}), {"y": 8})

    def test_any_object_with_process_is_an_operator(self):
        class Plain:
            def process(self, context):
                context.output("y", context.input("x"))

        self.assertEqual(pipeline_of(Plain()).run({"x": 1}), {"y": 1})
        with self.assertRaisesRegex(TypeError, "no process"):
            parley.Pipeline().add_operator(object())

    def test_config_is_checked(self):
        with self.assertRaisesRegex(ValueError, "give 'sync' or 'async'"):
            parley.PipelineConfig(scheduler_type="fast")
        with self.assertRaisesRegex(ValueError, "max_queue_size is 0"):
            parley.PipelineConfig(max_queue_size=0)


class Checks(unittest.TestCase):
    def test_a_cycle_is_found_before_anything_runs(self):
        ran = []
        pipeline = pipeline_of(operator("A", ran.append, ["b"], ["a"]),
                               operator("B", ran.append, ["a"], ["b"]))
        with self.assertRaisesRegex(parley.GraphError, r"cycle: .*A\.a -> B\.a"):
            pipeline.run({})
        self.assertEqual(ran, [])

    def test_a_name_that_nobody_gives_is_found_before_anything_runs(self):
        pipeline = pipeline_of(operator("A", copies("mic", "a"), ["mic"], ["a"]),
                               operator("B", copies("features", "b"), ["features"], ["b"]))
        message = r"'B' reads 'features', which nobody gives; written: a \(A\), b \(B\); given: mic"
        with self.assertRaisesRegex(parley.GraphError, message):
            pipeline.run({"mic": 1})
        pipeline.check(["mic", "features"])

    def test_without_lists_a_run_in_which_nothing_runs_says_why(self):
        pipeline = pipeline_of(operator("A", copies("b", "a")), operator("B", copies("a", "b")))
        with self.assertRaisesRegex(parley.GraphError, "'A' asks for 'b'.*'B' asks for 'a'"):
            pipeline.run({"mic": 1})

    def test_an_output_that_is_not_listed_is_refused(self):
        pipeline = pipeline_of(operator("A", lambda context: context.output("x", 1), [], ["y"]))
        with self.assertRaisesRegex(KeyError, "'x' is not in the outputs that A lists"):
            pipeline.run()


class Threads(unittest.TestCase):
    def test_branches_run_side_by_side_and_wait_without_the_lock(self):
        together = threading.Barrier(2, timeout=30)

        def branch(context):
            value = context.input("mic")
            together.wait()
            context.output(context.id, value)

        pipeline = pipeline_of(operator("Left", branch, ["mic"], ["Left"]),
                               operator("Right", branch, ["mic"], ["Right"]),
                               scheduler_type="async", worker_threads=2)
        self.assertEqual(pipeline.run({"mic": 1}), {"Left": 1, "Right": 1})

    def test_other_threads_of_python_go_on_while_run_waits(self):
        may_end = threading.Event()
        is_in = threading.Event()

        def waits(context):
            is_in.set()
            self.assertTrue(may_end.wait(30))
            context.output("done", context.input("mic"))

        pipeline = pipeline_of(operator("Waits", waits), scheduler_type="async", worker_threads=1)
        future = pipeline.run_async({"mic": 3})
        self.assertTrue(is_in.wait(30))
        may_end.set()
        self.assertEqual(future.result(30), {"done": 3})

    def test_sync_runs_on_the_calling_thread(self):
        pipeline = pipeline_of(
            operator("Who", lambda context: context.output("thread", threading.get_ident())))
        self.assertEqual(pipeline.run(), {"thread": threading.get_ident()})

    def test_futures(self):
        for scheduler in ("sync", "async"):
            pipeline = pipeline_of(operator("A", copies("a", "b")), scheduler_type=scheduler)
            futures = [pipeline.run_async({"a": i}) for i in range(20)]
            self.assertIsInstance(futures[0], concurrent.futures.Future)
            self.assertEqual([future.result(30)["b"] for future in futures], list(range(20)))

    def test_a_coroutine_may_await_them(self):
        async def ask(pipeline):
            return await pipeline.run_async({"a": 1})

        for scheduler in ("sync", "async"):
            pipeline = pipeline_of(operator("A", copies("a", "b")), scheduler_type=scheduler)
            self.assertEqual(asyncio.run(ask(pipeline)), {"b": 1})

    def test_many_runs_give_what_sync_gives(self):
        def build(scheduler):
            return pipeline_of(
                operator("A", copies("x", "a", lambda v: v + 1)),
                operator("B", copies("x", "b", lambda v: v * 2)),
                operator("Join", lambda c: c.output("j", c.input("a") * c.input("b"))),
                operator("Again", copies("j", "a", lambda v: -v)),
                operator("End", copies("a", "end")),
                scheduler_type=scheduler, worker_threads=2)

        sync, parallel = build("sync"), build("async")
        for i in range(50):
            self.assertEqual(parallel.run({"x": i}), sync.run({"x": i}))


class Batches(unittest.TestCase):
    def test_a_batch_is_full(self):
        pipeline = pipeline_of(parley.BatchAccumulator(target_batch_size=3, input="x"),
                               operator("Mean", copies("batch", "mean", lambda b: b.mean(axis=0))))
        self.assertEqual(pipeline.run({"x": np.zeros(2)}), {})
        self.assertEqual(pipeline.run({"x": np.ones(2)}), {})
        np.testing.assert_allclose(pipeline.run({"x": np.full(2, 2.0)})["mean"], [1.0, 1.0])

    def test_without_a_name_it_reads_what_was_written_last_before_it(self):
        for scheduler in ("sync", "async"):
            pipeline = pipeline_of(operator("A", copies("mic", "features", lambda v: v + 1)),
                                   parley.BatchAccumulator(target_batch_size=2),
                                   scheduler_type=scheduler)
            self.assertEqual(pipeline.run({"mic": 1}), {})
            self.assertEqual(pipeline.run({"mic": 2}), {"batch": [2, 3]})
            frames = pipeline_of(parley.BatchAccumulator(target_batch_size=1))
            self.assertEqual(frames.run({"frame": 1, "other": 2}), {"batch": [1]})

    def test_stop_gives_what_is_left(self):
        for scheduler in ("sync", "async"):
            pipeline = pipeline_of(parley.BatchAccumulator(target_batch_size=4, input="x"),
                                   operator("Sum", copies("batch", "sum", sum)),
                                   scheduler_type=scheduler)
            with pipeline:
                for i in range(6):
                    pipeline.push("x", i)
            self.assertEqual([pipeline.poll("sum"), pipeline.poll("sum")], [6, 9])

    def test_what_is_no_array_becomes_a_list(self):
        pipeline = pipeline_of(parley.BatchAccumulator(target_batch_size=2, input="x"))
        pipeline.run({"x": "a"})
        self.assertEqual(pipeline.run({"x": "b"}), {"batch": ["a", "b"]})

    def test_a_batch_goes_after_its_longest_wait(self):
        for scheduler in ("sync", "async"):
            pipeline = pipeline_of(
                parley.BatchAccumulator(target_batch_size=8, input="x", max_wait_ms=5),
                scheduler_type=scheduler)
            self.assertEqual(pipeline.run({"x": 1}), {"batch": [1]})  # `run` waits for timers
            pipeline.start()
            pipeline.push("x", 1)
            pipeline.push("x", 2)
            self.assertEqual(pipeline.poll("batch", timeout=30), [1, 2])
            pipeline.close()
