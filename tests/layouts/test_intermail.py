"""InterMail, Netscape Messaging Server, and au (EZweb)."""

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import intermail


def _read(text: str, *headers: str) -> list[RecipientStatus]:
    head = "\n".join(("From: postmaster@mail.example", *headers, "Content-Type: text/plain; charset=utf-8"))
    return intermail.read(read_notice(open_message(f"{head}\n\n{text}".encode())))


def test_the_reason_stands_below_the_recipient() -> None:
    first, second = _read(
        """This Message was undeliverable due to the following reason:

Each of the following recipients was rejected by a remote mail server.
The reasons given by the server are included to help you determine why
each recipient was rejected.

    Recipient: <ana@example.org>
    Reason:    User unknown

    Recipient: <bea@example.org>
    Reason:    550 5.2.1 Mailbox closed


Please reply to <postmaster@mail.example>
if you feel this message to be in error.
"""
    )
    assert (first.recipient, first.reply) == ("ana@example.org", "User unknown")
    assert (second.recipient, second.reply) == ("bea@example.org", "550 5.2.1 Mailbox closed")


def test_the_paragraph_below_the_introduction_is_the_reason_where_no_other_is() -> None:
    [status] = _read(
        """This Message was undeliverable due to the following reason:

The following destination addresses were unknown (please check
the addresses and re-mail the message):

SMTP <ana@example.org>

Please reply to <postmaster@mail.example>
"""
    )
    assert (status.recipient, status.said_by) == ("ana@example.org", "local")
    assert (status.reply or "").startswith("The following destination addresses were unknown")


def test_the_senders_address_that_was_refused_is_no_recipient() -> None:
    assert (
        _read(
            "This Message was undeliverable due to the following reason:\n\n"
            "Your message was not delivered because the return address was refused.\n\n"
            "The return address was '<sender@example.com>'\n"
        )
        == []
    )


def test_au_shows_the_transcript() -> None:
    [status] = _read(
        """Each of the following recipients was rejected by a remote
mail server.

    Recipient: <ana@example.org>
    >>> MAIL FROM:<sender@example.com>
    <<< 550 5.7.1 Go away
"""
    )
    assert (status.recipient, status.command, status.reply, status.said_by) == (
        "ana@example.org",
        "MAIL",
        "550 5.7.1 Go away",
        "remote",
    )


def test_au_names_the_reason_ahead_and_the_reply_behind_the_address() -> None:
    [status] = _read("The user(s) account is disabled.\n\n<ana@example.org>: 550 user unknown (in reply to RCPT TO command)\n")
    assert (status.recipient, status.reply) == ("ana@example.org", "550 user unknown (in reply to RCPT TO command)")


def test_a_field_of_au_says_that_its_spam_filter_refused() -> None:
    [status] = _read("<ana@ezweb.example>\n", "X-SPASIGN: NG")
    assert (status.recipient, status.reply) == ("ana@ezweb.example", "(X-SPASIGN: NG)")
