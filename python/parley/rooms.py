# SPDX-License-Identifier: Apache-2.0
"""Agents of your own in the rooms of a LiveKit server (docs/rooms/own-agents.md).

    from parley import rooms

    def entrypoint(job):
        agent = job.join("assistant", greeting="Hello!")
        for event in agent:
            if isinstance(event, rooms.Transcript) and event.final:
                print(f"{event.name}: {event.text}")

    rooms.run_worker(entrypoint, url="ws://127.0.0.1:7880", key="devkey", secret="secret")

The worker is the program `parley`, a process of its own that this one starts and talks to: sound
never comes here, and what happens here late makes nobody stutter. If this process ends, so do its
jobs; if that one does, `run_worker` raises WorkerError.
"""

import asyncio
import inspect
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from .rooms_events import (
    AgentLeft,
    CommandRefused,
    EndComes,
    Event,
    ParticipantCame,
    ParticipantWent,
    RoomError,
    StateChanged,
    Transcript,
    Translation,
    WorkerError,
)
from .rooms_job import Agent, AsyncAgent, AsyncJob, Job, JobCore

__all__ = [
    "Agent", "AgentLeft", "AsyncAgent", "AsyncJob", "CommandRefused", "EndComes", "Event", "Job",
    "ParticipantCame", "ParticipantWent", "RoomError", "StateChanged", "Transcript", "Translation",
    "Worker", "WorkerError", "run_worker",
]  # fmt: skip

PROTOCOL = 1  # of the lines between the two processes
LINE_BYTES_MAX = 1 << 20  # of one that the worker sends
JOBS_SECONDS = 5.0  # for entry points to return when the worker has ended

log = logging.getLogger("parley.rooms")


