"""A CSV file: what separates its columns, which of them holds the reply, and its rows. Excel writes `;` in half of Europe."""

import csv
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from io import StringIO

from bounce_verdict.errors import InputError
from bounce_verdict.model import value

DELIMITERS = ",;\t|"
_REPLY = re.compile(r"[245]\d\d[ -]", re.ASCII)
_MARK = "sep="  # Excel's own first line

# Names that exports give such columns, lower case, the most exact first.
REPLY_NAMES = (
    "reply", "smtp_reply", "smtp_response", "response", "diagnostic_code", "diagnostic-code", "diagnostic", "dsndiag",
    "bounce_reason", "bounce reason", "bounce_message", "smtp response", "smtp reply", "error_message", "error message", "error",
    "reason", "description", "message", "text",
)  # fmt: skip
RECIPIENT_NAMES = ("recipient", "rcpt", "rcpt_to", "email", "email address", "address", "to", "mail")
COMMAND_NAMES = ("command", "smtp_command")
REMOTE_MTA_NAMES = ("remote_mta", "remote mta", "remote-mta", "mx", "mta", "host")


@value
class CsvHead:
    """The head of a CSV file: its columns, what separates them, and the places of those that are read; None where there is none."""

    columns: Sequence[str]
    delimiter: str
    reply: int
    recipient: int | None = None
    command: int | None = None
    remote_mta: int | None = None


def looks_like_csv(line: str) -> bool:
    """Whether a first line is Excel's mark, or names columns of which one holds replies. What begins with a reply code is a reply."""
    if _REPLY.match(line):
        return False
    if line.lower().startswith(_MARK):
        return True
    columns = _columns(line, _delimiter(line))
    return len(columns) > 1 and any(name.strip().lower() in REPLY_NAMES for name in columns)


def read_head(name: str, start: bytes, column: str | None) -> tuple[CsvHead, int]:
    """The head of the file `name` that starts so, and how many bytes it takes. column: the name of the one that holds the reply.

    Raises InputError where there is no such column, or none that is known.
    """
    columns, delimiter, length = read_columns(name, start)
    reply = find_column(columns, (column,) if column else REPLY_NAMES)
    if reply is None:
        known = ", ".join(columns[:20])
        raise InputError(
            name,
            f"has no column {column}; it has {known}"
            if column
            else f"say which column holds the reply: --column NAME of {known}",
        )
    places = [find_column(columns, names) for names in (RECIPIENT_NAMES, COMMAND_NAMES, REMOTE_MTA_NAMES)]
    return CsvHead(columns, delimiter, reply, *(None if place == reply else place for place in places)), length


def read_columns(name: str, start: bytes) -> tuple[list[str], str, int]:
    """The columns of the file `name` that starts so, what separates them, and how many bytes they take. Raises InputError for no columns."""
    mark, length = None, 0
    if start[: len(_MARK)].lower() == _MARK.encode():
        line, _, _ = start.partition(b"\n")
        mark, length = line.decode("utf-8", "replace").rstrip("\r")[len(_MARK) : len(_MARK) + 1] or None, len(line) + 1
    line = _whole_line(start[length:])
    text = decode_cells(line).rstrip("\r\n")
    delimiter = mark or _delimiter(text)
    columns = _columns(text, delimiter)
    if not any(columns):
        raise InputError(name, "has no line that names its columns")
    return columns, delimiter, length + len(line)


