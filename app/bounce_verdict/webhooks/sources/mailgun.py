"""Mailgun: one JSON object with `signature` and `event-data` (documentation.mailgun.com, "Webhooks" and "Event structure").

Webhooks of before 2018 send the same facts as form fields.
"""

from collections.abc import Iterator, Mapping

from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import Category
from bounce_verdict.webhooks import categories as known
from bounce_verdict.webhooks.event import ReportedEvent, read_each, recipient
from bounce_verdict.webhooks.payload import Table, code, echoed, reply, table, tags, text, word
from bounce_verdict.webhooks.times import rfc3339

KINDS: Mapping[str, EventKind] = {
    "failed": "bounce",
    "failed/temporary": "delay",
    "rejected": "bounce",
    "bounced": "bounce",  # form fields
    "dropped": "bounce",  # form fields
    "delivered": "success",
    "complained": "complaint",
    "opened": "engagement",
    "clicked": "engagement",
    "unsubscribed": "engagement",
    "accepted": "other",
    "stored": "other",
    "email_validation": "control",
}
# Mailgun's own numbers in the field of the reply code; none was said by a server.
OWN_NUMBERS: Mapping[str, Category] = {
    "498": Category("retry", "dns-failure", outranks="text"),  # "No MX for [example.org]", tried again
    "602": Category("retry", "expired", outranks="text"),  # "Too old"
    "605": known.BOUNCED_BEFORE,
    "606": known.UNSUBSCRIBED_BEFORE,
    "607": known.COMPLAINED_BEFORE,
}
REASONS: Mapping[str, Category] = {
    "suppress-bounce": known.BOUNCED_BEFORE,
    "suppress-complaint": known.COMPLAINED_BEFORE,
    "suppress-unsubscribe": known.UNSUBSCRIBED_BEFORE,
    "espblock": known.POLICY,
    "greylisted": known.GREYLISTED,
    "old": known.EXPIRED,
    "hardfail": known.HARD,
    "bounce": known.HARD,
    "generic": known.HARD,
}
REFUSED = Category("policy", "policy-other", outranks="text")  # `rejected`: Mailgun did not take the message
CATEGORIES: Mapping[str, Category] = {**REASONS, **OWN_NUMBERS, "temporary": known.SOFT, "rejected": REFUSED}

_OWN_FIRST = ("498", "499", "6")


def read(payload: object) -> Iterator[ReportedEvent]:
    """Mailgun sends one event at a time."""
    return read_each(payload, "body", _either)


def _either(body: Table) -> ReportedEvent:
    return _event(table(body, "event-data")) if "event-data" in body else _form(body)


def _event(event: Table) -> ReportedEvent:
    name = word(event, "event")
    temporary = word(event, "severity") == "temporary"
    kind = KINDS.get(f"{name}/temporary" if temporary else name) or KINDS.get(name, "other")
    status, headers = table(event, "delivery-status"), table(event, "message", "headers")
    number, reason = text(status, "code"), text(event, "reason")
    own = number.startswith(_OWN_FIRST)
    words = reply(status, "message") or reply(status, "description")
    if name == "rejected":
        words = reply(table(event, "reject"), "reason", "description")
    category = _category(name, number, reason.lower(), words, temporary=temporary)
    one = recipient(
        kind,
        text(event, "recipient"),
        words,
        category,
        number if own else reason or None,
        code=None if own else code(status, "code"),
        status=text(status, "enhanced-code", "bounce-code") or None,
        remote_mta=text(status, "mx-host") or None,
    )
    return ReportedEvent(
        text(event, "event") or None,
        kind,
        text(event, "id") or None,
        rfc3339(event.get("timestamp")),
        text(headers, "message-id").strip("<>") or None,
        [one] if one.recipient else [],
        reason or None,
        tags(event, "tags"),
        echoed(table(event, "user-variables")),
        is_known=name in KINDS,
    )


def _category(name: str, number: str, reason: str, words: str = "", *, temporary: bool) -> Category | None:
    if name == "unsubscribed":
        return known.UNSUBSCRIBED
    if name == "rejected":
        return known.refusal(words, REFUSED)
    if number in OWN_NUMBERS:
        return OWN_NUMBERS[number]
    if temporary and number == "499":
        return known.NETWORK
    category = REASONS.get(reason)
    if temporary and (category is None or category is known.HARD):
        return known.SOFT
    return category or (known.HARD if name in ("failed", "bounced", "dropped") else None)


def _form(fields: Table) -> ReportedEvent:
    name = word(fields, "event")
    kind = KINDS.get(name, "other")
    number, reason = text(fields, "code"), text(fields, "reason", "notification")
    own = number.startswith(_OWN_FIRST)
    one = recipient(
        kind,
        text(fields, "recipient"),
        reply(fields, "error") or reply(fields, "description"),
        _category(name, number, reason.lower(), temporary=False),
        number if own else reason or None,
        code=None if own else code(fields, "code"),
    )
    return ReportedEvent(
        text(fields, "event") or None,
        kind,
        None,
        rfc3339(fields.get("timestamp")),
        text(fields, "Message-Id", "message-id").strip("<>") or None,
        [one] if one.recipient else [],
        reason or None,
        tags(fields, "X-Mailgun-Tag", "tag"),
        is_known=name in KINDS,
    )
