"""SendGrid's notices to 2014."""

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import sendgrid


def _read(text: str, *headers: str) -> list[RecipientStatus]:
    head = "\n".join(("From: postmaster@mail.example", *headers, "Content-Type: text/plain; charset=utf-8"))
    return sendgrid.read(read_notice(open_message(f"{head}\n\n{text}".encode())))


def test_one_line_holds_host_reply_and_command() -> None:
    [status] = _read(
        "This is an automatically generated message from SendGrid.\n\n"
        "ana:000000:<ana@example.org> : 192.0.2.1 : mx.example.org:[192.0.2.7] : 550 5.1.1 <ana@example.org>... Nobody  in RCPT TO\n"
    )
    assert (status.recipient, status.remote_mta, status.reply, status.command) == (
        "ana@example.org",
        "mx.example.org",
        "550 5.1.1 <ana@example.org>... Nobody",
        "RCPT",
    )
