"""One worker as its parent sees it: a process, a line to it, whether it is ready, and its end."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable

import msgspec

from bounce_verdict.errors import SettingsError
from bounce_verdict.server.template import Template, TemplateLost, told_exit
from bounce_verdict.snapshot.control import LONGEST, Failed, Left, Ready, ReloadAsked, ToWorker, encode_line, parent_hears

READY_SECONDS = 60


class WorkerLost(Exception):
    """A worker ended, or did not become ready in time. killed: by SIGKILL, which says nothing of what it was started with."""

    def __init__(self, message: str, *, killed: bool = False) -> None:
        super().__init__(message)
        self.killed = killed


class Worker:
    """A worker. `left` is set when it takes no more connections, `ended` when its process is gone; `heard` is the event loop's time of its last word."""

    def __init__(self, pid: int, end: asyncio.Future[int], ours: socket.socket, asked: "Asked") -> None:
        loop = asyncio.get_running_loop()
        self.pid = pid
        self.code = 0  # the exit code, negative for a signal; 0 while it lives
        self.began = self.heard = loop.time()
        self.ended = asyncio.Event()
        self.left = asyncio.Event()
        self._end = end
        self._asked = asked
        self._ready: asyncio.Future[None] = loop.create_future()
        self._writer: asyncio.StreamWriter | None = None
        self._hearing = asyncio.create_task(self._hear(ours))

    def tell(self, message: ToWorker) -> None:
        """Send a message; one to a worker that is gone is lost."""
        if self._writer is not None and not self.ended.is_set():
            self._writer.write(encode_line(message))

    def kill(self) -> None:
        """End it at once."""
        if not self._end.done():
            with contextlib.suppress(ProcessLookupError):  # its template is about to tell of its end
                os.kill(self.pid, signal.SIGKILL)

    async def become_ready(self) -> None:
        """Wait until it answers. Raises WorkerLost, and SettingsError where a setting is wrong."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._ready
        except TimeoutError:
            self.kill()
            raise WorkerLost(f"worker {self.pid} did not become ready within {READY_SECONDS} s") from None
        except BaseException:
            self.kill()
            raise

    async def _hear(self, ours: socket.socket) -> None:
        """Take its messages until it is gone."""
        reader, self._writer = await asyncio.open_connection(sock=ours, limit=LONGEST)
        try:
            while line := await reader.readline():
                self._take(line)
        except (OSError, ValueError, msgspec.MsgspecError):
            self.kill()  # what it says makes no sense any more
        self.code = await self._end
        self._writer.close()
        self.left.set()
        self.ended.set()
        if not self._ready.done():
            told = f"worker {self.pid} ended with {told_exit(self.code)} before it was ready"
            self._ready.set_exception(WorkerLost(told, killed=self.code == -signal.SIGKILL))

    def _take(self, line: bytes) -> None:
        self.heard = asyncio.get_running_loop().time()
        match parent_hears(line):
            case Ready():
                if not self._ready.done():
                    self._ready.set_result(None)
            case Failed(message):
                if not self._ready.done():
                    self._ready.set_exception(SettingsError(message))
            case Left():
                self.left.set()
            case ReloadAsked(number):
                self._asked(self, number)
            case _:
                pass  # it lives


Asked = Callable[[Worker, int], None]


async def start_worker(template: Template, snapshot: int, asked: Asked) -> Worker:
    """A worker that answers. Raises WorkerLost where none became ready, SettingsError where a setting keeps it from that."""
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            pid, end = await template.fork(theirs.fileno(), snapshot)
        except TemplateLost as error:
            ours.close()
            raise WorkerLost(str(error)) from None
    worker = Worker(pid, end, ours, asked)
    await worker.become_ready()
    return worker
