"""Layout: chasquid (internal/queue/dsn.go, internal/courier/smtp.go; 0.1 to 1.15).

`- "addr" (EMAIL) failed permanently with error:` and the error, indented. The error begins with the step: `MAIL+RCPT`
(either of the two), `DATA`, `DATA closing` (the end of the data), `Error saying hello:` (EHLO or HELO). Go strips the code
of all lines but the first; a timeout wraps the last error once more.
"""

import re
from collections.abc import Sequence

from bounce_verdict.model import Command, Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import clean_address
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import is_blank, is_blank_below_words, split_blocks
from bounce_verdict.pipeline.parse.reply.reply_lines import is_reply
from bounce_verdict.pipeline.parse.smtp_commands import command_of_phrase

_MESSAGE_ID = "chasquid-dsn-"
_SENDER = "postmaster-dsn@"
HEADS = (_MESSAGE_ID, _SENDER)
_HEAD = re.compile(r'\s{0,4}- "([^"\s]{1,320}+)" \([A-Z_]{1,20}\) failed (permanently|repeatedly|with error)')
_LAST_ERROR = re.compile(r"all MXs returned transient failures \(last: (.{1,1900})\)\s{0,3}$")
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3}) ")
_STEPS = (
    "MAIL+RCPT ",
    "DATA closing ",
    "DATA writing: ",
    "DATA ",
    "Error saying hello: ",
    "Error creating client: ",
    "Could not dial: ",
    "Error in STARTTLS: ",
    "AUTH error: ",
)


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per recipient of the technical details; [] where the notice is not chasquid's."""
    if _MESSAGE_ID not in notice.header("message-id") and _SENDER not in notice.header("from"):
        return []
    blocks = split_blocks(notice.lines, '- "', _address, _is_end)
    return [_status(address, [line.strip() for line in lines if line.strip()]) for address, lines in blocks if address]


def _address(line: str, _inside: object) -> str | None:
    """The address of a recipient's first line; empty where it is none that can be read."""
    found = _HEAD.match(line)
    return clean_address(found.group(1), bare=True) or "" if found is not None else None


def _is_end(line: str, has_words: bool) -> bool:  # noqa: FBT001
    """Whether the error ends: with a line that is not indented, or a blank one below it."""
    return is_blank_below_words(line, has_words) if is_blank(line) else not line.startswith((" ", "\t"))


def _status(address: str, lines: Sequence[str]) -> RecipientStatus:
    error, command = _split_step(_join(lines))
    remote = is_reply(error)
    return RecipientStatus(
        recipient=address,
        recipient_source="text",
        action="failed",
        reply=error or None,
        said_by="remote" if remote else "local",
        command=command,
        read_by="chasquid",
    )


def _join(lines: Sequence[str]) -> str:
    """The lines as one; the enhanced code that each repeats is kept once."""
    if not lines:
        return ""
    first, *rest = lines
    enhanced = _ENHANCED.search(first[:80])
    prefix = f"{enhanced.group(1)} " if enhanced is not None else None
    return " ".join([first, *(line.removeprefix(prefix) if prefix else line for line in rest)])


def _split_step(error: str) -> tuple[str, Command | None]:
    """The error without what stands around it and its step, and the command that the step names."""
    if (last := _LAST_ERROR.match(error)) is not None:
        error = last.group(1)
    for step in _STEPS:
        if error.startswith(step):
            return error.removeprefix(step), command_of_phrase(step)
    return error, None
