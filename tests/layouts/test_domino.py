"""Domino and the Notes MTA."""

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import domino


def _read(text: str, subject: str = "DELIVERY FAILURE: something", charset: str = "utf-8") -> list[RecipientStatus]:
    head = f"From: Postmaster@example.org\nSubject: {subject}\nContent-Type: text/plain; charset={charset}\n\n"
    return domino.read(read_notice(open_message(head.encode() + text.encode(charset))))


def test_domino_says_why_below_because() -> None:
    [status] = _read(
        """Your message

  Subject: Hello

was not delivered to:

  ana@example.org

because:

  User Ana Muster (ana@example.org) not listed in Domino Directory

"""
    )
    assert (status.recipient, status.reply, status.said_by) == (
        "ana@example.org",
        "User Ana Muster (ana@example.org) not listed in Domino Directory",
        "local",
    )


def test_domino_passes_on_what_the_remote_server_returned() -> None:
    [status] = _read(
        "was not delivered to:\n\n  ana@example.org\n\nbecause:\n\n"
        "  Error transferring to mx.example.org; SMTP Protocol Returned a Permanent Error 550 5.7.1 Not you\n"
    )
    assert (status.remote_mta, status.reply, status.said_by) == ("mx.example.org", "550 5.7.1 Not you", "remote")


def test_domino_in_german_is_read_by_its_shape() -> None:
    [status] = _read("Ihre Nachricht\n\nwurde nicht zugestellt an:\n\n  ana@example.org\n\nweil:\n\n  Benutzer unbekannt\n")
    assert (status.recipient, status.reply) == ("ana@example.org", "Benutzer unbekannt")


def test_notes_says_why_ahead_of_each_address() -> None:
    first, second = _read(
        """------- Failure Reasons  --------

User not listed in public Name & Address Book
ana@example.org

Message has exceeded maximum hop count
bea@example.org

------- Returned Message --------
Received: from mx.example.com

cleo@example.org
""",
        "Undeliverable message",
    )
    assert (first.recipient, first.reply) == ("ana@example.org", "User not listed in public Name & Address Book")
    assert (second.recipient, second.reply) == ("bea@example.org", "Message has exceeded maximum hop count")


def test_notes_in_iso_2022_jp_keeps_the_japanese_reason() -> None:
    [status] = _read(
        "------- Failure Reasons  --------\n\nディレクトリのリストにありません\nana@example.org\n",
        "Undeliverable message",
        "iso-2022-jp",
    )
    assert status.reply == "ディレクトリのリストにありません"
