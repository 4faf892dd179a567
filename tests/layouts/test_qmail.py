"""QSBMF as qmail and its kin write it (qmail-send.c, qmail-remote.c)."""

import time

import pytest

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import qmail


def _read(
    paragraphs: str,
    sender: str = "MAILER-DAEMON@mx.example.org",
    opening: str = "Hi. This is the qmail-send program at mx.example.org.",
) -> list[RecipientStatus]:
    head = f"From: {sender}\nSubject: failure notice\n\n"
    text = f"{opening}\nI'm afraid I wasn't able to deliver your message.\n\n{paragraphs}\n\n--- Below this line is a copy of the message.\n\nReceived: x\n"
    return qmail.read(read_notice(open_message((head + text).encode())))


@pytest.mark.parametrize(
    ("sentence", "command"),
    [
        ("Connected to 192.0.2.1 but greeting failed.", "CONNECT"),
        ("Connected to 192.0.2.1 but my name was rejected.", "CONNECT"),  # HELO or EHLO
        ("Connected to 192.0.2.1 but sender was rejected.", "MAIL"),
        ("192.0.2.1 does not like recipient.", "RCPT"),
        ("192.0.2.1 failed on DATA command.", "DATA"),
        ("192.0.2.1 failed after I sent the message.", "EOD"),
    ],
)
def test_the_sentence_names_the_command(sentence: str, command: str | None) -> None:
    [status] = _read(f"<ana@example.org>:\n{sentence}\nRemote host said: 550 5.1.1 no\nGiving up on 192.0.2.1.")
    assert status == RecipientStatus(
        recipient="ana@example.org",
        recipient_source="text",
        action="failed",
        remote_mta="192.0.2.1",
        reply="550 5.1.1 no",
        said_by="remote",
        command=command,  # type: ignore[arg-type]
        read_by="qmail",
    )


def test_a_multi_line_reply_ends_where_qmail_speaks_again() -> None:
    [status] = _read(
        "<ana@example.org>:\n192.0.2.1 does not like recipient.\nRemote host said: 550-one\n550 two\nGiving up on 192.0.2.1.\n"
        "I'm not going to try again; this message has been in the queue too long."
    )
    assert status.reply == "550-one\n550 two"


def test_a_patched_qmail_names_host_and_command_in_one_line() -> None:
    [status] = _read(
        "<ana@example.org>:\nFrom: <a@b.example> RCPT: <ana@example.org> 192.0.2.1 failed after I sent the message.\nRemote host said: 550 no"
    )
    assert (status.command, status.remote_mta) == ("EOD", "192.0.2.1")


def test_without_a_reply_the_words_are_qmail_s_own() -> None:
    [status] = _read("<ana@example.org>:\nSorry, no mailbox here by that name. (#5.1.1)")
    assert (status.reply, status.said_by) == ("Sorry, no mailbox here by that name. (#5.1.1)", "local")


def test_the_format_is_read_under_any_opening_from_a_mailer() -> None:
    [status] = _read("<ana@example.org>:\nThis account is over quota.", opening="This is the mail service.")
    assert status.recipient == "ana@example.org"


def test_a_person_who_writes_in_that_shape_is_no_mailer() -> None:
    mail = b"From: Ana <ana@example.org>\nSubject: names\n\n<bob@example.org>:\nplease invite him\n"
    assert qmail.read(read_notice(open_message(mail))) == []


def test_what_stands_below_the_copy_is_not_read() -> None:
    statuses = _read(
        "<a@example.org>:\nSorry. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\n<b@example.org>:\nhello"
    )
    assert [status.recipient for status in statuses] == ["a@example.org"]


def test_nine_thousand_blank_lines_below_an_address_are_read_in_linear_time() -> None:
    began = time.process_time()
    [status] = _read("<ana@example.org>:\n" + "\n" * 9_000 + "Sorry, no mailbox here by that name. (#5.1.1)")
    assert time.process_time() - began < 1  # seconds; with a look at all lines above for each it took 4, now 0.05
    assert status.reply == "Sorry, no mailbox here by that name. (#5.1.1)"
