"""Verizon's picture message gateway."""

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import vzwpix


def _read(text: str, *headers: str) -> list[RecipientStatus]:
    head = "\n".join(("From: postmaster@mail.example", *headers, "Content-Type: text/plain; charset=utf-8"))
    return vzwpix.read(read_notice(open_message(f"{head}\n\n{text}".encode())))


def test_the_copied_to_field_is_the_recipient() -> None:
    [status] = _read(
        """Message could not be delivered to mobile.
Error: No valid recipients for this MM

Original Message:
From: sender <sender@example.com>
To: 5550100@vzwpix.example
Subject: hello
Date: Wed, 20 Jun 2013 10:29:52 +0000
"""
    )
    assert (status.recipient, status.reply) == ("5550100@vzwpix.example", "No valid recipients for this MM")
