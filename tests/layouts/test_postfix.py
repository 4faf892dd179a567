"""Postfix's paragraphs (bounce_templates(5), smtp_proto.c)."""

import pytest

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import postfix


def _read(paragraphs: str, subject: str = "Undelivered Mail Returned to Sender") -> list[RecipientStatus]:
    head = f"From: MAILER-DAEMON@mx.example.org (Mail Delivery System)\nSubject: {subject}\n\n"
    text = f"This is the mail system at host mx.example.org.\n\n                   The mail system\n\n{paragraphs}\n"
    return postfix.read(read_notice(open_message((head + text).encode())))


def test_a_wrapped_paragraph_gives_host_reply_and_command() -> None:
    [status] = _read(
        "<ana@example.org>: host mx1.example.org[192.0.2.1]\n"
        "    said: 550 5.1.1 <ana@example.org>: Recipient address\n"
        "    rejected: User unknown (in reply to RCPT TO\n    command)"
    )
    assert status == RecipientStatus(
        recipient="ana@example.org",
        recipient_source="text",
        action="failed",
        remote_mta="mx1.example.org",
        reply="550 5.1.1 <ana@example.org>: Recipient address rejected: User unknown",
        said_by="remote",
        command="RCPT",
        read_by="postfix",
    )


@pytest.mark.parametrize(
    ("phrase", "command"),
    [("MAIL FROM", "MAIL"), ("RCPT TO", "RCPT"), ("DATA", "DATA"), ("end of DATA", "EOD"), ("final RSET", "RSET")],
)
def test_the_command_is_the_one_in_brackets(phrase: str, command: str | None) -> None:
    [status] = _read(f"<ana@example.org>: host mx1.example.org[192.0.2.1] said: 550 no (in reply to\n    {phrase} command)")
    assert status.command == command


def test_refused_to_talk_to_me_counts_as_connect() -> None:
    [status] = _read("<ana@example.org>: host mx1.example.org[192.0.2.1] refused to talk to me: 421 4.7.0 try later")
    assert (status.command, status.reply, status.said_by) == ("CONNECT", "421 4.7.0 try later", "remote")


def test_a_suspended_delivery_keeps_the_reply_that_suspended_it() -> None:
    [status] = _read(
        "<ana@example.org>: delivery temporarily suspended: host\n    mx1.example.org[192.0.2.1] refused to talk to me: 421 busy"
    )
    assert (status.remote_mta, status.reply) == ("mx1.example.org", "421 busy")


def test_a_host_that_refuses_starttls_was_asked_for_it() -> None:
    [status] = _read("<a@example.org>: TLS is required, but host mx1.example.org[192.0.2.1] refused to start TLS: 454 4.7.0 no")
    assert (status.command, status.reply) == ("STARTTLS", "454 4.7.0 no")


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("lost connection with mx1.example.org[192.0.2.1] while sending RCPT TO", "RCPT"),
        ("lost connection with mx1.example.org[192.0.2.1] while sending DATA command", "DATA"),
        ("lost connection with mx1.example.org[192.0.2.1] while receiving the initial server greeting", "CONNECT"),
        ("conversation with mx1.example.org[192.0.2.1] timed out while performing the EHLO handshake", "EHLO"),
        (
            "conversation with mx1.example.org[192.0.2.1] timed out while sending end of data -- message may be sent more than once",
            "EOD",
        ),
        ("connect to mx1.example.org[192.0.2.1]:25: Connection refused", "CONNECT"),
    ],
)
def test_without_a_reply_the_words_are_postfix_s_own(words: str, command: str) -> None:
    [status] = _read(f"<ana@example.org>: {words}")
    assert (status.reply, status.said_by, status.command, status.remote_mta) == (words, "local", command, "mx1.example.org")


def test_an_expanded_address_keeps_its_origin() -> None:
    [status] = _read('<ana@inside.example> (expanded from <team@example.org>): unknown user: "ana"')
    assert (status.recipient, status.original_recipient) == ("ana@inside.example", "team@example.org")


def test_a_folded_line_that_begins_with_an_address_is_no_new_recipient() -> None:
    [status] = _read(
        "<ana@example.org>: host mx1.example.org[192.0.2.1] said: 450 4.2.2\n    <ana@example.org>: over quota (in reply to RCPT TO\n    command)"
    )
    assert status.reply == "450 4.2.2 <ana@example.org>: over quota"


def test_each_paragraph_is_a_recipient() -> None:
    statuses = _read("<a@example.org>: mail for example.org loops back to myself\n\n<b@example.org>: mailbox full\n")
    assert [(status.recipient, status.reply) for status in statuses] == [
        ("a@example.org", "mail for example.org loops back to myself"),
        ("b@example.org", "mailbox full"),
    ]


def test_a_warning_is_a_delay() -> None:
    [status] = _read(
        "<a@example.org>: connect to mx[192.0.2.1]:25: No route to host", subject="Delayed Mail (still being retried)"
    )
    assert status.action == "delayed"


def test_a_text_without_postfix_s_marks_is_none_of_its_own() -> None:
    mail = b"From: a@example.org\nSubject: x\n\n<b@example.org>: hello\n"
    assert postfix.read(read_notice(open_message(mail))) == []
