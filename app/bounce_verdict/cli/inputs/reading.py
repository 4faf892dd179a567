"""Inputs → chunks, one after the other, with no more than one in memory however long the input is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from itertools import islice

from bounce_verdict.cli.inputs.chunk import Chunk, Kind, LoggedLine, Position
from bounce_verdict.cli.inputs.folders import InputFile, shown_name
from bounce_verdict.cli.inputs.opening import OpenInput
from bounce_verdict.cli.inputs.recognition import recognise
from bounce_verdict.errors import InputError
from bounce_verdict.model import value
from bounce_verdict.records.csv_head import CsvHead, read_head
from bounce_verdict.records.cutting import Cut, cut

MAX_MESSAGES = 32  # messages in files of their own that make a chunk
MAX_LOGGED = 2_000  # deliveries of a log that make a chunk


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


def _cut(source: OpenInput, kind: Cut, head: CsvHead | None, at: Position, limit: int) -> Iterator[Chunk]:
    """The rest of the source in pieces of whole records. What of a record is beyond `limit` bytes is left out.

    Pieces end where they would have ended had the source been read from its beginning: what is put on a stream a second time is known by
    its bytes.
    """
    number, offset = at.number, at.offset
    delimiter = head.delimiter if head is not None else None
    for piece in cut(source.read, kind, limit, source.rest_of_block(), delimiter=delimiter):
        first, number, offset = number, number + piece.records, offset + piece.size
        yield Chunk(kind, shown_name(source.name), first, piece.content, Position(at.file, offset, number), source.done(), head)


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
