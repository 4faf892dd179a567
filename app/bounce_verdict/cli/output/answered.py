"""What is answered for one record, or for one recipient of it; and what is written of it in each form."""

from collections.abc import Sequence

from msgspec import Struct

from bounce_verdict.model import Classification, Origin, Report
from bounce_verdict.response import Problem


class Answered(Struct):
    """One answer and where its record stands.

    number: of the line or message in `file`, from 1. kind: what the mail or the log's line is, None for a bare reply. cells: of CSV
    the record's own. day: when it happened, YYYY-MM-DD, where that is told. result: a Report is one that names no recipient.
    """

    file: str
    number: int
    result: Classification | Report | Problem
    kind: str | None = None
    origin: Origin | None = None
    message_id: str | None = None
    day: str | None = None
    cells: Sequence[str] = ()
    text: str = ""
