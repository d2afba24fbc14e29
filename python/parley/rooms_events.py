# SPDX-License-Identifier: Apache-2.0
"""What an agent in a room tells the program that sent it there, and what goes wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class RoomError(RuntimeError):
    """An agent cannot join or stay, or is commanded when it is not in its room."""


class WorkerError(RoomError):
    """The worker could not be started, or has ended by itself; its log says why."""


@dataclass(frozen=True)
class Transcript:
    """What somebody said. A later one of the same segment replaces it; the last is final.

    `begin_s` and `end_s` are seconds on the speaker's track (0 for the agent's own words, which
    come as they are heard).
    """

    identity: str
    name: str
    text: str
    final: bool
    own: bool  # the agent's own words
    segment: str
    language: str  # ISO 639-1; empty: not known
    begin_s: float
    end_s: float


@dataclass(frozen=True)
class Translation:
    """What was said, in the language `to` (ISO 639-1); `segment` is that of its Transcript."""

    identity: str
    name: str
    text: str
    to: str
    segment: str


@dataclass(frozen=True)
class ParticipantCame:
    """Also told of those who were there before the agent. `kind`: standard, sip, agent, ingress,
    egress or other."""

    identity: str
    name: str  # may be empty
    kind: str
    metadata: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ParticipantWent:
    identity: str


@dataclass(frozen=True)
class StateChanged:
    """`state`: listening, thinking or speaking."""

    state: str


@dataclass(frozen=True)
class CommandRefused:
    """What the agent was told and cannot do: a transcriber does not speak."""

    command: str
    why: str


@dataclass(frozen=True)
class EndComes:
    """The job will be over soon. `why`: "drains" (the worker ends), "terminated" (LiveKit wants
    it)."""

    why: str


@dataclass(frozen=True)
class AgentLeft:
    """The last event of an agent; `error`: why it could not stay."""

    error: str | None


Event = (
    Transcript | Translation | ParticipantCame | ParticipantWent | StateChanged | CommandRefused
    | EndComes | AgentLeft
)  # fmt: skip


def event_of(message: Mapping[str, Any]) -> Event | None:
    """The event of a line of the worker; None for one that only later versions know.

    Raises KeyError, TypeError or ValueError for one that is not whole.
    """
    kind = message["type"]
    if kind == "said":
        return Transcript(
            message["identity"], message["name"], message["text"], bool(message["final"]),
            bool(message["own"]), message["segment"], message["language"],
            message["begin_ms"] / 1000, message["end_ms"] / 1000,
        )  # fmt: skip
    if kind == "translated":
        return Translation(
            message["identity"], message["name"], message["text"], message["to"], message["segment"]
        )
    if kind == "came":
        return ParticipantCame(
            message["identity"], message["name"], message["kind"], message["metadata"],
            dict(message["attributes"]),
        )  # fmt: skip
    if kind == "went":
        return ParticipantWent(message["identity"])
    if kind == "state":
        return StateChanged(message["state"])
    if kind == "refused":
        return CommandRefused(message["command"], message["why"])
    if kind == "ends":
        return EndComes(message["why"])
    if kind == "left":
        return AgentLeft(message["error"])
    return None
