# SPDX-License-Identifier: Apache-2.0
"""Parley's dataflow engine, a client for its Realtime sessions, and agents in rooms (parley.rooms).

    import numpy as np
    import parley

    class Louder(parley.Operator):
        def process(self, context):
            context.output("loud", context.input("mic") * 2)

    pipeline = parley.Pipeline()
    pipeline.add_operator(Louder())
    pipeline.run({"mic": np.ones(4, np.float32)})      # {'loud': array([2., 2., 2., 2.])}

README.md beside this package's sources has the rules; docs/engine/python.md is the tour.
"""

from ._engine import (
    AudioFrame,
    Context,
    Control,
    Distribution,
    EncodedAudio,
    ErrorEvent,
    GenerationEnd,
    NodeProfile,
    NotReady,
    PipelineProfiler,
    ProfileReport,
    SpeechEvent,
    TensorFrame,
    TextDelta,
    ToolCall,
    Transcript,
    TurnEvent,
    VideoFrame,
)
from .batches import BatchAccumulator
from .config import PipelineConfig
from .errors import EngineError, GraphError, NotFound, OperatorError, QueueFull
from .kinds import describe, kinds, operator, register_operator
from .multi_stream import MultiStreamOperator
from .operators import Operator
from .pipeline import Pipeline
from .realtime import RealtimeClient, connect
from .realtime_async import AsyncRealtimeClient, connect_async
from .realtime_events import RealtimeError
from .resources import ResourcePool
from .version import __version__

__all__ = [
    "AsyncRealtimeClient", "AudioFrame", "BatchAccumulator", "Context", "Control", "Distribution",
    "EncodedAudio", "EngineError", "ErrorEvent", "GenerationEnd", "GraphError",
    "MultiStreamOperator", "NodeProfile", "NotFound", "NotReady", "Operator", "OperatorError",
    "Pipeline", "PipelineConfig", "PipelineProfiler", "ProfileReport", "QueueFull",
    "RealtimeClient", "RealtimeError", "ResourcePool", "SpeechEvent", "TensorFrame", "TextDelta",
    "ToolCall", "Transcript", "TurnEvent", "VideoFrame", "__version__", "connect", "connect_async",
    "describe", "kinds", "operator", "register_operator",
]
