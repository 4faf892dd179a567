"""Amazon SES: in an SNS envelope, delivered raw, or by EventBridge.

Contents: docs.aws.amazon.com/ses/latest/dg/notification-contents.html (notificationType) and event-publishing-retrieving-sns-contents.html
(eventType); EventBridge wraps the same event as `detail`.
"""

import re
from collections.abc import Iterator, Mapping

from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.parse.ses_event import SesRecipient, read_recipients
from bounce_verdict.pipeline.reported import Category, ReportedReply
from bounce_verdict.webhooks import categories as known
from bounce_verdict.webhooks.event import ReportedEvent, read_each, recipient
from bounce_verdict.webhooks.payload import MAX_TEXT, MAX_WORD, Table, echoed, nested, strings, table, text, word
from bounce_verdict.webhooks.times import first, rfc3339

KINDS: Mapping[str, EventKind] = {
    "bounce": "bounce",
    "reject": "bounce",
    "rendering failure": "bounce",
    "deliverydelay": "delay",
    "delivery": "success",
    "complaint": "complaint",
    "open": "engagement",
    "click": "engagement",
    "subscription": "engagement",
    "send": "other",
    "received": "other",
    "amazonsnssubscriptionsucceeded": "control",
}
CONTROL = ("subscriptionconfirmation", "unsubscribeconfirmation")  # an envelope's Type

# bounceType/bounceSubType; Resend and others that send through SES use the same words.
BOUNCES: Mapping[str, Category] = {
    "permanent/general": known.HARD,
    "permanent/noemail": known.NO_SUCH_MAILBOX,
    "permanent/suppressed": known.BOUNCED_BEFORE,
    "permanent/onaccountsuppressionlist": known.BOUNCED_BEFORE,
    "permanent/unsubscribedrecipient": known.UNSUBSCRIBED_BEFORE,
    "transient/general": known.TRANSIENT,  # out-of-office replies come as this too
    "transient/mailboxfull": known.MAILBOX_FULL,
    "transient/messagetoolarge": known.TOO_LARGE,
    "transient/contentrejected": known.SPAM,
    "transient/attachmentrejected": known.ATTACHMENT,
    "transient/customtimeoutexceeded": known.EXPIRED,
    "undetermined/undetermined": known.UNDETERMINED,
}
BY_TYPE: Mapping[str, Category] = {"permanent": known.HARD, "transient": known.TRANSIENT}
DELAYS: Mapping[str, Category] = {
    "mailboxfull": known.MAILBOX_FULL,
    "spamdetected": known.SPAM,
    "ipfailure": known.REPUTATION,
    "recipientservererror": known.BUSY,
    "transientcommunicationfailure": known.NETWORK,
    "internalfailure": known.SYSTEM,
    "byoiphostnamelookupunavailable": known.DNS,
    "sendingdeferral": known.RATE,
}
COMPLAINTS: Mapping[str, Category] = {"not-spam": known.NOT_SPAM, "auth-failure": known.NOT_SPAM}
CATEGORIES: Mapping[str, Category] = {
    **BOUNCES,
    **BY_TYPE,
    **DELAYS,
    "reject": known.OUR_VIRUS,
    "rendering failure": known.OUR_CONTENT,
}

OUT_OF_OFFICE = re.compile(r"out[ -]of[ -](?:the[ -])?office|auto(?:matic)?[ -]?(?:reply|response)|vacation", re.IGNORECASE)


def read(payload: object) -> Iterator[ReportedEvent]:
    """SNS sends one event, EventBridge one; a raw text is SNS's word that the subscription works."""
    if isinstance(payload, str):
        return iter([ReportedEvent("validation", "control", "validation")])
    return read_each(payload, "body", _unwrap)


def _unwrap(body: Table) -> ReportedEvent:
    """The event, out of SNS's envelope or EventBridge's."""
    if (kind := word(body, "Type")) in CONTROL:
        return ReportedEvent(text(body, "Type"), "control", text(body, "MessageId") or None, rfc3339(body.get("Timestamp")))
    if kind == "notification":
        message = body.get("Message")  # whole: it is JSON, which no limit may cut
        inner = nested(message) if isinstance(message, str) else message
        if not isinstance(inner, dict):  # "Successfully validated SNS topic for Amazon SES event publishing."
            return ReportedEvent("Notification", "control", text(body, "MessageId") or None, rfc3339(body.get("Timestamp")))
        event = _unwrap(inner) if "detail-type" in inner else _event(inner)
        return _completed(event, text(body, "MessageId"), body.get("Timestamp"))
    if "detail-type" in body:
        return _completed(_event(table(body, "detail")), text(body, "id"), body.get("time"))
    return _event(body)


def _completed(event: ReportedEvent, event_id: str, time: object) -> ReportedEvent:
    event.event_id = event.event_id or event_id or None
    event.occurred_at = event.occurred_at or rfc3339(time)
    return event


def _event(body: Table) -> ReportedEvent:
    name = text(body, "eventType", "notificationType")
    kind = KINDS.get(name.lower(), "other")
    mail = table(body, "mail")
    detail = table(body, {"deliverydelay": "deliveryDelay", "rendering failure": "failure"}.get(name.lower(), name.lower()))
    label, category = _category(name.lower(), detail)
    statuses = list(_recipients(kind, body, category, label))
    if (
        name.lower() == "bounce"
        and label.lower() == "transient/general"
        and any(OUT_OF_OFFICE.search(one.text) for one in statuses)
    ):
        kind = "auto-reply"
        statuses = [recipient(kind, one.recipient or "", word=label) for one in statuses]
    return ReportedEvent(
        name or None,
        kind,
        text(detail, "feedbackId") or None,
        first(rfc3339(detail.get("timestamp")), rfc3339(mail.get("timestamp"))),
        text(mail, "messageId") or None,
        statuses,
        label or None,
        metadata=echoed(table(mail, "tags")),
        is_known=name.lower() in KINDS,
    )


def _category(name: str, detail: Table) -> tuple[str, Category | None]:
    """The event's own word for what happened, and what it means."""
    if name == "bounce":
        label = "/".join(filter(None, (text(detail, "bounceType"), text(detail, "bounceSubType"))))
        return label, BOUNCES.get(label.lower()) or BY_TYPE.get(word(detail, "bounceType"), known.UNDETERMINED)
    if name == "deliverydelay":
        label = text(detail, "delayType")
        return label, DELAYS.get(label.lower())
    if name == "complaint":
        label = text(detail, "complaintFeedbackType", "complaintSubType")
        return label, COMPLAINTS.get(label.lower())
    if name == "subscription" and table(detail, "newTopicPreferences").get("unsubscribeAll") is True:
        return "unsubscribeAll", known.UNSUBSCRIBED
    return text(detail, "reason", "errorMessage"), CATEGORIES.get(name)


def _recipients(kind: EventKind, body: Table, category: Category | None, label: str) -> Iterator[ReportedReply]:
    """One for each recipient; those of the mail where the event names none."""
    named = list(read_recipients(body)) or [SesRecipient(address) for address in strings(table(body, "mail"), "destination")]
    for one in named:
        words = one.diagnostic[:MAX_TEXT]
        yield recipient(kind, one.address[:MAX_WORD], words, category, label or None, status=one.status[:MAX_WORD] or None)
