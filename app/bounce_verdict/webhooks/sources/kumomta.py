"""KumoMTA's log hook: a log record as JSON, or an array of them (docs.kumomta.com/reference/log_record)."""

from collections.abc import Iterator, Mapping

from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import Category, ReportedReply
from bounce_verdict.webhooks import categories as known
from bounce_verdict.webhooks.event import ReportedEvent, read_each, recipient
from bounce_verdict.webhooks.payload import Table, code, echoed, reply, strings, table, text, word
from bounce_verdict.webhooks.times import first, rfc3339

KINDS: Mapping[str, EventKind] = {
    "bounce": "bounce",
    "expiration": "bounce",
    "adminbounce": "bounce",
    "oob": "bounce",
    "transientfailure": "delay",
    "delayed": "other",  # put aside before any try
    "delivery": "success",
    "feedback": "complaint",
    "reception": "other",
    "rejection": "other",  # refused at reception, by KumoMTA itself
}
# bounce_classification, as the shipped rules name them (iana.toml)
CATEGORIES: Mapping[str, Category] = {
    "invalidrecipient": known.NO_SUCH_MAILBOX,
    "inactivemailbox": known.MAILBOX_DISABLED,
    "baddomain": known.NO_SUCH_DOMAIN,
    "quotaissues": known.MAILBOX_FULL,
    "mailboxfull": known.MAILBOX_FULL,
    "messagetoolarge": known.TOO_LARGE,
    "spamblock": known.REPUTATION,
    "spamcontent": known.SPAM,
    "contentrelated": known.SPAM,
    "virusrelated": known.VIRUS,
    "policyrelated": known.POLICY,
    "authenticationfailed": known.AUTHENTICATION,
    "invalidsender": known.SENDER,
    "relayingissues": known.RELAY_DENIED,
    "protocolerrors": known.PROTOCOL,
    "greylisted": known.GREYLISTED,
    "transientfailure": known.SOFT,
    "dnsfailure": known.DNS,
    "routingerrors": known.DNS,
    "noanswerfromhost": known.NETWORK,
    "badconnection": known.NETWORK,
    "badconfiguration": known.SYSTEM,
    "toomanyconnections": Category("retry", "too-many-connections", outranks="code"),
    "messageexpired": known.EXPIRED,
}
BY_TYPE: Mapping[str, Category] = {"expiration": known.EXPIRED, "adminbounce": known.CAUSE_UNKNOWN, "oob": known.UNDETERMINED}
FEEDBACK: Mapping[str, Category] = {"not-spam": known.NOT_SPAM, "auth-failure": known.NOT_SPAM}


def read(payload: object) -> Iterator[ReportedEvent]:
    """One event for each record."""
    return read_each(payload, "body", _event)


def _event(row: Table) -> ReportedEvent:
    name, label = word(row, "type"), text(row, "bounce_classification")
    kind = KINDS.get(name, "other")
    report = table(row, "feedback_report")
    if name == "feedback":
        label = text(report, "feedback_type")
    category = FEEDBACK.get(label.lower()) if name == "feedback" else CATEGORIES.get(label.lower(), BY_TYPE.get(name))
    addresses = strings(row, "recipient")
    if name == "feedback":  # its recipient is the mailbox that the report came to
        addresses = strings(report, "original_rcpt_to") or addresses
    return ReportedEvent(
        text(row, "type") or None,
        kind,
        None,
        first(rfc3339(row.get("timestamp")), rfc3339(row.get("created"))),
        text(row, "id") or None,
        [_recipient(kind, address, row, category, label) for address in addresses],
        label or None,
        metadata=echoed(table(row, "meta")),
        is_known=name in KINDS,
    )


def _recipient(kind: EventKind, address: str, row: Table, category: Category | None, label: str) -> ReportedReply:
    """`content` has the codes stripped off; `command` is "." at the end of the data."""
    answer = table(row, "response")
    if kind not in ("bounce", "delay", "success"):
        return recipient(kind, address, category=category if kind == "complaint" else None, word=label or None)
    numbers = [text(table(answer, "enhanced_code"), key) for key in ("class", "subject", "detail")]
    return recipient(
        kind,
        address.strip("<>"),
        reply(answer, "content"),
        category,
        label or None,
        code=code(answer, "code"),
        status=".".join(numbers) if all(number.isdigit() for number in numbers) else None,
        command=text(answer, "command") or None,
        remote_mta=text(table(row, "peer_address"), "name").rstrip(".") or None,
    )
