"""Amazon SES's JSON, in the one place that knows its shape: a mailed notification (layouts/amazon.py) and a webhook ask it alike.

Sources: "Amazon SNS notification contents for Amazon SES" (notificationType) and "event publishing" (eventType) in AWS's
documentation. Nothing in it is trusted to have its type.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from bounce_verdict.model import Action

MAX_RECIPIENTS = 1_000
_ACTIONS: dict[str, Action] = {"failed": "failed", "delayed": "delayed", "delivered": "delivered", "relayed": "relayed"}


class SesRecipient(Struct):
    """What an event says of one recipient. diagnostic: the reply, without its type. complaint: the type of a complaint."""

    address: str
    action: Action | None = None
    diagnostic: str = ""
    status: str = ""
    complaint: str | None = None


def read_recipients(event: dict[str, Any]) -> Iterator[SesRecipient]:
    """Each recipient of a bounce, a delay, a delivery or a complaint."""
    bounce, delay = _table(event, "bounce"), _table(event, "deliveryDelay")
    delivery, complaint = _table(event, "delivery"), _table(event, "complaint")
    for row in [*_rows(bounce, "bouncedRecipients"), *_rows(delay, "delayedRecipients")]:
        action = _ACTIONS.get(_text(row, "action").lower(), "delayed" if delay else "failed")
        yield SesRecipient(_text(row, "emailAddress"), action, _reply(_text(row, "diagnosticCode")), _text(row, "status"))
    for address in _list(delivery, "recipients"):
        if isinstance(address, str):
            yield SesRecipient(_valid(address), "delivered", _reply(_text(delivery, "smtpResponse")))
    kind = _text(complaint, "complaintFeedbackType").lower()[:100] or "other"  # RFC 5965 §7.3
    for row in _rows(complaint, "complainedRecipients"):
        yield SesRecipient(_text(row, "emailAddress"), complaint=kind)


def _reply(diagnostic: str) -> str:
    return diagnostic.partition(";")[2].strip() if diagnostic.lower().startswith("smtp;") else diagnostic


def _table(holder: dict[str, Any], key: str) -> dict[str, Any]:
    found = holder.get(key)
    return found if isinstance(found, dict) else {}


def _list(holder: dict[str, Any], key: str) -> list[Any]:
    found = holder.get(key)
    return found[:MAX_RECIPIENTS] if isinstance(found, list) else []


def _rows(holder: dict[str, Any], key: str) -> list[dict[str, Any]]:
    return [row for row in _list(holder, key) if isinstance(row, dict)]


def _text(holder: dict[str, Any], key: str) -> str:
    found = holder.get(key)
    return _valid(found) if isinstance(found, str) else ""


def _valid(text: str) -> str:
    """Valid Unicode: JSON may escape a lone surrogate."""
    return text.encode("utf-8", "replace").decode("utf-8").strip()
