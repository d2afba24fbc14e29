# SPDX-License-Identifier: Apache-2.0
"""Graph files as pipelines."""

from . import _engine
from .errors import GraphError
from .kinds import BoxOperator
from .pipeline import Pipeline


class FilePipeline(Pipeline):
    """A graph file as a pipeline: its inputs and outputs are the names."""

    def __init__(self, path, settings):
        self._path = str(path)
        self._settings = [f"{name}={_yaml(value)}" for name, value in settings.items()]
        super().__init__()

    def _make_session(self):
        return _engine.FileSession(self._path, self._settings)

    def add_operator(self, operator, name=None, **unused):
        raise GraphError("a graph file is complete; register_operator makes a class a kind for it")

    def update_operator(self, name, operator):
        if not isinstance(operator, BoxOperator):
            raise TypeError("give parley.operator(kind, …)")
        self._session.update(name, operator.spec.kind, operator.spec.options)

    def check(self, inputs=None):
        self._session.check()

    def run(self, inputs=None, *, time=None):
        with self._lock:
            return self._session.run(dict(inputs or {}))

    def push(self, inputs, value=None, *, time=None):
        self._session.push({inputs: value} if isinstance(inputs, str) else dict(inputs))

    def poll(self, name=None, timeout=0.0):
        """The next value of an output; without a name a dict of what is there now, or None."""
        if name is not None:
            return self._session.poll(name, timeout)
        found = {}
        for output in self._session.outputs():
            if (value := self._session.poll(output, 0.0)) is not None:
                found[output] = value
        return found or None

    @property
    def unreached(self):
        return {}

    def _has_sources(self):
        return False


def _yaml(value):
    return str(value).lower() if isinstance(value, bool) else value
