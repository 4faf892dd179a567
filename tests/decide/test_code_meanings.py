"""The pages of codes: what the tables say of one code, for a reader."""

import pytest

from bounce_verdict.pipeline.decide.code_meanings import describe_enhanced, describe_reply_code
from bounce_verdict.pipeline.decide.tables import Tables


def test_a_page_tells_code_command_and_digits(tables: Tables) -> None:
    page = describe_reply_code(550, "RCPT", tables)
    assert (page.verdict, page.reason, page.suppress, page.transient, page.scope) == (
        "permanent",
        "mailbox-unknown",
        "if-repeated",
        False,
        "recipient",
    )
    assert (page.series, page.status, page.decided_by) == ("permanent-failure", "current", "command-and-code")
    assert page.digits.second.startswith("the mail system")
    assert {row.command for row in page.listed} >= {"RCPT", "MAIL", "EOD", "EHLO", "VRFY"}


def test_a_page_of_a_code_of_no_table_has_no_meaning(tables: Tables) -> None:
    page = describe_reply_code(571, None, tables)
    assert (page.meaning, page.verdict, page.decided_by, list(page.listed)) == (None, "policy", "first-digit", [])


def test_a_page_of_a_number_that_is_no_reply_code_says_so(tables: Tables) -> None:
    page = describe_reply_code(605, None, tables)
    assert (page.series, page.verdict, page.transient) == ("none", None, None)
    assert "fatal" in page.digits.first


def test_an_enhanced_page_tells_both_classes(tables: Tables) -> None:
    page = describe_enhanced("5.1.1", tables)
    assert page is not None
    assert (page.verdict_4, page.verdict_5, page.suppress_now, page.registered) == ("retry", "permanent", True, True)
    assert (page.class_meaning, page.subject_meaning) == ("permanent failure", "addressing")


def test_an_enhanced_page_may_be_asked_without_class(tables: Tables) -> None:
    page = describe_enhanced("x.2.2", tables)
    assert page is not None
    assert (page.code, page.class_meaning, page.reason) == ("X.2.2", None, "mailbox-full")


def test_an_unregistered_enhanced_code_has_a_page_that_says_so(tables: Tables) -> None:
    page = describe_enhanced("5.7.511", tables)
    assert page is not None
    assert (page.registered, page.verdict_5, page.meaning) == (False, "policy", None)


@pytest.mark.parametrize("code", ["5.1", "3.1.1", "5.1.1.1", "5.1.1000", "abc", "", "5.1.1\n"])
def test_what_is_not_written_as_an_enhanced_code_has_no_page(code: str, tables: Tables) -> None:
    assert describe_enhanced(code, tables) is None
