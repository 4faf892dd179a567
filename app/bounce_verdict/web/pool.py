"""The child processes of a worker (anyio.to_process): they answer what is large or costly, so that nobody waits for it.

How many jobs wait is bounded by the places for large bodies (request/places.py) and by the connections.
"""

import asyncio
import logging
from collections.abc import Callable, MutableMapping
from typing import Any, TypeVarTuple

from anyio import BrokenWorkerProcess, CapacityLimiter, fail_after, to_process

from bounce_verdict.model import MessageInput
from bounce_verdict.settings import Settings
from bounce_verdict.web.child import Done, Wanted, answer_line, answer_message, answer_reply
from bounce_verdict.web.counting import add_verdicts
from bounce_verdict.web.judging import GivenReply

MAX_SECONDS = 60  # for one body; what the limits allow takes a few at the worst

log = logging.getLogger("bounces.web")
Given = TypeVarTuple("Given")
Scope = MutableMapping[str, Any]


class ChildLost(Exception):
    """A child died on a body, or was ended because it took too long."""


class Pool:
    """Up to `settings.readers` children, each started when it is first needed and kept."""

    def __init__(self, settings: Settings) -> None:
        self._max_body = settings.max_body
        self._limiter = CapacityLimiter(settings.readers)
        # anyio pickles a job before it waits for a child, so that whoever waits would hold its body twice.
        self._turn = asyncio.Semaphore(settings.readers)

    async def reply(self, scope: Scope, wanted: Wanted, given: GivenReply) -> tuple[bytes, int]:
        """The encoded Classification, or problem document, and the status. Raises ChildLost."""
        return await self._run(scope, answer_reply, wanted, given)

    async def message(self, scope: Scope, wanted: Wanted, given: MessageInput) -> tuple[bytes, int]:
        """The encoded Report, or problem document, and the status. Raises ChildLost."""
        return await self._run(scope, answer_message, wanted, given)

    async def line(self, scope: Scope, wanted: Wanted, index: int, line: bytes) -> tuple[bytes, int]:
        """The encoded answer for a batch's line; a problem document where the status is not 200. Raises ChildLost."""
        return await self._run(scope, answer_line, wanted, self._max_body, index, line)

    async def _run(self, scope: Scope, job: Callable[[*Given], Done], *given: *Given) -> tuple[bytes, int]:
        async with self._turn:
            try:
                with fail_after(MAX_SECONDS):
                    done = await to_process.run_sync(job, *given, cancellable=True, limiter=self._limiter)
            except (TimeoutError, BrokenWorkerProcess) as error:
                log.error("a child was lost on a large or costly body: %s", type(error).__name__)  # noqa: TRY400
                raise ChildLost from None
        for line in done.logged:
            log.error("%s", line)
        add_verdicts(scope, done.verdicts)
        return done.body, done.status
