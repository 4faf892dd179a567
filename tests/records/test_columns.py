"""The columns of an answer beside those of an input that may itself have come from here."""

from itertools import pairwise

import pytest

from bounce_verdict.records.columns import ADDED, guarded, names_beside


def test_answers_added_to_answers_have_columns_of_their_own() -> None:
    columns = ["reply", "Verdict "]
    for _ in range(3):
        columns += names_beside(columns, ADDED)
    lower = sorted(name.strip().lower() for name in columns)
    assert all(one != other for one, other in pairwise(lower))
    assert len(columns) == 2 + 3 * len(ADDED)


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_a_spreadsheet_would_compute_gets_an_apostrophe(first: str) -> None:
    assert guarded(f"{first}1") == f"'{first}1"
    assert guarded(f"1{first}") == f"1{first}"
