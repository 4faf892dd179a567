"""Addresses that carry another one: VERP, BATV, SRS."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounce_verdict.pipeline.parse.verp import may_carry, peel_address, read_verp


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
    ("address", "inner", "wrapper"),
    [
        ("prvs=1234abcdef=ana@example.org", "ana@example.org", "batv"),
        ("prvs=ana/1234abcdef@example.org", "ana@example.org", "batv"),
        ("SRS0=HHH=TT=example.org=ana@forwarder.example", "ana@example.org", "srs"),
        ("srs0+HHH+TT+example.org+ana@forwarder.example", "ana@example.org", "srs"),
        ("SRS1=HHH=first.example==HHH=TT=example.org=ana@second.example", "ana@example.org", "srs"),
    ],
)
def test_batv_and_srs_are_peeled(address: str, inner: str, wrapper: str) -> None:
    found = peel_address(address)
    assert may_carry(address)
    assert found is not None
    assert (found.address, found.wrapper) == (inner, wrapper)


def test_an_address_that_carries_none_is_not_peeled() -> None:
    assert peel_address("ana@example.org") is None
    assert peel_address("prvs=@example.org") is None


@settings(deadline=None)
@given(
    st.from_regex(r"[a-z0-9]{1,12}([._][a-z0-9]{1,8})?", fullmatch=True),
    st.from_regex(r"[a-z0-9]{1,12}\.[a-z]{2,8}", fullmatch=True),
)
def test_what_mailman_writes_is_read_back(local: str, domain: str) -> None:
    assert read_verp(f"news-bounces+{local}={domain}@lists.example") == f"{local}@{domain}"


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_gives_an_answer(text: str) -> None:
    read_verp(text, [text])
    peel_address(text)
