"""Mailtrap: `{"events": [{…}]}` or JSON lines (docs.mailtrap.io, "Webhooks"). Bounce categories are PowerMTA's, written together."""

from collections.abc import Iterator, Mapping

from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import Category
from bounce_verdict.webhooks import categories as known
from bounce_verdict.webhooks.event import ReportedEvent, read_each, recipient
from bounce_verdict.webhooks.payload import Table, code, echoed, reply, table, tags, text, word
from bounce_verdict.webhooks.times import rfc3339

KINDS: Mapping[str, EventKind] = {
    "bounce": "bounce",
    "soft bounce": "bounce",
    "reject": "bounce",
    "suspension": "bounce",
    "delivery": "success",
    "spam": "complaint",
    "open": "engagement",
    "click": "engagement",
    "unsubscribe": "engagement",
}
BOUNCES: Mapping[str, Category] = {
    "badmailbox": known.NO_SUCH_MAILBOX,
    "baddomain": known.NO_SUCH_DOMAIN,
    "inactivemailbox": known.MAILBOX_DISABLED,
    "quotaissues": known.MAILBOX_FULL,
    "messagetoolarge": known.TOO_LARGE,
    "spam": known.SPAM,
    "spamrelated": known.SPAM,
    "contentrelated": known.SPAM,
    "policyrelated": known.POLICY,
    "virusrelated": known.VIRUS,
    "relayingissues": known.RELAY_DENIED,
    "protocolerrors": known.PROTOCOL,
    "invalidsender": known.SENDER,
    "greylisting": known.GREYLISTED,
    "messageexpired": known.EXPIRED,
    "noanswerfromhost": known.NETWORK,
    "badconnection": known.NETWORK,
    "badconfiguration": known.SYSTEM,
    "routingerrors": known.DNS,
}
CATEGORIES: Mapping[str, Category] = {**BOUNCES, "bounce": known.HARD, "soft bounce": known.SOFT, "suspension": known.OUR_ACCOUNT}


def read(payload: object) -> Iterator[ReportedEvent]:
    """One event for each entry."""
    if isinstance(payload, dict) and "events" in payload:
        return read_each(payload["events"], "events", _event)
    return read_each(payload, "body", _event)


def _event(row: Table) -> ReportedEvent:
    name, label = word(row, "event").replace("_", " "), text(row, "bounce_category")
    kind = KINDS.get(name, "other")
    one = recipient(
        kind,
        text(row, "email"),
        reply(row, "response", "reason"),
        _category(name, label, word(row, "reason")),
        label or name or None,
        code=code(row, "response_code"),
    )
    return ReportedEvent(
        text(row, "event") or None,
        kind,
        text(row, "event_id") or None,
        rfc3339(row.get("timestamp")),
        text(row, "message_id") or None,
        [one] if one.recipient else [],
        label or None,
        tags(row, "category"),
        echoed(table(row, "custom_variables")),
        is_known=name in KINDS,
    )


def _category(name: str, label: str, reason: str) -> Category | None:
    if name == "unsubscribe":
        return known.UNSUBSCRIBED
    if name == "reject":
        return known.refusal(reason)
    if KINDS.get(name) != "bounce":
        return None
    return BOUNCES.get(label.lower().replace("-", "").replace("_", "").replace(" ", "")) or CATEGORIES.get(name)
