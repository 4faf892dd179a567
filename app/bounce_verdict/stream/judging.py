"""A message of a stream → the lines that answer it, as a batch over HTTP would answer its items. Pure: no broker, no clock but a message's arrival.

What the message holds, its Content-Type says: one item in JSON, many as NDJSON, a raw mail, or, with the header Bounces-Source, what a
mail service posted.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from bounce_verdict.contract.inputs import message_input
from bounce_verdict.contract.items import Line, answer_item, judge_replies, read_line
from bounce_verdict.contract.refusals import Refusal, fault_problem, problem_of
from bounce_verdict.errors import InputError
from bounce_verdict.model import Classification, LogEvents, Report, value
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.response import JSON, NDJSON, NDJSON_TYPES, BatchAnswer, batch_answer, problem
from bounce_verdict.stream.names import CONTENT_TYPE, ENVELOPE_FROM, ENVELOPE_TO, ITEM_ID, QUERY, SOURCE
from bounce_verdict.webhooks import SOURCES
from bounce_verdict.webhooks.answer import answer_event
from bounce_verdict.webhooks.payload import decode

MAIL = "message/rfc822"
MEDIA = (JSON, *NDJSON_TYPES, MAIL)
_BOM = b"\xef\xbb\xbf"
_TOGETHER = 16  # lines read, and their replies judged, at a time, as web/batch does
_MAX_ID = 1_000  # bytes, as of an item's id


@value
class Given:
    """A message as the broker hands it over, and the bounds of what it may hold."""

    body: bytes
    headers: Mapping[str, str]
    max_body: int
    max_line: int


Answer = tuple[BatchAnswer, bytes]  # and the part of the message that it answers


def answers(given: Given, pipeline: Pipeline) -> Iterator[Answer]:
    """Every answer, one after the other, so that whoever asks may do something else in between. Raises nothing: what is wrong is a problem."""
    headers = {name.lower(): text for name, text in given.headers.items()}
    media = headers.get(CONTENT_TYPE.lower(), "").partition(";")[0].strip().lower() or NDJSON
    try:
        if SOURCE.lower() in headers:
            yield from _webhook(given, headers, pipeline)
        elif media == MAIL:
            yield _mail(given, headers, pipeline), given.body
        elif media == JSON:
            yield from _lines([_fitting(given.body.strip().removeprefix(_BOM), given.max_line)], pipeline, given.max_body)
        elif media in MEDIA:
            yield from _lines(split_lines(given.body, given.max_line), pipeline, given.max_body)
        else:
            refusal = problem(415, f"{CONTENT_TYPE} must be one of {', '.join(MEDIA)}.", accepted=MEDIA)
            yield batch_answer(0, None, refusal), given.body
    except (InputError, Refusal) as error:
        yield batch_answer(0, None, problem_of(error)), given.body
    except Exception as error:  # noqa: BLE001  # a fault of ours on one message must not stop the worker
        yield batch_answer(0, None, fault_problem(error)), given.body


def split_lines(body: bytes, limit: int) -> Sequence[Line]:
    """The lines of NDJSON without empty ones; in place of one beyond `limit` bytes, what is wrong with it."""
    return [_fitting(line, limit) for piece in body.removeprefix(_BOM).split(b"\n") if (line := piece.strip())]


def recipient_of(answer: BatchAnswer) -> str | None:
    """The address that an answer is about, the first where it is about several; None where it names none."""
    result = answer.result
    if isinstance(result, Classification):
        return result.recipient
    if isinstance(result, Report):
        return next((one.recipient for one in result.recipients if one.recipient), None)
    if isinstance(result, LogEvents):
        return next((one.recipient for event in result.events for one in event.recipients if one.recipient), None)
    return None


def _fitting(line: bytes, limit: int) -> Line:
    return line if len(line) <= limit else InputError("line", f"is longer than {limit} bytes", f"max_batch_line {limit}")


def _lines(lines: Sequence[Line], pipeline: Pipeline, max_body: int) -> Iterator[Answer]:
    if not lines:
        raise InputError("body", "is empty; an item is expected")
    index, rest = 0, iter(lines)
    while some := list(islice(rest, _TOGETHER)):
        items = judge_replies([read_line(line, pipeline, max_body) for line in some], pipeline)
        for line, item in zip(some, items, strict=True):
            yield answer_item(index, item, pipeline, pipeline.message), line if isinstance(line, bytes) else b""
            index += 1


def _mail(given: Given, headers: Mapping[str, str], pipeline: Pipeline) -> BatchAnswer:
    if len(given.body) > given.max_body:
        raise InputError("body", f"is larger than {given.max_body} bytes", f"max_body {given.max_body}")
    told = [headers.get(name.lower()) or None for name in (ENVELOPE_TO, ENVELOPE_FROM, ITEM_ID)]
    for name, text in zip((ENVELOPE_TO, ENVELOPE_FROM, ITEM_ID), told, strict=True):
        if text is not None and len(text.encode("utf-8", "replace")) > _MAX_ID:
            raise InputError(name, f"is longer than {_MAX_ID} bytes")
    item = message_input(given.body, *told)
    return answer_item(0, item, pipeline, pipeline.message)


def _webhook(given: Given, headers: Mapping[str, str], pipeline: Pipeline) -> Iterator[Answer]:
    """A line for each event; its id is the event's."""
    source = headers[SOURCE.lower()]
    if source not in SOURCES:
        raise InputError(SOURCE, f"must be one of {', '.join(SOURCES)}")
    if len(given.body) > given.max_body:
        raise InputError("body", f"is larger than {given.max_body} bytes", f"max_body {given.max_body}")
    payload = decode(given.body, headers.get(CONTENT_TYPE.lower(), ""), headers.get(QUERY.lower(), ""))
    for index, event in enumerate(SOURCES[source].read(payload)):
        answer = LogEvents(source, [answer_event(pipeline, source, event)], 0)
        yield batch_answer(index, event.event_id, answer), given.body
