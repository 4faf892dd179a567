"""Parquet in and out, and the Parquet that an mbox becomes, which has the message as its one column of its own."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import IO, Any, Self

import msgspec
import pyarrow as pa
from pyarrow import parquet as pq

from bounce_verdict.archive.columns import ADDED, JUDGED, OLD, Facts, added_names, find_fields, given_of
from bounce_verdict.archive.job import Job
from bounce_verdict.archive.judging import MAX_RECORD, Added, Counts, Judge, Row
from bounce_verdict.archive.made import DIGEST_KEY, KEY, Made, old_columns, parse_made
from bounce_verdict.errors import InputError
from bounce_verdict.records.cutting import cut
from bounce_verdict.records.mbox import split_messages

_BLOCK = 1 << 18  # bytes of an mbox read at a time
_PIECE = 8 << 20  # bytes of rows judged at a time, about
_ROWS = 4_096  # rows judged at a time, at most
_GROUP_BYTES, _GROUP_ROWS = 32 << 20, 65_536  # of a row group that is written
_TYPES = {"text": pa.string(), "integer": pa.int64(), "truth": pa.bool_()}


def made_of(file: IO[bytes]) -> Made | None:
    """What a Parquet file says of its making. Raises pyarrow's ArrowException where it is none."""
    return parse_made((pq.read_schema(file).metadata or {}).get(KEY, b""))


def open_parquet(source: IO[bytes]) -> pq.ParquetFile:
    """The file, of which pages are read as they are needed; by default a row group is read whole."""
    return pq.ParquetFile(source, pre_buffer=False, buffer_size=1 << 20)


def judge_parquet(source: IO[bytes], target: IO[bytes], job: Job, judge: Judge, made: Made) -> Counts:
    """Write the rows of `source` with their answers. Raises InputError, ArrowException, OSError."""
    file = open_parquet(source)
    schema = file.schema_arrow
    if len(set(schema.names)) < len(schema.names):
        raise InputError("SRC", "has two columns of one name")
    earlier = parse_made((schema.metadata or {}).get(KEY, b""))
    old = old_columns(earlier, job.only_changed)
    kept = [name for name in schema.names if name not in old]
    fields = find_fields(kept, job.columns)
    numbers = old[0] if old else None
    counts, own = Counts(), pa.schema([schema.field(name) for name in kept], schema.metadata)
    with _Writer(target, own, fields, job, made) as writer:
        for table in pieces(file, numbers):
            rows = list(_rows(table, fields, old, counts.rows))
            added = list(judge.judge(rows))
            counts.add(rows, added)
            writer.write(table.select(kept), added)
    return counts


