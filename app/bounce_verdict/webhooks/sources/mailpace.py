"""MailPace: one JSON object, `event` and `payload` (docs.mailpace.com/guide/webhooks). It passes on no reply and no reason."""

from collections.abc import Iterator, Mapping

from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.parse.addresses import find_addresses
from bounce_verdict.pipeline.reported import Category
from bounce_verdict.webhooks import categories as known
from bounce_verdict.webhooks.event import ReportedEvent, read_each, recipient
from bounce_verdict.webhooks.payload import Table, strings, table, text, word
from bounce_verdict.webhooks.times import first, rfc3339

KINDS: Mapping[str, EventKind] = {
    "email.bounced": "bounce",
    "email.spam": "bounce",  # MailPace's own filter; nothing was sent
    "email.deferred": "delay",
    "email.delivered": "success",
    "email.queued": "other",
}
CATEGORIES: Mapping[str, Category] = {
    "email.bounced": known.HARD,
    "email.spam": known.OUR_SPAM,
    "email.deferred": known.SOFT,
}


def read(payload: object) -> Iterator[ReportedEvent]:
    """MailPace sends one event at a time."""
    return read_each(payload, "body", _event)


def _event(body: Table) -> ReportedEvent:
    name, data = word(body, "event"), table(body, "payload")
    kind = KINDS.get(name, "other")
    addresses = [address for field in ("to", "cc", "bcc") for line in strings(data, field) for address in find_addresses(line)]
    return ReportedEvent(
        text(body, "event") or None,
        kind,
        None,
        first(rfc3339(data.get("updated_at")), rfc3339(data.get("created_at"))),
        text(data, "message_id", "id").strip("<>") or None,
        [recipient(kind, address, category=CATEGORIES.get(name), word=name or None) for address in addresses],
        text(data, "status") or None,
        is_known=name in KINDS,
    )
