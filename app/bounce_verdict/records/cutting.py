"""An input's bytes in pieces of whole records, with no more than one piece in memory however long the input is."""

import re
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from bounce_verdict.records.csv_head import whole_records
from bounce_verdict.records.mbox import SEPARATOR, message_starts

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


def cut(read: Read, kind: Cut, limit: int, kept: bytes = b"") -> Iterator[Piece]:
    """Every record. read: gives the input's next bytes, none at its end. kept: bytes read ahead of those.

    What of a record is beyond `limit` bytes is left out.
    """
    find_end, count = _ENDS[kind]
    while True:
        found = read()
        kept += found
        end, dropped, rest = find_end(kept) if found else len(kept), 0, b""
        if end == 0 and len(kept) > limit:
            end = len(kept)
            dropped, rest = _to_next_record(read, kind)
        if end:
            piece, kept = kept[:end], kept[end:] + rest
            yield Piece(piece, end + dropped, count(piece))
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


_ENDS: dict[Cut, tuple[Callable[[bytes], int], Callable[[bytes], int]]] = {
    "replies": (_end_of_replies, _lines),
    "ndjson": (_end_of_lines, _lines),
    "csv": (whole_records, _lines),
    "mbox": (_end_of_messages, lambda raw: len(message_starts(raw)) or 1),
}
