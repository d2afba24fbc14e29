# SPDX-License-Identifier: Apache-2.0
"""What operators raise: raised by run, or given to a handler, with its traceback."""

import traceback
import unittest

import parley
from pipeline_test import copies, operator, pipeline_of

WAIT = 30.0


class Trouble(Exception):
    pass


def fails(context):
    value = context.input("x")
    if value == "bad":
        raise Trouble("no good")
    context.output("y", value)


class Errors(unittest.TestCase):
    def each(self):
        for scheduler in ("sync", "async"):
            with self.subTest(scheduler=scheduler):
                yield {"scheduler_type": scheduler, "worker_threads": 2}

    def test_without_a_handler_run_raises_the_exception_itself(self):
        for config in self.each():
            pipeline = pipeline_of(operator("Fails", fails), **config)
            try:  # assertRaises would take the traceback away
                pipeline.run({"x": "bad"})
                self.fail("nothing was raised")
            except Trouble as error:
                frames = traceback.extract_tb(error.__traceback__)
            self.assertIn("fails", [frame.name for frame in frames])
            self.assertEqual(pipeline.run({"x": "good"}), {"y": "good"})

    def test_a_future_carries_it(self):
        for config in self.each():
            pipeline = pipeline_of(operator("Fails", fails), **config)
            self.assertIsInstance(pipeline.run_async({"x": "bad"}).exception(WAIT), Trouble)

    def test_a_handler_hears_of_it_and_the_others_go_on(self):
        for config in self.each():
            heard = []
            pipeline = pipeline_of(operator("Fails", fails), operator("Other", copies("x", "z")),
                                   **config)
            pipeline.set_error_handler(heard.append)
            self.assertEqual(pipeline.run({"x": "bad"}), {"z": "bad"})
            self.assertEqual(heard[0].operator, "Fails")
            self.assertIsInstance(heard[0].exception, Trouble)
            self.assertIn("no good", heard[0].message)
            names = [f.name for f in traceback.extract_tb(heard[0].exception.__traceback__)]
            self.assertIn("fails", names)

    def test_an_operators_own_handler_comes_first(self):
        general, own = [], []

        def careful(context):
            context.set_error_handler(own.append)
            fails(context)

        pipeline = pipeline_of(operator("Careful", careful), operator("Fails", fails))
        pipeline.set_error_handler(general.append)
        pipeline.run({"x": "bad"})
        self.assertEqual([error.operator for error in own], ["Careful"])
        self.assertEqual([error.operator for error in general], ["Fails"])

    def test_what_a_handler_raises_is_raised(self):
        def handler(error):
            raise RuntimeError("the handler's") from error.exception

        for config in self.each():
            pipeline = pipeline_of(operator("Fails", fails), **config)
            pipeline.set_error_handler(handler)
            with self.assertRaisesRegex(RuntimeError, "the handler's") as raised:
                pipeline.run({"x": "bad"})
            self.assertIsInstance(raised.exception.__cause__, Trouble)
            self.assertEqual(pipeline.run({"x": "good"}), {"y": "good"})

    def test_a_handlers_answer_that_is_no_policy_is_told(self):
        pipeline = pipeline_of(operator("Fails", fails))
        pipeline.set_error_handler(lambda error: "whatever")
        with self.assertRaisesRegex(Exception, "'whatever' is no error policy"):
            pipeline.run({"x": "bad"})

    def test_a_handler_may_end_the_pipeline(self):
        for config in self.each():
            pipeline = pipeline_of(operator("Fails", fails), **config)
            pipeline.set_error_handler(lambda error: "fail")
            with self.assertRaises(Trouble):
                pipeline.run({"x": "bad"})
            self.assertEqual(pipeline.run({"x": "good"}), {"y": "good"})  # opened anew

    def test_poll_raises_and_goes_on(self):
        for config in self.each():
            pipeline = pipeline_of(operator("Fails", fails), **config)
            pipeline.start()
            for value in ("good", "bad", "fine"):
                pipeline.push("x", value)
            self.assertEqual(pipeline.poll("y", timeout=WAIT), "good")
            with self.assertRaises(Trouble):
                pipeline.poll("y", timeout=WAIT)
            self.assertEqual(pipeline.poll("y", timeout=WAIT), "fine")
            pipeline.close()

    def test_policies_skip_and_restart(self):
        opened = []

        class Stage(parley.Operator):
            def open(self):
                opened.append(len(opened))

            def process(self, context):
                fails(context)

        for policy, opens in (("skip", 1), ("restart", 2)):
            opened.clear()
            pipeline = parley.Pipeline()
            pipeline.add_operator(Stage(), on_error=policy)
            with pipeline:
                pipeline.push("x", "bad")
                pipeline.push("x", "good")
                self.assertEqual(pipeline.poll("y", timeout=WAIT), "good")
                events = pipeline.take_errors()
            self.assertEqual([event.operator for event in events], ["Stage"])
            self.assertIn("Trouble: no good", events[0].message)
            self.assertEqual(len(opened), opens)
        with self.assertRaisesRegex(ValueError, "give skip, restart or fail"):
            parley.Pipeline().add_operator(Stage(), on_error="retry")

    def test_except_exception_does_not_swallow_the_wait_for_a_name(self):
        def broad(context):
            try:
                context.output("y", context.input("late"))
            except Exception:
                context.output("y", "swallowed")

        pipeline = pipeline_of(operator("Broad", broad), operator("Late", copies("x", "late")))
        self.assertEqual(pipeline.run({"x": 1}), {"y": 1})

    def test_open_that_fails_is_told(self):
        class Stage(parley.Operator):
            def open(self):
                raise Trouble("no model")

            def process(self, context):
                pass

        with self.assertRaisesRegex(parley.EngineError, "node 'Stage'.*Trouble: no model"):
            pipeline_of(Stage()).run({"x": 1})

    def test_a_context_is_good_only_inside_its_call(self):
        kept = []
        pipeline_of(operator("Keeps", kept.append)).run()
        with self.assertRaisesRegex(RuntimeError, "only inside `process`"):
            kept[0].input("x")
