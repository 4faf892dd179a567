"""SparkPost (Bird): an array of `{"msys": {"<kind>_event": {…}}}`; `{"msys": {}}` is a ping.

Fields: developers.sparkpost.com/api/webhooks; bounce classes: support.sparkpost.com/docs/deliverability/bounce-classification-codes.
"""

from collections.abc import Iterator, Mapping

from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import Category
from bounce_verdict.webhooks import categories as known
from bounce_verdict.webhooks.event import ReportedEvent, read_each, recipient
from bounce_verdict.webhooks.payload import Table, code, echoed, reply, table, tags, text, word
from bounce_verdict.webhooks.times import rfc3339

KINDS: Mapping[str, EventKind] = {
    "bounce": "bounce",
    "out_of_band": "bounce",
    "policy_rejection": "bounce",
    "generation_failure": "bounce",
    "generation_rejection": "bounce",
    "delay": "delay",
    "delivery": "success",
    "spam_complaint": "complaint",
    "open": "engagement",
    "initial_open": "engagement",
    "click": "engagement",
    "amp_open": "engagement",
    "amp_initial_open": "engagement",
    "amp_click": "engagement",
    "list_unsubscribe": "engagement",
    "link_unsubscribe": "engagement",
    "injection": "other",
    "relay_injection": "other",  # relay: mail that came in, and is handed to a webhook of one's own
    "relay_rejection": "other",
    "relay_delivery": "other",
    "relay_tempfail": "other",
    "relay_permfail": "other",
}
CLASS_KINDS: Mapping[str, EventKind] = {"60": "auto-reply", "100": "auto-reply", "80": "engagement", "90": "engagement"}
CLASSES: Mapping[str, Category] = {
    "1": known.UNDETERMINED,
    "10": known.NO_SUCH_MAILBOX,
    "20": known.SOFT,
    "21": known.DNS,
    "22": known.MAILBOX_FULL,
    "23": known.TOO_LARGE,
    "24": Category("retry", "network-failure"),
    "25": known.CAUSE_UNKNOWN,
    "26": known.CAUSE_UNKNOWN,
    "30": known.UNDETERMINED,
    "40": known.UNDETERMINED,
    "50": Category("policy", "policy-other"),
    "51": known.REPUTATION,
    "52": known.SPAM,
    "53": known.ATTACHMENT,
    "54": known.RELAY_DENIED,
    "60": known.AUTO_REPLY,
    "70": known.SOFT,
    "80": known.NOTHING_FAILED,
    "90": known.UNSUBSCRIBED,
    "100": known.AUTO_REPLY,
}
REFUSED: Mapping[str, Category] = {
    "policy_rejection": Category("policy", "policy-other"),
    "generation_failure": known.OUR_CONTENT,
    "generation_rejection": Category("policy", "policy-other", outranks="text"),
}
NOT_SENT = Category(None, "undetermined", "never", outranks="text")  # "recipient address suppressed due to customer policy"
CATEGORIES: Mapping[str, Category] = {**CLASSES, **REFUSED}


def read(payload: object) -> Iterator[ReportedEvent]:
    """One event for each entry."""
    return read_each(payload, "body", _event)


def _event(entry: Table) -> ReportedEvent:
    holder = table(entry, "msys")
    row = next((value for value in holder.values() if isinstance(value, dict)), None)
    if row is None:
        return ReportedEvent("ping", "control") if "msys" in entry else ReportedEvent(None, "other", is_known=False)
    name, number = word(row, "type"), text(row, "bounce_class")
    kind = KINDS.get(name, "other")
    if name in ("bounce", "out_of_band"):
        kind = CLASS_KINDS.get(number, kind)
    words = reply(row, "raw_reason", "reason")
    one = recipient(
        kind,
        text(row, "raw_rcpt_to", "rcpt_to"),
        words,
        _category(name, number, words.lower()),
        number or None,
        code=code(row, "error_code"),
        command=text(row, "conn_stage") or None,
    )
    return ReportedEvent(
        text(row, "type") or None,
        kind,
        text(row, "event_id") or None,
        rfc3339(row.get("timestamp")),
        text(row, "message_id", "transmission_id") or None,
        [one] if one.recipient else [],
        number or None,
        tags(row, "rcpt_tags"),
        echoed(table(row, "rcpt_meta")),
        is_known=name in KINDS,
    )


def _category(name: str, number: str, words: str) -> Category | None:
    if name in ("list_unsubscribe", "link_unsubscribe"):
        return known.UNSUBSCRIBED
    if name in REFUSED:
        return NOT_SENT if "suppress" in words else REFUSED[name]
    if name in ("bounce", "out_of_band", "delay"):
        return CLASSES.get(number)
    return None
