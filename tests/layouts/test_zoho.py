"""Zoho Mail."""

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import zoho


def _read(text: str, *headers: str) -> list[RecipientStatus]:
    head = "\n".join(("From: postmaster@mail.example", *headers, "Content-Type: text/plain; charset=utf-8"))
    return zoho.read(read_notice(open_message(f"{head}\n\n{text}".encode())))


def test_codes_between_commas_become_a_reply() -> None:
    first, second = _read(
        "ana@example.org Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 <ana@example.org>... Nobody\n"
        "bea@example.org, ERROR_CODE :552, ERROR_CODE :Requested action not taken: mailbox full\n"
    )
    assert (first.recipient, first.reply) == ("ana@example.org", "550 5.1.1 <ana@example.org>... Nobody")
    assert (second.recipient, second.reply) == ("bea@example.org", "552 Requested action not taken: mailbox full")


def test_a_response_code_of_zohos_own_is_local() -> None:
    [status] = _read("[Status: Error, Address: <ana@example.org>, ResponseCode 421, , Host not reachable.]\n")
    assert (status.recipient, status.reply, status.said_by) == ("ana@example.org", "421 Host not reachable.", "local")
