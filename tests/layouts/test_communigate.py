"""CommuniGate Pro."""

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import communigate


def _read(text: str, *headers: str) -> list[RecipientStatus]:
    head = "\n".join(("From: postmaster@mail.example", *headers, "Content-Type: text/plain; charset=utf-8"))
    return communigate.read(read_notice(open_message(f"{head}\n\n{text}".encode())))


def test_the_module_reports_what_the_host_says() -> None:
    [status] = _read(
        "Failed to deliver to 'ana@example.org'\nSMTP module(domain example.org) reports:\n host mx.example.org says:\n"
        " 550 5.1.1 Nobody\n"
    )
    assert (status.recipient, status.remote_mta, status.reply, status.said_by) == (
        "ana@example.org",
        "mx.example.org",
        "550 5.1.1 Nobody",
        "remote",
    )


def test_a_local_module_reports_in_words() -> None:
    [status] = _read(
        "Failed to deliver to 'ana@example.org'\nLOCAL module(account ana) reports:\n account is full (quota exceeded)\n"
    )
    assert (status.reply, status.said_by) == ("account is full (quota exceeded)", "local")
