"""Unisender Go: `events_by_user[].events[]` (godocs.unisender.ru, "Event dump and webhook"). Its times are UTC."""

from collections.abc import Iterator, Mapping
from typing import Any

from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import Category
from bounce_verdict.webhooks import categories as known
from bounce_verdict.webhooks.event import ReportedEvent, read_each, recipient
from bounce_verdict.webhooks.payload import Table, echoed, items, reply, table, tables, text, word
from bounce_verdict.webhooks.times import rfc3339

KINDS: Mapping[str, EventKind] = {
    "hard_bounced": "bounce",
    "soft_bounced": "bounce",
    "delivered": "success",
    "spam": "complaint",
    "opened": "engagement",
    "clicked": "engagement",
    "unsubscribed": "engagement",
    "subscribed": "engagement",
    "sent": "other",
}
CATEGORIES: Mapping[str, Category] = {
    "err_user_unknown": known.NO_SUCH_MAILBOX,
    "err_user_inactive": known.MAILBOX_DISABLED,
    "err_domain_inactive": known.NO_SUCH_DOMAIN,
    "err_mailbox_discarded": known.NO_SUCH_MAILBOX,
    "err_mailbox_full": known.MAILBOX_FULL,
    "err_too_large": known.TOO_LARGE,
    "err_spam_rejected": known.SPAM,
    "err_spam_skipped": known.OUR_SPAM,
    "err_spam_folder": known.SPAM,
    "err_blacklisted": known.BLOCKLISTED,
    "err_not_allowed": known.POLICY,
    "err_will_retry": known.SOFT,
    "err_unreachable": known.BOUNCED_BEFORE,  # unreachable before, so not tried
    "err_unsubscribed": known.UNSUBSCRIBED_BEFORE,
    "err_skip_letter": known.CAUSE_UNKNOWN,
    "err_skipped": known.CAUSE_UNKNOWN,
    "err_destination_misconfigured": known.DNS,
    "err_lost": known.SYSTEM,
    "err_delivery_failed": known.UNDETERMINED,
    "hard_bounced": known.HARD,
    "soft_bounced": known.SOFT,
    "unsubscribed": known.UNSUBSCRIBED,
}


def read(payload: object) -> Iterator[ReportedEvent]:
    """The events of all users, in order."""
    found: list[Any] = []
    if isinstance(payload, dict):
        for user in tables(payload, "events_by_user"):
            found += items(user, "events")
    return read_each(found, "events_by_user[].events", _event)


def _event(row: Table) -> ReportedEvent:
    data = table(row, "event_data")
    name, delivery = word(data, "status"), table(data, "delivery_info")
    label = text(delivery, "delivery_status")
    kind: EventKind = KINDS.get(name, "other")
    if word(row, "event_name") == "transactional_spam_block":
        kind = "control"
    if kind == "bounce" and label.lower() == "err_will_retry":
        kind = "delay"
    category = CATEGORIES.get(name)
    if kind in ("bounce", "delay"):
        category = CATEGORIES.get(label.lower(), category)
        if category is known.UNDETERMINED:
            category = CATEGORIES.get(name)
    one = recipient(kind, text(data, "email"), reply(delivery, "destination_response"), category, label or None)
    return ReportedEvent(
        text(data, "status") or text(row, "event_name") or None,
        kind,
        None,
        rfc3339(data.get("event_time") or data.get("block_time"), naive_is_utc=True),
        text(data, "job_id") or None,
        [one] if one.recipient else [],
        label or None,
        metadata=echoed(table(data, "metadata")),
        is_known=kind == "control" or name in KINDS,
    )
