"""Haraka: what a plugin posts from the hooks `bounce`, `deferred` and `delivered` (haraka.github.io/core/Outbound).

Haraka has no hook of its own that posts; docs/webhooks.md shows the twenty lines that do. Fields are the recipient's own:
dsn_smtp_code, dsn_smtp_extc, dsn_smtp_response, dsn_status, dsn_action, reason.
"""

from collections.abc import Iterator, Mapping

from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import Category, ReportedReply
from bounce_verdict.webhooks import categories as known
from bounce_verdict.webhooks.event import ReportedEvent, read_each, recipient
from bounce_verdict.webhooks.payload import Table, code, items, reply, table, text, word
from bounce_verdict.webhooks.times import first, rfc3339

KINDS: Mapping[str, EventKind] = {"bounce": "bounce", "deferred": "delay", "delivered": "success"}
CATEGORIES: Mapping[str, Category] = {"bounce": known.UNDETERMINED, "deferred": known.SOFT}


def read(payload: object) -> Iterator[ReportedEvent]:
    """One event for each entry."""
    return read_each(payload, "body", _event)


def _event(row: Table) -> ReportedEvent:
    name = word(row, "hook", "event")
    kind = KINDS.get(name, "other")
    found = [*items(row, "rcpt"), *items(row, "rcpts"), *items(row, "rcpt_to")]
    rows = [item if isinstance(item, dict) else {"address": item} for item in found]
    return ReportedEvent(
        name or None,
        kind,
        text(row, "id") or None,
        first(rfc3339(row.get("timestamp")), rfc3339(row.get("time"))),
        text(table(row, "todo"), "uuid") or text(row, "uuid", "message_id") or None,
        [one for one in (_recipient(kind, item, row) for item in rows) if one.recipient],
        is_known=name in KINDS,
    )


def _recipient(kind: EventKind, item: Table, row: Table) -> ReportedReply:
    local, host = text(item, "user"), text(item, "host")
    return recipient(
        kind,
        (text(item, "address", "original") or (f"{local}@{host}" if local and host else "")).strip("<>"),
        reply(item, "dsn_smtp_response", "reason") or reply(row, "response", "reason"),
        CATEGORIES.get(word(row, "hook", "event")),
        None,
        code=code(item, "dsn_smtp_code"),
        status=text(item, "dsn_smtp_extc", "dsn_status") or None,
        remote_mta=text(item, "dsn_remote_mta") or text(row, "host") or None,
    )
