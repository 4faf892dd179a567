"""The child processes of a worker (anyio.to_process): they answer what is large or costly, so that nobody waits for it.

How many jobs wait is bounded by the places for large bodies (request/places.py) and by the connections.
"""

import asyncio
import logging

from anyio import BrokenWorkerProcess, CapacityLimiter, fail_after, to_process
from starlette.types import Scope

from bounce_verdict.settings import Settings
from bounce_verdict.web.child import Job, Wanted, answer
from bounce_verdict.web.counting import add_verdicts

MAX_SECONDS = 60  # for one body; what the limits allow takes a few at the worst

log = logging.getLogger("bounces.web")


class ChildLost(Exception):
    """A child died on a body, or was ended because it took too long."""


class Pool:
    """Up to `settings.readers` children, each started when it is first needed and kept."""

    def __init__(self, settings: Settings) -> None:
        self._limiter = CapacityLimiter(settings.readers)
        # anyio pickles a job before it waits for a child, so that whoever waits would hold its body twice.
        self._turn = asyncio.Semaphore(settings.readers)

    async def answer(self, scope: Scope, wanted: Wanted, job: Job) -> tuple[bytes, int]:
        """The encoded answer, or problem document, and its status. Raises ChildLost."""
        async with self._turn:
            try:
                with fail_after(MAX_SECONDS):
                    done = await to_process.run_sync(answer, wanted, job, cancellable=True, limiter=self._limiter)
            except (TimeoutError, BrokenWorkerProcess) as error:
                log.error("a child was lost on a large or costly body: %s", type(error).__name__)  # noqa: TRY400
                raise ChildLost from None
        for line in done.logged:
            log.error("%s", line)
        add_verdicts(scope, done.verdicts)
        return done.body, done.status
