"""What was pasted, answered as the interface answers it: by the same readers, counted alike, a costly message by a child."""

from itertools import chain

import msgspec
from starlette.types import Scope

from bounce_verdict.contract.decoding import decode_json
from bounce_verdict.contract.inputs import LogInput, item_input, message_input, reply_input
from bounce_verdict.contract.items import TooCostly
from bounce_verdict.contract.refusals import Refusal
from bounce_verdict.contract.requests import BatchItem, ReplyRequest
from bounce_verdict.maillogs import answer_log
from bounce_verdict.model import LogEvents, MessageInput, ReplyInput, Skipped
from bounce_verdict.pipeline.reported import ReportedReply, classify_reported
from bounce_verdict.response import Problem
from bounce_verdict.web.counting import count_answer, count_recipients
from bounce_verdict.web.judging import read_inline
from bounce_verdict.web.page.paste import Pasted
from bounce_verdict.web.service import Service
from bounce_verdict.webhooks.answer import Events, answer_events
from bounce_verdict.webhooks.payload import decode


async def answered(scope: Scope, service: Service, pasted: Pasted) -> object:
    """The answer: a Classification, a Report, events, or why a log tells of none. Raises InputError and Refusal."""
    pipeline, asked = service.pipeline, _asked(service, pasted)
    if isinstance(asked, MessageInput):
        return await _read(scope, service, asked)
    if isinstance(asked, ReplyInput | ReportedReply):
        judged = pipeline.reply(asked) if isinstance(asked, ReplyInput) else classify_reported(pipeline, asked)
        count_answer(scope, service.metrics, judged)
        return judged
    found: LogEvents | Skipped | Events
    if isinstance(asked, LogInput):
        found = answer_log(pipeline, asked.text, asked.format)
        source = found.format if isinstance(found, LogEvents) else ""
    else:
        found, source = answer_events(pipeline, pasted.kind, decode(pasted.content)), pasted.kind
    if not isinstance(found, Skipped):
        recipients = list(chain.from_iterable(event.recipients for event in found.events))
        count_recipients(scope, service.metrics, recipients, source)
    return found


def _asked(service: Service, pasted: Pasted) -> MessageInput | ReplyInput | ReportedReply | LogInput | None:
    """What it asks for; None for a webhook's payload."""
    commands = service.pipeline.book.commands
    if pasted.kind == "message":
        return message_input(pasted.content, pasted.envelope_to, None)
    if pasted.kind == "item":
        return item_input(decode_json(pasted.content, BatchItem), commands, service.settings.max_body)
    if pasted.kind == "log":
        return LogInput(pasted.text, None, None)
    if pasted.kind == "reply":
        return reply_input(ReplyRequest(pasted.text, pasted.command, None, pasted.recipient), commands)
    return None


async def _read(scope: Scope, service: Service, given: MessageInput) -> object:
    """The Report of a message. Raises Refusal where a child refuses it."""
    try:
        report = read_inline(service.pipeline, given, service.settings.max_inline)
    except TooCostly:
        if service.pool is not None:
            body, status = await service.pool.answer(scope, service.wanted(service.pipeline), given)
            if status != 200:  # noqa: PLR2004
                raise Refusal(msgspec.json.decode(body, type=Problem)) from None
            return msgspec.json.decode(body)
        report = service.pipeline.message(given)
    count_answer(scope, service.metrics, report)
    return report
