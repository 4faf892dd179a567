"""Amazon SES's notifications, which reach a mailbox as mail when an SNS topic is subscribed by e-mail: JSON in the text.

What stands in it, parse/ses_event.py reads. Without raw delivery SNS puts the notification as a string into an envelope of its own. A line of more than 998 characters was cut by Sendmail with "!" and a line end (RFC 5321 §4.5.3.1.6).
WorkMail and SES's own bounces are reports, which the report's reader knows, in a part of their own or within the text.
"""

import json
from collections.abc import Iterator
from typing import Any

from bounce_verdict.model import Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import clean_address
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import holds_any, merge_copies, said_by
from bounce_verdict.pipeline.parse.ses_event import read_recipients

SIGNS = ("notificationType", "eventType")


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per recipient of a bounce, delay, delivery or complaint; [] where the text holds no such notification."""
    if not holds_any(notice.text, SIGNS):
        return []
    for part in notice.message.parts:
        event = _event(part.read_text())
        if event:
            return merge_copies(_statuses(event))
    return []


def _event(text: str) -> dict[str, Any]:
    """The notification in a text, out of SNS's envelope where it is in one; {} where there is none that can be read."""
    found = _object(text)
    message = found.get("Message")
    return _object(message) if found.get("Type") == "Notification" and isinstance(message, str) else found


def _object(text: str) -> dict[str, Any]:
    start = text.find("{")
    if start < 0:
        return {}
    try:  # not strict: a string may be folded
        found, _ = json.JSONDecoder(strict=False).raw_decode(text[start:].replace("!\n ", ""))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _statuses(event: dict[str, Any]) -> Iterator[RecipientStatus]:
    for found in read_recipients(event):
        recipient = clean_address(found.address)
        if recipient is not None:
            yield RecipientStatus(
                recipient=recipient,
                recipient_source="text",
                action=found.action,
                status=found.status or None,
                reply=found.diagnostic or None,
                said_by=said_by(found.diagnostic) if found.diagnostic else None,
                complaint=found.complaint,
                read_by="amazon",
            )
