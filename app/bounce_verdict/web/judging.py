"""Asking the pipeline, in a worker or in its child (see pool.py)."""

import asyncio

from bounce_verdict.model import Classification, MessageInput, ReplyInput, Report, value
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.budget import Budget
from bounce_verdict.pipeline.intake.charsets import decode
from bounce_verdict.pipeline.reported import classify_reported
from bounce_verdict.response import JSON
from bounce_verdict.web.request.decoding import decode_json, decode_parameters
from bounce_verdict.web.request.inputs import reply_input
from bounce_verdict.web.request.schemas import ReplyRequest

# What a message may cost on the event loop, where everybody else waits for it: about 10 ms of the 300 that it may cost in all, of the
# most hostile ones known 40 ms. Of 2,182 real mails three cost more, and are read by a child.
INLINE_WORK = 1_000_000


@value
class GivenReply:
    """A request for one reply: its body, that body's media type and charset, and the query's parameters (of text/plain alone)."""

    body: bytes
    media: str
    charset: str | None
    parameters: dict[str, str]


def judge_reply(pipeline: Pipeline, given: GivenReply) -> Classification:
    """The answer for a reply. Raises InputError and Refusal for what is no request for one."""
    if given.media == JSON:
        request = decode_json(given.body, ReplyRequest)
    else:
        request = decode_parameters({**given.parameters, "reply": decode(given.body, given.charset)}, ReplyRequest)
    asked = reply_input(request, pipeline.book.commands)
    return pipeline.reply(asked) if isinstance(asked, ReplyInput) else classify_reported(pipeline, asked)


class Replies:
    """Judges the replies of requests that come together one right after the other.

    What runs again and again stays in the processor's caches: of sixteen at once each takes a tenth less time, in all.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[Pipeline, GivenReply, asyncio.Future[Classification]]] = []

    async def judge(self, pipeline: Pipeline, given: GivenReply) -> Classification:
        """What judge_reply says, once the event loop has begun with all the requests that its last look at the sockets brought."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Classification] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._judge_all)
        self._waiting.append((pipeline, given, answer))
        return await answer

    def _judge_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        for pipeline, given, answer in waiting:
            if answer.done():  # whoever asked is gone
                continue
            try:
                answer.set_result(judge_reply(pipeline, given))
            except Exception as error:  # noqa: BLE001  # raised where it was asked
                answer.set_exception(error)


class TooCostly(Exception):
    """A message is larger or costs more than the event loop can spare; a child is to read it."""


def read_inline(pipeline: Pipeline, given: MessageInput, max_bytes: int) -> Report:
    """The answer for a message. Raises TooCostly, for one of more than `max_bytes` at once."""
    if len(given.raw) > max_bytes:
        raise TooCostly
    budget = Budget(min(INLINE_WORK, pipeline.limits.max_work))
    report = pipeline.message(given, budget)
    if budget.exhausted:
        raise TooCostly
    return report
