"""Azure Communication Services, by Event Grid: an array in its own schema, or CloudEvents, one or many.

Fields: learn.microsoft.com/azure/event-grid/communication-services-email-events. Azure has two handshakes: a validation event whose
code is sent back, and (CloudEvents) an OPTIONS request, which has no body.
"""

from collections.abc import Iterator, Mapping

from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import Category
from bounce_verdict.webhooks import categories as known
from bounce_verdict.webhooks.event import ReportedEvent, read_each, recipient
from bounce_verdict.webhooks.payload import Table, reply, table, text, word
from bounce_verdict.webhooks.times import first, rfc3339

DELIVERY = "microsoft.communication.emaildeliveryreportreceived"
VALIDATION = "microsoft.eventgrid.subscriptionvalidationevent"
EVENTS: Mapping[str, EventKind] = {
    "microsoft.communication.emailengagementtrackingreportreceived": "engagement",
    VALIDATION: "control",
    "microsoft.eventgrid.subscriptiondeletedevent": "control",
}
KINDS: Mapping[str, EventKind] = {  # data.status of a delivery report
    "delivered": "success",
    "expanded": "success",
    "bounced": "bounce",
    "failed": "bounce",
    "filteredspam": "bounce",
    "quarantined": "bounce",
    "suppressed": "bounce",
    "outfordelivery": "other",
}
CATEGORIES: Mapping[str, Category] = {
    "bounced": known.HARD,
    "suppressed": known.BOUNCED_BEFORE,
    "filteredspam": known.SPAM,
    "quarantined": known.SPAM,
    "failed": known.UNDETERMINED,
}


def read(payload: object) -> Iterator[ReportedEvent]:
    """One event for each entry."""
    return read_each(payload, "body", _event)


def validation_code(payload: object) -> str | None:
    """The code that Event Grid's first request wants back; None where the payload is no such request."""
    entries = payload if isinstance(payload, list) else [payload]
    for entry in entries[:1]:
        if isinstance(entry, dict) and word(entry, "eventType", "type") == VALIDATION:
            return text(table(entry, "data"), "validationCode") or None
    return None


def _event(row: Table) -> ReportedEvent:
    name, data = text(row, "eventType", "type"), table(row, "data")
    label = text(data, "status")
    kind = KINDS.get(label.lower(), "other") if name.lower() == DELIVERY else EVENTS.get(name.lower(), "other")
    details = table(data, "deliveryStatusDetails")
    one = recipient(
        kind,
        text(data, "recipient"),
        reply(details, "statusMessage"),
        CATEGORIES.get(label.lower()),
        label or None,
        remote_mta=text(details, "recipientMailServerHostName") or None,
        **({"action": "expanded"} if label.lower() == "expanded" else {}),
    )
    times = [
        data.get(key)
        for key in ("deliveryAttemptTimestamp", "deliveryAttemptTimeStamp", "userActionTimeStamp", "userActionTimestamp")
    ]
    return ReportedEvent(
        name or None,
        kind,
        text(row, "id") or None,
        first(*map(rfc3339, times), rfc3339(row.get("eventTime")), rfc3339(row.get("time"))),
        text(data, "messageId", "internetMessageId") or None,
        [one] if one.recipient else [],
        label or None,
        is_known=name.lower() in EVENTS or label.lower() in KINDS,
    )
