"""Rows → what the answers add to them. This runs in the workers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from bounce_verdict.archive.columns import Answer, Facts, answer_of
from bounce_verdict.archive.job import Sending
from bounce_verdict.contract.decoding import decode_parameters
from bounce_verdict.contract.inputs import item_input
from bounce_verdict.contract.refusals import Refusal, problem_of
from bounce_verdict.contract.requests import BatchItem
from bounce_verdict.errors import InputError
from bounce_verdict.logs import fault_place
from bounce_verdict.maillogs import answer_log
from bounce_verdict.model import Classification, LogEvents, MessageInput, ReplyInput, Report, Skipped, value
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.reported import ReportedReply, classify_reported

MAX_RECORD = 100_000  # rows of one number; no message has as many recipients


@value
class Row:
    """One row of an input.

    number: of its record, from 1; rows that follow one another with the same number are one record. given: its fields, or why there are
    none. old: what an earlier run answered. held: what its format keeps of it.
    """

    number: int
    given: Mapping[str, Any] | InputError
    old: Facts | None = None
    held: Any = None


class Counts(msgspec.Struct):
    """rows: read. written: rows. errors: written rows without an answer."""

    rows: int = 0
    written: int = 0
    errors: int = 0

    def add(self, rows: Sequence[Row], added: Sequence["Added"]) -> None:
        """Count rows and what became of them."""
        self.rows += len(rows)
        self.written += len(added)
        self.errors += sum(one.answer.error is not None for one in added)


class Added(NamedTuple):
    """A row to write: the place of the row whose columns it keeps, and what is added.

    judged: the place of the row that holds what was judged, where this is the first that is written of its record; else it is left out.
    """

    at: int
    judged: int | None
    answer: Answer
    old: Facts | None


class Judge:
    """Judges rows by one pipeline. only_changed: whether rows are left out that are answered as before."""

    def __init__(self, pipeline: Pipeline, max_body: int, sending: Sending, *, only_changed: bool) -> None:
        self._pipeline, self._max_body, self._only_changed = pipeline, max_body, only_changed
        self._us = (("sender", sending.sender), ("sending_ip", sending.sending_ip), ("sending_host", sending.sending_host))

    def judge(self, rows: Sequence[Row]) -> Iterator[Added]:
        """What becomes of whole records, in their order: a row for each recipient, one at least; of unchanged ones none where that is asked."""
        for start, length in _records(rows):
            judged: int | None = start
            for place, answer in enumerate(self._answers(rows[start])):
                at = start + min(place, length - 1)
                old = rows[at].old if place < length else None
                if self._only_changed and old == answer.facts():
                    continue
                yield Added(at, judged, answer, old)
                judged = None

    def _answers(self, row: Row) -> Iterable[Answer]:
        try:
            return list(self._answer(row)) or [Answer(row.number)]
        except (InputError, Refusal) as error:
            return [Answer(row.number, error=problem_of(error).detail)]
        except Exception as error:  # noqa: BLE001  # a fault of ours on one row must not lose the others
            return [Answer(row.number, error=f"The program failed on this row: {fault_place(error)}")]

    def _answer(self, row: Row) -> Iterator[Answer]:
        if isinstance(row.given, InputError):
            raise row.given
        given = {**{name: text for name, text in self._us if text is not None}, **row.given}
        asked = self._raw_message(given) if isinstance(given.get("message"), bytes) else self._item(given)
        if isinstance(asked, ReplyInput):
            yield answer_of(row.number, None, self._pipeline.reply(asked))
        elif isinstance(asked, ReportedReply):
            yield answer_of(row.number, None, classify_reported(self._pipeline, asked))
        elif isinstance(asked, MessageInput):
            yield from _of_report(row.number, self._pipeline.message(asked))
        else:
            yield from _of_log(row.number, answer_log(self._pipeline, asked.text, asked.format))

    def _item(self, given: Mapping[str, Any], raw: bytes | None = None) -> Any:  # noqa: ANN401  # what an item of a batch may ask for
        return item_input(decode_parameters(given, BatchItem), self._pipeline.book.commands, self._max_body, raw)

    def _raw_message(self, given: Mapping[str, Any]) -> Any:  # noqa: ANN401  # as above
        """A message in bytes is an item whose message need not be decoded."""
        raw = given["message"]
        if len(raw) > self._max_body:
            raise InputError("message", f"is larger than {self._max_body} bytes", f"max_body {self._max_body}")
        if not raw.strip():
            raise InputError("message", "is empty")
        return self._item({**given, "message": ""}, raw)


def whole_records(pieces: Iterable[list[Row]]) -> Iterator[list[Row]]:
    """The rows in pieces in which every record is whole."""
    kept: list[Row] = []
    for piece in pieces:
        kept += piece
        start = len(kept)
        while start and kept[start - 1].number == kept[-1].number:
            start -= 1
        if start:
            yield kept[:start]
            kept = kept[start:]
        if len(kept) > MAX_RECORD:
            raise InputError("SRC", f"has a record of more than {MAX_RECORD:,} rows")
    if kept:
        yield kept


def _records(rows: Sequence[Row]) -> Iterator[tuple[int, int]]:
    """Where each record begins, and how many rows it has."""
    start = 0
    for at in range(1, len(rows) + 1):
        if at == len(rows) or rows[at].number != rows[start].number:
            yield start, at - start
            start = at


def _of_report(number: int, report: Report) -> Iterator[Answer]:
    if not report.recipients:
        yield Answer(number, kind=report.kind)
    for one in report.recipients:
        yield answer_of(number, report.kind, one)


def _of_log(number: int, found: LogEvents | Skipped) -> Iterator[Answer]:
    if isinstance(found, Skipped):
        yield Answer(number, kind="skipped", explanation=found.explanation)
        return
    for event in found.events:
        recipients: Sequence[Classification] = event.recipients
        if not recipients:
            yield Answer(number, kind=event.kind)
        for one in recipients:
            yield answer_of(number, event.kind, one)
