"""Stalwart: a line for each recipient."""

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import stalwart


def _read(text: str) -> list[RecipientStatus]:
    head = "From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example>\nContent-Type: text/plain; charset=utf-8"
    return stalwart.read(read_notice(open_message(f"{head}\n\n{text}".encode())))


def test_the_command_the_codes_and_the_words_stand_in_one_line() -> None:
    first, second = _read(
        "Your message could not be delivered to the following recipients:\n\n"
        "<ana@example.org> (host 'mx.example.org' rejected command 'RCPT TO:<ana@example.org>' with code 550 (5.1.1) 'Ana's mailbox is gone')\n"
        "<bea@example.org> (host 'mx.example.org' rejected command 'MAIL FROM:<news@example.net>' with code 553 (5.7.1) 'no')\n"
    )
    assert (first.recipient, first.reply, first.command) == ("ana@example.org", "550 5.1.1 Ana's mailbox is gone", "RCPT")
    assert (second.remote_mta, second.command, second.said_by) == ("mx.example.org", "MAIL", "remote")


def test_what_is_still_tried_is_delayed() -> None:
    [status] = _read(
        "There was a temporary problem delivering your message to the following recipients:\n\n"
        "<ana@example.org> (connection to 'mx.example.org' failed: Connection timeout)\n"
    )
    assert (status.action, status.command, status.said_by) == ("delayed", "CONNECT", "local")


def test_what_was_delivered_is_told_too() -> None:
    [status] = _read(
        "Your message has been delivered to the following recipients:\n\n"
        "<ana@example.org> (delivered to 'mx.example.org' with code 250 (2.1.5) 'OK')\n"
    )
    assert (status.recipient, status.action, status.remote_mta) == ("ana@example.org", "delivered", "mx.example.org")
