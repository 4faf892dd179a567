"""A worker's line to its parent: how the rules stand, when to end, and reloads asked for over HTTP."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable
from itertools import count

from bounce_verdict.snapshot.control import (
    LONGEST,
    Alive,
    Drain,
    Left,
    Ready,
    ReloadAnswer,
    ReloadAsked,
    RulesState,
    encode_line,
    worker_hears,
)
from bounce_verdict.web.service import ReloadOutcome, RulesFault, Service

ALIVE_EVERY = 5.0
ORPHAN_SECONDS = 20.0

log = logging.getLogger("bounces.worker")


class Link:
    """The line. `drain` is called when this worker is to end."""

    def __init__(self, ours: socket.socket, service: Service, drain: Callable[[Drain], None]) -> None:
        self._socket = ours
        self._service = service
        self._metrics = service.metrics
        self._drain = drain
        self._numbers = count()
        self._asked: dict[int, asyncio.Future[ReloadAnswer]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Say that this worker is ready, at once so that the parent hears it of one that dies right after, and listen from now on."""
        self._socket.sendall(encode_line(Ready()))
        self._service.reload = self.reload
        self._running = asyncio.get_running_loop().create_task(self._run())

    async def reload(self) -> ReloadOutcome:
        """What became of a reload. Result `refused` where none can be: the service ends."""
        if self._writer is None or self._service.draining:
            return _outcome(_refused())
        number = next(self._numbers)
        asked = self._asked[number] = asyncio.get_running_loop().create_future()
        self._writer.write(encode_line(ReloadAsked(number)))
        try:
            answer: ReloadAnswer = await asked
            return _outcome(answer)
        finally:
            del self._asked[number]

    async def _run(self) -> None:
        reader, self._writer = await asyncio.open_connection(sock=self._socket, limit=LONGEST)
        with contextlib.suppress(OSError):
            while line := await self._next(reader):
                self._take(line)
        if not self._service.draining:
            log.error("the parent of this worker is gone; it drains and ends")
        self._end(Drain(whole=True, seconds=ORPHAN_SECONDS))

    async def _next(self, reader: asyncio.StreamReader) -> bytes:
        """The next line, empty at the end; tells the parent that this worker lives while it waits."""
        reading = asyncio.ensure_future(reader.readline())
        while not (await asyncio.wait({reading}, timeout=ALIVE_EVERY))[0]:
            assert self._writer is not None  # noqa: S101  # set before
            self._writer.write(encode_line(Alive()))
        return await reading

    def _take(self, line: bytes) -> None:
        match worker_hears(line):
            case RulesState() as state:
                self._service.rules_fault = RulesFault(state.stale.place, state.stale.message) if state.stale else None
                self._metrics.set("bounces_rules_stale", 1 if state.stale else 0)
                if state.result is not None:
                    self._metrics.count("bounces_rules_reloads_total", state.result)
                    self._metrics.flush()
            case ReloadAnswer() as answer:
                if (asked := self._asked.get(answer.number)) is not None and not asked.done():
                    asked.set_result(answer)
            case Drain() as told:
                self._end(told)

    def _end(self, told: Drain) -> None:
        """A worker that was rolled still waits for the answer that its caller asked for; one of a service that ends does not."""
        if told.whole:
            self._service.draining = True
            for asked in self._asked.values():
                if not asked.done():
                    asked.set_result(_refused())
        self._drain(told)
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(encode_line(Left()))


def _refused() -> ReloadAnswer:
    return ReloadAnswer(0, "refused", "", detail="The service is ending.")


def _outcome(answer: ReloadAnswer) -> ReloadOutcome:
    faults = [RulesFault(fault.place, fault.message) for fault in answer.faults]
    return ReloadOutcome(answer.result, answer.digest, answer.rules, faults, answer.detail)