def judge_mbox(source: IO[bytes], target: IO[bytes], job: Job, judge: Judge, made: Made) -> Counts:
    """Write a row for each recipient of the mbox's messages. Raises InputError, OSError."""
    if job.only_changed is not None:
        raise InputError("--only-changed", "an mbox holds no answers; give what `bounces archive` made of it")
    counts, schema = Counts(), pa.schema([pa.field("message", pa.binary())])
    with _Writer(target, schema, {"message": "message"}, job, made) as writer:
        for piece in cut(lambda: source.read(_BLOCK), "mbox", job.max_body * 4 // 3):
            raws = split_messages(piece.content)
            rows = [Row(number, {"message": raw}) for number, raw in enumerate(raws, counts.rows + 1)]
            added = list(judge.judge(rows))
            counts.add(rows, added)
            cells = [raw if len(raw) <= job.max_body else None for raw in raws]  # of a larger one only a beginning is at hand
            writer.write(pa.table([pa.array(cells, pa.binary())], schema), added)
    if not counts.rows:
        raise InputError("SRC", "holds no message")
    return counts


def pieces(file: pq.ParquetFile, numbers: str | None) -> Iterator[pa.Table]:
    """The rows in pieces of bounded size, each record whole. numbers: the column that tells records apart; None where each row is one."""
    groups = [file.metadata.row_group(at) for at in range(file.metadata.num_row_groups)]
    widest = max((group.total_byte_size // max(group.num_rows, 1) for group in groups), default=1)
    kept: pa.Table | None = None
    for batch in file.iter_batches(max(1, min(_ROWS, _PIECE // max(widest, 1)))):
        table = pa.Table.from_batches([batch])
        if numbers is None:
            yield table
            continue
        kept = table if kept is None else pa.concat_tables([kept, table])
        column = kept.column(numbers).to_pylist()
        start = len(column)
        while start and column[start - 1] == column[-1]:
            start -= 1
        if start:
            yield kept.slice(0, start)
            kept = kept.slice(start)
        if kept.num_rows > MAX_RECORD:
            raise InputError("SRC", f"has a record of more than {MAX_RECORD:,} rows")
    if kept is not None:
        yield kept


def _rows(table: pa.Table, fields: Mapping[str, str], old: Sequence[str], done: int) -> Iterator[Row]:
    columns = {name: table.column(column).to_pylist() for name, column in fields.items()}
    told = dict(zip(ADDED, old, strict=False))
    before = [table.column(told[name]).to_pylist() for name in Facts._fields] if old else []
    numbers = table.column(told["number"]).to_pylist() if old else None
    for at in range(table.num_rows):
        given = given_of({name: _cell(name, column[at]) for name, column in columns.items()})
        facts = Facts(*(column[at] for column in before)) if old else None
        yield Row(numbers[at] if numbers is not None else done + at + 1, given, facts)


def _cell(name: str, cell: Any) -> Any:  # noqa: ANN401  # whatever Parquet has
    """A cell as an item of a batch has it; only a message may be bytes."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bytes):
        return cell if name == "message" else cell.decode("utf-8", "replace")
    if isinstance(cell, datetime):
        return (cell if cell.tzinfo is not None else cell.replace(tzinfo=UTC)).isoformat()
    return str(cell)


class _Writer:
    """Writes tables with their answers as one Parquet file, the same bytes for the same rows."""

    def __init__(self, target: IO[bytes], schema: pa.Schema, fields: Mapping[str, str], job: Job, made: Made) -> None:
        with_old = job.only_changed is not None
        names = added_names(schema.names, with_old=with_old)
        self._judged = {fields[name] for name in JUDGED if name in fields}
        self._types = [_TYPES[kind] for kind in (*ADDED.values(), *(OLD.values() if with_old else ()))]
        self._with_old = with_old
        made = msgspec.structs.replace(made, columns=list(names.values()))
        kept = [field.with_nullable(nullable=True) if field.name in self._judged else field for field in schema]
        told = {KEY: msgspec.json.encode(made), DIGEST_KEY: made.rules_digest.encode()}
        ours = [pa.field(name, kind) for name, kind in zip(names.values(), self._types, strict=True)]
        self._schema = pa.schema([*kept, *ours], {**(schema.metadata or {}), **told})
        self._writer = pq.ParquetWriter(target, self._schema, compression="zstd")
        self._waiting: list[pa.Table] = []
        self._bytes = self._rows = 0

    def write(self, kept: pa.Table, rows: Sequence[Added]) -> None:
        """Write the rows of `kept` that are named, with what is added to them."""
        for start in range(0, len(rows), _ROWS):
            self._write(kept, rows[start : start + _ROWS])

    def _write(self, kept: pa.Table, rows: Sequence[Added]) -> None:
        at = pa.array([row.at for row in rows], pa.int64())
        first = pa.array([row.judged for row in rows], pa.int64())
        columns = [kept.column(name).take(first if name in self._judged else at) for name in kept.schema.names]
        answers = [(*row.answer, *(row.old or (None, None, None))) if self._with_old else row.answer for row in rows]
        ours = [pa.array(column, kind) for column, kind in zip(zip(*answers, strict=True), self._types, strict=True)]
        table = pa.table([*columns, *ours], self._schema)
        self._waiting.append(table)
        self._bytes += table.nbytes
        self._rows += table.num_rows
        if self._bytes >= _GROUP_BYTES or self._rows >= _GROUP_ROWS:
            self._flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Write the rest, and the end; where something was raised only the end, which closes the writer."""
        if kind is None:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting))
            self._waiting, self._bytes, self._rows = [], 0, 0
