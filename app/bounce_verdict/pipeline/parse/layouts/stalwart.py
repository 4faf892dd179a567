"""Stalwart 0.11 and later (crates/smtp, queue/dsn.rs): one line for each recipient, the reply in brackets behind it.

`<ana@example.org> (host 'mx.example.org' rejected command 'RCPT TO:<ana@example.org>' with code 550 (5.1.1) 'User unknown')`, and where
no server answered `<ana@example.org> (connection to 'mx.example.org' failed: Connection timeout)`.
"""

import re
from collections.abc import Sequence

from bounce_verdict.model import Action, Command, Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import clean_address
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import TO, holds_any, merge_copies
from bounce_verdict.pipeline.parse.smtp_commands import command_of_phrase

SIGNS = ("> (host '", "> (connection to '", "> (failed to ", "> (delivered to '", "> (TLS error from '", "> (DANE failed ", "> (MTA-STS ",
         "> (queue ", "> (concurren")  # fmt: skip
_LINE = re.compile(rf"^\s*+<{TO}> \((?P<words>.+)\)\s*$")
_REJECTED = re.compile(
    r"host '(?P<host>[^']{0,255})' rejected (?:command '(?P<command>[^']{1,400})'|\w{1,20})"
    r" with (?:code|response) (?P<code>[2-5]\d\d)(?: \((?P<enhanced>[245]\.\d{1,3}\.\d{1,3})\))? '(?P<text>.*)'$"
)
_HOST = re.compile(r"(?:connection to|error from|authenticate|delivered to|from) '(?P<host>[^']{1,255})'")
_HEADS: tuple[tuple[str, Action], ...] = (
    ("temporary problem", "delayed"),
    ("has been delivered", "delivered"),
    ("could not be delivered", "failed"),
)


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per line; [] where the notice is not Stalwart's."""
    if not holds_any(notice.text, SIGNS):
        return []
    action: Action = "failed"
    found = []
    for line in notice.lines:
        action = next((meant for words, meant in _HEADS if words in line and "@" not in line), action)
        hit = _LINE.match(line) if "> (" in line else None
        address = clean_address(hit["to"]) if hit is not None else None
        if hit is not None and address is not None:
            found.append(_status(address, hit["words"], action))
    return merge_copies(found)


def _status(address: str, words: str, action: Action) -> RecipientStatus:
    rejected = _REJECTED.match(words)
    if rejected is None:
        host = _HOST.search(words)
        command: Command | None = "CONNECT" if words.startswith("connection to") else None
        return _read_by(address, action, words, host["host"] if host else None, command)
    parts: Sequence[str | None] = (rejected["code"], rejected["enhanced"], rejected["text"])
    command = command_of_phrase(rejected["command"]) if rejected["command"] else None
    return _read_by(address, action, " ".join(filter(None, parts)), rejected["host"], command)


def _read_by(address: str, action: Action, reply: str, host: str | None, command: Command | None) -> RecipientStatus:
    return RecipientStatus(
        recipient=address, recipient_source="text", action=action, remote_mta=host, reply=reply,
        said_by="remote" if reply[:1].isdigit() else "local", command=command, read_by="stalwart",
    )  # fmt: skip
