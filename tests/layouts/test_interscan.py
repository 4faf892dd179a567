"""Trend Micro InterScan, with its arrows both ways."""

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import interscan


def _read(text: str, *headers: str) -> list[RecipientStatus]:
    head = "\n".join((*headers, "X-Test: 1", "Content-Type: text/plain; charset=utf-8"))
    return interscan.read(read_notice(open_message(f"{head}\n\n{text}".encode())))


def test_the_transcript_gives_command_and_reply() -> None:
    [status] = _read(
        """****** Message from InterScan Messaging Security Suite ******

Sent <<< RCPT TO:<ana@example.org>
Received >>> 550 5.1.1 unknown user.

Unable to deliver message to <ana@example.org> (and other recipients in the same domain).
"""
    )
    assert (status.recipient, status.command, status.reply, status.said_by) == (
        "ana@example.org",
        "RCPT",
        "550 5.1.1 unknown user.",
        "remote",
    )


def test_other_languages_turn_the_arrows_round() -> None:
    [status] = _read("InterScan からのメッセージ\n\n送信 >>> RCPT TO:<ana@example.org>\n受信 <<< 452 4.2.2 Full\n")
    assert (status.command, status.reply) == ("RCPT", "452 4.2.2 Full")


def test_the_sentence_alone_is_the_reason() -> None:
    [status] = _read(
        "Unable to deliver message to <ana@example.org>. Please check.\n", "Sender: x", 'From: "InterScan" <a@mail.example>'
    )
    assert status.recipient == "ana@example.org"
