"""The last reader: only what is beyond doubt."""

import re

from hypothesis import given
from hypothesis import strategies as st

from bounce_verdict.model import DEFAULT_LIMITS, RecipientStatus
from bounce_verdict.pipeline.budget import Budget
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.unknown_layout.heuristics import (
    _FAILURE,
    _find_failure,
    _says_failure,
    explain,
    name_by_text,
    read_unknown_layout,
)

RETURNED = "\n\n----- Original message -----\n\nReceived: by mx.sender.example\nFrom: news@sender.example\nTo: ana@example.org\nSubject: Hello\n\nHello\n"


def _read(
    text: str, head: str = "From: MAILER-DAEMON@mx.example.org\nTo: news@sender.example\nSubject: Undeliverable\n"
) -> list[RecipientStatus]:
    return read_unknown_layout(read_notice(open_message(f"{head}\n{text}".encode())), Budget(DEFAULT_LIMITS.max_work))


def test_an_address_beside_a_reply_is_the_recipient() -> None:
    [status] = _read("We could not pass on your mail to ana@example.org:\n\n  ana@example.org: 550 5.1.1 No such user here\n")
    assert (status.recipient, status.recipient_source, status.reply) == ("ana@example.org", "text", "550 5.1.1 No such user here")


def test_an_address_on_the_line_ahead_of_a_failure_is_the_recipient() -> None:
    [status] = _read("Sorry!\n\nana@example.org\nuser unknown\n\nAsk help@example.net for more.\n")
    assert (status.recipient, status.reply) == ("ana@example.org", "user unknown")


def test_the_returned_message_s_only_recipient_stands_in() -> None:
    [status] = _read(f"Your mail was refused.\n\n550 5.7.1 Message looks like spam\n{RETURNED}")
    assert (status.recipient, status.recipient_source, status.reply) == (
        "ana@example.org",
        "returned-message",
        "550 5.7.1 Message looks like spam",
    )


def test_several_addresses_and_nothing_that_tells_them_apart_give_no_recipient() -> None:
    [status] = _read("Your mail to a@example.org, b@example.org and c@example.org:\n\n550 5.1.1 no such user\n")
    assert (status.recipient, status.reply) == (None, "550 5.1.1 no such user")


def test_the_sender_s_own_address_is_never_the_recipient() -> None:
    [status] = _read("From news@sender.example: 550 5.7.1 refused\n")
    assert status.recipient is None


def test_a_delay_is_told_by_the_subject() -> None:
    [status] = _read("ana@example.org: mailbox full\n", "From: MAILER-DAEMON@mx.example.org\nSubject: Delivery delayed\n")
    assert status.action == "delayed"


def test_a_person_s_mail_about_a_failure_says_nothing() -> None:
    assert _read("Hi, ana@example.org: 550 5.1.1 user unknown\n", "From: Bob <bob@example.org>\nSubject: question\n") == []


def test_a_mailer_s_mail_without_a_reason_says_nothing() -> None:
    assert _read("Your quota report for this week.\n", "From: postmaster@example.org\nSubject: Report\n") == []


def test_words_about_a_recipient_are_the_paragraph_that_names_it() -> None:
    notice = read_notice(
        open_message(
            b"From: MAILER-DAEMON@x.example\nSubject: x\n\nSorry.\n\nYour message to ana@example.org\ncouldn't be delivered: unknown user.\n\nBye\n"
        )
    )
    silent = [RecipientStatus(address, "final-recipient") for address in ("ana@example.org", "bob@example.org")]
    explained = explain(silent, notice, Budget(DEFAULT_LIMITS.max_work))
    words = "Your message to ana@example.org couldn't be delivered: unknown user."
    assert [status.reply for status in explained] == [words, None]


def test_a_paragraph_in_which_others_failed_explains_only_those() -> None:
    text = "Not delivered:\nbea@example.org (user unknown)\ncid@example.org (mailbox full)\nana@example.org\n"
    notice = read_notice(open_message(f"From: MAILER-DAEMON@mx.example.org\n\n{text}".encode()))
    silent = [RecipientStatus(f"{name}@example.org", action="failed") for name in ("ana", "bea", "cid")]
    explained = explain(silent, notice, Budget(DEFAULT_LIMITS.max_work))
    assert [status.reply for status in explained] == [None, "bea@example.org (user unknown)", "cid@example.org (mailbox full)"]


