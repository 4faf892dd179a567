"""MailerSend: one JSON object (developers.mailersend.com/api/v1/webhooks). `morph.reason` is prose, rarely a server's reply."""

from collections.abc import Iterator, Mapping

from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import Category
from bounce_verdict.webhooks import categories as known
from bounce_verdict.webhooks.event import ReportedEvent, read_each, recipient
from bounce_verdict.webhooks.payload import Table, reply, table, tags, text, word
from bounce_verdict.webhooks.times import first, rfc3339

KINDS: Mapping[str, EventKind] = {
    "activity.hard_bounced": "bounce",
    "activity.soft_bounced": "bounce",
    "activity.deferred": "delay",
    "activity.delivered": "success",
    "activity.spam_complaint": "complaint",
    "activity.opened": "engagement",
    "activity.opened_unique": "engagement",
    "activity.clicked": "engagement",
    "activity.clicked_unique": "engagement",
    "activity.unsubscribed": "engagement",
    "activity.survey_opened": "engagement",
    "activity.survey_submitted": "engagement",
    "activity.sent": "other",
    "activity.queued": "other",
    "inbound_forward.failed": "control",
    "maintenance.start": "control",
    "maintenance.end": "control",
    "sender_identity.verified": "control",
}
CATEGORIES: Mapping[str, Category] = {
    "activity.hard_bounced": known.HARD,
    "activity.soft_bounced": known.SOFT,
    "activity.deferred": known.SOFT,
    "activity.unsubscribed": known.UNSUBSCRIBED,
}


def read(payload: object) -> Iterator[ReportedEvent]:
    """MailerSend sends one event at a time."""
    return read_each(payload, "body", _event)


def _event(body: Table) -> ReportedEvent:
    name, data = word(body, "type"), table(body, "data")
    kind = KINDS.get(name, "other")
    mail, morph = table(data, "email"), table(data, "morph")
    address = text(table(mail, "recipient"), "email")
    one = recipient(kind, address, reply(morph, "reason", "readable_reason"), CATEGORIES.get(name), name or None)
    return ReportedEvent(
        text(body, "type") or None,
        kind,
        text(data, "id") or None,
        first(rfc3339(body.get("created_at")), rfc3339(data.get("created_at"))),
        text(table(mail, "message"), "id") or text(mail, "id") or None,
        [one] if address else [],
        text(data, "type") or None,
        tags(mail, "tags"),
        is_known=name in KINDS,
    )
