"""Answers → the messages that carry them: those about one partition or domain together, and what has no answer as a dead letter. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from bounce_verdict.contract.short_answers import short_line
from bounce_verdict.model import value
from bounce_verdict.response import NDJSON, BatchAnswer, Problem, batch_answer, encode, encode_lines, problem
from bounce_verdict.stream.judging import Answer, recipient_of
from bounce_verdict.stream.names import (
    CONTENT_TYPE,
    HEADROOM,
    ITEM,
    ITEM_HEADERS,
    MESSAGE_ID,
    PROBLEM,
    TRUNCATED,
    Subjects,
    answer_id,
    content_id,
    stream_of,
)

_MAX_HEADER = 1_000  # characters
_MAX_PROBLEM = 8_000


@value
class Outgoing:
    """A message to be stored at the broker."""

    subject: str
    stream: str
    body: bytes
    headers: dict[str, str]


@value
class Item:
    """The message that is answered. place: its stream and sequence; headers: as it came; identity: what it is known by, see `identify`."""

    place: str
    headers: Mapping[str, str]
    identity: str


@value
class Form:
    """How answers are written. max_payload: bytes of a message that the broker takes, headers and all; max_lines: answers in one."""

    subjects: Subjects
    short: bool
    max_payload: int
    max_lines: int


def identify(place: str, headers: Mapping[str, str], body: bytes) -> str:
    """What tells an item from all others, after each of its deliveries: the id that its sender gave it, else its place; and its content.

    The content is part of it, since an id that is used again must not cost an answer.
    """
    return content_id((headers.get(MESSAGE_ID) or place).encode("utf-8", "replace"), body)


def pack(answered: Iterable[Answer], item: Item, form: Form) -> list[Outgoing]:
    """The messages that carry these answers."""
    groups: dict[str, list[Answer]] = {}
    dead: list[Answer] = []
    for answer, part in answered:
        if isinstance(answer.result, Problem):
            dead.append((answer, part))
        else:
            groups.setdefault(form.subjects.key_of(recipient_of(answer)), []).append((answer, part))
    packed: list[Outgoing] = []
    for key, group in groups.items():
        for at in range(0, len(group), form.max_lines):
            packed += _carried(key, group[at : at + form.max_lines], item, form, dead)
    return [*packed, *(dead_letter(answer, part, item, form) for answer, part in dead)]


def dead_letter(answer: BatchAnswer, part: bytes, item: Item, form: Form) -> Outgoing:
    """An item without an answer: its own bytes as the body, cut where the broker takes no more, and in a header the line that says why."""
    room = form.max_payload - HEADROOM
    told = {
        name.lower(): text.encode("utf-8", "replace").decode() for name, text in item.headers.items() if len(text) <= _MAX_HEADER
    }
    headers = {name: told[name.lower()] for name in ITEM_HEADERS if name.lower() in told}
    headers[CONTENT_TYPE] = told.get(CONTENT_TYPE) or NDJSON
    headers[ITEM] = item.place
    headers[PROBLEM] = _in_ascii(answer)
    if len(headers[PROBLEM]) > _MAX_PROBLEM:  # with an id of a thousand letters, each escaped
        headers[PROBLEM] = _in_ascii(batch_answer(answer.index, None, answer.result))
    headers[MESSAGE_ID] = content_id(item.identity.encode(), b"dead", str(answer.index).encode())
    if len(part) > room:
        headers[TRUNCATED], part = str(len(part)), part[:room]
    subject = form.subjects.dead
    return Outgoing(subject, stream_of(subject), part, headers)


def _carried(key: str, group: Sequence[Answer], item: Item, form: Form, dead: list[Answer]) -> list[Outgoing]:
    """One message, or several where the broker would not take it; an answer that is too large alone goes to `dead`."""
    body = encode_lines([short_line(one) if form.short else one for one, _ in group])
    room = form.max_payload - HEADROOM
    if len(body) <= room:
        subject = f"{form.subjects.answers}.{key}"
        headers = {
            CONTENT_TYPE: NDJSON,
            ITEM: item.place,
            MESSAGE_ID: answer_id(item.identity, key, (one.index for one, _ in group)),
        }
        return [Outgoing(subject, stream_of(form.subjects.answers), body, headers)]
    if len(group) == 1:
        detail = f"The answer is larger than the {form.max_payload} bytes that the broker takes in a message."
        document = problem(413, detail, limit=f"max_payload {form.max_payload}")
        answer, part = group[0]
        dead.append((batch_answer(answer.index, answer.id, document), part))
        return []
    middle = len(group) // 2
    return _carried(key, group[:middle], item, form, dead) + _carried(key, group[middle:], item, form, dead)


def _in_ascii(answer: BatchAnswer) -> str:
    """JSON without line ends and other than ASCII, as a header takes it."""
    return json.dumps(msgspec.json.decode(encode(answer)))
