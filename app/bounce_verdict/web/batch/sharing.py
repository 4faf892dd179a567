"""A second processor for a batch: a child answers the later ones of the lines at hand while the event loop answers the earlier ones.

A child is asked only where one is free, for a few milliseconds, and large bodies come first. How many lines it gets is measured as
the batch goes on: where no processor is free it is slow, gets few, and is seldom asked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from math import ceil
from time import monotonic

from starlette.types import Scope

from bounce_verdict.contract.items import NOT_KEPT, Line
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.web.batch.form import Form
from bounce_verdict.web.batch.output import Output
from bounce_verdict.web.batch.share import GivenLines, Share, ask_child
from bounce_verdict.web.counting import add_verdicts
from bounce_verdict.web.service import Service

Asking = asyncio.Task[Share | None]
AnswerHere = Callable[[Sequence[Line], Pipeline, Output], Awaitable[None]]

SMALL_LINE = 4_096  # bytes of a line of which a dozen take no time to speak of
_PART = 640  # lines shared out at a time, most of what one read brings
_LEAST, _MOST = 32, 320  # of them for a child; as few at least are answered here
_PAYS = 0.3  # of the lines: a child that does not come to that costs more than it gains, and is asked for each tenth part only
_PAUSE = 9  # parts
_TURNS = 3  # of the event loop, until what a child is asked is on its way

_asking: set[Asking] = set()  # asyncio itself does not hold them


class Sharing:
    """What one batch shares out. here: what answers lines in the event loop."""

    def __init__(self, service: Service, scope: Scope, form: Form, here: AnswerHere) -> None:
        self._service = service
        self._scope = scope
        self._form = form
        self._here = here
        self._fraction = 0.25  # of a part, for a child
        self._pause = 0  # parts to be answered here

    async def answer(self, lines: Sequence[Line], pipeline: Pipeline, output: Output) -> None:
        """Answer the lines, in order."""
        parts = ceil(len(lines) / _PART)
        for number in range(parts):
            part = lines[len(lines) * number // parts : len(lines) * (number + 1) // parts]
            kept = len(part) - min(max(round(len(part) * self._fraction), _LEAST), _MOST)
            asking = self._ask(part[kept:], pipeline, output.lines + kept) if kept >= _LEAST and not self._pause else None
            if asking is not None:
                done = await self._answer_shared(part, kept, asking, pipeline, output)
                await self._here(part[done:], pipeline, output)
            else:
                self._pause -= self._pause > 0
                await self._here(part, pipeline, output)

    async def _answer_shared(self, part: Sequence[Line], kept: int, asking: Asking, pipeline: Pipeline, output: Output) -> int:
        """Answer the first lines here and put behind them what the child has; how many lines that makes."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        began = monotonic()
        await self._here(part[:kept], pipeline, output)
        speed = kept / (monotonic() - began)
        await asyncio.wait({asking}, timeout=(len(part) - kept) / speed)  # for as long as it would take here, and no longer
        share = asking.result() if asking.done() else None
        done, childs = (0, 0.0) if share is None else (share.count, share.count / share.seconds)
        self._fraction = (self._fraction + childs / (childs + speed)) / 2
        self._pause = _PAUSE if self._fraction < _PAYS else 0
        for some, encoded in share.answered if share is not None else ():
            output.add_encoded(encoded, some.count)
            self._service.metrics.add(some.counted)
            add_verdicts(self._scope, some.verdicts)
            await output.give_way()
        return kept + done

    def _ask(self, lines: Sequence[Line], pipeline: Pipeline, index: int) -> Asking | None:
        """A child under way with the lines; None where none is free, or they are not all small.

        A task of its own, which ends by itself whatever becomes of the batch.
        """
        service = self._service
        if service.pool is None or not service.pool.is_free(wanted := service.wanted(pipeline)):
            return None
        given = [bytes(line) for line in lines if not isinstance(line, NOT_KEPT)]
        if len(given) < len(lines) or max(map(len, given)) > SMALL_LINE:
            return None
        asked = GivenLines(index, given, service.settings.max_body, self._form)
        asking = asyncio.ensure_future(ask_child(service.pool, wanted, asked))
        _asking.add(asking)
        asking.add_done_callback(_asking.discard)
        return asking
