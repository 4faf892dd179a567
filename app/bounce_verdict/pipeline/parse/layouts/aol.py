"""AOL's notice for a member who refuses a sender: screen names without a domain, which is that of AOL's own sender."""

import re
from itertools import takewhile

from bounce_verdict.model import Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import clean_address
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import merge_copies

_INTRODUCTION = "could not be delivered because they are not accepting mail from"
SIGNS = (_INTRODUCTION,)
_NAME = re.compile(r"(?![-_.@])[\w.@-]{1,320}")


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per name below the sentence; [] where the notice is not AOL's."""
    if _INTRODUCTION not in notice.text:
        return []
    domain = (clean_address(notice.header("from")) or "").rpartition("@")[2].lower()
    start = next((number for number, line in enumerate(notice.lines) if _INTRODUCTION in line), len(notice.lines))
    words = (line.strip() for line in notice.lines[start + 1 :] if line.strip())
    names = list(takewhile(_NAME.fullmatch, words))
    addresses = (clean_address(name if "@" in name else f"{name}@{domain}") for name in names)
    return merge_copies(
        RecipientStatus(
            recipient=address,
            recipient_source="text",
            action="failed",
            reply=" ".join(notice.lines[start].split()),
            said_by="local",
            read_by="aol",
        )
        for address in addresses
        if address
    )
