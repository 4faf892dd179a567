"""Answers as they are written: NDJSON, CSV, or rows of a table. This runs where they were made."""

import csv
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache
from io import StringIO

from bounce_verdict.cli.output.answered import Answered
from bounce_verdict.model import Classification, Report
from bounce_verdict.records.columns import ADDED, added_cells, guarded, names_beside
from bounce_verdict.response import Problem, encode, encode_onto

PLACE = ("file", "number", "recipient", "reply")  # CSV's first columns, where the input is none

TableRow = tuple[str | None, str, str, str, str, str]


class To(StrEnum):
    """How answers are written."""

    TABLE = "table"
    NDJSON = "ndjson"
    CSV = "csv"


def json_lines(answers: Iterable[Answered]) -> bytes:
    """One object a line: what it answers and where that stands, then the answer's own keys."""
    written = bytearray()
    for one in answers:
        written += _ahead(one)
        begin = len(written)
        encode_onto(written, one.result)
        written[begin] = _COMMA  # where the answer's own object opens
        written += b"\n"
    return bytes(written)


def _ahead(one: Answered) -> bytes:
    """The beginning of its line, up to the answer's own keys."""
    if one.kind is None and isinstance(one.result, Classification):
        return b"%b%d" % (_reply_ahead(one.file), one.number)
    ahead: dict[str, object] = {"answer": _NAMES[type(one.result)], "file": one.file, "number": one.number}
    if isinstance(one.result, Classification) and one.kind is not None:
        ahead |= {"kind": one.kind, "message_id": one.message_id}
        if one.origin is not None:
            ahead["origin"] = one.origin
    return encode(ahead)[:-1]


@lru_cache(maxsize=8)
def _reply_ahead(file: str) -> bytes:
    return encode({"answer": "classification", "file": file, "number": 0})[:-2]


_COMMA = ord(",")
_NAMES = {Classification: "classification", Report: "report", Problem: "problem"}


def csv_rows(answers: Iterable[Answered], delimiter: str) -> str:
    """A row for each; an apostrophe keeps a spreadsheet from computing a cell of ours, and the input's cells stay as they are."""
    written = StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator="\n").writerows(map(_csv_row, answers))
    return written.getvalue()


def csv_head(columns: Sequence[str], delimiter: str) -> str:
    """The line that names the columns: those given, then ours, which get another name where one of those has it."""
    written = StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator="\n").writerow([*columns, *names_beside(columns, ADDED)])
    return written.getvalue()


def _csv_row(one: Answered) -> list[str]:
    row = [*one.cells] if one.cells else [guarded(cell) for cell in (one.file, str(one.number), _recipient(one), one.text)]
    return row + [guarded(cell) for cell in added_cells(one.result)]


def table_row(one: Answered) -> TableRow:
    """Verdict, reason, suppress, whom or what it is about, the reply's text, the explanation."""
    result, place = one.result, f"{one.file}:{one.number}"
    if isinstance(result, Problem):
        return "problem", "", "", place, "", result.detail
    if isinstance(result, Report):
        return None, result.kind, "never", place, "", ""
    text = result.reply.text if result.reply is not None else result.diagnostic_code or one.text
    return result.verdict, result.reason, result.suppress, _recipient(one) or one.text or place, text, result.explanation


def _recipient(one: Answered) -> str:
    result = one.result
    return (result.recipient or result.final_recipient or "") if isinstance(result, Classification) else ""
