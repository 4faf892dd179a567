"""A piece of an input, as it goes to the process that classifies it; and where it ends, so that a stopped run can go on."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from bounce_verdict.errors import InputError
from bounce_verdict.model import value
from bounce_verdict.records.csv_head import CsvHead

if TYPE_CHECKING:  # what reads logs is loaded for a log
    from bounce_verdict.maillogs.delivery import LoggedDelivery

Kind = Literal["message", "mbox", "replies", "ndjson", "csv", "log"]


@value
class Position:
    """Where to go on: which of the named files (from 0), how many of its bytes are done, and the number of the record that is next.

    Bytes of a compressed file are those that it holds, not those that it takes.
    """

    file: int = 0
    offset: int = 0
    number: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.offset}:{self.number}"


@value
class LoggedLine:
    """A line of a mail log that tells of a delivery. text: the line, with those ahead of it that it needs to be read alone."""

    number: int
    format: str
    delivery: "LoggedDelivery"
    text: str = ""


@value
class Chunk:
    """Records that are classified at once, in their order.

    number: of the first record, which is a line or a message, from 1. content: the records' bytes; of messages in files of their own
    their names; of a log what its lines tell. end: where the next chunk begins. read: bytes on disk that are done of `file`.
    """

    kind: Kind
    file: str
    number: int
    content: bytes | Sequence[str] | Sequence[LoggedLine]
    end: Position
    read: int = 0
    head: CsvHead | None = None


def parse_position(text: str) -> Position:
    """The position that `str` gave. Raises InputError."""
    parts = text.split(":")
    if len(parts) == 3 and all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):  # noqa: PLR2004
        return Position(*(int(part) for part in parts))
    raise InputError("--resume", "must be what a stopped run said, as in 0:1048576:5121")
