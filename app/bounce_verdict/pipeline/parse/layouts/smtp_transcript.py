"""Shared by layouts: SMTP sessions as Sendmail, Courier and others quote them (`>>>` sent, `<<<` received)."""

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from bounce_verdict.model import Command
from bounce_verdict.pipeline.parse.reply.reply_lines import is_last_line, join_reply
from bounce_verdict.pipeline.parse.smtp_commands import command_of_phrase

_SENT = re.compile(r"\s{0,20}>>> ?(.*)")
_RECEIVED = re.compile(r"\s{0,20}<<< ?(.*)")
_TALKING = re.compile(r"[.\s]{0,20}[Ww]hile talking to (\S{1,255}?)[.:]{0,3}\s{0,20}$")

# What a server says of commands that only follow an earlier refusal.
_NOISE: Sequence[str] = (
    "no valid recipients",
    "need rcpt",
    "need recipient",
    "rcpt first",
    "no recipients",
    "valid rcpt command",
)


class Turn(Struct):
    """One reply of a transcript: who sent it, after which line of ours (None: none since the connection), its lines.

    order: how many replies since that line of ours came before it. after: lines of the reporting MTA that follow it.
    """

    host: str | None
    sent: str | None
    reply: str
    order: int = 0
    after: list[str] = field(default_factory=list)


def read_transcript(lines: Iterable[str]) -> tuple[list[Turn], list[str]]:
    """The session's replies in order, and the reporting MTA's lines that stand before the first of them."""
    turns: list[Turn] = []
    before: list[str] = []
    host: str | None = None
    sent: str | None = None
    order = 0
    open_lines: list[str] = []

    def close() -> None:
        nonlocal order
        turns.append(Turn(host, sent, join_reply(open_lines), order))
        order += 1
        open_lines.clear()

    for line in lines:
        if "<<<" in line and (received := _RECEIVED.match(line)) is not None:
            open_lines.append(received.group(1))
            if is_last_line(received.group(1)):
                close()
            continue
        if open_lines:
            close()
        if "alking to " in line and (talking := _TALKING.match(line)) is not None:
            host, sent, order = talking.group(1).rstrip("."), None, 0
        elif ">>>" in line and (sent_line := _SENT.match(line)) is not None:
            sent, order = sent_line.group(1).strip(), 0
        elif line.strip():
            (turns[-1].after if turns else before).append(line.strip())
    if open_lines:
        close()
    return turns, before


def answered_command(turn: Turn) -> Command | None:
    """The command that this reply answers, None where the transcript does not show it.

    Nothing sent since the connection: the greeting. `DATA` names several: Sendmail 8.12 and later pipelines, so that a
    refused RCPT stands under it, and both Sendmail and Courier 1.0 file the reply to the end of the data there.
    Any further reply under the same line answers something that was not shown.
    """
    if turn.sent is None:
        return "CONNECT" if turn.order == 0 else None
    named = command_of_phrase(turn.sent)
    return named if named != "DATA" and turn.order == 0 else None


def is_noise(turn: Turn) -> bool:
    """Whether a reply only follows from an earlier one: DATA after all recipients were refused, QUIT, RSET."""
    text = turn.reply.lower()
    if turn.sent is not None and command_of_phrase(turn.sent) in {"QUIT", "RSET"}:
        return True
    return any(words in text for words in _NOISE) and text.startswith(("503", "554", "502", "451"))
