"""dma's plain notices (mail.c, net.c)."""

import pytest

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import dma


def _read(reason: str, ends: str = "Original message follows.") -> list[RecipientStatus]:
    head = "Received: from MAILER-DAEMON\n\tid 1a\n\tby mx.example.org (DragonFly Mail Agent v0.13);\nFrom: MAILER-DAEMON <>\nSubject: Mail delivery failed\n\n"
    text = (
        "This is the DragonFly Mail Agent v0.13 at mx.example.org.\n\nThere was an error delivering your mail to <ana@example.org>.\n\n"
        f"{reason}\n\n{ends}\n\nReceived: by mx.example.org\nFrom: news@sender.example\nTo: other@example.org\nSubject: hello\n"
    )
    return dma.read(read_notice(open_message((head + text).encode())))


@pytest.mark.parametrize(
    ("phrase", "command"),
    [("connect", "CONNECT"), ("MAIL FROM", "MAIL"), ("RCPT TO", "RCPT"), ("DATA", "DATA"), ("final DATA", "EOD")],
)
def test_the_server_s_reply_stands_below_the_command_it_did_not_like(phrase: str, command: str) -> None:
    [status] = _read(f"mx1.example.org [192.0.2.1] did not like our {phrase}:\n550-5.1.1 no\n550 5.1.1 such user")
    assert status == RecipientStatus(
        recipient="ana@example.org",
        recipient_source="text",
        action="failed",
        remote_mta="mx1.example.org",
        reply="550-5.1.1 no\n550 5.1.1 such user",
        said_by="remote",
        command=command,  # type: ignore[arg-type]
        read_by="dma",
    )


@pytest.mark.parametrize(
    "reason",
    [
        "Could not deliver for the last 432000 seconds. Giving up.",
        "unknown bounce reason",
        "DNS lookup failure: host example.org not found",
    ],
)
def test_any_other_reason_is_dma_s_own(reason: str) -> None:
    [status] = _read(reason, "Message headers follow.")
    assert (status.reply, status.said_by, status.command) == (reason, "local", None)
