"""Lettermint: one JSON object, `event` and `data` (docs.lettermint.co, "Webhooks")."""

from collections.abc import Iterator, Mapping

from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import Category
from bounce_verdict.webhooks import categories as known
from bounce_verdict.webhooks.event import ReportedEvent, read_each, recipient
from bounce_verdict.webhooks.payload import Table, code, echoed, reply, table, tags, text, word
from bounce_verdict.webhooks.times import first, rfc3339

KINDS: Mapping[str, EventKind] = {
    "message.hard_bounced": "bounce",
    "message.soft_bounced": "bounce",
    "message.failed": "bounce",
    "message.suppressed": "bounce",
    "message.policy_rejected": "bounce",
    "message.delivered": "success",
    "message.auto_replied": "auto-reply",
    "message.spam_complaint": "complaint",
    "message.opened": "engagement",
    "message.clicked": "engagement",
    "message.unsubscribed": "engagement",
    "message.created": "other",
    "message.sent": "other",
    "message.inbound": "other",
    "webhook.test": "control",
}
CATEGORIES: Mapping[str, Category] = {
    "message.hard_bounced": known.HARD,
    "message.soft_bounced": known.SOFT,
    "message.failed": known.CAUSE_UNKNOWN,
    "message.suppressed": known.CAUSE_UNKNOWN,
    "message.policy_rejected": known.POLICY,
    "message.unsubscribed": known.UNSUBSCRIBED,
}


def read(payload: object) -> Iterator[ReportedEvent]:
    """Lettermint sends one event at a time."""
    return read_each(payload, "body", _event)


def _event(body: Table) -> ReportedEvent:
    name, data = word(body, "event"), table(body, "data")
    kind = KINDS.get(name, "other")
    answer = table(data, "response")
    words, category = reply(answer, "content"), CATEGORIES.get(name)
    one = recipient(
        kind,
        text(data, "recipient"),
        words,
        known.refusal(words or text(data, "reason")) if category is known.CAUSE_UNKNOWN else category,
        name or None,
        code=code(answer, "status_code"),
        status=text(answer, "enhanced_status_code") or None,
    )
    return ReportedEvent(
        text(body, "event") or None,
        kind,
        text(body, "id") or None,
        first(rfc3339(body.get("timestamp")), rfc3339(body.get("created_at"))),
        text(data, "message_id") or None,
        [one] if one.recipient else [],
        name or None,
        tags(data, "tag", "tags"),
        echoed(table(data, "metadata")),
        is_known=name in KINDS,
    )
