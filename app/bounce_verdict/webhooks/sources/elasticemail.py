"""Elastic Email: parameters of a GET or a POST, one event (help.elasticemail.com, "HTTP web notifications"). It passes on no reply.

The category says what happened: elasticemail.com/developers/api-documentation, MessageCategoryEnum.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import Category
from bounce_verdict.webhooks import categories as known
from bounce_verdict.webhooks.event import ReportedEvent, read_each, recipient
from bounce_verdict.webhooks.payload import Table, text, word
from bounce_verdict.webhooks.times import first, rfc3339

KINDS: Mapping[str, EventKind] = {
    "error": "bounce",
    "bounced": "bounce",
    "bounce": "bounce",
    "delivered": "success",
    "abusereport": "complaint",
    "complaint": "complaint",
    "opened": "engagement",
    "clicked": "engagement",
    "unsubscribed": "engagement",
    "sent": "other",
}
CATEGORIES: Mapping[str, Category] = {
    "nomailbox": known.NO_SUCH_MAILBOX,
    "notdelivered": known.BOUNCED_BEFORE,  # on the account's list of addresses that bounced
    "notdeliveredcancelled": known.BOUNCED_BEFORE,
    "blacklisted": known.BLOCKLISTED,
    "spam": known.SPAM,
    "contentfilter": known.SPAM,
    "spfproblem": known.AUTHENTICATION,
    "accountproblem": known.MAILBOX_FULL,  # "over quota or disabled": neither is gone for good
    "greylisted": known.GREYLISTED,
    "throttled": known.RATE,
    "timeout": known.NETWORK,
    "connectionproblem": known.NETWORK,
    "connectionterminated": known.NETWORK,
    "dnsproblem": known.DNS,
    "whitelistingproblem": known.POLICY,
    "codeerror": known.SYSTEM,
    "manualcancel": known.CAUSE_UNKNOWN,
    "ignore": known.UNDETERMINED,
    "unknown": known.UNDETERMINED,
}


def read(payload: object) -> Iterator[ReportedEvent]:
    """One event a request."""
    return read_each(payload, "query", _event)


def _event(row: Table) -> ReportedEvent:
    name, label = word(row, "status"), text(row, "category")
    kind = KINDS.get(name, "other")
    category = known.UNSUBSCRIBED if name == "unsubscribed" else CATEGORIES.get(label.lower()) if kind == "bounce" else None
    if kind == "bounce" and category is None:
        category = known.UNDETERMINED
    one = recipient(kind, text(row, "to"), "", category, label or None)
    return ReportedEvent(
        text(row, "status") or None,
        kind,
        None,
        first(rfc3339(row.get("date"), naive_is_utc=True), _american(text(row, "date"))),
        text(row, "messageid", "transaction") or None,
        [one] if one.recipient else [],
        label or None,
        [channel] if (channel := text(row, "channel")) else [],
        is_known=name in KINDS,
    )


def _american(date: str) -> str | None:
    """Such a date as 8/29/2026 4:58:04 PM, which is UTC."""
    try:
        return rfc3339(datetime.strptime(date, "%m/%d/%Y %I:%M:%S %p").isoformat(), naive_is_utc=True)  # noqa: DTZ007
    except ValueError:
        return None
