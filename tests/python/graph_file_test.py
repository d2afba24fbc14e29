# SPDX-License-Identifier: Apache-2.0
"""Graph files as pipelines, and classes of Python as kinds in them."""

import tempfile
import unittest
from pathlib import Path

import numpy as np

import parley

WAIT = 30.0

GRAPH = """
version: 1
name: test
scheduler: {scheduler}
inputs: {{mic: {{type: AudioFrame, rate_hz: 16000, channels: 1}}}}
nodes:
  before: {{operator: gain, options: {{gain_db: 20}}, inputs: {{audio: mic}}}}
  halve:  {{operator: test_scale, options: {{factor: 0.5}}, inputs: {{audio: before.audio}}}}
  after:  {{operator: gain, options: {{gain_db: 0}}, inputs: {{audio: halve.audio}}}}
  peak:   {{operator: test_peak, inputs: {{audio: after.audio}}}}
outputs: {{audio: after.audio, peak: peak.value}}
"""


class Scale(parley.Operator):
    """Multiplies audio."""

    inputs = {"audio": "AudioFrame"}
    outputs = {"audio": "AudioFrame"}

    def __init__(self, factor=1.0):
        if factor < 0:
            raise ValueError("factor is negative")
        self.factor = factor

    def process(self, context):
        context.output("audio", np.asarray(context.input("audio")) * np.float32(self.factor))


class Peak(parley.Operator):
    """Finds the loudest sample."""

    inputs = {"audio": "AudioFrame"}
    outputs = ["value"]

    def process(self, context):
        context.output("value", float(np.abs(context.input("audio").samples).max()))


parley.register_operator("test_scale", Scale)
parley.register_operator("test_peak", Peak)


class GraphFiles(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name, "test.yaml")

    def pipeline(self, scheduler="sync", text=GRAPH, **settings):
        self.path.write_text(text.format(scheduler=scheduler), encoding="utf-8")
        return parley.Pipeline.from_file(self.path, **settings)

    def test_python_stands_between_operators_of_the_box(self):
        for scheduler in ("sync", "async"):
            found = self.pipeline(scheduler).run({"mic": np.full(1_600, 0.05, np.float32)})
            self.assertAlmostEqual(float(np.asarray(found["audio"])[-1]), 0.25, places=3)
            self.assertAlmostEqual(found["peak"], 0.25, places=3)

    def test_as_a_stream(self):
        for scheduler in ("sync", "async"):
            pipeline = self.pipeline(scheduler)
            with pipeline:
                for _ in range(5):
                    pipeline.push("mic", np.full(160, 0.05, np.float32))
                times = [pipeline.poll("audio", timeout=WAIT).time for _ in range(5)]
            np.testing.assert_allclose(times, [0.01 * i for i in range(5)])
            self.assertAlmostEqual(pipeline.poll("peak"), 0.25, places=3)

    def test_settings_replace_options(self):
        pipeline = self.pipeline(**{"halve.factor": 1.0})
        found = pipeline.run({"mic": np.full(1_600, 0.05, np.float32)})
        self.assertAlmostEqual(found["peak"], 0.5, places=3)

    def test_mistakes_name_the_line(self):
        with self.assertRaisesRegex(parley.GraphError, r"test.yaml:8.*factors.*factor"):
            self.pipeline(text=GRAPH.replace("factor:", "factors:")).check()
        with self.assertRaisesRegex(parley.GraphError, "factor is negative"):
            self.pipeline(**{"halve.factor": -1.0}).check()
        with self.assertRaisesRegex(parley.NotFound, "inputs: mic"):
            self.pipeline().run({"mike": np.zeros(8, np.float32)})
        with self.assertRaisesRegex(parley.GraphError, "register_operator"):
            self.pipeline().add_operator(Scale())

    def test_what_python_raises_comes_out(self):
        class Broken(Scale):
            def process(self, context):
                raise LookupError("not here")

        if "test_broken" not in parley.kinds():
            parley.register_operator("test_broken", Broken)
        text = GRAPH.replace("operator: test_scale", "operator: test_broken")
        with self.assertRaisesRegex(LookupError, "not here"):
            self.pipeline(text=text).run({"mic": np.zeros(160, np.float32)})

    def test_update(self):
        with self.pipeline("async") as pipeline:
            pipeline.update_operator("after", parley.operator("gain", gain_db=6))
            with self.assertRaisesRegex(parley.EngineError, "no node"):
                pipeline.update_operator("nobody", parley.operator("gain"))

    def test_kinds_of_python_work_in_pipelines_of_names_too(self):
        pipeline = parley.Pipeline()
        pipeline.add_operator(
            parley.operator("test_scale", factor=2.0, inputs="mic", outputs="out"))
        found = pipeline.run({"mic": np.ones(8, np.float32)})
        np.testing.assert_allclose(found["out"].samples, 2.0)

    def test_a_kind_is_registered_once(self):
        with self.assertRaisesRegex(ValueError, "already"):
            parley.register_operator("test_scale", Scale)
        with self.assertRaisesRegex(parley.GraphError, "no frame kind 'AudioFrames'"):
            parley.register_operator("test_other", Scale, inputs={"audio": "AudioFrames"})
