"""OpenSMTPD's one line a recipient (smtpd/bounce.c)."""

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import opensmtpd


def _read(
    lines: str,
    opening: str = "    An error has occurred while attempting to deliver a message for\n    the following list of recipients:",
) -> list[RecipientStatus]:
    head = "From: Mailer Daemon <MAILER-DAEMON@mx.example.org>\nSubject: Delivery status notification\n\n"
    text = f"    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\n{opening}\n\n{lines}\n\n    Below is a copy of the original message:\n"
    return opensmtpd.read(read_notice(open_message((head + text).encode())))


def test_a_line_with_a_code_is_the_server_s_reply() -> None:
    statuses = _read("a@example.org: 550 5.1.1 <a@example.org>: user unknown\nb@example.org: Domain does not exist")
    assert [(status.recipient, status.reply, status.said_by, status.action) for status in statuses] == [
        ("a@example.org", "550 5.1.1 <a@example.org>: user unknown", "remote", "failed"),
        ("b@example.org", "Domain does not exist", "local", "failed"),
    ]


def test_an_expired_envelope_is_final_though_the_notice_says_delayed() -> None:
    [status] = _read(
        "a@example.org: Envelope expired",
        "    A message is delayed for more than 0 seconds for the following\n    list of recipients:",
    )
    assert status.action == "failed"


def test_a_delay_is_a_delay() -> None:
    [status] = _read(
        "a@example.org: 450 busy", "    A message is delayed for more than 5 seconds for the following\n    list of recipients:"
    )
    assert (status.action, status.command) == ("delayed", None)
