"""Oracle Communications Messaging Server: earlier Sun Java System, iPlanet, and Innosoft PMDF; iCloud and me.com ran it.

`This report relates to a message you sent …`, then per recipient labelled lines: Recipient address, Original address
(what the sender wrote, where they differ), Reason, Diagnostic code, Remote system. The subject says what happened.
"""

import re
from collections.abc import Iterator

from bounce_verdict.model import Action, Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import clean_address
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import merge_copies, said_by

_RECIPIENT = "Recipient address: "
SIGNS = (_RECIPIENT,)
_LABEL = re.compile(
    r"^\s{1,4}(?P<label>Recipient address|Original address|Reason|Diagnostic code|Remote system): *+(?P<text>.*)$"
)
_REMOTE = re.compile(
    r"^(?:dns|smtp|unknown)?;? *+(?P<host>[\w.-]++)?[^|]*+(?:\|[^|]*+\|[^|]*+\|(?P<ip>[\da-fA-F.:]++))?", re.DOTALL
)
_ACTIONS: tuple[tuple[str, Action], ...] = (
    ("has failed", "failed"),
    ("has been delayed", "delayed"),
    ("delayed", "delayed"),
    ("successful", "delivered"),
    ("relayed", "relayed"),
)


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per "Recipient address:"; [] where the notice is not this program's."""
    if _RECIPIENT not in notice.text:
        return []
    subject = notice.header("subject")
    action = next((action for words, action in _ACTIONS if words in subject), None)
    return merge_copies(status for fields in _recipients(notice) if (status := _status(fields, action)))


def _recipients(notice: Notice) -> Iterator[dict[str, str]]:
    """The labelled lines, one dict per recipient; a line indented deeper goes on with the one before it."""
    fields: dict[str, str] = {}
    label = ""
    for line in notice.lines:
        hit = _LABEL.match(line)
        if hit:
            label = hit["label"]
            if label == "Recipient address" and label in fields:
                yield fields
                fields = {}
            fields.setdefault(label, hit["text"])
        elif label and line.startswith("   ") and line.strip():
            fields[label] += f" {line.strip()}"
        else:
            label = ""
    if fields:
        yield fields


def _status(fields: dict[str, str], action: Action | None) -> RecipientStatus | None:
    final = clean_address(fields.get("Recipient address", ""))
    original = clean_address(fields.get("Original address", ""))
    if not (original or final):
        return None
    kind, _, diagnostic = fields.get("Diagnostic code", "").partition(";")
    reply = diagnostic.strip() if diagnostic else kind.strip()
    remote = _REMOTE.match(fields.get("Remote system", ""))
    host = remote["host"] if remote else None
    if remote and remote["ip"] and "." not in (host or ""):
        host = remote["ip"]
    reply = reply or fields.get("Reason", "")
    return RecipientStatus(
        recipient=original or final,
        recipient_source="text",
        original_recipient=original,
        final_recipient=final,
        action=action,
        remote_mta=host,
        reply=reply or None,
        said_by=said_by(reply) if reply else None,
        read_by="messaging-server",
    )
