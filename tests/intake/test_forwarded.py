"""A bounce inside another message is read as it is alone, only where nobody wrote anything around it, and stops nobody at once."""

import pytest

from bounce_verdict.model import MessageInput, Report
from bounce_verdict.pipeline import Pipeline

QMAIL = (
    "From: MAILER-DAEMON@mx.example.net\nTo: bounces@letters.example\nSubject: failure notice\n\n"
    "Hi. This is the qmail-send program at mx.example.net.\n\n<ana@example.net>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
    "--- Below this line is a copy of the message.\n\n"
    "Return-Path: <bounces@letters.example>\nMessage-ID: <7@letters.example>\nFrom: news@letters.example\nTo: ana@example.net\n"
    "Subject: News\n\nWrite to <bo@example.com>: 550 5.1.1 user unknown\n"
)
HTML = (
    "From: postmaster@mx.example.net\nTo: bounces@letters.example\nSubject: Undeliverable mail\nContent-Type: text/html\n\n"
    "<p>ana@example.net</p><p>550 5.1.1 <b>No</b> such user</p>\n"
)
HANDED_ON = "The attached message was received as a bounce, but no member addresses could be extracted from it.\n"


def carrying(inner: str, text: str = "", to: str = "bounces@letters.example") -> str:
    boundary = f"b{len(inner)}"
    return (
        f"From: Bob <bob@example.org>\nTo: {to}\nSubject: Fwd\nContent-Type: multipart/mixed; boundary={boundary}\n\n"
        f"--{boundary}\n\n{text}\n--{boundary}\nContent-Type: message/rfc822\n\n{inner}\n--{boundary}--\n"
    )


def gist(report: Report) -> list[object]:
    facts = report.message
    answers = [(one.recipient, one.verdict, one.reply, one.diagnostic_code) for one in report.recipients]
    return [report.kind, facts.original_message_id, facts.original_from, answers]


@pytest.mark.parametrize("inner", [QMAIL, HTML])
@pytest.mark.parametrize("text", ["", HANDED_ON])
def test_a_forwarded_bounce_is_read_as_it_is_alone(classifier: Pipeline, inner: str, text: str) -> None:
    alone = classifier.message(MessageInput(inner.encode()))
    assert [one.recipient for one in alone.recipients] == ["ana@example.net"]
    forwarded = classifier.message(MessageInput(carrying(inner, text).encode()))
    assert gist(forwarded) == gist(alone)
    assert [one.suppress for one in forwarded.recipients] == ["if-repeated"]
    assert "the report reached us inside another mail" in [line.found for line in forwarded.recipients[0].evidence]


def test_a_bounce_that_was_handed_on_twice_is_found(classifier: Pipeline) -> None:
    raw = carrying(carrying(QMAIL, HANDED_ON))
    assert [one.recipient for one in classifier.message(MessageInput(raw.encode())).recipients] == ["ana@example.net"]


def test_a_bounce_that_was_handed_on_four_times_is_not_looked_for(classifier: Pipeline) -> None:
    raw = carrying(carrying(carrying(carrying(QMAIL))))
    assert classifier.message(MessageInput(raw.encode())).kind == "not-a-report"


def test_the_return_path_of_the_bounce_itself_names_the_recipient(classifier: Pipeline) -> None:
    verp = QMAIL.replace("To: bounces@letters.example", "To: bounces+ana.old=example.net@letters.example", 1)
    raw = carrying(verp, to="bounces+list=example.org@letters.example")
    assert [one.recipient for one in classifier.message(MessageInput(raw.encode())).recipients] == ["ana.old@example.net"]


def test_a_bounce_with_a_question_beside_it_is_a_persons_mail(classifier: Pipeline) -> None:
    raw = carrying(QMAIL, "Do you know why Ana's mail comes back?\n")
    assert classifier.message(MessageInput(raw.encode())).kind == "not-a-report"


def test_a_forwarded_message_that_no_mailer_wrote_is_no_report(classifier: Pipeline) -> None:
    person = QMAIL.replace("MAILER-DAEMON@mx.example.net", "Bo <bo@example.org>").replace("failure notice", "look at this")
    assert classifier.message(MessageInput(carrying(person).encode())).kind == "not-a-report"


def test_bounds_on_reading_hold_for_the_bounce_inside_too(classifier: Pipeline) -> None:
    found = classifier.message(MessageInput(carrying(QMAIL.replace("Sorry, ", "Sorry, " * 400)).encode()))
    assert any("lines longer than 2000 characters" in warning for warning in found.warnings)
