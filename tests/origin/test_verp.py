"""Addresses that carry another one: VERP, BATV, SRS."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounce_verdict.pipeline.parse.origin.verp import (
    _BATV,
    _BATV_OLD,
    _PREFIXES,
    _SRS0,
    _SRS1,
    may_carry,
    read_verp,
    undo_rewriting,
)


@pytest.mark.parametrize(
    ("envelope_to", "recipient"),
    [
        ("news-bounces+ana=example.org@lists.example", "ana@example.org"),
        ("news-return-12-ana=example.org@lists.example", "ana@example.org"),
        ("news-return-12-ana-maria=example.org@lists.example", "ana-maria@example.org"),
        ("bounces+12345-ab12-ana=example.org@em.sender.example", "ana@example.org"),
        ("bounce-ana=example.org@sender.example", "ana@example.org"),
        ("bounces+77-o'brien=mail.example.org@sender.example", "o'brien@mail.example.org"),
        ("prvs=1234abcdef=bounces+1-ana=example.org@sender.example", "ana@example.org"),
    ],
)
def test_a_return_path_names_the_recipient(envelope_to: str, recipient: str) -> None:
    assert may_carry(envelope_to)
    assert read_verp(envelope_to) == recipient


@pytest.mark.parametrize(
    "envelope_to",
    [
        "news@sender.example", "bounces+12345@sender.example", "automated-bounces+6D45B302-E65D-11DE@sender.example",
        "a=b@sender.example", "x+a=b@sender.example", "some-thing-long-ana=example.org@sender.example", "=example.org@x.example", "",
    ],
)  # fmt: skip
def test_any_other_shape_names_none(envelope_to: str) -> None:
    assert read_verp(envelope_to) is None


def test_an_address_of_the_report_settles_where_the_recipient_begins() -> None:
    assert read_verp("some-thing-long-ana=example.org@sender.example", ["ANA@example.org"]) == "ana@example.org"
    assert read_verp("news-bounces+list-ana=example.org@sender.example", ["ana@example.org"]) == "ana@example.org"


@pytest.mark.parametrize(
    ("address", "original", "scheme"),
    [
        ("prvs=1234abcdef=ana@example.org", "ana@example.org", "batv"),
        ("prvs=ana/1234abcdef@example.org", "ana@example.org", "batv"),
        ("SRS0=HHH=TT=example.org=ana@forwarder.example", "ana@example.org", "srs"),
        ("srs0+HHH+TT+example.org+ana@forwarder.example", "ana@example.org", "srs"),
        ("SRS1=HHH=first.example==HHH=TT=example.org=ana@second.example", "ana@example.org", "srs"),
    ],
)
def test_batv_and_srs_are_undone(address: str, original: str, scheme: str) -> None:
    found = undo_rewriting(address)
    assert may_carry(address)
    assert found is not None
    assert (found.original, found.scheme) == (original, scheme)


def test_an_address_that_was_not_rewritten_gives_none() -> None:
    assert undo_rewriting("ana@example.org") is None
    assert undo_rewriting("prvs=@example.org") is None


@settings(deadline=None)
@given(
    st.from_regex(r"[a-z0-9]{1,12}([._][a-z0-9]{1,8})?", fullmatch=True),
    st.from_regex(r"[a-z0-9]{1,12}\.[a-z]{2,8}", fullmatch=True),
)
def test_what_mailman_writes_is_read_back(local: str, domain: str) -> None:
    assert read_verp(f"news-bounces+{local}={domain}@lists.example") == f"{local}@{domain}"


@pytest.mark.parametrize("pattern", [_BATV, _BATV_OLD, _SRS0, _SRS1])
@given(data=st.data())
def test_every_rewritten_address_passes_the_quick_looks_ahead_of_its_pattern(
    pattern: re.Pattern[str], data: st.DataObject
) -> None:
    local = data.draw(st.from_regex(pattern, fullmatch=True).filter(str.isascii))
    assert may_carry(local)
    assert local[:2].lower() in _PREFIXES


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_gives_an_answer(text: str) -> None:
    read_verp(text, [text])
    undo_rewriting(text)
