# SPDX-License-Identifier: Apache-2.0
"""What pipelines raise, and what error handlers are given."""

from dataclasses import dataclass


class EngineError(RuntimeError):
    """The engine, or an operator of the box, could not do what it was asked to."""


class GraphError(EngineError, ValueError):
    """The pipeline cannot run: a cycle, a name that nobody gives, an option out of range."""


class NotFound(EngineError, LookupError):
    """There is no operator, input or output of that name; the message has those that there are."""


class QueueFull(EngineError):
    """A push found no room: the pipeline is slower than what feeds it."""


@dataclass(frozen=True)
class OperatorError:
    """One failure, as `set_error_handler(handler)` gets it.

    A handler that returns None, or "skip", lets the activation go on without the operator;
    "restart" closes and opens it again; "fail" ends the pipeline. What a handler raises is raised
    by `run`.
    """

    operator: str
    exception: BaseException
    message: str
