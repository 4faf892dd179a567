"""Tables to build on: as CSV, or as one JSON object a line."""

import csv
import sys
from collections.abc import Iterable, Mapping
from enum import StrEnum
from io import StringIO

from bounce_verdict.records.columns import guarded
from bounce_verdict.response import encode


class Format(StrEnum):
    """How a table is written."""

    CSV = "csv"
    JSONL = "jsonl"


def write_table(rows: Iterable[Mapping[str, object]], to: Format) -> None:
    """Write the rows to stdout; all have the keys of the first, which are CSV's head."""
    if to is Format.JSONL:
        for row in rows:
            sys.stdout.write(encode(row).decode() + "\n")
        return
    written = StringIO()  # whole, so that no reader gets half a table
    table = csv.writer(written, lineterminator="\n")
    for number, row in enumerate(rows):
        if number == 0:
            table.writerow(row)
        table.writerow([guarded("" if content is None else str(content)) for content in row.values()])
    sys.stdout.write(written.getvalue())
