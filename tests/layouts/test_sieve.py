"""Rejections by the recipient's own filter (RFC 5429), as disposition notifications and without."""

import pytest

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import sieve


def _read(text: str, fields: str = "") -> list[RecipientStatus]:
    part = f"--b\nContent-Type: message/disposition-notification\n\n{fields}\n" if fields else ""
    mail = (
        "From: Mail Delivery Subsystem <postmaster@mx.example.org>\nSubject: Rejected: Hello\nMIME-Version: 1.0\n"
        f"Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\n{text}\n\n{part}--b--\n"
    )
    return sieve.read(read_notice(open_message(mail.encode())))


@pytest.mark.parametrize(
    "text",
    [
        "Your message to <ana@example.org> was automatically rejected:\nNot enough disk space\n\nMore.",
        "Your message to ana@example.org was automatically rejected: Not enough\ndisk space",
    ],
)
def test_dovecot_names_the_recipient_in_its_sentence(text: str) -> None:
    [status] = _read(text)
    assert (status.recipient, status.recipient_source, status.action) == ("ana@example.org", "text", "failed")
    assert (status.reply, status.said_by) == ("Not enough disk space", "local")


def test_cyrus_names_the_recipient_in_the_notification() -> None:
    [status] = _read(
        "Your message was automatically rejected by Sieve, a mail\nfiltering language.\n\nThe following reason was given:\nNo shops, please.",
        "Reporting-UA: mx.example.org; Cyrus\nFinal-Recipient: rfc822; ana@example.org\nDisposition: automatic-action/MDN-sent-automatically; deleted\n",
    )
    assert (status.recipient, status.recipient_source, status.reply) == (
        "ana@example.org",
        "final-recipient",
        "No shops, please.",
    )


def test_a_notification_that_says_nothing_of_a_rejection_is_none() -> None:
    assert _read("Your message was read.", "Final-Recipient: rfc822; ana@example.org\n") == []


def test_a_rejection_that_names_nobody_is_none() -> None:
    assert _read("Your message was automatically rejected by Sieve.") == []
