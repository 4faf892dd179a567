"""Layout: chasquid (internal/queue/dsn.go, internal/courier/smtp.go; 0.1 to 1.15).

`- "addr" (EMAIL) failed permanently with error:` and the error, indented. The error begins with the step: `MAIL+RCPT`
(either of the two), `DATA`, `DATA closing` (the end of the data), `Error saying hello:` (EHLO or HELO). Go strips the code
of all lines but the first; a timeout wraps the last error once more.
"""

import re
from collections.abc import Iterator, Sequence

from bounce_verdict.model import Command, Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import clean_address
from bounce_verdict.pipeline.parse.reply.reply_lines import is_reply
from bounce_verdict.pipeline.parse.smtp_commands import command_of_phrase

_HEAD = re.compile(r'\s{0,4}- "([^"\s]{1,320}+)" \([A-Z_]{1,20}\) failed (permanently|repeatedly|with error)')
_WRAPPED = re.compile(r"all MXs returned transient failures \(last: (.{1,1900})\)\s{0,3}$")
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
    if "chasquid-dsn-" not in notice.header("message-id") and "postmaster-dsn@" not in notice.header("from"):
        return []
    return [_status(address, lines) for address, lines in _blocks(notice.lines)]


def _blocks(lines: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    address: str | None = None
    error: list[str] = []
    for line in lines:
        begins = _HEAD.match(line)
        ends = begins is not None or (bool(line) and not line.startswith((" ", "\t")))
        if address is not None and (ends or (not line.strip() and error)):
            yield address, error
            address = None
        if begins is not None:
            address, error = clean_address(begins.group(1), bare=True), []
        elif address is not None and line.strip():
            error.append(line.strip())
    if address is not None:
        yield address, error


def _status(address: str, lines: Sequence[str]) -> RecipientStatus:
    error, command = _peel(_join(lines))
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
    told = _ENHANCED.search(first[:80])
    prefix = f"{told.group(1)} " if told is not None else None
    return " ".join([first, *(line.removeprefix(prefix) if prefix else line for line in rest)])


def _peel(error: str) -> tuple[str, Command | None]:
    """The error without its wrapping and step, and the command the step names."""
    if (wrapped := _WRAPPED.match(error)) is not None:
        error = wrapped.group(1)
    for step in _STEPS:
        if error.startswith(step):
            return error.removeprefix(step), command_of_phrase(step)
    return error, None
