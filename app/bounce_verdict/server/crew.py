"""The workers together: started, replaced when they die, rolled when the rules change, drained in the end."""

import asyncio
import contextlib
import logging
import os
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any

from bounce_verdict.errors import SettingsError
from bounce_verdict.model import value
from bounce_verdict.server.template import Template, told_exit
from bounce_verdict.server.worker import Asked, Worker, WorkerLost, start_worker
from bounce_verdict.settings import Settings
from bounce_verdict.snapshot.control import Drain, RulesState

SILENT_SECONDS = 30  # a worker whose event loop has not turned for so long is taken for dead
STEADY_SECONDS = 30  # one that lived so long is replaced at once, others after a pause that doubles
LONGEST_PAUSE = 30.0
ROLL_SECONDS = 600  # what a rolled worker has for the batches under way, until the next roll
LEAVE_SECONDS = 5
MOST_KILLED = 3
_MORE = 2.0  # seconds given beyond what a worker was told

log = logging.getLogger("bounces.supervisor")


@value
class Rules:
    """The rules in use: the snapshot's digest and file, the open descriptor that workers read it by, the number of rules."""

    digest: str
    path: str
    descriptor: int
    count: int


class Slot:
    """The place of one worker. `lock` is held while it is being filled."""

    def __init__(self) -> None:
        self.worker: Worker | None = None
        self.lock = asyncio.Lock()
        self.deaths = 0


class Crew:
    """`settings.workers` workers, forked from `template`. What they ask of their parent goes to `asked`."""

    def __init__(self, settings: Settings, template: Template, rules: Rules, asked: Asked) -> None:
        self.rules = rules
        self.state = RulesState()
        self._settings = settings
        self._template = template
        self._asked = asked
        self._slots = [Slot() for _ in range(settings.workers)]
        self._leaving: set[Worker] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._keepers: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        """Start every worker, and keep their number from then on. Raises SettingsError, or WorkerLost where none could start."""
        faults = await _at_once(self._fill(slot) for slot in self._slots)
        if len(faults) == len(self._slots) or any(isinstance(fault, SettingsError) for fault in faults):
            raise faults[0]
        self._keepers = [asyncio.create_task(self._keep(slot)) for slot in self._slots]

    def tell(self, state: RulesState) -> None:
        """Tell every worker, and those that start later, how the rules stand; the first of them counts the result."""
        self.state = RulesState(state.stale)
        for worker in [*self._workers(), *self._leaving]:
            worker.tell(state)
            state = self.state

    async def roll(self, rules: Rules) -> None:
        """Replace the workers, each when the new one answers: the first alone, then the others at once.

        Raises WorkerLost after going back to the old rules.
        """
        before, self.rules = self.rules, rules
        for worker in self._leaving:
            self._let_go(worker, self._settings.drain_seconds)
        faults: Sequence[BaseException] = []
        for slots in (self._slots[:1], self._slots[1:]):
            faults = faults or await _at_once(self._swap(slot, rules) for slot in slots)
        if faults:
            self.rules = before
            await _at_once(self._swap(slot, before) for slot in self._slots)
            os.close(rules.descriptor)
            raise WorkerLost(str(faults[0]))
        os.close(before.descriptor)

    async def end(self, seconds: float) -> None:
        """Drain every worker, and end those that take longer."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        everyone = [*self._workers(), *self._leaving]
        for worker in everyone:
            worker.tell(Drain(whole=True, seconds=seconds))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds + _MORE):
                for worker in everyone:
                    await worker.ended.wait()
        self.kill()
        for worker in everyone:
            await worker.ended.wait()

    def kill(self) -> None:
        """End everything at once."""
        for worker in [*self._workers(), *self._leaving]:
            worker.kill()

    def _workers(self) -> Iterable[Worker]:
        return [slot.worker for slot in self._slots if slot.worker is not None]

    async def _start(self, rules: Rules) -> Worker:
        """A worker that answers by `rules`. One that somebody kills meanwhile does not count, up to three."""
        for attempt in range(1, MOST_KILLED + 1):
            try:
                worker = await start_worker(self._template, rules.descriptor, self._asked)
            except WorkerLost as error:
                if not error.killed or attempt == MOST_KILLED:
                    raise
                log.warning("%s; another takes its place", error)  # the text says it all
            else:
                break
        worker.tell(self.state)
        return worker

    async def _fill(self, slot: Slot) -> None:
        slot.worker = await self._start(self.rules)

    async def _swap(self, slot: Slot, rules: Rules) -> None:
        """Put a worker with `rules` in the slot and drain the one before."""
        async with slot.lock:
            new = await self._start(rules)
            old, slot.worker = slot.worker, new
            slot.deaths = 0
        if old is not None and not old.ended.is_set():
            self._leaving.add(old)
            old.tell(Drain(whole=False, seconds=ROLL_SECONDS))
            self._let_go(old, ROLL_SECONDS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_SECONDS):
                    await old.left.wait()  # so that a reload is told only when nobody answers by the old rules any more

    def _let_go(self, worker: Worker, seconds: float) -> None:
        """Wait in the background for it to end, and end it after `seconds`."""

        async def see_off() -> None:
            try:
                async with asyncio.timeout(seconds + _MORE):
                    await worker.ended.wait()
            except TimeoutError:
                log.warning("worker %d had not ended %d s after its rules went out of use, and was ended", worker.pid, seconds)
                worker.kill()
            self._leaving.discard(worker)

        task = asyncio.create_task(see_off())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _keep(self, slot: Slot) -> None:
        """Replace the slot's worker whenever it dies."""
        while True:
            worker = slot.worker
            if worker is not None and not await self._dies(worker):
                continue
            async with slot.lock:
                if slot.worker is worker:
                    await self._replace(slot, worker)

    async def _dies(self, worker: Worker) -> bool:
        """Wait a while for its end; end it where it has been silent for too long. Whether it is dead."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await worker.ended.wait()
        silent = asyncio.get_running_loop().time() - worker.heard
        if not worker.ended.is_set() and silent > SILENT_SECONDS:
            log.error("worker %d has not been heard of for %d s and is ended", worker.pid, silent)
            worker.kill()
            await worker.ended.wait()
        return worker.ended.is_set()

    async def _replace(self, slot: Slot, dead: Worker | None) -> None:
        if dead is not None:
            steady = asyncio.get_running_loop().time() - dead.began > STEADY_SECONDS
            slot.deaths = 0 if steady else slot.deaths + 1
            slot.worker = None
            log.error("worker %d ended with %s; another takes its place", dead.pid, told_exit(dead.code))
        if slot.deaths > 1:
            pause = min(LONGEST_PAUSE, 0.25 * 2**slot.deaths)
            log.warning("the worker's place stays empty for %.1f s: %d workers in a row died young", pause, slot.deaths)
            await asyncio.sleep(pause)
        try:
            slot.worker = await self._start(self.rules)
            log.info("worker %d answers in its place", slot.worker.pid)
        except (WorkerLost, SettingsError) as error:
            slot.deaths += 1
            log.error("no worker could be started: %s", error)  # noqa: TRY400  # the text says it all


async def _at_once(works: Iterable[Coroutine[Any, Any, None]]) -> list[BaseException]:
    """Do all of them, and the faults of those that failed."""
    return [told for told in await asyncio.gather(*works, return_exceptions=True) if told is not None]
