"""The child processes of a worker (anyio.to_process): they answer what is large or costly, so that nobody waits for it.

How many jobs wait is bounded by the places for large bodies (request/large_body_places.py) and by the connections.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import TypeVar, TypeVarTuple

from anyio import BrokenWorkerProcess, CapacityLimiter, fail_after, to_process
from starlette.types import Scope

from bounce_verdict.errors import BounceError
from bounce_verdict.settings import Settings
from bounce_verdict.web.counting import add_verdicts
from bounce_verdict.web.large_body_child import Job, Wanted, answer, prepare

MAX_SECONDS = 60  # for one body; what the limits allow takes a few at the worst

log = logging.getLogger("bounces.web")

_Given = TypeVarTuple("_Given")
_Found = TypeVar("_Found")


class ChildLost(Exception):
    """A child died on a body, or was ended because it took too long."""


class Pool:
    """Up to `settings.readers` children, one started ahead (`prepare`), each other when it is first needed; all are kept."""

    def __init__(self, settings: Settings) -> None:
        self._limiter = CapacityLimiter(settings.readers)
        # anyio pickles a job before it waits for a child, so that whoever waits would hold its body twice.
        self._turn = asyncio.Semaphore(settings.readers)
        self._prepared: Wanted | None = None

    async def prepare(self, wanted: Wanted) -> None:
        """Have a child that has loaded the pipeline that is wanted; nothing to do where one has."""
        if wanted == self._prepared:
            return
        async with self._turn:
            self._prepared = wanted  # however it ends: tried once, not each second
            try:
                with fail_after(MAX_SECONDS):
                    await to_process.run_sync(prepare, wanted, cancellable=True, limiter=self._limiter)
            except (OSError, TimeoutError, BrokenWorkerProcess, BounceError) as error:
                log.warning("no child could be started for large bodies, the first will wait for one: %s", type(error).__name__)

    async def answer(self, scope: Scope, wanted: Wanted, job: Job, *, short: bool = False) -> tuple[bytes, int]:
        """The encoded answer, in short where that is asked for, or problem document, and its status. Raises ChildLost."""
        done = await self.run(partial(answer, short=short), wanted, job)
        for line in done.logged:
            log.error("%s", line)
        add_verdicts(scope, done.verdicts)
        return done.body, done.status

    async def run(self, do: Callable[[*_Given], _Found], *given: *_Given) -> _Found:
        """What `do` returns in a child. Raises ChildLost."""
        async with self._turn:
            try:
                with fail_after(MAX_SECONDS):
                    return await to_process.run_sync(do, *given, cancellable=True, limiter=self._limiter)
            except (TimeoutError, BrokenWorkerProcess, ProcessLookupError) as error:  # the last where it died as it started
                log.error("a child was lost on a large or costly body: %s", type(error).__name__)  # noqa: TRY400
                self._prepared = None
                raise ChildLost from None
