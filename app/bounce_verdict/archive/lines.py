"""NDJSON and CSV in and out. A row keeps its own keys and cells as they were written."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from io import StringIO
from typing import IO, TypeVar

import msgspec

from bounce_verdict.archive.columns import (
    ADDED,
    JUDGED,
    Facts,
    added_names,
    find_fields,
    given_of,
)
from bounce_verdict.archive.job import Job
from bounce_verdict.archive.judging import Added, Counts, Judge, Row, whole_records
from bounce_verdict.archive.made import Made, old_columns
from bounce_verdict.errors import InputError
from bounce_verdict.records.charset import Read, Utf8Reader
from bounce_verdict.records.columns import guarded
from bounce_verdict.records.csv_head import CsvHead, check_width, read_columns, read_rows
from bounce_verdict.records.cutting import cut

_BLOCK = 1 << 18  # bytes read at a time
_BESIDE = 1 << 20  # bytes of a record beside a message in base64
_SHOWN = 1_000  # characters kept of a line that is no object
_ALWAYS = ("recipient", "command")  # keys of items, so that ours go by other names on every line
T = TypeVar("T")
_Raws = dict[str, msgspec.Raw]
_NONE = Facts(None, None, None)
_raws = msgspec.json.Decoder(_Raws)


def judge_ndjson(source: IO[bytes], target: IO[bytes], job: Job, judge: Judge, earlier: Made | None) -> tuple[Counts, list[str]]:
    """Write the objects of `source` with their answers; also the names of our keys. Raises InputError, OSError."""
    old = old_columns(earlier, job.only_changed)
    names = added_names(_ALWAYS, with_old=job.only_changed is not None)
    counts = Counts()
    for rows in whole_records(_objects(source, job, old)):
        added = list(judge.judge(rows))
        counts.add(rows, added)
        target.write(b"".join(_object_line(rows, one, names) for one in added))
    return counts, list(names.values())


def judge_csv(source: IO[bytes], target: IO[bytes], job: Job, judge: Judge, earlier: Made | None) -> tuple[Counts, list[str]]:
    """Write the rows of `source` with their answers; also the names of our columns. Raises InputError, OSError."""
    old = old_columns(earlier, job.only_changed)
    read_on = Utf8Reader(source.read)
    start = read_on(_BLOCK)
    if not start:
        raise InputError("SRC", "is empty")
    columns, delimiter, length = read_columns("SRC", start)
    kept = [name for name in columns if name not in old]
    with_old = job.only_changed is not None
    names = added_names(kept, with_old=with_old)
    read = _then(start[length:], read_on)
    counts = Counts()
    target.write(_csv([[*kept, *names.values()]], delimiter))
    places = [at for at, name in enumerate(columns) if name not in old]
    head = CsvHead(columns, delimiter, 0)
    number = 1 + start.count(b"\n", 0, length)
    for rows in whole_records(_cells(read, head, number, find_fields(kept, job.columns, is_csv=True), old, job)):
        added = list(judge.judge(rows))
        counts.add(rows, added)
        target.write(_csv((_row(rows[one.at].held, places, one, with_old=with_old) for one in added), delimiter))
    return counts, list(names.values())


def _then(start: bytes, read: Read) -> Callable[[], bytes]:
    ahead = [start]
    return lambda: (ahead.pop() if ahead else b"") or read(_BLOCK)


def _objects(source: IO[bytes], job: Job, old: Sequence[str]) -> Iterator[list[Row]]:
    number, find, read = 1, _finder(job.columns), Utf8Reader(source.read)
    for piece in cut(lambda: read(_BLOCK), "ndjson", job.max_body * 4 // 3 + _BESIDE):
        rows = [_object(at, line, find, old) for at, line in enumerate(piece.content.split(b"\n"), number) if line.strip()]
        number += piece.records
        yield rows


def _object(number: int, line: bytes, find: Callable[[tuple[str, ...]], Mapping[str, str]], old: Sequence[str]) -> Row:
    """A line as a row. What stands in it stays JSON, so that it is written as it was. find: which of its keys hold which field."""
    try:
        line.decode()  # what is kept as it was written is not looked into
        raws = _raws.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        shown = msgspec.json.encode(line[: 4 * _SHOWN].decode("utf-8", "replace")[:_SHOWN])
        return Row(
            number, InputError("line", "is no JSON object, or longer than can be read"), None, {"line": msgspec.Raw(shown)}
        )
    told = {name: f"bounces_{name}" if f"bounces_{name}" in raws else name for name in old}  # as _object_line chose
    own = {name: raw for name, raw in raws.items() if name not in told.values()} if old else raws
    given: Mapping[str, object] | InputError
    try:
        given = given_of({name: msgspec.json.decode(own[key]) for name, key in find(tuple(own)).items()})
    except InputError as error:
        given = error
    except (msgspec.MsgspecError, RecursionError):
        given = InputError("line", "is nested too deep")
    if not old:
        return Row(number, given, None, own)
    keys = dict(zip(ADDED, old, strict=False))
    facts = Facts(*(_old(raws, told[keys[name]], str) for name in Facts._fields))
    return Row(_old(raws, told[keys["number"]], int) or number, given, facts, own)


def _old(raws: _Raws, key: str, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(raws[key], type=kind) if key in raws else None
    except msgspec.MsgspecError:  # a null is one too
        return None


def _finder(columns: Mapping[str, str]) -> Callable[[tuple[str, ...]], Mapping[str, str]]:
    """Which keys of an object hold which field; a line need not have all that the caller named."""

    @lru_cache(maxsize=256)
    def find(keys: tuple[str, ...]) -> Mapping[str, str]:
        return find_fields(keys, {name: key for name, key in columns.items() if not key or key in keys})

    return find


def _object_line(rows: Sequence[Row], one: Added, names: Mapping[str, str]) -> bytes:
    own: _Raws = rows[one.at].held
    if one.judged != one.at:  # a further recipient of a message, or the first of which something has changed
        own = {name: raw for name, raw in own.items() if name not in JUDGED}
        own |= {} if one.judged is None else {name: raw for name, raw in rows[one.judged].held.items() if name in JUDGED}
    told = dict(zip(names, (*one.answer, *(one.old or _NONE)), strict=False))
    ours = {(f"bounces_{names[name]}" if names[name] in own else names[name]): cell for name, cell in told.items()}
    return msgspec.json.encode({**own, **ours}) + b"\n"


def _cells(
    read: Callable[[], bytes], head: CsvHead, number: int, fields: Mapping[str, str], old: Sequence[str], job: Job
) -> Iterator[list[Row]]:
    at = {name: head.columns.index(column) for name, column in fields.items()}
    told = {name: head.columns.index(column) for name, column in zip(ADDED, old, strict=False)}
    for piece in cut(read, "csv", job.max_body * 4 // 3 + _BESIDE, delimiter=head.delimiter):
        rows = []
        for line, cells in read_rows(piece.content, head, number):
            given: Mapping[str, object] | InputError
            try:
                check_width(cells, head)
                given = given_of({name: cells[place].strip() for name, place in at.items()})
            except InputError as error:
                given = error
            facts = Facts(*(cells[told[name]] or None for name in Facts._fields)) if old else None
            known = cells[told["number"]] if old else ""
            rows.append(Row(int(known) if known.isascii() and known.isdigit() and len(known) < 19 else line, given, facts, cells))  # noqa: PLR2004
        number += piece.records
        yield rows


def _row(cells: Sequence[str], places: Sequence[int], one: Added, *, with_old: bool) -> list[str]:
    told = (*one.answer, *(one.old or _NONE)) if with_old else one.answer
    return [*(cells[at] for at in places), *(guarded(_shown(cell)) for cell in told)]


def _shown(cell: object) -> str:
    return "" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell)


def _csv(rows: Iterable[Sequence[str]], delimiter: str) -> bytes:
    written = StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return written.getvalue().encode("utf-8", "replace")
