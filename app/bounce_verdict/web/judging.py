"""Asking the pipeline, in a worker or in its child (see large_body_pool.py)."""

import asyncio

from starlette.types import Scope

from bounce_verdict.contract.decoding import decode_json, decode_parameters
from bounce_verdict.contract.inputs import reply_input
from bounce_verdict.contract.items import TooCostly
from bounce_verdict.contract.requests import ReplyRequest
from bounce_verdict.contract.short_answers import short_classification
from bounce_verdict.metrics import Metrics
from bounce_verdict.model import Classification, MessageInput, ReplyInput, Report, value
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.budget import Budget
from bounce_verdict.pipeline.intake.charsets import decode
from bounce_verdict.pipeline.reported import classify_reported
from bounce_verdict.response import JSON, encode
from bounce_verdict.web.counting import count_answer

# What a message may cost on the event loop, where everybody else waits for it: about 10 ms of the 300 that it may cost in all, of the
# most hostile ones known 40 ms. Of 2,182 real mails three cost more, and are read by a child.
INLINE_WORK = 1_000_000


@value
class GivenReply:
    """A request for one reply: its body, that body's media type and charset, and what text/plain has in query and header.

    short: whether the short answer is asked for.
    """

    body: bytes
    media: str
    charset: str | None
    parameters: dict[str, str]
    short: bool = False


def judge_reply(pipeline: Pipeline, given: GivenReply) -> Classification:
    """The answer for a reply. Raises InputError and Refusal for what is no request for one."""
    if given.media == JSON:
        request = decode_json(given.body, ReplyRequest)
    else:
        request = decode_parameters({**given.parameters, "reply": decode(given.body, given.charset)}, ReplyRequest)
    asked = reply_input(request, pipeline.book.commands)
    return pipeline.reply(asked) if isinstance(asked, ReplyInput) else classify_reported(pipeline, asked)


class Replies:
    """Judges the replies of requests that come together: each step for all of them, then the next.

    What runs again and again stays in the processor's caches; with sixteen at once each takes a fifth less time, in all.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._waiting: list[tuple[Scope, Pipeline, GivenReply, asyncio.Future[bytes | Exception]]] = []

    async def answer(self, scope: Scope, pipeline: Pipeline, given: GivenReply) -> bytes:
        """The encoded answer to the request of `scope`, which is counted. Raises as judge_reply does.

        It comes when the event loop has begun with all the requests that its last look at the sockets brought.
        """
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._answer_all)
        # An exception is a result too: asyncio would log one that nobody waits for any more, with what it quotes.
        answer: asyncio.Future[bytes | Exception] = loop.create_future()
        self._waiting.append((scope, pipeline, given, answer))
        found = await answer
        if isinstance(found, Exception):
            raise found
        return found

    def _answer_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        judged = [(scope, _judged(pipeline, given), given.short, answer) for scope, pipeline, given, answer in waiting]
        for scope, found, short, answer in judged:
            if isinstance(found, Classification):
                count_answer(scope, self._metrics, found)
            if not answer.done():  # else whoever asked is gone
                answer.set_result(_encoded(found, short=short) if isinstance(found, Classification) else found)


def _encoded(found: Classification, *, short: bool) -> bytes:
    return encode(short_classification(found) if short else found)


def _judged(pipeline: Pipeline, given: GivenReply) -> Classification | Exception:
    try:
        return judge_reply(pipeline, given)
    except Exception as error:  # noqa: BLE001  # raised where it was asked
        return error


def read_inline(pipeline: Pipeline, given: MessageInput, max_bytes: int) -> Report:
    """The answer for a message. Raises TooCostly, for one of more than `max_bytes` at once."""
    if len(given.raw) > max_bytes:
        raise TooCostly
    budget = Budget(min(INLINE_WORK, pipeline.limits.max_work))
    report = pipeline.message(given, budget)
    if budget.exhausted:
        raise TooCostly
    return report
