# SPDX-License-Identifier: Apache-2.0
"""One job: what came of its room waits here until its entry point takes it.

JobCore is between two threads, the worker's reader and that of the entry point; Job and Agent are
its face for programs that wait, AsyncJob and AsyncAgent for those that await.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

from .rooms_events import AgentLeft, CommandRefused, EndComes, Event, RoomError, event_of

EVENTS_MAX = 1024  # that wait for an entry point; of more the oldest are lost


class JobCore:
    """Threads: any. `send(message)` writes a line to the worker; it raises RoomError when that has
    gone."""

    def __init__(self, facts: Mapping[str, Any], send: Callable[[dict[str, Any]], None]) -> None:
        self.facts = facts
        self.id: str = facts["job"]
        self.identity = ""
        self.lost = 0  # events that nobody took in time
        self.is_ending = False
        self._send = send
        self._changed = threading.Condition()
        self._awaited: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._events: deque[Event] = deque()
        self._phase = "none"  # joining, in, left
        self._was_in = False
        self._error: str | None = None

    # --- the worker's side

    def take(self, message: Mapping[str, Any]) -> None:
        """One line of this job."""
        with self._changed:
            if message["type"] == "entered":
                self._phase, self._was_in, self.identity = "in", True, message["identity"]
            elif (event := event_of(message)) is not None:
                self._take_event(event)
            self._tell()

    def _take_event(self, event: Event) -> None:
        if isinstance(event, CommandRefused) and event.command == "join":
            self._phase, self._error = "left", event.why
            return
        if isinstance(event, EndComes):
            self.is_ending = True
        if isinstance(event, AgentLeft):
            self._phase, self._error = "left", event.error
            if not self._was_in:
                return  # join() says it
        if len(self._events) >= EVENTS_MAX:
            self._events.popleft()
            self.lost += 1
        self._events.append(event)

    def worker_has_gone(self, why: str) -> None:
        with self._changed:
            self.is_ending = True
            if self._phase in ("joining", "in"):
                self._take_event(AgentLeft(why))
            self._tell()

    def _tell(self) -> None:
        self._changed.notify_all()
        for loop, future in self._awaited:
            with contextlib.suppress(RuntimeError):  # that loop is over
                loop.call_soon_threadsafe(lambda one=future: one.done() or one.set_result(None))
        self._awaited.clear()

    # --- the entry point's side

    def begin_join(self, order: dict[str, Any]) -> None:
        with self._changed:
            if self.is_ending:
                raise RoomError("the job is ending: no agent can join any more")
            if self._phase in ("joining", "in"):
                raise RoomError("the job has an agent in the room already")
            self._phase, self._was_in, self._error = "joining", False, None
            self._events.clear()
        self._send({"type": "join", "job": self.id, "order": order})

    def has_joined(self) -> bool:
        """Whether that is known; raises RoomError where no agent got in."""
        if self._phase == "joining":
            return False
        if not self._was_in:
            raise RoomError(self._error or "the agent left before it was in the room")
        return True

    def command(self, kind: str, **fields: str) -> None:
        with self._changed:
            if self._phase != "in":
                raise RoomError("the agent is not in the room")
        self._send({"type": kind, "job": self.id, **fields})

    def has_news(self) -> bool:
        return bool(self._events) or self._phase == "left"

    def pop(self) -> Event | None:
        with self._changed:
            return self._events.popleft() if self._events else None

    def has_left(self) -> bool:
        self._events.clear()  # nobody looks at them
        return self._phase == "left"

    def raise_error(self) -> None:
        if self._error is not None:
            raise RoomError(self._error)

    def wait(self, condition: Callable[[], bool], timeout: float | None) -> None:
        with self._changed:
            if not self._changed.wait_for(condition, timeout):
                raise TimeoutError(f"nothing happened in job {self.id} within {timeout} s")

    async def wait_async(self, condition: Callable[[], bool]) -> None:
        loop = asyncio.get_running_loop()
        while True:
            with self._changed:
                if condition():
                    return
                future = loop.create_future()
                self._awaited.append((loop, future))
            await future


def order_of(agent: str | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """The order of a join; what is None is left out."""
    order = {"agent": agent, **options}
    return {name: value for name, value in order.items() if value is not None}


class _Facts:
    """What LiveKit says of the job."""

    def __init__(self, core: JobCore) -> None:
        self._core = core
        facts = core.facts
        self.id: str = core.id
        self.kind: str = facts["kind"]  # room, publisher or participant
        self.room: str = facts["room"]
        self.room_sid: str = facts["room_sid"]
        self.participant: str = facts["participant"]  # identity of whom it is for; may be empty
        self.metadata: str = facts["metadata"]
        self.attributes: dict[str, str] = dict(facts["attributes"])
        self.agent_name: str = facts["agent_name"]
        self.dispatch: str = facts["dispatch"]

    @property
    def is_ending(self) -> bool:
        """The job will be over soon: the worker drains, or LiveKit wants its end."""
        return self._core.is_ending


class _Commands:
    """What an agent can be told. All return at once, and raise RoomError when it is not in the
    room; what it cannot do comes back as CommandRefused."""

    def __init__(self, core: JobCore) -> None:
        self._core = core

    @property
    def identity(self) -> str:
        """The agent's own, in the room."""
        return self._core.identity

    @property
    def lost(self) -> int:
        """Events that nobody took in time."""
        return self._core.lost

    def say(self, text: str) -> None:
        """Exactly this, as soon as nobody else speaks; it takes the place of what is being said."""
        self._core.command("say", text=text)

    def interrupt(self) -> None:
        """What it is saying, or about to say, ends here."""
        self._core.command("interrupt")

    def set_instructions(self, instructions: str) -> None:
        """From its next reply on."""
        self._core.command("set_instructions", instructions=instructions)

    def leave(self) -> None:
        """When it has finished what it says; AgentLeft follows."""
        self._core.command("leave")


