# SPDX-License-Identifier: Apache-2.0
"""Pipelines: operators that are wired by the names that they read and write."""

import atexit
import collections
import concurrent.futures
import threading
import weakref

from . import _engine
from .config import PipelineConfig
from .errors import GraphError
from .kinds import BoxOperator
from .run_future import RunFuture

_open_pipelines = weakref.WeakSet()


class Pipeline:
    """Operators, in the order of adding, and the engine that runs them.

    One shot: `run({"mic": array})` gives a dict of what operators wrote and nobody read;
    `run_async` a concurrent.futures.Future of it. As a stream: `start`, then `push` and `poll`,
    then `stop`; or `with pipeline:`. A class may derive from it and add operators in __init__.
    """

    def __init__(self, config=None):
        self.config = config or PipelineConfig()
        self._lock = threading.RLock()
        self._executor = None
        self._polled = collections.deque(maxlen=self.config.max_queue_size)
        self._streaming = False
        self.resource_pool = None
        self._session = self._make_session()
        _open_pipelines.add(self)

    def _make_session(self):
        config = self.config
        return _engine.Session(
            is_sync=config.scheduler_type == "sync", max_queue_size=config.max_queue_size,
            worker_threads=config.worker_threads, rate_hz=config.sample_rate,
        )

    @staticmethod
    def from_file(path, **settings):
        """The pipeline that a graph file describes. `settings`: {"node.option": value}, by **."""
        from .file_pipeline import FilePipeline

        return FilePipeline(path, settings)

    # --- what it is made of

    def add_operator(self, operator, name=None, *, on_error=None, segment=""):
        """Adds one and returns its name: its class's, with _2 and so on for further ones.

        on_error: "skip", "restart" or "fail", instead of raising what it raises. segment: operators
        that name the same one share a thread (scheduler "async").
        """
        self._refuse_while_open("add an operator")
        is_box = isinstance(operator, BoxOperator)
        unique = self._unique(name or (operator.name if is_box else type(operator).__name__))
        if is_box:
            self._session.add_box(unique, operator.spec, on_error, segment)
        elif callable(getattr(operator, "process", None)):
            self._session.add_python(unique, operator, on_error, segment)
        else:
            raise TypeError(f"{operator!r} is no operator: it has no process(context)")
        return unique

    def update_operator(self, name, operator):
        """Puts `operator` in the place of the one called `name`, while the pipeline runs.

        What waits is kept; `operator.adopt(predecessor)`, if there is one, takes over its state.
        """
        if isinstance(operator, BoxOperator):
            with self._lock:
                self._session.update_box(name, operator.spec)
        elif callable(getattr(operator, "process", None)):
            self._session.update_python(name, operator)
        else:
            raise TypeError(f"{operator!r} is no operator: it has no process(context)")

    @property
    def operators(self):
        """The names of the operators, in the order of adding."""
        return self._session.ids()

    def bind_resource_pool(self, pool):
        """Says what this pipeline may use. Raises EngineError when the machine does not have it."""
        self._refuse_while_open("bind a resource pool")
        leases = pool.leases()
        self.resource_pool = pool
        # Without cores of its own it shares those that there are.
        self._session.set_resources(leases if pool.cores else None)

    def set_profiler(self, profiler):
        """A PipelineProfiler, or None."""
        self._refuse_while_open("set a profiler")
        self._session.set_profiler(profiler)

    def set_error_handler(self, handler):
        """`handler(error)` hears of what operators raise: see OperatorError. None: nobody."""
        self._session.set_error_handler(handler)

    def check(self, inputs=None):
        """Raises GraphError for a cycle, or a name that nobody gives, as far as lists tell.

        inputs: the names that will come from outside, if they are known.
        """
        self._session.check(None if inputs is None else list(inputs))

    # --- one shot

    def run(self, inputs=None, *, time=None):
        """Gives the names of `inputs` their values, runs all operators, returns what is left."""
        with self._lock:
            return self._session.run(dict(inputs or {}), time)

    def run_async(self, inputs=None, *, time=None):
        """The same as a future; runs wait for each other. With scheduler "sync" it is done."""
        future = RunFuture()
        if self.config.scheduler_type == "sync":
            future.fulfil(self.run, inputs, time=time)
            return future
        with self._lock:
            if self._executor is None:
                self._executor = concurrent.futures.ThreadPoolExecutor(1, "parley-run")
            self._executor.submit(future.fulfil, self.run, inputs, time=time)
        return future

    @property
    def unreached(self):
        """The operators that the last run did not reach, and the name that each waited for."""
        return self._session.unreached

    # --- as a stream

    def start(self):
        """Opens it for push and poll."""
        with self._lock:
            self._polled.clear()
            self._session.start()
            self._streaming = True
        return self

    def push(self, inputs, value=None, *, time=None):
        """`push({"mic": block})` or `push("mic", block)`. Raises QueueFull when there is no room.

        time: seconds on the stream; without it audio is counted by its samples.
        """
        inputs = {inputs: value} if isinstance(inputs, str) else dict(inputs)
        self._session.push(inputs, time)

    def poll(self, name=None, timeout=0.0):
        """The outputs of the next activation that has any, as a dict; None when there is none.

        With a name: the next value of that name. timeout: seconds to wait.
        """
        if name is None:
            return self._polled.popleft() if self._polled else self._session.poll(timeout)
        for outputs in self._polled:
            if name in outputs:
                return outputs.pop(name)
        while (outputs := self._session.poll(timeout)) is not None:
            if name in outputs:
                value = outputs.pop(name)
                if outputs:
                    self._polled.append(outputs)
                return value
            self._polled.append(outputs)
        return None

    def stop(self, drain=True):
        """Ends it: after everything that was pushed has run, or at once. poll gives what is left.

        A pipeline with a source of its own (a microphone) never comes to rest: it ends at once.
        """
        with self._lock:
            if not self._session.is_open or not self._streaming:
                return
            if drain and not self._has_sources():
                self._session.drain()
            self._close()

    def take_errors(self):
        """What error policies reported since the last call: ErrorEvents."""
        return self._session.take_errors()

    def close(self):
        """Ends it at once, and lets go of its threads."""
        with self._lock:
            self._close()
        if self._executor is not None:
            self._executor.shutdown()
            self._executor = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *unused):
        self.stop()
        self.close()

    def _close(self):
        self._streaming = False
        self._session.close()

    def _has_sources(self):
        return self._session.has_sources

    def _refuse_while_open(self, what):
        if self._streaming:
            raise GraphError(f"stop() the pipeline to {what}")

    def _unique(self, name):
        if not name or any(letter in name for letter in ".<>\n"):
            raise GraphError(f"{name!r} is no name for an operator: not empty, without . < >")
        taken = set(self._session.ids())
        unique, number = name, 1
        while unique in taken:
            number += 1
            unique = f"{name}_{number}"
        return unique


@atexit.register
def _close_all():
    for pipeline in list(_open_pipelines):
        pipeline.close()
