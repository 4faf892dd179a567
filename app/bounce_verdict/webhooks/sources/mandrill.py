"""Mandrill (Mailchimp Transactional): a form field `mandrill_events`, a JSON array (mailchimp.com/developer/transactional/docs/webhooks).

Sync events (`type` blacklist or whitelist) tell of the suppression list, not of a message.
"""

from collections.abc import Iterator, Mapping

from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import Category
from bounce_verdict.webhooks import categories as known
from bounce_verdict.webhooks.event import ReportedEvent, read_each, recipient
from bounce_verdict.webhooks.payload import Table, echoed, nested, reply, table, tables, tags, text, word
from bounce_verdict.webhooks.times import rfc3339

KINDS: Mapping[str, EventKind] = {
    "hard_bounce": "bounce",
    "soft_bounce": "bounce",
    "reject": "bounce",
    "deferral": "delay",
    "delivered": "success",
    "spam": "complaint",
    "open": "engagement",
    "click": "engagement",
    "unsub": "engagement",
    "send": "other",
    "inbound": "other",
    "blacklist": "control",
    "whitelist": "control",
}
BOUNCES: Mapping[str, Category] = {
    "hard_bounce": known.HARD,
    "soft_bounce": known.SOFT,
    "deferral": known.SOFT,
    "reject": known.CAUSE_UNKNOWN,
    "unsub": known.UNSUBSCRIBED,
}
# msg.bounce_description
DESCRIPTIONS: Mapping[str, Category] = {
    "bad_mailbox": known.NO_SUCH_MAILBOX,
    "invalid_domain": known.NO_SUCH_DOMAIN,
    "mailbox_full": known.MAILBOX_FULL,
    "message_too_large": known.TOO_LARGE,
    "content_block": known.SPAM,
    "spam": known.SPAM,
    "spam_block": known.SPAM,
    "mail_block": Category("policy", "policy-other"),
    "relaying_denied": known.RELAY_DENIED,
    "dns_failure": known.DNS,
    "timeout": known.NETWORK,
    "forbidden_attachment": known.ATTACHMENT,
}
# msg.reject.reason
REJECTS: Mapping[str, Category] = {
    "hard-bounce": known.BOUNCED_BEFORE,
    "soft-bounce": known.BOUNCED_BEFORE,
    "spam": known.COMPLAINED_BEFORE,
    "unsub": known.UNSUBSCRIBED_BEFORE,
    "invalid": known.BAD_ADDRESS,
    "invalid-sender": known.OUR_SENDER,
    "unsigned": known.OUR_SENDER,
    "test-mode-limit": known.OUR_ACCOUNT,
    "rule": known.POLICY,
}
CATEGORIES: Mapping[str, Category] = {**REJECTS, **DESCRIPTIONS, **BOUNCES}


def read(payload: object) -> Iterator[ReportedEvent]:
    """The form's events; a probe of the URL has none."""
    if isinstance(payload, dict) and (field := payload.get("mandrill_events")) is not None:
        payload = nested(field) if isinstance(field, str) else field
    elif payload == {}:
        payload = []
    return read_each(payload, "mandrill_events", _event)


def _event(row: Table) -> ReportedEvent:
    name, message = word(row, "event", "type"), table(row, "msg")
    kind = KINDS.get(name, "other")
    label, category = _category(name, message)
    words = reply(message, "diag")
    if not words:
        words = next((said for said in map(_diag, reversed(list(tables(message, "smtp_events")))) if said), "")
    one = recipient(kind, text(message, "email"), words, category, label or None)
    return ReportedEvent(
        text(row, "event", "type") or None,
        kind,
        None,
        rfc3339(row.get("ts")),
        text(message, "_id") or text(row, "_id") or None,
        [one] if one.recipient else [],
        label or None,
        tags(message, "tags"),
        echoed(table(message, "metadata")),
        is_known=name in KINDS,
    )


def _diag(row: Table) -> str:
    return reply(row, "diag")


def _category(name: str, message: Table) -> tuple[str, Category | None]:
    if name == "reject":
        label = text(table(message, "reject"), "reason")
        return label, REJECTS.get(label.lower()) or known.refusal(label or text(message, "diag"))
    label = text(message, "bounce_description")
    if name in ("hard_bounce", "soft_bounce", "deferral"):
        return label, DESCRIPTIONS.get(label.lower(), BOUNCES[name])
    return label, BOUNCES.get(name)
