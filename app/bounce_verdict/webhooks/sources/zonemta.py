"""ZoneMTA's http-bounce plugin: a form, one bounce a request (github.com/zone-eu/zone-mta, plugins/core/http-bounce.js)."""

from collections.abc import Iterator, Mapping

from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import Category
from bounce_verdict.webhooks.event import ReportedEvent, read_each, recipient
from bounce_verdict.webhooks.payload import Table, reply, text
from bounce_verdict.webhooks.sources import forwardemail
from bounce_verdict.webhooks.times import rfc3339

KIND: EventKind = "bounce"  # the plugin posts nothing else
CATEGORIES: Mapping[str, Category] = forwardemail.CATEGORIES  # which runs on ZoneMTA's list, lib/bounces.js


def read(payload: object) -> Iterator[ReportedEvent]:
    """One bounce a request."""
    return read_each(payload, "body", _event)


def _event(row: Table) -> ReportedEvent:
    label, address = text(row, "category"), text(row, "to")
    identity = "/".join(filter(None, (text(row, "id"), text(row, "seq"))))
    one = recipient(KIND, address, reply(row, "response"), CATEGORIES.get(label.lower()), label or None)
    known = bool(address or identity)
    return ReportedEvent(
        KIND if known else None,
        KIND if known else "other",
        identity or None,
        rfc3339(row.get("time")),
        text(row, "id") or None,
        [one] if address else [],
        label or None,
        metadata={"fbl": value} if (value := text(row, "fbl")) else {},
        is_known=known,
    )
