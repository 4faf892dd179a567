"""A chunk of an input → its answers, in order. This runs in the processes that classify."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

from bounce_verdict.cli.inputs.chunk import Chunk, Kind, LoggedLine
from bounce_verdict.cli.inputs.folders import shown_name
from bounce_verdict.cli.inputs.opening import OpenInput
from bounce_verdict.cli.inputs.reply_lines import read_reply_lines
from bounce_verdict.cli.loading import Loaded
from bounce_verdict.cli.output.answered import Answered
from bounce_verdict.errors import InputError
from bounce_verdict.model import Classification, Event, LogEvents, MessageInput, ReplyInput, Report, value
from bounce_verdict.pipeline.parse.smtp_commands import resolve_command
from bounce_verdict.records.csv_head import check_width, joined, read_rows
from bounce_verdict.records.mbox import split_messages
from bounce_verdict.response import Problem, input_problem

Given = TypeVar("Given")
Judged = TypeVar("Judged")


@value
class Sending:
    """Who we are, where the caller says; the envelope of the one message that is read."""

    sender: str | None = None
    sending_ip: str | None = None
    sending_host: str | None = None
    envelope_to: str | None = None
    envelope_from: str | None = None


class Answerer:
    """Answers chunks by one pipeline."""

    def __init__(self, loaded: Loaded, sending: Sending) -> None:
        self._pipeline, self._max_body, self._sending = loaded.pipeline, loaded.max_body, sending
        self._us = (sending.sender, sending.sending_ip, sending.sending_host)
        self._by_kind: Mapping[Kind, Callable[[Chunk], Iterator[Answered]]] = {
            "replies": self._replies,
            "csv": self._rows,
            "ndjson": self._items,
            "mbox": self._mbox,
            "message": self._messages,
            "log": self._logged,
        }

    def answer(self, chunk: Chunk) -> Iterator[Answered]:
        """Every answer: one for each recipient, at least one for each record but for empty lines and lines of logs."""
        return self._by_kind[chunk.kind](chunk)

    def _replies(self, chunk: Chunk) -> Iterator[Answered]:
        for number, text in read_reply_lines(_bytes(chunk), chunk.number):
            yield Answered(chunk.file, number, answer_or_problem(self._pipeline.reply, self._reply(text)), text=text)

    def _reply(
        self, text: str, command: str | None = None, remote_mta: str | None = None, recipient: str | None = None
    ) -> ReplyInput:
        known = resolve_command(command, self._pipeline.book.commands) if command else None
        return ReplyInput(text, known, remote_mta, recipient, None, None, *self._us)

    def _rows(self, chunk: Chunk) -> Iterator[Answered]:
        head = chunk.head
        if head is None:
            raise ValueError("rows without a head")  # a fault of ours
        for number, cells in read_rows(_bytes(chunk), head, chunk.number):
            text = cell_of(cells, head.reply) or ""
            result: Classification | Problem
            try:
                check_width(cells, head)
                given = self._reply(text, *(cell_of(cells, place) for place in (head.command, head.remote_mta, head.recipient)))
                result = answer_or_problem(self._pipeline.reply, given)
            except InputError as error:
                result = input_problem(error)
            yield Answered(chunk.file, number, result, cells=joined(cells, head), text=text)

    def _items(self, chunk: Chunk) -> Iterator[Answered]:
        from bounce_verdict.contract.items import answer_item, read_line  # noqa: PLC0415  # asked for by few inputs

        for number, line in enumerate(_bytes(chunk).split(b"\n"), chunk.number):
            if line.strip():
                item = read_line(line, self._pipeline, self._max_body)
                answer = answer_item(number, item, self._pipeline, self._pipeline.message).result
                text = item.reply if isinstance(item, ReplyInput) else ""
                yield from _of_item(chunk.file, number, answer, text)

    def _mbox(self, chunk: Chunk) -> Iterator[Answered]:
        for number, raw in enumerate(split_messages(_bytes(chunk)), chunk.number):
            yield from self._message(chunk.file, number, raw)

    def _messages(self, chunk: Chunk) -> Iterator[Answered]:
        if isinstance(chunk.content, bytes):
            yield from self._message(chunk.file, 1, chunk.content)
            return
        for name in chunk.content:
            try:
                yield from self._message(shown_name(str(name)), 1, read_message(str(name), self._max_body))
            except InputError as error:
                yield Answered(shown_name(str(name)), 1, input_problem(InputError("message", error.message)))

    def _message(self, file: str, number: int, raw: bytes) -> Iterator[Answered]:
        if not raw.strip():
            yield Answered(file, number, input_problem(InputError("message", "is empty")))
        elif len(raw) > self._max_body:
            error = InputError(
                "message", f"is larger than {self._max_body} bytes (BOUNCES_MAX_BODY)", f"max_body {self._max_body}"
            )
            yield Answered(file, number, input_problem(error))
        else:
            given = MessageInput(raw, self._sending.envelope_to, self._sending.envelope_from, None, time.time(), *self._us)
            report = answer_or_problem(self._pipeline.message, given)
            yield from _of_report(file, number, report) if isinstance(report, Report) else [Answered(file, number, report)]

    def _logged(self, chunk: Chunk) -> Iterator[Answered]:
        from bounce_verdict.maillogs.answer import answer_delivery  # noqa: PLC0415  # for logs alone

        for line in chunk.content:
            if isinstance(line, LoggedLine):
                event = answer_or_problem(partial(answer_delivery, self._pipeline, line.format), line.delivery)
                if isinstance(event, Problem):
                    yield Answered(chunk.file, line.number, event)
                else:
                    yield from _of_event(chunk.file, line.number, event)


def answer_or_problem(judge: Callable[[Given], Judged], given: Given) -> Judged | Problem:
    """What it gives; for a fault of ours a problem, so that it costs no other record. Raises InputError."""
    try:
        return judge(given)
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001  # as above
        from bounce_verdict.contract.refusals import fault_problem  # noqa: PLC0415  # where there is a fault

        return fault_problem(error)


def read_message(name: str, limit: int) -> bytes:
    """The message that a file holds, with a byte more than `limit` where it is longer. Raises InputError where it cannot be read."""
    source, raw = OpenInput(name), bytearray()
    try:
        while len(raw) <= limit and (found := source.read()):
            raw += found
    finally:
        source.close()
    return bytes(raw[: limit + 1])


def _bytes(chunk: Chunk) -> bytes:
    return chunk.content if isinstance(chunk.content, bytes) else b""


def cell_of(cells: Sequence[str], place: int | None) -> str | None:
    """What stands in that cell; None where there is no such column or nothing."""
    return cells[place].strip() or None if place is not None else None


def _of_item(file: str, number: int, result: object, text: str) -> Iterator[Answered]:
    if isinstance(result, Report):
        yield from _of_report(file, number, result)
    elif isinstance(result, LogEvents):
        for event in result.events:
            yield from _of_event(file, number, event)
    elif isinstance(result, Classification | Problem):
        day = _day(result.last_attempt_date) if isinstance(result, Classification) else None
        yield Answered(file, number, result, day=day, text=text)


def _of_report(file: str, number: int, report: Report) -> Iterator[Answered]:
    facts = report.message
    day = facts.arrival_date
    about = facts.original_message_id
    if not report.recipients:
        yield Answered(file, number, report, report.kind, report.origin, about, _day(day))
    for one in report.recipients:
        yield Answered(file, number, one, report.kind, report.origin, about, _day(one.last_attempt_date or day))


def _of_event(file: str, number: int, event: Event) -> Iterator[Answered]:
    about = event.message_id or event.queue_id
    for one in event.recipients:
        yield Answered(file, number, one, event.kind, None, about, _day(event.occurred_at or one.last_attempt_date))


def _day(moment: str | None) -> str | None:
    """YYYY-MM-DD of an ISO 8601 moment."""
    return moment[:10] if moment and moment[4:5] == "-" else None
