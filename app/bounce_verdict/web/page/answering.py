"""What was pasted, answered as an item of a batch is, or a webhook: by the same readers, counted alike, a costly message by a child."""

from functools import partial
from typing import Any

import msgspec
from starlette.types import Scope

from bounce_verdict.contract.decoding import decode_json
from bounce_verdict.contract.inputs import item_input
from bounce_verdict.contract.items import TooCostly, answer_item
from bounce_verdict.contract.refusals import Refusal
from bounce_verdict.contract.requests import BatchItem
from bounce_verdict.model import MessageInput
from bounce_verdict.response import Problem
from bounce_verdict.web.counting import count_answer, count_events
from bounce_verdict.web.judging import read_inline
from bounce_verdict.web.page.paste import Pasted
from bounce_verdict.web.service import Service
from bounce_verdict.webhooks import SOURCES
from bounce_verdict.webhooks.answer import answer_events
from bounce_verdict.webhooks.payload import decode


async def answered(scope: Scope, service: Service, pasted: Pasted) -> Any:  # noqa: ANN401  # JSON
    """The answer's JSON, decoded: a Classification, a Report, events, or why a log tells of none. Raises InputError and Refusal."""
    pipeline, settings = service.pipeline, service.settings
    if pasted.kind in SOURCES:
        found = answer_events(pipeline, pasted.kind, decode(pasted.content))
        count_events(scope, service.metrics, found.events, pasted.kind)
        return msgspec.to_builtins(found)
    raw = pasted.content if pasted.kind == "message" else None
    asked = item_input(_item(pasted), pipeline.book.commands, settings.max_body, raw)
    read = pipeline.message if service.pool is None else partial(read_inline, pipeline, max_bytes=settings.max_inline)
    try:
        answer = answer_item(0, asked, pipeline, read).result
    except TooCostly:
        assert service.pool is not None  # noqa: S101  # for the type checker: only then is anything too costly
        assert isinstance(asked, MessageInput)  # noqa: S101
        body, status = await service.pool.answer(scope, service.wanted(pipeline), asked)
        if status == 200:  # noqa: PLR2004
            return msgspec.json.decode(body)
        answer = msgspec.json.decode(body, type=Problem)
    if isinstance(answer, Problem):
        raise Refusal(answer)
    count_answer(scope, service.metrics, answer)
    return msgspec.to_builtins(answer)


def _item(pasted: Pasted) -> BatchItem:
    match pasted.kind:
        case "item":
            return decode_json(pasted.content, BatchItem)
        case "message":
            return BatchItem(message="", envelope_to=pasted.envelope_to)
        case "log":
            return BatchItem(log=pasted.text)
    return BatchItem(reply=pasted.text, command=pasted.command, recipient=pasted.recipient)
