"""Postmark: one JSON object, its kind in `RecordType` (postmarkapp.com/developer/webhooks; bounce types: /developer/api/bounce-api)."""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import Category
from bounce_verdict.webhooks import categories as known
from bounce_verdict.webhooks.event import ReportedEvent, read_each, recipient
from bounce_verdict.webhooks.payload import Table, echoed, reply, tags, text, word
from bounce_verdict.webhooks.times import first, rfc3339

KINDS: Mapping[str, EventKind] = {
    "bounce": "bounce",
    "smtpapierror": "bounce",
    "delivery": "success",
    "spamcomplaint": "complaint",
    "open": "engagement",
    "click": "engagement",
    "subscriptionchange": "engagement",
    "inbound": "other",
}
# A bounce record's `Type`: what it is, where that is no bounce, and what it means.
TYPE_KINDS: Mapping[str, EventKind] = {
    "autoresponder": "auto-reply",
    "challengeverification": "auto-reply",
    "addresschange": "auto-reply",
    "subscribe": "engagement",
    "unsubscribe": "engagement",
    "spamcomplaint": "complaint",
    "openrelaytest": "other",
}
TYPES: Mapping[str, Category] = {
    "hardbounce": known.HARD,
    "bademailaddress": known.BAD_ADDRESS,
    "softbounce": known.SOFT,
    "transient": known.SOFT,
    "dnserror": known.DNS,
    "spamnotification": known.SPAM,
    "virusnotification": known.VIRUS,
    "blocked": Category("policy", "policy-other"),
    "dmarcpolicy": known.AUTHENTICATION,
    "smtpapierror": replace(known.POLICY, outranks="text"),  # it never reached a receiver
    "inbounderror": known.UNDETERMINED,
    "templaterenderingfailed": known.OUR_CONTENT,
    "manuallydeactivated": known.CAUSE_UNKNOWN,
    "unconfirmed": known.CAUSE_UNKNOWN,
    "unknown": known.UNDETERMINED,
    "unsubscribe": known.UNSUBSCRIBED,
    "autoresponder": known.AUTO_REPLY,
    "challengeverification": known.AUTO_REPLY,
    "spamcomplaint": known.COMPLAINT,
}
# A subscription's `SuppressionReason`.
SUPPRESSIONS: Mapping[str, tuple[EventKind, Category]] = {
    "hardbounce": ("bounce", known.BOUNCED_BEFORE),
    "spamcomplaint": ("complaint", known.COMPLAINT),
    "manualsuppression": ("engagement", known.UNSUBSCRIBED),
}
CATEGORIES: Mapping[str, Category] = TYPES


def read(payload: object) -> Iterator[ReportedEvent]:
    """Postmark sends one event at a time."""
    return read_each(payload, "body", _event)


def _event(row: Table) -> ReportedEvent:
    label = text(row, "Type")
    name = word(row, "RecordType") or ("bounce" if label else "")  # bounce hooks of before 2018 have no RecordType
    kind = KINDS.get(name, "other")
    category: Category | None = None
    if kind == "bounce":
        kind = TYPE_KINDS.get(label.lower(), kind)
        category = TYPES.get(label.lower() or name)
    elif name == "subscriptionchange" and row.get("SuppressSending") is True:
        label = text(row, "SuppressionReason")
        kind, category = SUPPRESSIONS.get(label.lower(), ("engagement", known.UNSUBSCRIBED))
    one = recipient(kind, text(row, "Email", "Recipient"), reply(row, "Details"), category, label or None)
    times = (row.get(key) for key in ("BouncedAt", "DeliveredAt", "ReceivedAt", "ChangedAt"))
    return ReportedEvent(
        text(row, "RecordType") or None,
        kind,
        text(row, "ID") or None,
        first(*(rfc3339(time) for time in times)),
        text(row, "MessageID") or None,
        [one] if one.recipient else [],
        label or None,
        tags(row, "Tag"),
        echoed(row["Metadata"]) if isinstance(row.get("Metadata"), dict) else {},
        is_known=name in KINDS,
    )
