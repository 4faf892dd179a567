"""Layout: a mail that the recipient's own filter sent back: Sieve's `reject`, and Dovecot's delivery agent over quota.

RFC 5429 §2.1 lets them answer with a disposition notification (RFC 8098), as other programs do when a mail was read; only
the words make it a rejection. Pigeonhole and Dovecot 2.3: `Your message to <r> was automatically rejected:` and the reason.
Cyrus IMAP names the recipient in the notification's fields, and the reason behind a sentence of its own.
"""

import re
from collections.abc import Sequence

from bounce_verdict.model import Notice, RecipientSource, RecipientStatus
from bounce_verdict.pipeline.media_types import DISPOSITION
from bounce_verdict.pipeline.parse.addresses import clean_address
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import TO, said_by

_REJECTED = "was automatically rejected"
SIGNS = (_REJECTED,)
_SENTENCE = re.compile(rf"\s{{0,20}}Your message (?:to <?{TO}>? )?{_REJECTED}(?:[^:]{{0,80}}+:)?+ *+(?P<reason>.*)")
_CYRUS = "The following reason was given:"
_FIELD = re.compile(r"^(?:Original|Final)-Recipient:([^\n]{1,1000})$", re.IGNORECASE | re.MULTILINE)
_MAX_FIELDS = 10_000  # characters of the notification's fields


def read(notice: Notice) -> list[RecipientStatus]:
    """The one recipient with the reason as reply; [] where nothing was rejected so."""
    if _REJECTED not in notice.text:
        return []
    for number, line in enumerate(notice.lines):
        if (said := _SENTENCE.match(line)) is None:
            continue
        source: RecipientSource = "text" if said["to"] else "final-recipient"
        recipient = clean_address(said["to"]) if said["to"] else _notified(notice)
        reason = _reason([said["reason"], *notice.lines[number + 1 :]])
        spoken = said_by(reason) if reason else None
        return (
            [RecipientStatus(recipient, source, action="failed", reply=reason, said_by=spoken, read_by="sieve")]
            if recipient
            else []
        )
    return []


def is_rejection(notice: Notice) -> bool:
    """Whether a disposition notification says that the mail was rejected, not read."""
    return bool(read(notice))


def _notified(notice: Notice) -> str | None:
    """The recipient that the notification's fields name; Original-Recipient stands first (RFC 8098 §3.2.3)."""
    for part in notice.message.parts:
        if part.content_type in DISPOSITION and (found := _FIELD.search(part.read_text()[:_MAX_FIELDS])) is not None:
            return clean_address(found[1])
    return None


def _reason(lines: Sequence[str]) -> str | None:
    """The first paragraph of the reason, on one line."""
    start = next((at + 1 for at, line in enumerate(lines) if _CYRUS in line), 0)
    paragraph: list[str] = []
    for line in lines[start:]:
        if line.strip():
            paragraph.append(line.strip())
        elif paragraph:
            break
    return " ".join(paragraph) or None
