"""Scaleway Transactional Email: in the envelope of its Topics and Events (SNS-like), or the event alone.

Fields: scaleway.com/en/docs/transactional-email/reference-content/webhook-events-payloads. `email_response_*` stand in every event,
also where the last reply is of an earlier try.
"""

from collections.abc import Iterator, Mapping

from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import Category
from bounce_verdict.webhooks import categories as known
from bounce_verdict.webhooks.event import ReportedEvent, read_each, recipient
from bounce_verdict.webhooks.payload import Table, code, nested, reply, text, word
from bounce_verdict.webhooks.times import first, rfc3339

KINDS: Mapping[str, EventKind] = {
    "email_dropped": "bounce",
    "email_mailbox_not_found": "bounce",
    "email_blocklisted": "bounce",
    "email_spam": "bounce",
    "email_deferred": "delay",
    "email_delivered": "success",
    "email_queued": "other",
    "blocklist_created": "control",
    "subscriptionconfirmation": "control",
    "unsubscribeconfirmation": "control",
}
CATEGORIES: Mapping[str, Category] = {
    "email_dropped": known.HARD,
    "email_mailbox_not_found": known.NO_SUCH_MAILBOX,
    "email_blocklisted": known.BOUNCED_BEFORE,
    "email_spam": known.SPAM,
    "email_deferred": known.SOFT,
}


def read(payload: object) -> Iterator[ReportedEvent]:
    """One event a request."""
    return read_each(payload, "body", _unwrap)


def _unwrap(body: Table) -> ReportedEvent:
    if "Type" not in body:
        return _event(body)
    identity, at = text(body, "MessageId") or None, rfc3339(body.get("Timestamp"))
    message = body.get("Message")
    inner = nested(message) if isinstance(message, str) else None
    if isinstance(inner, dict):
        event = _event(inner)
        event.event_id = event.event_id or identity
        event.occurred_at = event.occurred_at or at
        return event
    name = text(body, "Type")
    return ReportedEvent(name, KINDS.get(name.lower(), "control"), identity, at)


def _event(row: Table) -> ReportedEvent:
    name = word(row, "type")
    kind = KINDS.get(name, "other")
    one = recipient(
        kind,
        text(row, "email_to", "email_rcpt_to"),
        reply(row, "email_response_message", "email_error"),
        CATEGORIES.get(name),
        name or None,
        code=code(row, "email_response_code"),
    )
    return ReportedEvent(
        text(row, "type") or None,
        kind,
        text(row, "id") or None,
        first(rfc3339(row.get("created_at")), rfc3339(row.get("email_sent_at"))),
        text(row, "email_id") or None,
        [one] if one.recipient else [],
        name or None,
        is_known=name in KINDS,
    )
