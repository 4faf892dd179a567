"""SendGrid's Event Webhook: an array of events, or a single one (twilio.com/docs/sendgrid/for-developers/tracking-events/event)."""

from collections.abc import Iterator, Mapping

from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import Category
from bounce_verdict.webhooks import categories as known
from bounce_verdict.webhooks.event import ReportedEvent, read_each, recipient
from bounce_verdict.webhooks.payload import Table, echoed, reply, tags, text, word
from bounce_verdict.webhooks.times import rfc3339

KINDS: Mapping[str, EventKind] = {
    "bounce": "bounce",
    "blocked": "bounce",
    "dropped": "bounce",
    "deferred": "delay",
    "delivered": "success",
    "spamreport": "complaint",
    "open": "engagement",
    "click": "engagement",
    "unsubscribe": "engagement",
    "group_unsubscribe": "engagement",
    "group_resubscribe": "engagement",
    "processed": "other",
    "account_status_change": "control",
}
# `reason` of what SendGrid itself did not try.
DROPPED: Mapping[str, Category] = {
    "bounced address": known.BOUNCED_BEFORE,
    "unsubscribed address": known.UNSUBSCRIBED_BEFORE,
    "group unsubscribe": known.UNSUBSCRIBED_BEFORE,
    "spam reporting address": known.COMPLAINED_BEFORE,
    "invalid": known.BAD_ADDRESS,
    "invalid email address": known.BAD_ADDRESS,
    "invalid smtpapi header": known.OUR_CONTENT,
    "spam content": known.OUR_SPAM,
    "spam content (if spam checker app is enabled)": known.OUR_SPAM,
    "recipient list over package quota": known.OUR_ACCOUNT,
}
CLASSIFICATIONS: Mapping[str, Category] = {
    "invalid address": known.NO_SUCH_MAILBOX,
    "content": known.SPAM,
    "reputation": known.REPUTATION,
    "frequency or volume too high": known.RATE,
    "frequency/volume": known.RATE,
    "technical": known.SYSTEM,
    "technical failure": known.SYSTEM,
    "mailbox unavailable": known.MAILBOX_FULL,  # documented as full, suspended or inactive: none is gone for good
}
TYPES: Mapping[str, Category] = {"bounce": known.HARD, "blocked": Category("policy", "policy-other"), "expired": known.EXPIRED}
CATEGORIES: Mapping[str, Category] = {**TYPES, **CLASSIFICATIONS, **DROPPED, "deferred": known.SOFT}

# SendGrid's own keys; what else stands in an event, its sender put there ("unique arguments").
_OWN_FIELDS = frozenset(
    {
        "email",
        "timestamp",
        "event",
        "smtp-id",
        "sg_event_id",
        "sg_message_id",
        "reason",
        "response",
        "status",
        "type",
        "bounce_classification",
        "ip",
        "tls",
        "category",
        "attempt",
        "useragent",
        "url",
        "url_offset",
        "asm_group_id",
        "pool",
        "cert_err",
        "send_at",
        "sg_content_type",
        "sg_machine_open",
        "sg_user_id",
        "post_type",
    }
)


def read(payload: object) -> Iterator[ReportedEvent]:
    """One event for each entry."""
    return read_each(payload, "body", _event)


def _event(row: Table) -> ReportedEvent:
    name = word(row, "event")
    kind = KINDS.get(name, "other")
    label, category = _category(name, row)
    one = recipient(
        kind, text(row, "email"), reply(row, "reason", "response"), category, label or None, status=text(row, "status") or None
    )
    own = {key: value for key, value in row.items() if key not in _OWN_FIELDS}
    return ReportedEvent(
        text(row, "event") or None,
        kind,
        text(row, "sg_event_id") or None,
        rfc3339(row.get("timestamp")),
        text(row, "sg_message_id", "smtp-id").strip("<>") or None,
        [one] if one.recipient else [],
        label or None,
        tags(row, "category"),
        echoed(own) if own else {},
        is_known=name in KINDS,
    )


def _category(name: str, row: Table) -> tuple[str, Category | None]:
    if name in ("unsubscribe", "group_unsubscribe"):
        return "", known.UNSUBSCRIBED
    if name == "dropped":
        label = text(row, "reason")
        return label, DROPPED.get(label.lower()) or known.refusal(label)
    if KINDS.get(name) not in ("bounce", "delay"):
        return "", None
    label = text(row, "bounce_classification")
    if label.lower() in CLASSIFICATIONS:
        return label, CLASSIFICATIONS[label.lower()]
    if name == "deferred":
        return label, known.SOFT
    return text(row, "type") or label, TYPES.get(word(row, "type")) or TYPES.get(name)