def test_a_text_is_searched_for_failures_only_where_the_budget_allows_it() -> None:
    notice = read_notice(
        open_message(b"From: MAILER-DAEMON@x.example\nSubject: Undeliverable\n\nana@example.org: user unknown\n")
    )
    budget = Budget(100)
    assert read_unknown_layout(notice, budget) == []
    assert any("was spent" in warning for warning in budget.warnings)


def test_recipients_are_explained_only_where_the_budget_allows_it() -> None:
    notice = read_notice(open_message(b"From: MAILER-DAEMON@x.example\nSubject: x\n\nana@example.org: user unknown\n"))
    silent = [RecipientStatus("ana@example.org", "final-recipient")]
    budget = Budget(100)
    assert explain(silent, notice, budget) == silent
    assert any("was spent" in warning for warning in budget.warnings)


@given(
    st.lists(
        st.sampled_from(
            [*["user", "mailbox", "unknown", "not", "found", "deliver", "delivery", "failed", "exist", "does"], "x", ",", "  "]
        )
    )
)
def test_both_searches_for_a_failure_agree(words: list[str]) -> None:
    line = " ".join(words)
    assert _says_failure(line) == (re.search(_FAILURE, line, re.IGNORECASE) is not None) == (_find_failure(line) is not None)


def test_addresses_that_begin_a_line_have_the_replies_below_them() -> None:
    text = "It failed.\n\nana@example.org\n  • 550 5.1.1 User unknown\nbea@example.org\n  • 452 4.2.2 Mailbox full\n    for now\n"
    assert [(status.recipient, status.reply) for status in _read(text)] == [
        ("ana@example.org", "550 5.1.1 User unknown"),
        ("bea@example.org", "452 4.2.2 Mailbox full for now"),
    ]


def test_a_session_s_next_turn_is_no_part_of_the_reply() -> None:
    [status] = _read("To ana@example.org:\n\nC: RCPT TO:<ana@example.org>\nS: 550 5.1.1 unknown\nC: QUIT\n")
    assert status.reply == "550 5.1.1 unknown"


POSTMASTER = "From: Postmaster <postmaster@example.org>\nTo: news@sender.example\nSubject: Your mail\n"


def test_a_postmaster_s_words_that_mail_did_not_arrive_are_enough() -> None:
    [status] = _read("Ihre E-Mail an ana@example.org konnte nicht zugestellt werden.\n", f"Return-Path: <>\n{POSTMASTER}")
    assert (status.recipient, status.action) == ("ana@example.org", "failed")


def test_a_postmaster_s_letter_is_no_bounce() -> None:
    letter = "Your mailbox news@sender.example is almost full. Mail to you may not be delivered. Ask ana@example.org.\n"
    assert _read(letter, f"Return-Path: <postmaster@example.org>\n{POSTMASTER}") == []
    assert _read("The mailbox of ana@example.org is full.\n", f"Return-Path: <postmaster@example.org>\n{POSTMASTER}") == []


def test_a_warning_of_the_quota_is_no_bounce() -> None:
    assert _read("Your mailbox is full.\n", f"Return-Path: <>\n{POSTMASTER}") == []


def test_numbered_recipients_and_rows_of_a_table_have_their_own_replies() -> None:
    expected = [("ana@example.org", "550 5.1.1 User unknown"), ("bea@example.org", "552 5.2.2 Mailbox full")]
    for text in (
        "Failed:\n1. ana@example.org - 550 5.1.1 User unknown\n2. bea@example.org - 552 5.2.2 Mailbox full\n",
        "Recipient Error\nana@example.org 550 5.1.1 User unknown\nbea@example.org 552 5.2.2 Mailbox full\n",
    ):
        assert [(status.recipient, status.reply) for status in _read(text)] == expected


def test_a_recipient_that_the_report_names_unreadably_is_the_one_beside_the_failure() -> None:
    notice = read_notice(
        open_message(b"From: MAILER-DAEMON@mx.example.org\n\nDelivery to ana@example.org failed: no such user\n")
    )
    [status] = name_by_text([RecipientStatus(action="failed", reply="550 no")], notice, Budget(DEFAULT_LIMITS.max_work))
    assert (status.recipient, status.recipient_source) == ("ana@example.org", "text")
