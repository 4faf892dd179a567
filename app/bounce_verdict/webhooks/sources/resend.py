"""Resend: one JSON object, `type` and `data` (resend.com/docs/webhooks/event-types). It sends through SES and uses SES's words."""

from collections.abc import Iterator, Mapping

from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import Category, ReportedReply
from bounce_verdict.webhooks import categories as known
from bounce_verdict.webhooks.event import ReportedEvent, read_each, recipient
from bounce_verdict.webhooks.payload import Table, echoed, strings, table, text, word
from bounce_verdict.webhooks.sources.ses import BOUNCES, BY_TYPE
from bounce_verdict.webhooks.times import first, rfc3339

KINDS: Mapping[str, EventKind] = {
    "email.bounced": "bounce",
    "email.failed": "bounce",
    "email.suppressed": "bounce",
    "email.delivery_delayed": "delay",
    "email.delivered": "success",
    "email.complained": "complaint",
    "email.opened": "engagement",
    "email.clicked": "engagement",
    "email.sent": "other",
    "email.scheduled": "other",
    "email.received": "other",
    "domain.created": "control",
    "domain.updated": "control",
    "domain.deleted": "control",
}
# data.failed.reason: Resend did not send.
FAILED: Mapping[str, Category] = {
    "reached_daily_quota": known.OUR_ACCOUNT,
    "reached_monthly_quota": known.OUR_ACCOUNT,
    "invalid_from_address": known.OUR_SENDER,
    "domain_not_verified": known.OUR_SENDER,
    "invalid_api_key": known.OUR_ACCOUNT,
    "invalid_attachment": known.OUR_CONTENT,
}
CATEGORIES: Mapping[str, Category] = {**BOUNCES, **BY_TYPE, **FAILED, "onaccountsuppressionlist": known.BOUNCED_BEFORE}


def read(payload: object) -> Iterator[ReportedEvent]:
    """Resend sends one event at a time."""
    return read_each(payload, "body", _event)


def _event(body: Table) -> ReportedEvent:
    name, data = word(body, "type"), table(body, "data")
    kind = KINDS.get(name, "other")
    label, category = _category(name, data)
    headers = data.get("tags")
    return ReportedEvent(
        text(body, "type") or None,
        kind,
        None,  # the header svix-id
        first(rfc3339(body.get("created_at")), rfc3339(data.get("created_at"))),
        text(data, "email_id") or None,
        list(_recipients(kind, data, category, label)) if name.startswith("email.") else [],
        label or None,
        metadata=echoed(headers) if isinstance(headers, dict) else {},
        is_known=name in KINDS,
    )


def _category(name: str, data: Table) -> tuple[str, Category | None]:
    bounce = table(data, "bounce")
    if name == "email.bounced":
        label = "/".join(filter(None, (text(bounce, "type"), text(bounce, "subType"))))
        return label, BOUNCES.get(label.lower()) or BY_TYPE.get(word(bounce, "type"), known.UNDETERMINED)
    if name == "email.suppressed":
        suppressed = table(data, "suppressed")
        return text(suppressed, "type"), known.refusal(text(suppressed, "message"), known.BOUNCED_BEFORE)
    if name == "email.failed":
        label = text(table(data, "failed"), "reason")
        return label, FAILED.get(label.lower()) or known.refusal(label.replace("_", " "))
    return "", known.SOFT if name == "email.delivery_delayed" else None


def _recipients(kind: EventKind, data: Table, category: Category | None, label: str) -> Iterator[ReportedReply]:
    """Each address with its reply; all with the one where there is one only. bounce.message is Resend's own prose, and no reply."""
    addresses, replies = strings(data, "to"), strings(table(data, "bounce"), "diagnosticCode")
    for number, address in enumerate(addresses):
        words = replies[number] if len(replies) == len(addresses) else replies[0] if replies else ""
        yield recipient(kind, address, words, category, label or None)
