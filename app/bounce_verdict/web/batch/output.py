"""The writing half of a batch: answers gathered, encoded in the form that was asked for, counted and sent."""

import asyncio
from time import perf_counter

import msgspec
from starlette.types import Scope

from bounce_verdict.metrics import Metrics
from bounce_verdict.response import JSON, BatchAnswer
from bounce_verdict.web.batch.form import Form
from bounce_verdict.web.batch.sending import Sending
from bounce_verdict.web.compression import VARY, Compressor
from bounce_verdict.web.counting import count_lines

_TOGETHER = 32  # lines gathered before they are written, each some 1,400 bytes; encoded by the dozen they take half as long
_TURN = 0.001  # seconds in which a batch answers line after line before it lets others have their turn; several batches add up


class Output:
    """A batch's response under way. Its lines are counted as they are written."""

    def __init__(self, scope: Scope, sending: Sending, form: Form, metrics: Metrics) -> None:
        self.started = False
        self.lines = 0  # so far: the next one's index
        self._scope = scope
        self._metrics = metrics
        self._sending = sending
        self._form = form
        self._compressor = Compressor(form.coding) if form.coding is not None else None
        self._gathered: list[BatchAnswer | msgspec.Raw] = []
        self._ahead = b"["  # of the next lines of an array
        self._until = perf_counter() + _TURN

    def add(self, answer: BatchAnswer) -> bool:
        """Add a line; whether it is time to `give_way`: enough is gathered, or others have waited for long."""
        self._gathered.append(answer)
        self.lines += 1
        return len(self._gathered) >= _TOGETHER or perf_counter() > self._until

    def add_encoded(self, encoded: bytes, lines: int = 1) -> None:
        """Add so many lines that are encoded in their form, as Form.encode does, and counted."""
        self._gathered.append(msgspec.Raw(encoded))
        self.lines += lines

    async def start(self) -> None:
        """Write the head, once: the client sees that it is being served while it still sends."""
        if not self.started:
            self.started = True
            coded = [(b"content-encoding", self._form.coding.encode())] if self._form.coding is not None else []
            await self._sending.start([(b"content-type", self._form.media.encode()), VARY, *coded])

    async def give_way(self) -> None:
        """Write what is gathered, and let others have their turn. Raises Stalled and SpoolFull."""
        await self.flush()
        await asyncio.sleep(0)
        self._until = perf_counter() + _TURN

    async def flush(self) -> None:
        """Write what is gathered. Raises Stalled and SpoolFull."""
        if self._gathered:
            data = self._taken()
            await self._sending.send(self._compressor.feed(data) if self._compressor is not None else data)

    async def finish(self) -> None:
        """Write the rest, and the end. Raises Stalled."""
        await self.start()
        data = self._taken() if self._gathered else b""
        if self._form.media == JSON:
            data += b"[]" if self._ahead == b"[" else b"]"
        if self._compressor is not None:
            data = (self._compressor.feed(data) if data else b"") + self._compressor.finish()
        await self._sending.finish(data)

    def _taken(self) -> bytes:
        """The lines that are gathered, which then are no more."""
        gathered, self._gathered = self._gathered, []
        count_lines(self._scope, self._metrics, gathered)
        encoded = self._form.encode(gathered)
        if self._form.media != JSON:
            return encoded + b"\n"
        ahead, self._ahead = self._ahead, b",\n"
        return ahead + encoded
