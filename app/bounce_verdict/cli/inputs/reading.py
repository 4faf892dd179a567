"""Inputs → chunks, one after the other, with no more than one in memory however long the input is."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from itertools import islice

from bounce_verdict.cli.inputs.chunk import Chunk, CsvHead, Kind, LoggedLine, Position
from bounce_verdict.cli.inputs.csv_head import read_head, whole_records
from bounce_verdict.cli.inputs.folders import InputFile, shown_name
from bounce_verdict.cli.inputs.mbox import SEPARATOR, message_starts
from bounce_verdict.cli.inputs.opening import OpenInput
from bounce_verdict.cli.inputs.recognition import recognise
from bounce_verdict.errors import InputError
from bounce_verdict.model import value

MAX_MESSAGES = 32  # messages in files of their own that make a chunk
MAX_REPLY_LINES = 200  # of one reply; where more go on without an end, each is a reply
MAX_LOGGED = 2_000  # deliveries of a log that make a chunk

_GOES_ON = re.compile(rb"\d{3}-")  # a reply's line that is not its last (RFC 5321 §4.2.1)


@value
class Reading:
    """What is read and how. kind: what each input is, None where that is recognised. log_format: as LogReader takes it.

    column: of CSV, the one that holds the reply. needs: the kind that an option goes with, and that option. start: where to begin. unread: is told of each input that cannot be read.
    max_record: bytes of a line, a row or an mbox's message that are looked at; the rest is left out.
    """

    files: Sequence[InputFile]
    unread: Callable[[InputError], None]
    max_record: int
    kind: Kind | None = None
    log_format: str | None = None
    column: str | None = None
    needs: tuple[Kind, str] | None = None
    start: Position = field(default_factory=Position)


def read_chunks(reading: Reading) -> Iterator[Chunk]:
    """Every chunk of the files from `reading.start` on. An input that cannot be read is told, and the next is read."""
    place = reading.start.file
    while place < len(reading.files):
        together = list(islice(_single_messages(reading, place), MAX_MESSAGES))
        if together:
            place += len(together)
            yield Chunk("message", "", 1, together, Position(place))
            continue
        try:
            yield from _read_file(reading, place)
        except InputError as error:
            reading.unread(error)
        place += 1


def _single_messages(reading: Reading, place: int) -> Iterator[str]:
    """The names of the files from `place` on that hold one message, up to the first that does not."""
    for file in islice(reading.files, place, None):
        is_named = file.name.lower().endswith((".eml", ".eml.gz", ".eml.zst")) and reading.kind is None and reading.column is None
        if not (file.is_message or reading.kind == "message" or is_named):
            return
        yield file.name


def _read_file(reading: Reading, place: int) -> Iterator[Chunk]:
    file = reading.files[place]
    source = OpenInput(file.name)
    try:
        head = source.peek()
        kind = reading.kind or recognise(file.name, head)
        if not head:
            raise InputError(file.name, "is empty")
        if reading.needs is not None and reading.needs[0] != kind:
            raise InputError(reading.needs[1], f"does not go with {file.name}, which is read as {kind}")
        if kind == "message":
            source.close()
            content = [file.name] if file.name != "-" else _whole(source, reading.max_record)
            yield Chunk("message", shown_name(file.name), 1, content, Position(place + 1))
            return
        at = reading.start if place == reading.start.file else Position(place)
        if kind == "log":
            yield from _read_log(source, reading.log_format, at)
            return
        columns = None
        if kind == "csv":
            columns, length = read_head(file.name, head, reading.column)
            source.skip(length)
            at = Position(place, length, 1 + head.count(b"\n", 0, length)) if at.offset < length else at
        source.skip(at.offset - source.offset)
        yield from _cut(source, kind, columns, at, reading.max_record)
    finally:
        source.close()


def _whole(source: OpenInput, limit: int) -> bytes:
    """The one message of stdin, with a byte more than is looked at where it is longer."""
    raw = bytearray()
    while len(raw) <= limit and (found := source.read()):
        raw += found
    return bytes(raw)


def _cut(source: OpenInput, kind: Kind, head: CsvHead | None, at: Position, limit: int) -> Iterator[Chunk]:
    """The rest of the source in pieces of whole records. What of a record is beyond `limit` bytes is left out."""
    find_end, count = _ENDS[kind]
    kept, number, offset = b"", at.number, at.offset
    while True:
        found = source.read()
        kept += found
        end, dropped, rest = find_end(kept) if found else len(kept), 0, b""
        if end == 0 and len(kept) > limit:
            end = len(kept)
            dropped, rest = _to_next_record(source, kind)
        if end:
            piece, kept = kept[:end], kept[end:] + rest
            records = count(piece)
            offset, number = offset + end + dropped, number + records
            yield Chunk(
                kind, shown_name(source.name), number - records, piece, Position(at.file, offset, number), source.done(), head
            )
        if not found and not kept:
            return


def _to_next_record(source: OpenInput, kind: Kind) -> tuple[int, bytes]:
    """Leave out the rest of a record: how many bytes that was, and what has been read behind it."""
    dropped, kept = 0, b""
    while found := source.read():
        kept += found
        starts = [at for at in message_starts(kept) if at] if kind == "mbox" else [kept.find(b"\n") + 1]
        if starts and starts[0]:
            return dropped + starts[0], kept[starts[0] :]
        dropped, kept = dropped + len(kept[:-_OVERLAP]), kept[-_OVERLAP:]
    return dropped + len(kept), b""


_OVERLAP = 1_024  # bytes in which the line between two records may begin


def _end_of_lines(raw: bytes) -> int:
    """Behind the last line end of `raw`."""
    return raw.rfind(b"\n") + 1


def _end_of_replies(raw: bytes) -> int:
    """Behind the last line that ends a reply."""
    last = end = raw.rfind(b"\n")
    for _ in range(MAX_REPLY_LINES):
        start = raw.rfind(b"\n", 0, max(end, 0)) + 1
        if end < 0 or not _GOES_ON.match(raw, start):
            break
        end = start - 1
    else:
        return last + 1
    return end + 1


def _end_of_messages(raw: bytes) -> int:
    """Where the last message of an mbox begins."""
    at = len(raw)
    while (at := raw.rfind(b"\n" + SEPARATOR, 0, at)) > 0:
        if message_starts(raw[at + 1 : at + 600]):
            return at + 1
    return 0


def _lines(raw: bytes) -> int:
    return raw.count(b"\n") or 1


_ENDS: dict[Kind, tuple[Callable[[bytes], int], Callable[[bytes], int]]] = {
    "replies": (_end_of_replies, _lines),
    "ndjson": (_end_of_lines, _lines),
    "csv": (whole_records, _lines),
    "mbox": (_end_of_messages, lambda raw: len(message_starts(raw)) or 1),
}


def _read_log(source: OpenInput, format: str | None, at: Position) -> Iterator[Chunk]:  # noqa: A002
    """What the lines of a log tell. They are read here, one after the other: some tell only together with those before them."""
    from bounce_verdict.cli.inputs.log_lines import read_log  # noqa: PLC0415  # for logs alone

    found: list[LoggedLine] = []
    end = at
    for line, end in read_log(source, format, at):  # the last is used
        if line is not None:
            found.append(line)
        if len(found) >= MAX_LOGGED:
            yield Chunk("log", shown_name(source.name), found[0].number, found, end, source.done())
            found = []
    if found:
        yield Chunk("log", shown_name(source.name), found[0].number, found, end, source.done())
