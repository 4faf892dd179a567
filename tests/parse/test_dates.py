"""Dates of reports, in the usual form and in others."""

from hypothesis import given
from hypothesis import strategies as st

from bounce_verdict.pipeline.parse.dates import read_date


def test_a_date_that_is_none_gives_none() -> None:
    assert read_date("Sun, 22 Nov 99999999 10:00:00 +0000") is None
    assert read_date("yesterday") is None


@given(
    st.integers(0, 32),
    st.sampled_from(["Jan", "Feb", "Jun", "Dec", "Foo"]),
    st.integers(1000, 2999),
    st.tuples(st.integers(0, 25), st.integers(0, 61), st.integers(0, 61)),
    st.sampled_from(["+0000", "-0000", "GMT", "UTC", "+0200", "-1130", "+1499", "+2359", "-9900"]),
    st.sampled_from(["", " (UTC)", " (CEST)"]),
)
def test_a_date_in_the_usual_form_is_read_as_one_with_more_blanks(
    day: int, month: str, year: int, time: tuple[int, int, int], zone: str, name: str
) -> None:
    clock = ":".join(f"{number:02}" for number in time)
    usual = f"Sun, {day} {month} {year} {clock} {zone}{name}"
    assert read_date(usual) == read_date(usual.replace(" ", "  "))
