"""The writing half of a batch: answers gathered into writes, and a client that never reads noticed and cut off."""

import asyncio
from time import perf_counter
from typing import Protocol

import msgspec
from starlette.types import Message, Receive, Scope, Send

from bounce_verdict.metrics import Metrics
from bounce_verdict.response import NDJSON, BatchAnswer, encode_lines
from bounce_verdict.web.counting import count_lines

CONNECTION = "bounces.connection"  # the ASGI extension under which our server hands over the Connection

_TOGETHER = 32  # lines gathered before they are written, each some 1,400 bytes; encoded by the dozen they take half as long
_TURN = 0.001  # seconds in which a batch answers line after line before it lets others have their turn; several batches add up


class Connection(Protocol):
    """What ASGI does not tell of a connection."""

    def unsent(self) -> int:
        """Bytes written that the client has not taken."""

    def abort(self) -> None:
        """Drop the connection now."""


class Stalled(Exception):
    """The client took nothing of what was written for too long."""


class Output:
    """An NDJSON response under way. Its lines are counted as they are written."""

    def __init__(self, scope: Scope, send: Send, patience: float, metrics: Metrics) -> None:
        self.started = False
        self._scope = scope
        self._metrics = metrics
        self._send_on = send
        self._patience = patience
        self._connection: Connection | None = scope.get("extensions", {}).get(CONNECTION)
        self._gathered: list[BatchAnswer | msgspec.Raw] = []
        self._until = perf_counter() + _TURN

    def add(self, answer: BatchAnswer) -> bool:
        """Add a line; whether it is time to `give_way`: enough is gathered, or others have waited for long."""
        self._gathered.append(answer)
        return len(self._gathered) >= _TOGETHER or perf_counter() > self._until

    def add_encoded(self, line: bytes) -> None:
        """Add a line that is encoded, without its line end."""
        self._gathered.append(msgspec.Raw(line))

    async def start(self) -> None:
        """Write the head, once: the client sees that it is being served while it still sends."""
        if not self.started:
            self.started = True
            headers = [(b"content-type", NDJSON.encode())]
            await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    async def give_way(self) -> None:
        """Write what is gathered, and let others have their turn. Raises Stalled."""
        await self.flush()
        await asyncio.sleep(0)
        self._until = perf_counter() + _TURN

    async def flush(self) -> None:
        """Write what is gathered. Raises Stalled."""
        if self._gathered:
            await self._send({"type": "http.response.body", "body": self._taken(), "more_body": True})

    async def finish(self) -> None:
        """Write the rest, and the end. Raises Stalled."""
        await self.start()
        await self._send({"type": "http.response.body", "body": self._taken(), "more_body": False})

    def _taken(self) -> bytes:
        """The lines that are gathered, which then are no more."""
        gathered, self._gathered = self._gathered, []
        count_lines(self._scope, self._metrics, gathered)
        return encode_lines(gathered)

    async def cut(self, receive: Receive) -> None:
        """Drop the connection; what was written and not taken is lost. Closing it would wait for the client to take it."""
        if self._connection is not None:
            self._connection.abort()
            while (await receive())["type"] != "http.disconnect":
                pass

    async def _send(self, message: Message) -> None:
        """Hand `message` on, which waits while the client does not read; a slow reader may take as long as it takes."""
        if self._connection is not None and not self._connection.unsent():
            await self._send_on(message)  # does not wait, so it need not be watched: that would cost two turns of the event loop
            return
        sending = asyncio.ensure_future(self._send_on(message))
        unsent = self._unsent()
        try:
            while not (await asyncio.wait({sending}, timeout=self._patience))[0]:
                before, unsent = unsent, self._unsent()
                if unsent >= before:
                    raise Stalled
        finally:
            sending.cancel()
        await sending

    def _unsent(self) -> int:
        return self._connection.unsent() if self._connection is not None else 0
