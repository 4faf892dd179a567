"""Amazon SES's notifications, which reach a mailbox as mail when an SNS topic is subscribed by e-mail: JSON in the text.

Sources: "Amazon SNS notification contents for Amazon SES" (notificationType) and "event publishing" (eventType) in AWS's
documentation. Without raw delivery SNS puts the notification as a string into an envelope of its own. A line of more than 998 characters was cut by Sendmail with "!" and a line end (RFC 5321 §4.5.3.1.6).
WorkMail and SES's own bounces are reports, which the report's reader knows, in a part of their own or within the text.
"""

import json
from collections.abc import Iterator
from typing import Any

from bounce_verdict.model import Action, Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import clean_address
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import holds_any, merge_copies, said_by

SIGNS = ("notificationType", "eventType")
_ACTIONS: dict[str, Action] = {"failed": "failed", "delayed": "delayed", "delivered": "delivered", "relayed": "relayed"}
_MAX_RECIPIENTS = 1_000


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
    return _object(_text(found, "Message")) if found.get("Type") == "Notification" else found


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
    bounce = _table(event, "bounce")
    delay = _table(event, "deliveryDelay")
    delivery = _table(event, "delivery")
    for row in [*_rows(bounce, "bouncedRecipients"), *_rows(delay, "delayedRecipients")]:
        action: Action = _ACTIONS.get(_text(row, "action").lower(), "delayed" if delay else "failed")
        yield from _status(row.get("emailAddress"), action, _text(row, "diagnosticCode"), _text(row, "status"))
    for address in _list(delivery, "recipients"):
        yield from _status(address, "delivered", _text(delivery, "smtpResponse"), "")
    complaint = _table(event, "complaint")
    kind = _text(complaint, "complaintFeedbackType").lower()[:100] or "other"  # RFC 5965 §7.3
    for row in _rows(complaint, "complainedRecipients"):
        yield from _status(row.get("emailAddress"), None, "", "", kind)


def _status(
    address: object, action: Action | None, diagnostic: str, status: str, complaint: str | None = None
) -> Iterator[RecipientStatus]:
    recipient = clean_address(address) if isinstance(address, str) else None
    if recipient is None:
        return
    reply = diagnostic.partition(";")[2].strip() if diagnostic.lower().startswith("smtp;") else diagnostic
    yield RecipientStatus(
        recipient=recipient,
        recipient_source="text",
        action=action,
        status=status or None,
        reply=reply or None,
        said_by=said_by(reply) if reply else None,
        complaint=complaint,
        read_by="amazon",
    )


def _table(holder: dict[str, Any], key: str) -> dict[str, Any]:
    found = holder.get(key)
    return found if isinstance(found, dict) else {}


def _list(holder: dict[str, Any], key: str) -> list[Any]:
    found = holder.get(key)
    return found[:_MAX_RECIPIENTS] if isinstance(found, list) else []


def _rows(holder: dict[str, Any], key: str) -> list[dict[str, Any]]:
    return [row for row in _list(holder, key) if isinstance(row, dict)]


def _text(holder: dict[str, Any], key: str) -> str:
    """A string, valid Unicode: JSON may escape a lone surrogate."""
    found = holder.get(key)
    return found.encode("utf-8", "replace").decode("utf-8").strip() if isinstance(found, str) else ""
