"""Inputs are cut into pieces of whole records, in a time that grows with their length whatever stands in them."""

import csv
import io
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bounce_verdict.errors import InputError
from bounce_verdict.records.csv_head import CsvHead, UnclosedRow, check_width, read_rows, whole_records
from bounce_verdict.records.cutting import Cut, cut

BLOCK = 1 << 12  # bytes read at a time
LIMIT = 1 << 21
HEAD = CsvHead(["recipient", "reply"], ",", 1, 0)
MAIL = b"From MAILER-DAEMON Mon Nov 30 01:00:00 2026\nSubject: x\n\nFrom here on.\n\n"


def pieces(raw: bytes, kind: Cut, delimiter: str | None = None) -> list[bytes]:
    source = io.BytesIO(raw)
    return [piece.content for piece in cut(lambda: source.read(BLOCK), kind, LIMIT, delimiter=delimiter)]


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("csv", b'"' + b"\n" * 1_000_000),
        ("csv", b'a,550 5" disk full\n' + b'ana@example.org,"550 user unknown"\n' * 30_000),
        ("mbox", MAIL + b"From x\n" * 150_000),
        ("mbox", MAIL + b"From Jan Jan Jan Jan Jan\n" * 40_000),
        ("replies", b"550-x\n" * 150_000),
    ],
)
def test_no_input_takes_more_than_a_time_in_proportion(kind: Cut, raw: bytes) -> None:
    began = time.process_time()
    assert b"".join(pieces(raw, kind)) == raw
    assert time.process_time() - began < 10


@pytest.mark.parametrize("delimiter", [",", ";", "^", "¦"])
def test_a_quotation_mark_within_a_cell_costs_no_other_row(delimiter: str) -> None:
    rows = [f'ana@example.org{delimiter}550 5" disk full\n'.encode()]
    rows += [f'bob@example.org{delimiter}"550 user\nunknown {n}"\n'.encode() for n in range(2_000)]
    found = pieces(b"".join(rows), "csv", delimiter)
    assert len(found) > 10
    assert b"".join(found) == b"".join(rows)
    assert all(piece.startswith((b"ana", b"bob")) for piece in found)


def test_a_row_with_line_ends_and_quotation_marks_in_its_cells_is_one() -> None:
    row = b'"say ""hi"",\n","550 user\nunknown"\n'
    found = pieces(row * 2_000, "csv")
    assert len(found) > 10
    assert all(len(piece) % len(row) == 0 for piece in found)


@pytest.mark.parametrize("quoted", [True, False])
@pytest.mark.parametrize("lines", [1, 3, 90_000])
def test_a_quotation_mark_that_nothing_closes_costs_its_own_row_alone(quoted: bool, lines: int) -> None:  # noqa: FBT001
    mark = '"' if quoted else ""
    rows = [f"u{n},{mark}550 5.1.1 user unknown{mark}\n" for n in range(lines)]
    raw = f'first,"550 5.1.1 user unknown\n{"".join(rows)}'.encode()
    found = pieces(raw, "csv", ",")
    assert b"".join(found) == raw
    (first, *others) = [row for piece in found for _, row in read_rows(piece, HEAD, 1)]
    assert len(others) == lines
    for row in others:
        check_width(row, HEAD)
    with pytest.raises(InputError, match="has a quotation mark that opens a cell, and none that closes it"):
        check_width(first, HEAD)


def test_of_a_row_that_is_too_long_the_end_is_left_out_and_the_next_is_read() -> None:
    found = pieces(b"ana@example.org,550 " + b"x" * 2 * LIMIT + b"\nbob@example.org,550 no\n", "csv", ",")
    rows = [row for piece in found for _, row in read_rows(piece, HEAD, 1)]
    assert [row[0] for row in rows] == ["ana@example.org", "bob@example.org"]


@given(st.text('ab,"\n', max_size=30))
def test_rows_that_are_cut_are_the_rows_of_the_whole(text: str) -> None:
    end = whole_records(text.encode(), ",")
    assert rows_of(text[:end]) + rows_of(text[end:]) == rows_of(text)
    assert end > 0 or "\n" not in text or '"' in text


@given(st.text('ab,"\n', max_size=30))
def test_rows_are_those_of_csv_where_each_quotation_mark_is_closed(text: str) -> None:
    rows = rows_of(text)
    assume(not any(isinstance(row, UnclosedRow) for row in rows))
    assert [without_empty_ends(row) for row in rows] == [
        without_empty_ends(row) for row in csv.reader(io.StringIO(text, newline="")) if row
    ]


def rows_of(text: str) -> list[list[str]]:
    return [row for _, row in read_rows(text.encode(), HEAD, 1)]


def without_empty_ends(row: list[str]) -> list[str]:
    return row if not row or row[-1] else without_empty_ends(row[:-1])


def test_messages_of_an_mbox_are_whole_in_their_pieces() -> None:
    found = pieces(MAIL * 1_000, "mbox")
    assert len(found) > 10
    assert all(len(piece) % len(MAIL) == 0 for piece in found)
