"""MDaemon's recipients and session transcripts."""

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import mdaemon


def _read(text: str, *headers: str) -> list[RecipientStatus]:
    head = "\n".join(("From: postmaster@mail.example", *headers, "Content-Type: text/plain; charset=utf-8"))
    return mdaemon.read(read_notice(open_message(f"{head}\n\n{text}".encode())))


def test_the_last_refusal_of_the_session_is_the_reply() -> None:
    [status] = _read(
        """The attached message had PERMANENT fatal delivery errors!

Failed address: ana@example.org

--- Session Transcript ---
 Wed 2006-05-03 10:11:12: <-- 220 mx.example.org ESMTP
 Wed 2006-05-03 10:11:12: --> MAIL From:<sender@example.com>
 Wed 2006-05-03 10:11:13: <-- 250 2.1.0 Sender ok
 Wed 2006-05-03 10:11:13: --> RCPT To:<ana@example.org>
 Wed 2006-05-03 10:11:14: <-- 550 5.1.1 Nobody
 Wed 2006-05-03 10:11:14: --> QUIT
--- End Transcript ---
"""
    )
    assert (status.recipient, status.command, status.reply, status.said_by) == (
        "ana@example.org",
        "RCPT",
        "550 5.1.1 Nobody",
        "remote",
    )


def test_recipients_of_one_session_keep_their_own_refusals() -> None:
    first, second = _read(
        """The following addresses did NOT receive a copy of your message:

> ana@example.org
> bea@example.org

--- Session Transcript ---
 --> RCPT To:<ana@example.org>
 <-- 550 Nobody
 --> RCPT To:<bea@example.org>
 <-- 452 Full
"""
    )
    assert (first.recipient, first.reply) == ("ana@example.org", "550 Nobody")
    assert (second.recipient, second.reply) == ("bea@example.org", "452 Full")


def test_a_warning_is_delayed() -> None:
    [status] = _read("The attached message had TRANSIENT delivery errors.\n\nFailed address: ana@example.org\n")
    assert status.action == "delayed"


def test_an_unknown_local_user_gets_a_line_of_its_own() -> None:
    [status] = _read("ana@example.org - no such user here.\n\nThere is no user by that name at this server.\n")
    assert (status.recipient, status.reply) == ("ana@example.org", "no such user here.")
