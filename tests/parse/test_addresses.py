"""Addresses as reports write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounce_verdict.pipeline.parse.addresses import address_key, clean_address, find_addresses


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        ("rfc822; ana@example.org", "ana@example.org"),
        ("RFC822;<ana@example.org>", "ana@example.org"),
        ("rfc822; rfc822;ana@example.org", "ana@example.org"),
        ("<@one.example,@two.example:ana@example.org>", "ana@example.org"),
        ("@one.example:ana@example.org", "ana@example.org"),
        ("'ana@example.org'", "ana@example.org"),
        ("ana@example.org (Ana)", "ana@example.org"),
        ("Ana <ana@example.org>", "ana@example.org"),
        ('"ana maria"@example.org', '"ana maria"@example.org'),
        ("o'brien@example.org", "o'brien@example.org"),
        ("ana@example.org.", "ana@example.org"),
        ("ana@[192.0.2.1]", "ana@[192.0.2.1]"),
        ("utf-8; jürgen@münchen.example", "jürgen@münchen.example"),
    ],
)
def test_what_wraps_an_address_is_undone(raw: str, address: str) -> None:
    assert clean_address(raw) == address


def test_xtext_is_decoded_where_it_cannot_be_a_plus_tag() -> None:
    assert clean_address("rfc822;ana+2Bnews@example.org") == "ana+news@example.org"
    assert clean_address("rfc822;ana+40example.org") == "ana@example.org"


def test_a_plus_tag_of_two_digits_is_no_xtext() -> None:
    assert clean_address("rfc822;ana+40@example.org") == "ana+40@example.org"


def test_embedded_unicode_is_decoded() -> None:
    assert clean_address(r"utf-8; j\x{FC}rgen@example.org") == "jürgen@example.org"


@pytest.mark.parametrize(
    "raw", ["", "<>", "rfc822;", "ana", "@example.org", "ana@", "ana@example..org", "a" * 400 + "@example.org"]
)
def test_what_is_no_address_gives_none(raw: str) -> None:
    assert clean_address(raw) is None


def test_a_local_part_alone_is_taken_only_on_demand() -> None:
    assert clean_address("rfc822; root", bare=True) == "root"
    assert clean_address("unknown; not a name", bare=True) is None


def test_both_alphabets_of_a_domain_compare_equal() -> None:
    assert address_key("Ana@MÜNCHEN.example.") == address_key("ana@xn--mnchen-3ya.example")


def test_every_address_of_a_line_is_found_once() -> None:
    assert find_addresses("To <a@example.org>, 'b@example.org' and a@example.org.") == ["a@example.org", "b@example.org"]


@settings(deadline=None)
@given(st.text(max_size=500))
def test_any_text_gives_an_address_that_reads_as_itself_or_none(text: str) -> None:
    found = clean_address(text)
    assert found is None or clean_address(found) is not None
    for address in find_addresses(text):
        assert address_key(address)


def test_a_name_is_compared_in_composed_characters_and_not_expanded() -> None:
    assert address_key("ana@mu\u0308nchen.example") == address_key("ana@xn--mnchen-3ya.example")
    assert address_key("ana@" + "ﷺ" * 60) == "ana@" + "ﷺ" * 60


def test_a_label_that_is_no_name_in_ascii_is_compared_as_written() -> None:
    assert address_key("ana@XN--\x80.example") == "ana@xn--\x80.example"
    assert address_key(f"ana@xn--{'a' * 70}.example") == f"ana@xn--{'a' * 70}.example"


@given(
    st.sampled_from(
        ["ana@example.org", "a.b-c_d@x.y.example", "ana@example", "ana@@example.org", "a..b@example..org", "ana@-x.org"]
    )
)
def test_an_address_alone_in_brackets_or_behind_a_name_is_one_address(address: str) -> None:
    assert find_addresses(address) == find_addresses(f" {address}") == find_addresses(f"<{address}>")
    assert clean_address(f"Ana <{address}>") == clean_address(f"Ana <{address}> ") == clean_address(f"<{address}>")


@pytest.mark.parametrize(
    "text",
    [
        "收件人：ana@example.org不存在",
        "发送到ana@example.org的邮件",
        "送信先（ana@example.org）が見つかりません",
        "받는사람ana@example.org없음",
    ],
)
def test_an_address_ends_where_a_script_without_spaces_begins(text: str) -> None:
    assert find_addresses(text) == ["ana@example.org"]


@pytest.mark.parametrize("address", ["用户@例子.广告", "müller@exämple.de", "иван@пример.рф"])
def test_an_address_in_another_script_stays_whole(address: str) -> None:
    assert find_addresses(f"To {address} it failed") == [address]
