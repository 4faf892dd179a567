"""An input's bytes in pieces of whole records, with no more than one piece in memory however long the input is."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal, NamedTuple

from bounce_verdict.records.csv_head import whole_records
from bounce_verdict.records.mbox import MAX_SEPARATOR, SEPARATOR, begins_message, message_starts

Cut = Literal["replies", "ndjson", "csv", "mbox"]

MAX_REPLY_LINES = 200  # of one reply; where more go on without an end, each is a reply

_GOES_ON = re.compile(rb"\d{3}-")  # a reply's line that is not its last (RFC 5321 §4.2.1)
_OVERLAP = 1_024  # bytes in which the line between two records may begin

Read = Callable[[], bytes]


class Piece(NamedTuple):
    """Whole records. size: the bytes that they take of the input, what was left out among them. records: lines or messages."""

    content: bytes
    size: int
    records: int


def cut(read: Read, kind: Cut, limit: int, kept: bytes = b"", *, delimiter: str | None = None) -> Iterator[Piece]:
    """Every record. read: gives the input's next bytes, none at its end. kept: bytes read ahead of those. delimiter: CSV's, where known.

    What of a record is beyond `limit` bytes is left out; of CSV, a record of several lines ends there with its first.
    """
    find_end, count = _ENDS[kind]
    if kind == "csv":
        find_end = partial(_end_of_rows, delimiter=delimiter)
    searched = 0
    while True:
        found = read()
        kept += found
        end, dropped, rest = find_end(kept, searched) if found else len(kept), 0, b""
        if end == 0 and len(kept) > limit and kind == "csv" and (end := kept.find(b"\n") + 1):
            kept, rest = kept[:end], kept[end:]  # a quotation mark is open since that line, and what is behind it is read anew
        if end == 0 and len(kept) > limit:
            end = len(kept)
            dropped, rest = _to_next_record(read, kind)
        if end:
            piece, kept = kept[:end], kept[end:] + rest
            yield Piece(piece, end + dropped, count(piece))
        searched = len(kept) - len(rest)
        if not found and not kept:
            return


def _to_next_record(read: Read, kind: Cut) -> tuple[int, bytes]:
    """Leave out the rest of a record: how many bytes that was, and what has been read behind it."""
    dropped, kept = 0, b""
    while found := read():
        kept += found
        starts = [at for at in message_starts(kept) if at] if kind == "mbox" else [kept.find(b"\n") + 1]
        if starts and starts[0]:
            return dropped + starts[0], kept[starts[0] :]
        dropped, kept = dropped + len(kept[:-_OVERLAP]), kept[-_OVERLAP:]
    return dropped + len(kept), b""


def _end_of_lines(raw: bytes, searched: int) -> int:
    """Behind the last line end of `raw`, of which so many bytes hold none."""
    return raw.rfind(b"\n", searched) + 1


def _end_of_rows(raw: bytes, searched: int, delimiter: str | None = None) -> int:
    is_open = raw.find(b"\n", 0, searched) >= 0  # else the row of that line would be whole
    if is_open and raw.find(b'"', searched - 1) < 0:
        return 0
    return whole_records(raw, delimiter)


def _end_of_replies(raw: bytes, _searched: int) -> int:
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


def _end_of_messages(raw: bytes, searched: int) -> int:
    """Where the last message of an mbox begins; in so many bytes only the first does, as far as they went."""
    at, begin = len(raw), max(searched - MAX_SEPARATOR, 0)
    while (at := raw.rfind(b"\n" + SEPARATOR, begin, at)) > 0:
        if begins_message(raw, at + 1):
            return at + 1
    return 0


def _lines(raw: bytes) -> int:
    return raw.count(b"\n") or 1


_ENDS: dict[Cut, tuple[Callable[[bytes, int], int], Callable[[bytes], int]]] = {
    "replies": (_end_of_replies, _lines),
    "ndjson": (_end_of_lines, _lines),
    "csv": (_end_of_rows, _lines),
    "mbox": (_end_of_messages, lambda raw: len(message_starts(raw)) or 1),
}
