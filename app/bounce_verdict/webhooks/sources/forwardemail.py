"""Forward Email's bounce webhook: one JSON object (forwardemail.net/faq, "Do you support bounce webhooks"). Categories are zone-mta's."""

from collections.abc import Iterator, Mapping

from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import Category
from bounce_verdict.webhooks import categories as known
from bounce_verdict.webhooks.event import ReportedEvent, read_each, recipient
from bounce_verdict.webhooks.payload import Table, code, reply, table, text
from bounce_verdict.webhooks.times import rfc3339

KINDS: Mapping[str, EventKind] = {
    "reject": "bounce",
    "defer": "bounce",
    "slowdown": "bounce",
}  # bounce.action; sent when it gave up
CATEGORIES: Mapping[str, Category] = {
    "recipient": known.NO_SUCH_MAILBOX,
    "undeliverable": known.HARD,
    "capacity": known.MAILBOX_FULL,
    "spam": known.SPAM,
    "virus": known.VIRUS,
    "content": known.SPAM,
    "policy": known.POLICY,
    "block": known.POLICY,
    "blocklist": known.BLOCKLISTED,
    "blacklist": known.BLOCKLISTED,
    "dmarc": known.AUTHENTICATION,
    "spf": known.AUTHENTICATION,
    "auth": known.AUTHENTICATION,
    "protocol": known.PROTOCOL,
    "greylist": known.GREYLISTED,
    "rate": known.RATE,
    "network": known.NETWORK,
    "dns": known.DNS,
    "system": known.SYSTEM,
    "other": known.UNDETERMINED,
}


def read(payload: object) -> Iterator[ReportedEvent]:
    """One event a request."""
    return read_each(payload, "body", _event)


def _event(row: Table) -> ReportedEvent:
    bounce, headers = table(row, "bounce"), table(row, "headers")
    label = text(bounce, "category")
    kind: EventKind = "bounce" if bounce else "other"
    one = recipient(
        kind,
        text(row, "recipient"),
        reply(row, "response") or reply(bounce, "line", "message") or reply(row, "message"),
        CATEGORIES.get(label.lower()),
        label or None,
        code=code(row, "response_code") or code(bounce, "code"),
        status=text(bounce, "status") or None,
        remote_mta=text(row, "truth_source") or None,
    )
    return ReportedEvent(
        text(bounce, "action") or None,
        kind,
        None,
        rfc3339(row.get("bounced_at")),
        next((text(headers, key) for key in headers if key.lower() == "message-id"), "").strip("<>")
        or text(row, "email_id")
        or None,
        [one] if one.recipient else [],
        label or None,
        is_known=bool(bounce),
    )
