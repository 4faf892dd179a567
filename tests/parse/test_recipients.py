"""A whole message: which recipients it is about, and what named them."""

import pytest

from bounce_verdict.model import DEFAULT_LIMITS, Limits, MessageInput
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.budget import Budget
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.read_statuses import read_statuses
from tests.parse.mails import BLOCK, DAEMON, read, report


def test_the_return_path_names_the_recipient_whatever_forwarding_did() -> None:
    told = read(report(BLOCK.replace("ana@example.org", "ana@inside.example")), "news-bounces+ana=example.org@sender.example")
    [status] = told.recipients
    assert (status.recipient, status.recipient_source, status.final_recipient) == (
        "ana@example.org",
        "verp",
        "ana@inside.example",
    )
    assert told.message.verp == "ana@example.org"


def test_the_return_path_is_read_from_the_headers_where_the_envelope_is_unknown() -> None:
    [status] = read(report(BLOCK, to="bounces+12-ana=example.org@em.sender.example")).recipients
    assert status.recipient_source == "verp"


def test_a_postmasters_copy_of_somebodys_bounce_has_its_caution() -> None:
    head = DAEMON.replace("Undelivered Mail Returned to Sender", "Postmaster Copy: Undelivered Mail")
    [status] = read(report(BLOCK, head=head)).recipients
    assert status.cautions == ["it is the copy that a postmaster gets of somebody's bounce"]
    [status] = read(report(BLOCK)).recipients
    assert not status.cautions


def test_a_return_path_does_not_rename_several_recipients() -> None:
    told = read(report(BLOCK + "\n" + BLOCK.replace("ana@", "bob@")), "news-bounces+zoe=example.org@sender.example")
    assert [status.recipient for status in told.recipients] == ["ana@example.org", "bob@example.org"]


def test_a_recipient_that_is_itself_wrapped_is_peeled() -> None:
    [status] = read(report(BLOCK.replace("ana@example.org", "prvs=1234abcdef=ana@example.org"))).recipients
    assert (status.recipient, status.recipient_source, status.final_recipient) == (
        "ana@example.org",
        "batv",
        "prvs=1234abcdef=ana@example.org",
    )


def test_a_report_without_an_address_takes_the_returned_message_s() -> None:
    [status] = read(report("Action: failed\nStatus: 5.1.1\n")).recipients
    assert (status.recipient, status.recipient_source) == ("ana@example.org", "returned-message")


def test_x_failed_recipients_names_those_that_nothing_else_does() -> None:
    told = read(
        "From: Mailer-Daemon@mx.example.org\nX-Failed-Recipients: ana@example.org,\n bob@example.org\nSubject: odd\n\nNothing to see.\n"
    )
    assert [status.recipient for status in told.recipients] == ["ana@example.org", "bob@example.org"]


def test_a_report_without_a_reason_takes_the_sentence_about_the_recipient() -> None:
    mail = report("Final-Recipient: rfc822; ana@example.org\nAction: failed\nStatus: 5.0.0\n").replace(
        "It failed.", "Your message wasn't delivered to ana@example.org because the address couldn't be found."
    )
    [status] = read(mail).recipients
    assert (status.said_by, status.reply) == (
        "local",
        "Your message wasn't delivered to ana@example.org because the address couldn't be found.",
    )


def test_recipients_that_the_text_alone_names_are_bounded_too() -> None:
    text = "Hi. This is the qmail-send program at mx.example.org.\n" + "".join(
        f"\n<{name}@example.org>:\nSorry, no mailbox here by that name. (#5.1.1)\n" for name in ("ana", "bob", "cleo")
    )
    mail = f"{DAEMON}To: news@sender.example\n\n{text}".encode()
    budget = Budget(DEFAULT_LIMITS.max_work)
    told = read_statuses(read_notice(open_message(mail)), MessageInput(mail), Limits(max_recipients=2), budget)
    assert [status.recipient for status in told.recipients] == ["ana@example.org", "bob@example.org"]
    assert budget.warnings == ["report: more than 2 recipients, the rest unread"]


@pytest.mark.parametrize(
    ("mail", "reader", "source"),
    [
        (report(BLOCK), "dsn", "final-recipient"),
        (f"{DAEMON}\nHi. This is the qmail-send program at mx.\n\n<ana@example.org>:\nSorry. (#5.1.1)\n", "qmail", "text"),
        (f"{DAEMON}\nana@example.org: 550 5.1.1 user unknown\n", "general", "text"),
        ("From: Ana <ana@example.org>\nSubject: Out of office\nAuto-Submitted: auto-replied\n\nAway\n", "autoreply", "text"),
        (f"{DAEMON}X-Failed-Recipients: ana@example.org\n\nSorry.\n", "x-failed-recipients", "x-failed-recipients"),
    ],
)
def test_a_recipient_says_which_reader_found_it_and_where(mail: str, reader: str, source: str) -> None:
    [status] = read(mail).recipients
    assert (status.recipient, status.read_by, status.recipient_source) == ("ana@example.org", reader, source)


@pytest.mark.parametrize(
    ("named", "is_plain"),
    [
        ("ana@example.org", True),
        ("<ana@example.org> (ana@example.org)", True),
        ("ana@example.org@gone.example", False),
        ("ana@example.org dead@gone.example", False),
        ("ana@example.org\0@gone.example", False),
    ],
)
def test_a_field_with_more_than_one_address_names_nobody_beyond_doubt(named: str, is_plain: bool) -> None:  # noqa: FBT001
    [status] = read(report(BLOCK.replace("ana@example.org", named))).recipients
    assert status.recipient == "ana@example.org"
    assert (not status.cautions) == is_plain


def test_a_report_that_a_person_resends_reached_us_inside_another_mail() -> None:
    [status] = read(f"Resent-From: bob@example.org\n{report(BLOCK)}").recipients
    assert status.cautions == ["the report reached us inside another mail"]


@pytest.mark.parametrize("code", ["5.1.7", "5.1.8"])
def test_a_status_of_the_senders_address_stops_nobody(pipeline: Pipeline, code: str) -> None:
    block = "Final-Recipient: rfc822; ana@example.org\nAction: failed\nDiagnostic-Code: smtp; 550 address does not exist\n"
    mail = report(f"{block}Status: {code}\n")
    [answer] = pipeline.message(MessageInput(mail.encode())).recipients
    assert answer.suppress != "now"
