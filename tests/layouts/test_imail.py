"""Ipswitch IMail."""

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import imail


def _read(text: str, *headers: str) -> list[RecipientStatus]:
    head = "\n".join(("From: postmaster@mail.example", *headers, "Content-Type: text/plain; charset=utf-8"))
    return imail.read(read_notice(open_message(f"{head}\n\n{text}".encode())))


MAILER = "X-Mailer: <SMTP32 v8.15>"


def test_the_reply_stands_below_what_it_answers() -> None:
    [status] = _read(
        "Unknown user: ana@example.org\n\nRCPT TO generated following response:\n553 5.3.0 <ana@example.org>... Nobody\n\n"
        "Original message follows.\n\nTo: bea@example.org\n",
        MAILER,
    )
    assert (status.recipient, status.command, status.reply) == (
        "ana@example.org",
        "RCPT",
        "553 5.3.0 <ana@example.org>... Nobody",
    )


def test_a_reply_of_several_lines_stays_whole() -> None:
    [status] = _read(
        "undeliverable to ana@example.org\n\nBody of message generated response:\n550-Refused:\n550-see below\n550 sorry\n",
        MAILER,
    )
    assert (status.command, status.reply) == ("EOD", "550-Refused:\n550-see below\n550 sorry")


def test_without_a_reply_the_words_ahead_of_the_address_are_the_reason() -> None:
    [status] = _read("Delivery failed 20 attempts: ana@example.org\n", MAILER)
    assert (status.recipient, status.reply, status.command) == ("ana@example.org", "Delivery failed 20 attempts", None)


def test_copied_fields_are_no_recipients() -> None:
    [status] = _read(
        "To: bea@example.org\nFrom: cleo@example.org\n\nUser mailbox exceeds allowed size: ana@example.org\n", MAILER
    )
    assert status.recipient == "ana@example.org"
