"""Brevo (Sendinblue): one JSON object (developers.brevo.com/docs/transactional-webhooks and marketing-webhooks).

`date` is the account's local time without a zone; `ts_epoch` (milliseconds) and `ts_event` (seconds) are UTC.
"""

import re
from collections.abc import Iterator, Mapping

from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import Category
from bounce_verdict.webhooks import categories as known
from bounce_verdict.webhooks.event import ReportedEvent, read_each, recipient
from bounce_verdict.webhooks.payload import Table, reply, tags, text
from bounce_verdict.webhooks.times import first, rfc3339

# Names as transactional and marketing hooks write them: "hard_bounce", "hardBounce".
KINDS: Mapping[str, EventKind] = {
    "hardbounce": "bounce",
    "softbounce": "bounce",
    "blocked": "bounce",
    "invalidemail": "bounce",
    "invalid": "bounce",
    "error": "bounce",
    "deferred": "delay",
    "delivered": "success",
    "spam": "complaint",
    "complaint": "complaint",
    "opened": "engagement",
    "uniqueopened": "engagement",
    "proxyopen": "engagement",
    "uniqueproxyopen": "engagement",
    "loadedbyproxy": "engagement",
    "click": "engagement",
    "clicked": "engagement",
    "unsubscribe": "engagement",
    "unsubscribed": "engagement",
    "request": "other",
    "sent": "other",
    "listaddition": "other",
    "contactupdated": "other",
    "contactdeleted": "other",
}
CATEGORIES: Mapping[str, Category] = {
    "hardbounce": known.HARD,
    "softbounce": known.SOFT,
    "deferred": known.SOFT,
    "blocked": known.CAUSE_UNKNOWN,
    "invalidemail": known.BAD_ADDRESS,
    "invalid": known.BAD_ADDRESS,
    "error": known.CAUSE_UNKNOWN,
    "unsubscribe": known.UNSUBSCRIBED,
    "unsubscribed": known.UNSUBSCRIBED,
}
COMMANDS = {"recipienterror": "RCPT", "sendererror": "MAIL"}  # the word before the colon of "RecipientError: 550 5.5.0 …"
_AHEAD = re.compile(r"([A-Za-z]{2,30}Error)\s{0,5}:\s{0,5}")


def read(payload: object) -> Iterator[ReportedEvent]:
    """Brevo sends one event at a time."""
    return read_each(payload, "body", _event)


def _event(row: Table) -> ReportedEvent:
    label = text(row, "event")
    name = label.lower().replace("_", "").replace("-", "").replace(" ", "")
    kind = KINDS.get(name, "other")
    words, command = reply(row, "reason"), None
    if (ahead := _AHEAD.match(words)) is not None:
        words, command = words[ahead.end() :], COMMANDS.get(ahead[1].lower())
    category = CATEGORIES.get(name)
    if category is known.CAUSE_UNKNOWN:
        category = known.refusal(words.rpartition(" : due to ")[2])  # "blocked : due to unsubscribed user"
    one = recipient(kind, text(row, "email"), words, category, label or None, command=command)
    custom = text(row, "X-Mailin-custom")
    return ReportedEvent(
        label or None,
        kind,
        None,
        first(rfc3339(row.get("ts_epoch")), rfc3339(row.get("ts_event")), rfc3339(row.get("ts"))),
        text(row, "message-id").strip("<>") or None,
        [one] if one.recipient else [],
        label or None,
        tags(row, "tags", "tag"),
        {"X-Mailin-custom": custom} if custom else {},
        is_known=name in KINDS,
    )
