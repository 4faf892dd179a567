"""A client that costs little: uvloop, requests as ready bytes, several connections kept alive. Any status but 200 is an error."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, TypeVar

import httptools
import uvloop

HOST = "127.0.0.1"
OK = 200
_PIECE = 65_536
_MAX_SECONDS = 120  # for all that one call sends

T = TypeVar("T")


def ask_all(port: int, requests: Sequence[bytes], connections: int) -> int:
    """Send every request, each connection its next as soon as it has its answer; how many there were."""
    _run(_ask_all(port, requests, connections))
    return len(requests)


def send_together(port: int, *requests: bytes) -> list[bytes]:
    """Send requests at once, each on a connection of its own, and read while they are being sent; the answers' bodies."""
    return _run(_send_all(port, requests))


def pace(port: int, requests: Sequence[bytes], seconds: float, connections: int, beside: bytes = b"") -> tuple[list[float], int]:
    """Send `requests` evenly over so many seconds; what each took, in seconds, from when it was due.

    beside: a request that another connection sends again and again meanwhile; how often it was answered.
    """
    return _run(_pace(port, requests, seconds, connections, beside))


class Connection(asyncio.Protocol):
    """One connection. `wait` gives the next answer's body."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._new: Callable[[], asyncio.Future[bytes]] = loop.create_future
        self._answer = self._new()
        self._body = bytearray()
        self._parser = httptools.HttpResponseParser(self)
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.WriteTransport) -> None:  # type: ignore[override]  # what a socket gives
        """Take the transport."""
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits."""
        if not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        """Parse."""
        self._parser.feed_data(data)

    def on_body(self, data: bytes) -> None:
        """Keep the body."""
        self._body += data

    def on_message_complete(self) -> None:
        """Hand the answer over."""
        body, self._body = bytes(self._body), bytearray()
        status = self._parser.get_status_code()
        if status == OK:
            self._answer.set_result(body)
        else:
            self._answer.set_exception(RuntimeError(f"status {status}: {body[:200]!r}"))

    def pause_writing(self) -> None:
        """The server reads more slowly than we write."""
        self._flowing.clear()

    def resume_writing(self) -> None:
        """It has caught up."""
        self._flowing.set()

    async def ask(self, request: bytes) -> bytes:
        """The answer to one request."""
        assert self.transport is not None  # noqa: S101  # for the type checker
        self.transport.write(request)
        return await self.answer()

    async def send(self, data: bytes) -> None:
        """Write in pieces, as fast as they are taken."""
        assert self.transport is not None  # noqa: S101  # for the type checker
        for at in range(0, len(data), _PIECE):
            self.transport.write(data[at : at + _PIECE])
            await self._flowing.wait()

    async def answer(self) -> bytes:
        """The body of the answer under way."""
        body: bytes = await self._answer
        self._answer = self._new()
        return body

    def close(self) -> None:
        """Drop it."""
        if self.transport is not None:
            self.transport.abort()
        self._answer.cancel()


async def _connect(port: int) -> Connection:
    _, connection = await asyncio.get_running_loop().create_connection(Connection, HOST, port)
    return connection


async def _ask_all(port: int, requests: Sequence[bytes], connections: int) -> None:
    left = iter(requests)
    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(_ask_on(port, left))


async def _ask_on(port: int, left: Iterator[bytes]) -> None:
    connection = await _connect(port)
    for request in left:
        await connection.ask(request)
    connection.close()


async def _send_all(port: int, requests: Sequence[bytes]) -> list[bytes]:
    async with asyncio.TaskGroup() as group:
        answers = [group.create_task(_send(port, request)) for request in requests]
    return [answer.result() for answer in answers]


async def _send(port: int, request: bytes) -> bytes:
    connection = await _connect(port)
    async with asyncio.TaskGroup() as group:
        group.create_task(connection.send(request))
        answer = group.create_task(connection.answer())
    connection.close()
    return answer.result()


async def _pace(port: int, requests: Sequence[bytes], seconds: float, connections: int, beside: bytes) -> tuple[list[float], int]:
    times: list[float] = []
    gap = seconds * connections / len(requests)
    done = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        other = group.create_task(_again_and_again(port, beside, done))
        asking = [
            group.create_task(_ask_evenly(port, requests[n::connections], n * gap / connections, gap, times))
            for n in range(connections)
        ]
        await asyncio.wait(asking)
        done.set()
    return times, other.result()


async def _ask_evenly(port: int, requests: Sequence[bytes], delay: float, gap: float, times: list[float]) -> None:
    connection = await _connect(port)
    due = time.perf_counter() + delay
    for request in requests:
        early = due - time.perf_counter()
        if early > 0:
            await asyncio.sleep(early)
        began = time.perf_counter() if early > 0 else due
        await connection.ask(request)
        times.append(time.perf_counter() - began)
        due += gap
    connection.close()


async def _again_and_again(port: int, request: bytes, done: asyncio.Event) -> int:
    count = 0
    if request:
        connection = await _connect(port)
        while not done.is_set():
            await connection.send(request)
            await connection.answer()
            count += 1
        connection.close()
    return count


def _run(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(asyncio.wait_for(work, _MAX_SECONDS))
