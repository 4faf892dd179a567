"""Rows of a log in CSV (RFC 4180), a line each: columns by the names of a header line that came before."""

import csv
from collections.abc import Mapping, Sequence

MAX_COLUMNS = 200
_MAX_FIELD = 65_536


def split_row(line: str) -> Sequence[str]:
    """The line's fields, [] where it cannot be read."""
    try:
        return next(csv.reader([line[: 4 * _MAX_FIELD]], strict=False), [])[:MAX_COLUMNS]
    except csv.Error:
        return []


def squeezed(name: str) -> str:
    """A column's name as it is looked up: "Recipient-Address", "recipientAddress" and "recipient_address" are one."""
    return "".join(sign for sign in name.lower() if sign.isalnum())


def columns_of(fields: Sequence[str]) -> Mapping[str, int]:
    """Where each column of a header line stands."""
    return {squeezed(name): place for place, name in reversed(list(enumerate(fields)))}


def cell(row: Sequence[str], columns: Mapping[str, int], *names: str) -> str:
    """The first of these columns that holds something, "" where none does."""
    for name in names:
        place = columns.get(name)
        if place is not None and place < len(row) and (found := row[place].strip()):
            return found
    return ""
