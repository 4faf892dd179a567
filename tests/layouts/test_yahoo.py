"""Yahoo's paragraphs, its ways to name the command, and its HTML of 2020."""

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import yahoo


def _read(text: str, content_type: str = "text/plain") -> list[RecipientStatus]:
    mail = f"From: MAILER-DAEMON@yahoo.com\nSubject: Failure Notice\nContent-Type: {content_type}\n\n{text}"
    return yahoo.read(read_notice(open_message(mail.encode())))


def test_the_command_stands_in_brackets_behind_the_reply() -> None:
    [status] = _read(
        """Sorry, we were unable to deliver your message to the following address.

<ana@example.org>:
Remote host said:
550 5.1.1 <ana@example.org>... Nobody here
[RCPT_TO]

--- Below this line is a copy of the message.

<bea@example.org>:
not a recipient
"""
    )
    assert (status.recipient, status.reply, status.command, status.said_by) == (
        "ana@example.org",
        "550 5.1.1 <ana@example.org>... Nobody here",
        "RCPT",
        "remote",
    )


def test_body_in_brackets_is_the_end_of_the_data() -> None:
    [status] = _read(
        "Sorry, we were unable to deliver your message to the following address.\n\n"
        "<ana@example.org>:\nRemote host said: 554 5.7.1 Message refused [BODY]\n"
    )
    assert (status.reply, status.command) == ("554 5.7.1 Message refused", "EOD")


def test_brackets_that_name_no_command_stay_in_the_text() -> None:
    [status] = _read(
        "Unable to deliver message to the following address(es).\n\n<ana@example.org>:\nThis account is closed for good [ZZ]\n"
    )
    assert (status.reply, status.command) == ("This account is closed for good [ZZ]", None)


def test_a_colon_behind_the_code_is_no_part_of_the_reply() -> None:
    [status] = _read(
        "Sorry, we were unable to deliver your message to the following address.\n\n<ana@example.org>:\n501: 5.1.8 Bad sender\n"
    )
    assert (status.reply, status.command, status.said_by) == ("501 5.1.8 Bad sender", None, "remote")


def test_every_address_keeps_its_own_sentence() -> None:
    first, second = _read(
        """Message from yahoo.example.
Unable to deliver message to the following address(es).

<ana@example.org>:
This user doesn't have a yahoo.example account [0]

<bea@example.org>:
This account has been disabled or discontinued [#102].

--- Original message follows.
"""
    )
    assert (first.recipient, first.reply) == ("ana@example.org", "This user doesn't have a yahoo.example account [0]")
    assert (second.recipient, second.reply) == ("bea@example.org", "This account has been disabled or discontinued [#102].")


def test_the_html_of_2020_names_the_recipient_in_a_copied_field() -> None:
    [status] = _read(
        "I'm afraid I wasn't able to deliver the following message.<br>\nThis is a permanent error.\n\n"
        "Subject: Hello To: ana@example.org\n\n---Below this line is a copy of the message.\n",
        "text/html",
    )
    assert (status.recipient, status.reply) == ("ana@example.org", None)