class Agent(_Commands):
    """An agent in the room of a job; iterating gives its events, the last is AgentLeft."""

    def next(self, timeout: float | None = None) -> Event | None:
        """The next event; None after AgentLeft. `timeout` in seconds; raises TimeoutError."""
        self._core.wait(self._core.has_news, timeout)
        return self._core.pop()

    def __iter__(self) -> Iterator[Event]:
        while (event := self.next()) is not None:
            yield event

    def wait(self, timeout: float | None = None) -> None:
        """Until it has left, whatever happens before. Raises RoomError if it could not stay, and
        TimeoutError after `timeout` seconds."""
        self._core.wait(self._core.has_left, timeout)
        self._core.raise_error()


class Job(_Facts):
    """What an entry point is called with, on a thread of its own."""

    def join(
        self, agent: str | None = None, *, language: str | None = None, to: str | None = None,
        speak: bool | None = None, instructions: str | None = None, name: str | None = None,
        voice: str | None = None, greeting: str | None = None, webhook: str | None = None,
    ) -> Agent:  # fmt: skip
        """Sends an agent into the room, and waits until it is there.

        agent: one in the box, or the path of a graph file (*.yaml); None: the worker's own choice.
        The others adjust it, as a job's metadata would (docs/rooms/agents.md). Raises RoomError
        where the order is wrong, the room lets nobody in, or an agent of the job is there already.
        """
        options = {
            "language": language, "to": to, "speak": speak, "instructions": instructions,
            "name": name, "voice": voice, "greeting": greeting, "webhook": webhook,
        }  # fmt: skip
        self._core.begin_join(order_of(agent, options))
        self._core.wait(self._core.has_joined, None)
        return Agent(self._core)


class AsyncAgent(_Commands):
    """Agent for coroutines; `async for` gives its events. Commands return at once here, too."""

    async def next(self) -> Event | None:
        """The next event; None after AgentLeft."""
        await self._core.wait_async(self._core.has_news)
        return self._core.pop()

    async def __aiter__(self) -> AsyncIterator[Event]:
        while (event := await self.next()) is not None:
            yield event

    async def wait(self) -> None:
        """Until it has left. Raises RoomError if it could not stay."""
        await self._core.wait_async(self._core.has_left)
        self._core.raise_error()


class AsyncJob(_Facts):
    """What an entry point that is a coroutine function is called with, in a loop of its own."""

    async def join(
        self, agent: str | None = None, *, language: str | None = None, to: str | None = None,
        speak: bool | None = None, instructions: str | None = None, name: str | None = None,
        voice: str | None = None, greeting: str | None = None, webhook: str | None = None,
    ) -> AsyncAgent:  # fmt: skip
        """As Job.join."""
        options = {
            "language": language, "to": to, "speak": speak, "instructions": instructions,
            "name": name, "voice": voice, "greeting": greeting, "webhook": webhook,
        }  # fmt: skip
        self._core.begin_join(order_of(agent, options))
        await self._core.wait_async(self._core.has_joined)
        return AsyncAgent(self._core)