class Worker:
    """The process that is a worker of LiveKit, and the threads on which its jobs run here.

    A context manager: `with Worker(entrypoint, …) as worker: worker.wait()`. Threads: `drain` any;
    the rest one owner.
    """

    def __init__(
        self,
        entrypoint: Callable[[Any], Any],
        *,
        prewarm: Callable[[], Any] | None = None,
        url: str | None = None,
        key: str | None = None,
        secret: str | None = None,
        agent_name: str | None = None,
        config: str | os.PathLike[str] | None = None,
        settings: Mapping[str, Any] | None = None,
        program: str | os.PathLike[str] | None = None,
    ) -> None:
        """entrypoint: called with a Job once for each job, on a thread of its own; a coroutine
        function is called with an AsyncJob, in a loop of its own. prewarm: called once, before the
        worker registers; what it raises, `start` raises.

        url, key, secret, agent_name: the LiveKit server's, and the name by which agents are sent
        for (`rooms.*`). config: a parley.yaml. settings: further ones, {"asr.model": …}; they show
        in the list of processes, so secrets belong into `config` or the environment. program: the
        executable; else $PARLEY_PROGRAM, or `parley` in the PATH.
        """
        self._entrypoint = entrypoint
        self._prewarm = prewarm
        self._program = program_of(program)
        self._arguments = arguments_of(url, key, agent_name, config, settings)
        self._secret = secret
        self._is_draining = False
        self._send_lock = threading.Lock()
        self._jobs_lock = threading.Lock()
        self._jobs: dict[str, JobCore] = {}
        self._threads: set[threading.Thread] = set()
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None

    def start(self) -> None:
        """Starts the process, prewarms, and lets it register. Raises WorkerError where there is no
        such program, and what prewarm raises."""
        self._socket, theirs = socket.socketpair()
        environment = dict(os.environ)
        environment.pop("PARLEY_PROGRAM", None)  # ours, and no setting
        if self._secret is not None:
            environment["PARLEY_ROOMS_SECRET"] = self._secret
        command = [self._program, "worker", *self._arguments, "--entry-fd", str(theirs.fileno())]
        try:
            # In a session of its own: Ctrl-C is for us, and we let it drain.
            self._process = subprocess.Popen(
                command, env=environment, pass_fds=[theirs.fileno()], start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=2,
            )  # fmt: skip
        except OSError as error:
            self._socket.close()
            raise WorkerError(f"{self._program} could not be started: {error}") from error
        finally:
            theirs.close()
        self._reader = threading.Thread(target=self._read, name="parley-rooms", daemon=True)
        self._reader.start()
        try:
            if self._prewarm is not None:
                run_function(self._prewarm)
        except BaseException as error:
            self._stop_after(error)
            raise
        self._send({"type": "ready"}, is_needed=False)

    def drain(self) -> None:
        """No more jobs; agents finish what they say and leave, then `wait` returns. A second call
        ends the worker at once."""
        if self._process is not None and self._process.poll() is None:
            self._is_draining = True
            self._process.terminate()

    def wait(self, timeout: float | None = None) -> None:
        """Until the worker has ended, at most `timeout` seconds (TimeoutError). Raises WorkerError
        if it ended by itself."""
        assert self._process is not None, "start() comes first"
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired as late:
            raise TimeoutError(f"the worker still runs after {timeout} s") from late
        self._finish()
        was_stopped = self._is_draining and status == -signal.SIGTERM  # before it had begun
        if status != 0 and not was_stopped:
            raise WorkerError(f"the worker has ended with status {status}; its log says why")

    def close(self) -> None:
        """Drains, and waits. Raises as `wait`."""
        if self._process is not None:
            self.drain()
            self.wait()

    def __enter__(self) -> "Worker":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if error is None:
            return self.close()
        self._stop_after(error)

    # --- the process

    def _stop_after(self, error: BaseException) -> None:
        """It has had no jobs, or whoever wanted them is gone."""
        assert self._process is not None
        self._send({"type": "failed", "error": f"{type(error).__name__}: {error}"}, is_needed=False)
        self.drain()
        try:
            self._process.wait(JOBS_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._finish()

    def _finish(self) -> None:
        assert self._reader is not None and self._socket is not None
        self._reader.join()
        for thread in list(self._threads):
            thread.join(JOBS_SECONDS)
            if thread.is_alive():
                log.warning("the entry point of %s has not returned; it is left", thread.name)
        self._socket.close()

    def _send(self, message: dict[str, Any], is_needed: bool = True) -> None:
        assert self._socket is not None
        line = json.dumps(message).encode() + b"\n"
        try:
            with self._send_lock:
                self._socket.sendall(line)
        except OSError as error:
            if is_needed:
                raise RoomError("the worker has gone") from error

    def _read(self) -> None:
        """The reader's thread: lines, until the process has gone."""
        assert self._socket is not None
        why = "the worker has gone"
        try:
            with self._socket.makefile("rb") as lines:
                while line := lines.readline(LINE_BYTES_MAX):
                    self._take(line)
        except OSError as error:
            why = f"the worker has gone: {error}"
        except (KeyError, TypeError, ValueError) as error:
            why = f"the worker sent a line that cannot be read: {error!r}"
            log.error("%s", why)
            self._socket.shutdown(socket.SHUT_RDWR)  # it ends, then, and says so
        with self._jobs_lock:
            cores = list(self._jobs.values())
        for core in cores:
            core.worker_has_gone(why)

    def _take(self, line: bytes) -> None:
        message = json.loads(line)
        kind = message["type"]
        if kind == "hello":
            if message["protocol"] != PROTOCOL:
                raise ValueError(f"protocol {message['protocol']}, expected {PROTOCOL}")
        elif kind == "job":
            self._begin(JobCore(message, self._send))
        else:
            with self._jobs_lock:
                core = self._jobs.get(message["job"])
            if core is not None:
                core.take(message)

    # --- jobs

    def _begin(self, core: JobCore) -> None:
        name = f"job {core.id} in room {core.facts['room']}"
        thread = threading.Thread(target=self._run, args=[core], name=name, daemon=True)
        with self._jobs_lock:
            self._jobs[core.id] = core
            self._threads.add(thread)
        thread.start()

    def _run(self, core: JobCore) -> None:
        """The thread of one job; what it raises ends that job, and nothing else."""
        error = None
        try:
            is_async = inspect.iscoroutinefunction(self._entrypoint)
            run_function(self._entrypoint, AsyncJob(core) if is_async else Job(core))
        except BaseException as raised:  # also SystemExit: it is this job's only
            error = f"{type(raised).__name__}: {raised}"
            log.exception("the entry point of %s has failed", threading.current_thread().name)
        with self._jobs_lock:
            self._jobs.pop(core.id, None)
            self._threads.discard(threading.current_thread())
        self._send({"type": "done", "job": core.id, "error": error}, is_needed=False)


def run_worker(entrypoint: Callable[[Any], Any], **options: Any) -> None:
    """Does jobs until SIGTERM, SIGINT or Ctrl-C; then agents finish what they say and leave.

    `options` are those of Worker. Raises what prewarm raises, and WorkerError if the worker ends by
    itself. Threads: main, or else signals do what they did before.
    """
    with Worker(entrypoint, **options) as worker, Signals(worker):
        worker.wait()


class Signals:
    """While it is open, SIGTERM and SIGINT drain; a second one ends the worker at once."""

    KINDS = (signal.SIGTERM, signal.SIGINT)

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._before: dict[int, Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._before = {kind: signal.signal(kind, self._drain) for kind in self.KINDS}

    def __exit__(self, *_: object) -> None:
        for kind, handler in self._before.items():
            signal.signal(kind, handler)

    def _drain(self, number: int, frame: FrameType | None) -> None:
        self._worker.drain()


def run_function(function: Callable[..., Any], *arguments: Any) -> None:
    """Also one that is a coroutine function, in a loop of its own."""
    if inspect.iscoroutinefunction(function):
        asyncio.run(function(*arguments))
    else:
        function(*arguments)


def program_of(program: str | os.PathLike[str] | None) -> str:
    named = program or os.environ.get("PARLEY_PROGRAM")
    if named:
        return str(named)
    found = shutil.which("parley")
    if found is None:
        raise WorkerError(
            "there is no program 'parley' in the PATH: name it with program=…, or in PARLEY_PROGRAM"
        )
    return found


def arguments_of(
    url: str | None, key: str | None, agent_name: str | None,
    config: str | os.PathLike[str] | None, settings: Mapping[str, Any] | None,
) -> list[str]:  # fmt: skip
    named = {"--url": url, "--livekit-key": key, "--agent-name": agent_name, "--config": config}
    arguments: list[str] = []
    for flag, value in named.items():
        if value is not None:
            arguments += [flag, str(Path(value)) if flag == "--config" else str(value)]
    for name, value in (settings or {}).items():
        text = value if isinstance(value, str) else json.dumps(value)
        arguments += ["--set", f"{name}={text}"]
    return arguments
