"""Alt-N MDaemon: the recipients, then `--- Session Transcript ---` of the attempts, one line per line that was exchanged.

` Wed 2006-05-03 10:11:12: --> RCPT To:<ana@example.org>`, ` … <-- 550 5.1.1 …`. Recipients stand behind `>` (to 3.5) or
`Failed address:` (later); an unknown local user gets a note of its own: `ana@example.org - no such user here.`
"""

import re
from collections.abc import Sequence

from msgspec.structs import replace

from bounce_verdict.model import Action, Command, Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import address_key, clean_address
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import TO, holds_any, merge_copies
from bounce_verdict.pipeline.parse.reply.reply_lines import is_refusal
from bounce_verdict.pipeline.parse.smtp_commands import command_of_phrase

SIGNS = (
    "did NOT receive a copy of your message",
    "PERMANENT fatal delivery errors",
    "TRANSIENT",
    "- no such user here",
)
_RECIPIENT = re.compile(rf"^\s*+(?:> |Failed address: *+){TO}\s*$")
_UNKNOWN = re.compile(rf"^\s*+{TO} - (?P<reply>no such user here.*)$")
_LINE = re.compile(r"^[^<>-]{0,40}+(?:-\d\d-\d\d[^<>-]{0,20}+)?(?P<arrow>-->|<--) (?P<text>\S.*)$")

Refusals = dict[str, tuple[str, Command | None]]


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per failed address, with the refusal that ended the transcript; [] where the notice is not MDaemon's."""
    if not holds_any(notice.text, SIGNS):
        return []
    action: Action = "delayed" if "TRANSIENT" in notice.text and "PERMANENT" not in notice.text else "failed"
    statuses = merge_copies(status for line in notice.lines if (status := _recipient(line, action)))
    refusals = _refusals(notice.lines) if statuses else {}
    return [_with_refusal(status, refusals) for status in statuses]


def _with_refusal(status: RecipientStatus, refusals: Refusals) -> RecipientStatus:
    key = address_key(status.recipient or "")
    refusal = refusals.get(key) or refusals.get("")
    if status.reply or refusal is None:
        return status
    return replace(status, reply=refusal[0], said_by="remote", command=refusal[1])


def _recipient(line: str, action: Action) -> RecipientStatus | None:
    hit = _RECIPIENT.match(line) or _UNKNOWN.match(line)
    address = clean_address(hit["to"]) if hit else None
    if hit is None or address is None:
        return None
    reply = hit.groupdict().get("reply")
    return RecipientStatus(
        recipient=address,
        recipient_source="text",
        action=action,
        reply=reply,
        said_by="local" if reply else None,
        read_by="mdaemon",
    )


def _refusals(lines: Sequence[str]) -> Refusals:
    """The last 4yz or 5yz line that came in, with the command before it: by recipient at RCPT, under "" at any other command."""
    refusals: Refusals = {}
    command: Command | None = None
    key = ""
    for line in lines:
        exchanged = _LINE.match(line)
        if exchanged and exchanged["arrow"] == "-->":
            command = command_of_phrase(exchanged["text"])
            key = address_key(clean_address(exchanged["text"].partition(":")[2]) or "") if command == "RCPT" else ""
        elif exchanged and is_refusal(exchanged["text"]):
            refusals[key] = exchanged["text"].strip(), command
    return refusals