def decode_cells(raw: bytes) -> str:
    """The text of a piece of a CSV file: UTF-8, or what Excel writes where it does not."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def whole_records(raw: bytes, delimiter: str | None = None) -> int:
    """How many bytes of `raw` are whole records: a line end within a quoted cell ends none. 0 where there is no whole one.

    delimiter: what separates cells; None where it is one of DELIMITERS. A quotation mark elsewhere than at a cell's beginning quotes
    nothing, as csv.reader has it. One that opens a cell and is not closed ends its record with the line: only it is lost.
    """
    if b'"' not in raw:
        return raw.rfind(b"\n") + 1
    whole, unclosed = _records(delimiter)
    end = _end_of(whole, raw, 0)
    while (lost := unclosed.match(raw, end)) is not None:
        end = _end_of(whole, raw, lost.end())
    return end


@lru_cache(maxsize=8)
def _records(delimiter: str | None) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """As many whole records as there are; and a line in which a cell's quotation mark is surely not closed. Possessive throughout, so linear.

    A quoted cell that goes on over lines has to end where a cell may, else what seems to close it opens one further on.
    """
    ends = [re.escape(sign.encode()) for sign in delimiter or DELIMITERS]
    rest = rb"[^\n%b]*+" % b"".join(ends) if all(len(sign) <= 2 for sign in ends) else rb"(?:(?!%b)[^\n])*+" % b"|".join(ends)  # noqa: PLR2004
    on_one_line, on_several = rb'"(?:[^"\n]++|"")*+"', rb'"(?:[^"\n]++|"")*+\n(?:[^"]++|"")*+"'
    at_end = rb"(?:%b|[\r\n]|\Z)" % b"|".join(ends)
    cell = rb'(?:%b|%b(?=%b)|(?!"))%b' % (on_one_line, on_several, at_end, rest)
    to_next = b"(?:%b)" % b"|".join(ends)
    whole = rb"(?:%b(?:%b%b)*+\n)*+" % (cell, to_next, cell)
    unclosed = rb"(?:%b%b)*+(?=%b(?!%b))[^\n]*+\n" % (cell, to_next, on_several, at_end)
    return re.compile(whole), re.compile(unclosed)


def _end_of(pattern: re.Pattern[bytes], raw: bytes, start: int) -> int:
    found = pattern.match(raw, start)
    return found.end() if found is not None else start


class UnclosedRow(list[str]):
    """The cells of a line in which a quotation mark opens one that none closes."""


def read_rows(raw: bytes, head: CsvHead, number: int) -> Iterator[tuple[int, list[str]]]:
    """The rows of a piece of a CSV file with the number of their first line; each as wide as the head at least, empty cells behind it left out."""
    csv.field_size_limit(1 << 30)  # a row is bounded by the chunk
    width, before = len(head.columns), 0
    for part, is_closed in _parts(decode_cells(raw).replace("\0", ""), head.delimiter):
        rows = csv.reader(StringIO(part, newline=""), delimiter=head.delimiter)
        first = before
        for cells in rows:
            if cells:
                while len(cells) > width and not cells[-1]:
                    cells.pop()
                row = cells + [""] * (width - len(cells))
                yield number + before, row if is_closed else UnclosedRow(row)
            before = first + rows.line_num


def _parts(text: str, delimiter: str) -> Iterator[tuple[str, bool]]:
    """Whole rows together, and each line alone in which a quotation mark is not closed."""
    if '"' not in text:
        yield text, True
        return
    raw, end = text.removesuffix("\n").encode() + b"\n", 0
    whole, _ = _records(delimiter)
    while end < len(raw):
        begin, end = end, _end_of(whole, raw, end)
        if end > begin:
            yield raw[begin:end].decode(), True
        if end < len(raw):
            begin, end = end, raw.index(b"\n", end) + 1
            yield raw[begin:end].decode().rstrip("\r\n"), False


def check_width(cells: Sequence[str], head: CsvHead) -> None:
    """Raises InputError where no cell can be trusted: more than columns, for a delimiter stands unquoted in one; a quotation mark left open."""
    if isinstance(cells, UnclosedRow):
        raise InputError("row", "has a quotation mark that opens a cell, and none that closes it")
    if len(cells) > len(head.columns):
        raise InputError("row", f"has {len(cells)} cells, and the head names {len(head.columns)}")


def joined(cells: Sequence[str], head: CsvHead) -> Sequence[str]:
    """As many cells as columns: what is beyond stands in the last, as it was written."""
    last = len(head.columns) - 1
    return cells if len(cells) <= last + 1 else [*cells[:last], head.delimiter.join(cells[last:])]


def _whole_line(start: bytes) -> bytes:
    """Up to the first line end that stands between no quotation marks."""
    begin, is_quoted = 0, False
    while end := start.find(b"\n", begin) + 1:
        is_quoted ^= bool(start.count(b'"', begin, end) % 2)
        if not is_quoted:
            return start[:end]
        begin = end
    return start


def _delimiter(line: str) -> str:
    outside = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def _columns(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def find_column(columns: Sequence[str], names: Sequence[str]) -> int | None:
    """The place of the first of `names` that is among the columns, in whatever case; None where none is."""
    lower = [name.strip().lower() for name in columns]
    return next((lower.index(name.strip().lower()) for name in names if name.strip().lower() in lower), None)
