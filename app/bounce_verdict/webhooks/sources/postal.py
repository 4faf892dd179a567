"""Postal: one JSON object, `event` and `payload` (docs.postalserver.io/developer/webhooks)."""

import re
from collections.abc import Iterator, Mapping

from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import Category
from bounce_verdict.webhooks import categories as known
from bounce_verdict.webhooks.event import ReportedEvent, read_each, recipient
from bounce_verdict.webhooks.payload import Table, reply, table, tags, text
from bounce_verdict.webhooks.times import first, rfc3339

KINDS: Mapping[str, EventKind] = {
    "messagedeliveryfailed": "bounce",
    "messageheld": "bounce",
    "messagebounced": "bounce",
    "messagedelayed": "delay",
    "messagesent": "success",
    "messagelinkclicked": "engagement",
    "messageloaded": "engagement",
    "domaindnserror": "control",
    "sendlimitapproaching": "control",
    "sendlimitexceeded": "control",
}
CATEGORIES: Mapping[str, Category] = {  # payload.status
    "hardfail": known.HARD,
    "softfail": known.SOFT,
    "held": known.CAUSE_UNKNOWN,
    "bounced": known.UNDETERMINED,
}
_SERVER = re.compile(
    r"(?:SMTP to|sending to|from) ([A-Za-z0-9.-]{1,253}) \("
)  # "Message sent by SMTP to mx.example.org (192.0.2.1) …"


def read(payload: object) -> Iterator[ReportedEvent]:
    """Postal sends one event at a time."""
    return read_each(payload, "body", _event)


def _event(body: Table) -> ReportedEvent:
    name, data = text(body, "event"), table(body, "payload")
    kind = KINDS.get(name.lower(), "other")
    message = table(data, "message") or table(data, "original_message")
    label = text(data, "status")
    server = _SERVER.search(text(data, "details"))
    one = recipient(
        kind,
        text(message, "to"),
        reply(data, "output"),
        CATEGORIES.get(label.lower(), known.UNDETERMINED if kind == "bounce" else None),
        label or None,
        remote_mta=server[1] if server else None,
    )
    return ReportedEvent(
        name or None,
        kind,
        text(body, "uuid") or None,
        first(rfc3339(body.get("timestamp")), rfc3339(data.get("timestamp")), rfc3339(message.get("timestamp"))),
        text(message, "message_id", "id").strip("<>") or None,
        [one] if one.recipient else [],
        label or None,
        tags(message, "tag"),
        is_known=name.lower() in KINDS,
    )
