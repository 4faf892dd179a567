"""The template as the parent sees it: it forks workers, and tells how they end (app/bounce_verdict/web/template.py)."""

import asyncio
import contextlib
import logging
import os
import pickle
import socket
import sys
from collections.abc import Coroutine
from typing import Any

from bounce_verdict.server.state import State
from bounce_verdict.settings import Settings
from bounce_verdict.snapshot.control import LONGEST, Born, Start, template_says

READY_SECONDS = 60
LOST = 255  # stands for an exit code that nobody could tell
_LOOK = 0.1

log = logging.getLogger("bounces.supervisor")


class TemplateLost(Exception):
    """There is no template, or it could not fork."""


class Template:
    """One process, started when it is first asked for a worker and again where it was lost. Its workers outlive it."""

    def __init__(self, settings: Settings, listening: int, state: State) -> None:
        self._settings = settings
        self._listening = listening
        self._environment = state.environment
        self._lock = asyncio.Lock()
        self._ending = False
        self._process: asyncio.subprocess.Process | None = None
        self._requests: socket.socket | None = None
        self._born: asyncio.Future[int] | None = None
        self._ends: dict[int, asyncio.Future[int]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def warm_up(self) -> None:
        """Start it, where it does not run, so that the first worker comes sooner."""
        async with self._lock:
            if self._requests is None:
                await self._start()

    async def fork(self, control: int, snapshot: int) -> tuple[int, asyncio.Future[int]]:
        """A new worker's process id, and its exit code to be. Both descriptors stay the caller's. Raises TemplateLost."""
        async with self._lock:
            if self._requests is None:
                await self._start()
            born = self._born = asyncio.get_running_loop().create_future()
            assert self._requests is not None  # noqa: S101  # for the type checker
            try:
                async with asyncio.timeout(READY_SECONDS):
                    socket.send_fds(self._requests, [b"\0"], [control, snapshot])
                    pid = await born
            except (OSError, TimeoutError):
                self.kill()
                raise TemplateLost("the template of the workers does not answer") from None
            finally:
                self._born = None
            if pid < 0:
                raise TemplateLost("no more processes can be started")
            return pid, self._ends[pid]

    def kill(self) -> None:
        """End it at once; its workers live on."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def end(self) -> None:
        """End it, and wait for its end."""
        self._ending = True
        self.kill()
        if self._process is not None:
            await self._process.wait()

    async def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            process = self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bounce_verdict.server.start", "template",
                stdin=asyncio.subprocess.PIPE, pass_fds=(theirs.fileno(), self._listening), start_new_session=True,
                env={**os.environ, **self._environment},
            )  # fmt: skip
            told = process.stdin
            assert told is not None  # noqa: S101  # for the type checker: started with a pipe
            told.write(pickle.dumps(Start(self._settings, theirs.fileno(), self._listening, -1)))
            told.close()
        self._requests = ours.dup()
        self._do(self._hear(ours, process))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _hear(self, ours: socket.socket, process: asyncio.subprocess.Process) -> None:
        """Take what it says until it is gone."""
        reader, writer = await asyncio.open_connection(sock=ours, limit=LONGEST)
        with contextlib.suppress(OSError):
            while line := await reader.readline():
                self._take(line)
        if self._requests is not None:
            self._requests.close()
            self._requests = None
        writer.close()
        if self._born is not None and not self._born.done():
            self._born.set_exception(ConnectionError())
        orphans, self._ends = self._ends, {}
        for pid, end in orphans.items():
            self._do(_watch(pid, end))
        await process.wait()
        if not self._ending:
            told = told_exit(process.returncode or 0)
            log.warning("the template of the workers ended with %s; the next worker starts another", told)

    def _take(self, line: bytes) -> None:
        told = template_says(line)
        if not isinstance(told, Born):
            self._ends.pop(told.pid).set_result(told.code)
            return
        if told.pid > 0:
            self._ends[told.pid] = asyncio.get_running_loop().create_future()
        if self._born is not None and not self._born.done():
            self._born.set_result(told.pid)


async def _watch(pid: int, end: asyncio.Future[int]) -> None:
    """Look for the end of a worker whose template is gone, and which therefore nobody tells of."""
    while (code := _exit_code(pid)) is None:  # noqa: ASYNC110  # the kernel tells of nobody's child
        await asyncio.sleep(_LOOK)
    end.set_result(code)


def _exit_code(pid: int) -> int | None:
    """None while it lives. Where this process is the first of a container, the worker has become its child."""
    try:
        found, status = os.waitpid(pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if found else None
    except ChildProcessError:
        return None if _lives(pid) else LOST


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:  # there is none, or the number is another user's process by now
        return False
    return True


def told_exit(code: int) -> str:
    """An exit code in words; negative is a signal's number."""
    return f"exit code {code}" if code >= 0 else f"signal {-code}"
