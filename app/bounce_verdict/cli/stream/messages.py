"""A chunk of an input → the messages of a stream that carry its records, each with an id that it has again when it is sent again."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from bounce_verdict.cli.bulk.answering import Sending, cell_of, read_message
from bounce_verdict.cli.inputs.chunk import Chunk, LoggedLine
from bounce_verdict.cli.inputs.folders import shown_name
from bounce_verdict.cli.inputs.reply_lines import read_reply_lines
from bounce_verdict.errors import InputError
from bounce_verdict.model import value
from bounce_verdict.records.csv_head import check_width, read_rows
from bounce_verdict.records.mbox import split_messages
from bounce_verdict.response import NDJSON
from bounce_verdict.stream.judging import MAIL
from bounce_verdict.stream.names import CONTENT_TYPE, ENVELOPE_FROM, ENVELOPE_TO, ITEM_ID, MESSAGE_ID, content_id
from bounce_verdict.stream.publishing import Message

_MAX_ID = 900  # bytes of an item's id

Numbered = tuple[int, bytes]


@value
class Cut:
    """How records become messages. lines: items in a message; max_body: its bytes; max_record: bytes of a mail that are read."""

    lines: int
    max_body: int
    max_record: int
    sending: Sending


@value
class Shipment:
    """A message, how many items it holds, and the first one's number."""

    message: Message
    items: int
    number: int


def shipments(chunk: Chunk, cut: Cut) -> Iterator[Shipment | InputError]:
    """The messages of a chunk; in place of a record that is too large for one, what is wrong with it."""
    match chunk.kind:
        case "mbox":
            for number, raw in enumerate(split_messages(_bytes(chunk)), chunk.number):
                yield from _mail(chunk.file, number, raw, cut)
        case "message":
            yield from _mails(chunk, cut)
        case _:
            yield from _packed(chunk.file, _items(chunk, cut), cut)


def _items(chunk: Chunk, cut: Cut) -> Iterator[Numbered | InputError]:
    us = {name: getattr(cut.sending, name) for name in ("sender", "sending_ip", "sending_host")}
    match chunk.kind:
        case "ndjson":
            yield from (
                (number, line.strip()) for number, line in enumerate(_bytes(chunk).split(b"\n"), chunk.number) if line.strip()
            )
        case "replies":
            for number, text in read_reply_lines(_bytes(chunk), chunk.number):
                yield number, _item(chunk.file, number, reply=text, **us)
        case "csv" if chunk.head is not None:
            head = chunk.head
            for number, cells in read_rows(_bytes(chunk), head, chunk.number):
                try:
                    check_width(cells, head)
                except InputError as error:
                    yield InputError(f"{chunk.file}:{number}", error.message)
                    continue
                told = {name: cell_of(cells, getattr(head, name)) for name in ("recipient", "command", "remote_mta")}
                yield number, _item(chunk.file, number, reply=cell_of(cells, head.reply) or "", **told, **us)
        case _:
            for line in chunk.content:
                if isinstance(line, LoggedLine):
                    yield line.number, _item(chunk.file, line.number, log=line.text, format=line.format)


def _item(file: str, number: int, **given: Any) -> bytes:  # noqa: ANN401  # JSON
    told = {"id": _id(file, number), **{name: text for name, text in given.items() if text is not None}}
    return json.dumps(told).encode()


def _id(file: str, number: int) -> str:
    """By which an answer is found again in the input."""
    return f"{file.encode()[-_MAX_ID:].decode('utf-8', 'ignore')}:{number}"


def _packed(file: str, items: Iterable[Numbered | InputError], cut: Cut) -> Iterator[Shipment | InputError]:
    lines: list[Numbered] = []
    size = 0
    for item in items:
        if isinstance(item, InputError):
            yield item
            continue
        number, line = item
        if len(line) > cut.max_body:
            yield InputError(f"{file}:{number}", f"is larger than the {cut.max_body} bytes that the broker takes")
            continue
        if lines and (len(lines) >= cut.lines or size + len(line) + 1 > cut.max_body):
            yield _together(file, lines)
            lines, size = [], 0
        lines.append((number, line))
        size += len(line) + 1
    if lines:
        yield _together(file, lines)


def _together(file: str, lines: list[Numbered]) -> Shipment:
    number = lines[0][0]
    body = b"\n".join(line for _, line in lines)
    return Shipment(Message(body, {CONTENT_TYPE: NDJSON, MESSAGE_ID: _known(file, number, body)}), len(lines), number)


def _mails(chunk: Chunk, cut: Cut) -> Iterator[Shipment | InputError]:
    if isinstance(chunk.content, bytes):
        yield from _mail(chunk.file, 1, chunk.content, cut)
        return
    for name in chunk.content:
        file = shown_name(str(name))
        try:
            yield from _mail(file, 1, read_message(str(name), cut.max_record), cut)
        except InputError as error:
            yield error


def _mail(file: str, number: int, raw: bytes, cut: Cut) -> Iterator[Shipment | InputError]:
    if not raw.strip():
        return
    if len(raw) > cut.max_body:
        yield InputError(f"{file}:{number}", f"is larger than the {cut.max_body} bytes that the broker takes")
        return
    headers = {CONTENT_TYPE: MAIL, MESSAGE_ID: _known(file, number, raw), ITEM_ID: _id(file, number)}
    yield Shipment(Message(raw, headers | _envelope(cut.sending)), 1, number)


def _envelope(sending: Sending) -> dict[str, str]:
    told = {ENVELOPE_TO: sending.envelope_to, ENVELOPE_FROM: sending.envelope_from}
    return {name: text for name, text in told.items() if text}


def _known(file: str, number: int, body: bytes) -> str:
    """The id of a message: its place too, since two records may be alike."""
    return content_id(file.encode(), str(number).encode(), body)


def _bytes(chunk: Chunk) -> bytes:
    return chunk.content if isinstance(chunk.content, bytes) else b""
