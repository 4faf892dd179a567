"""Mailjet's Event API: an array, or a single object where events are not grouped (dev.mailjet.com/email/guides/webhooks).

The error table: dev.mailjet.com/email/guides/webhooks/#possible-values-for-errors.
"""

from collections.abc import Iterator, Mapping

from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import Category
from bounce_verdict.webhooks import categories as known
from bounce_verdict.webhooks.event import ReportedEvent, read_each, recipient
from bounce_verdict.webhooks.payload import Table, reply, text, word
from bounce_verdict.webhooks.times import rfc3339

KINDS: Mapping[str, EventKind] = {
    "bounce": "bounce",
    "blocked": "bounce",
    "sent": "success",  # with the server's reply
    "spam": "complaint",
    "open": "engagement",
    "click": "engagement",
    "unsub": "engagement",
}
ERRORS: Mapping[str, Category] = {
    "user unknown": known.NO_SUCH_MAILBOX,
    "mailbox inactive": known.MAILBOX_DISABLED,
    "quota exceeded": known.MAILBOX_FULL,
    "invalid domain": known.NO_SUCH_DOMAIN,
    "no mail host": known.NO_SUCH_DOMAIN,
    "typofix": known.NO_SUCH_DOMAIN,
    "relay/access denied": known.RELAY_DENIED,
    "greylisted": known.GREYLISTED,
    "sender blocked": known.REPUTATION,
    "content blocked": known.SPAM,
    "spam detected": known.SPAM,
    "policy issue": known.POLICY,
    "protocol issue": known.PROTOCOL,
    "connection issue": known.NETWORK,
    "system issue": known.SYSTEM,
    # Mailjet did not try.
    "preblocked": known.BOUNCED_BEFORE,
    "blacklisted": known.CAUSE_UNKNOWN,
    "spam reporter": known.COMPLAINED_BEFORE,
    "duplicate in campaign": known.CAUSE_UNKNOWN,
    "bad or empty template": known.OUR_CONTENT,
    "error in template language": known.OUR_CONTENT,
}
CATEGORIES: Mapping[str, Category] = {**ERRORS, "blocked": known.CAUSE_UNKNOWN}


def read(payload: object) -> Iterator[ReportedEvent]:
    """One event for each entry."""
    return read_each(payload, "body", _event)


def _event(row: Table) -> ReportedEvent:
    name, label = word(row, "event"), text(row, "error")
    kind = KINDS.get(name, "other")
    one = recipient(kind, text(row, "email"), reply(row, "comment", "smtp_reply"), _category(name, row), label or None)
    return ReportedEvent(
        text(row, "event") or None,
        kind,
        None,
        rfc3339(row.get("time")),
        text(row, "MessageID", "Message_GUID") or None,
        [one] if one.recipient else [],
        label or None,
        metadata={key: value for key in ("CustomID", "Payload", "customcampaign") if (value := text(row, key))},
        is_known=name in KINDS,
    )


def _category(name: str, row: Table) -> Category | None:
    if name == "unsub":
        return known.UNSUBSCRIBED
    if KINDS.get(name) != "bounce":
        return None
    if (category := ERRORS.get(word(row, "error"))) is not None:
        return category
    if name == "blocked":
        return known.refusal(text(row, "error", "comment"))
    return known.HARD if row.get("hard_bounce") is True else known.SOFT
