"""One worker as its parent sees it: a process, a line to it, whether it is ready, and its end."""

import asyncio
import os
import pickle
import socket
import sys
from collections.abc import Callable, Mapping

import msgspec

from app.control import LONGEST, Failed, Left, Ready, ReloadAsked, Start, ToWorker, encode_line, parent_hears
from app.errors import SettingsError
from app.model import value
from app.settings import Settings

READY_SECONDS = 60


class WorkerLost(Exception):
    """A worker ended, or did not become ready in time."""


class Worker:
    """A worker. `left` is set when it takes no more connections, `ended` when its process is gone; `heard` is the event loop's time of its last word."""

    def __init__(self, process: asyncio.subprocess.Process, ours: socket.socket, asked: "Asked") -> None:
        loop = asyncio.get_running_loop()
        self.pid = process.pid
        self.began = self.heard = loop.time()
        self.ended = asyncio.Event()
        self.left = asyncio.Event()
        self._process = process
        self._asked = asked
        self._ready: asyncio.Future[None] = loop.create_future()
        self._writer: asyncio.StreamWriter | None = None
        self._hearing = asyncio.create_task(self._hear(ours))

    @property
    def code(self) -> int:
        """The exit code, negative for a signal; 0 while it lives."""
        return self._process.returncode or 0

    def tell(self, message: ToWorker) -> None:
        """Send a message; one to a worker that is gone is lost."""
        if self._writer is not None and not self.ended.is_set():
            self._writer.write(encode_line(message))

    def kill(self) -> None:
        """End it at once."""
        if self._process.returncode is None:
            self._process.kill()

    async def hand_over(self, start: Start) -> None:
        """Give it what it starts with, and wait until it answers. Raises WorkerLost, and SettingsError where a setting is wrong."""
        told = self._process.stdin
        assert told is not None  # noqa: S101  # for the type checker: started with a pipe
        try:
            told.write(pickle.dumps(start))
            told.close()
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
        await self._process.wait()
        self._writer.close()
        self.left.set()
        self.ended.set()
        if not self._ready.done():
            self._ready.set_exception(WorkerLost(f"worker {self.pid} ended with {told_exit(self.code)} before it was ready"))

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


@value
class Ground:
    """What all workers stand on: the descriptor of the socket that listens, and what their environment has beside the parent's."""

    listening: int
    environment: Mapping[str, str]


async def start_worker(settings: Settings, ground: Ground, snapshot: int, asked: Asked) -> Worker:
    """A worker that answers. Raises WorkerLost where none became ready, SettingsError where a setting keeps it from that."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app.start", "worker",
            stdin=asyncio.subprocess.PIPE, pass_fds=(theirs.fileno(), ground.listening, snapshot), start_new_session=True,
            env={**os.environ, **ground.environment},
        )  # fmt: skip
        worker = Worker(process, ours, asked)
        start = Start(settings, theirs.fileno(), ground.listening, snapshot)
    await worker.hand_over(start)
    return worker


def told_exit(code: int) -> str:
    """An exit code in words; negative is a signal's number."""
    return f"exit code {code}" if code >= 0 else f"signal {-code}"
