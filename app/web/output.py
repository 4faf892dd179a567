"""The writing half of a batch: answers gathered into writes, and a client that never reads noticed and cut off."""

import asyncio
from time import perf_counter

from starlette.types import Message, Receive, Scope, Send

from app.response import NDJSON
from app.web.wire import WIRE, Wire

_ENOUGH = 32_768  # bytes gathered before they are written
_LONG = 0.001  # seconds in which a batch answers line after line before it lets others have their turn; several batches add up


class Stalled(Exception):
    """The client took nothing of what was written for too long."""


class Output:
    """An NDJSON response under way. `lines` is what is gathered, to be appended to."""

    def __init__(self, scope: Scope, send: Send, patience: float) -> None:
        self.started = False
        self._send_on = send
        self._patience = patience
        self._wire: Wire | None = scope.get("extensions", {}).get(WIRE)
        self.lines = bytearray()
        self._since = perf_counter()

    async def start(self) -> None:
        """Write the head, once: the client sees that it is being served while it still sends."""
        if not self.started:
            self.started = True
            headers = [(b"content-type", NDJSON.encode())]
            await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    @property
    def due(self) -> bool:
        """Whether it is time to `give_way`: enough is gathered, or others have waited for long."""
        return len(self.lines) >= _ENOUGH or perf_counter() - self._since > _LONG

    async def give_way(self) -> None:
        """Write what is gathered where it is enough, and let others have their turn. Raises Stalled."""
        if len(self.lines) >= _ENOUGH:
            await self.flush()
        await asyncio.sleep(0)
        self._since = perf_counter()

    async def flush(self) -> None:
        """Write what is gathered. Raises Stalled."""
        if self.lines:
            body, self.lines = bytes(self.lines), bytearray()
            await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def finish(self) -> None:
        """Write the rest, and the end. Raises Stalled."""
        await self.start()
        body, self.lines = bytes(self.lines), bytearray()
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    async def cut(self, receive: Receive) -> None:
        """Drop the connection; what was written and not taken is lost. Closing it would wait for the client to take it."""
        if self._wire is not None:
            self._wire.abort()
            while (await receive())["type"] != "http.disconnect":
                pass

    async def _send(self, message: Message) -> None:
        """Hand `message` on, which waits while the client does not read; a slow reader may take as long as it takes."""
        if self._wire is not None and not self._wire.unsent():
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
        return self._wire.unsent() if self._wire is not None else 0
