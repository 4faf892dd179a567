"""How a batch's answers reach its client: at once, or by way of the spool while it does not read. One that never reads is noticed."""

import asyncio
from contextlib import suppress
from typing import Protocol

from starlette.types import Receive, Scope, Send

from bounce_verdict.web.batch.spool import Spool

CONNECTION = "bounces.connection"  # the ASGI extension under which our server hands over the Connection

_NO_WAIT = 16_384  # bytes unsent with which a write never waits (asyncio's low-water mark)


class Connection(Protocol):
    """What ASGI does not tell of a connection."""

    def unsent(self) -> int:
        """Bytes written that the client has not taken."""

    def abort(self) -> None:
        """Drop the connection now."""


class Stalled(Exception):
    """The client took nothing of what was written for too long."""


class SpoolFull(Exception):
    """The client took nothing for too long and the spool has no more room; what was sent so far is kept for it.

    is_broken: it is the disk that is full, or broken, and not the spool's limit that is reached.
    """

    def __init__(self, *, is_broken: bool) -> None:
        super().__init__()
        self.is_broken = is_broken


class Sending:
    """The body of a response. patience: seconds in which a client that is waited for must take something."""

    def __init__(self, scope: Scope, send: Send, patience: float, spool: Spool) -> None:
        self.stalled = False  # whether the connection was dropped because its client neither sends nor reads
        self._send_on = send
        self._patience = patience
        self._spool = spool
        self._connection: Connection | None = scope.get("extensions", {}).get(CONNECTION)
        self._drainer: asyncio.Task[None] | None = None
        self._spooled = self._drained = 0  # bytes, ever
        self._is_waited_for = self._is_beyond = False

    async def start(self, headers: list[tuple[bytes, bytes]]) -> None:
        """Send the head."""
        await self._send_on({"type": "http.response.start", "status": 200, "headers": headers})

    async def send(self, data: bytes) -> None:
        """Send `data`, or keep it until the client reads. Raises Stalled where it is not kept, SpoolFull where it is the last that is."""
        if self._drainer is not None and self._drainer.done():
            await self._end_drainer()
        connection = self._connection
        if self._drainer is None and (connection is None or connection.unsent() <= _NO_WAIT):
            await self._write(data)
        elif not await self._keep(data):
            await self._wait(data)

    async def finish(self, data: bytes) -> None:
        """Send the rest, and the end once all was taken. Raises Stalled."""
        if data:
            with suppress(SpoolFull):  # it is the last, and kept
                await self.send(data)
        if self._drainer is not None:
            await self._watch(self._drainer)
            await self._end_drainer()
        await self._write_watched(b"", more=False)

    async def close(self) -> None:
        """Give up what is not sent."""
        if self._drainer is not None:
            self._drainer.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await self._drainer
        self._spool.close()

    async def cut(self, receive: Receive) -> None:
        """Drop the connection; what was written and not taken is lost. Closing it would wait for the client to take it."""
        if self._connection is not None:
            self._connection.abort()
            while (await receive())["type"] != "http.disconnect":
                pass

    async def _keep(self, data: bytes) -> bool:
        """Put `data` into the spool, if there is room."""
        if not await self._spool.put(data, beyond=self._is_beyond):
            return False
        self._spooled += len(data)
        if self._drainer is not None and self._drainer.done():  # it ended while this was being put
            await self._end_drainer()
        if self._drainer is None:
            self._drainer = asyncio.create_task(self._drain())
        return True

    async def _wait(self, data: bytes) -> None:
        """Send `data` when what is kept was taken."""
        if self._drainer is not None:
            try:
                await self._watch(self._drainer)
            except Stalled:
                self._is_beyond = True
                if await self._keep(data):
                    raise SpoolFull(is_broken=self._spool.is_broken) from None
                raise
            await self._end_drainer()
        await self._write_watched(data)

    async def _end_drainer(self) -> None:
        """Begin anew; raises what it raised."""
        drainer, self._drainer = self._drainer, None
        if drainer is not None:
            await drainer

    async def _drain(self) -> None:
        """Send what is kept, as the client takes it."""
        while self._spool.pending:
            data = await self._spool.take()
            sending = asyncio.ensure_future(self._write(data))
            seen = self._seen()
            try:
                while not (await asyncio.wait({sending}, timeout=self._patience))[0]:
                    before, seen = seen, self._seen()
                    if seen == before and not self._is_waited_for and self._connection is not None:
                        self.stalled = True
                        self._connection.abort()
            finally:
                sending.cancel()
            self._drained += len(data)

    async def _watch(self, task: "asyncio.Task[None]") -> None:
        """Wait for `task`, however slowly the client reads. Raises Stalled where it takes nothing."""
        self._is_waited_for = True
        seen = self._seen()
        try:
            while not (await asyncio.wait({task}, timeout=self._patience))[0]:
                before, seen = seen, self._seen()
                if seen == before:
                    raise Stalled
        finally:
            self._is_waited_for = False

    async def _write_watched(self, data: bytes, *, more: bool = True) -> None:
        if self._connection is not None and not self._connection.unsent():
            await self._write(
                data, more=more
            )  # does not wait, so it need not be watched: that would cost two turns of the event loop
            return
        writing = asyncio.ensure_future(self._write(data, more=more))
        try:
            await self._watch(writing)
        finally:
            writing.cancel()
        await writing

    async def _write(self, data: bytes, *, more: bool = True) -> None:
        await self._send_on({"type": "http.response.body", "body": data, "more_body": more})

    def _seen(self) -> tuple[int, int, int]:
        """What moves while the client reads, or sends on."""
        unsent = self._connection.unsent() if self._connection is not None else 0
        return self._drained, self._spooled, unsent
