"""Amazon SES: an SNS envelope, raw delivery and EventBridge."""

import json
from typing import Any

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.webhooks.asking import ANA, SPAM, UNKNOWN, ask, judged


def bounce(kind: str, subtype: str, text: str = "", status: str = "") -> dict[str, Any]:
    row = {"emailAddress": ANA} | ({"diagnosticCode": text, "action": "failed", "status": status} if text else {})
    return {
        "notificationType": "Bounce",
        "mail": {
            "messageId": "m-1",
            "timestamp": "2026-11-29T09:00:00.000Z",
            "destination": [ANA],
            "tags": {"campaign": ["spring"]},
        },
        "bounce": {
            "bounceType": kind,
            "bounceSubType": subtype,
            "bouncedRecipients": [row],
            "timestamp": "2026-11-29T09:00:01.500Z",
            "feedbackId": "f-1",
        },
    }


def complaint(**fields: str) -> dict[str, Any]:
    detail = {"complainedRecipients": [{"emailAddress": ANA}], "timestamp": "2026-11-29T09:00:01Z", "feedbackId": "f-2"}
    return {"notificationType": "Complaint", "mail": {"messageId": "m-1"}, "complaint": detail | fields}


def event(name: str, detail: dict[str, Any] | None = None) -> dict[str, Any]:
    key = {"DeliveryDelay": "deliveryDelay", "Rendering Failure": "failure"}.get(name, name.lower())
    return {"eventType": name, "mail": {"messageId": "m-1", "destination": [ANA]}, key: detail or {}}


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(
            bounce("Permanent", "General", f"smtp; {UNKNOWN}", "5.1.1"),
            "bounce permanent mailbox-unknown now",
            id="a mailbox that does not exist",
        ),
        pytest.param(
            bounce("Permanent", "General"), "bounce permanent unspecified if-repeated", id="a permanent bounce without a text"
        ),
        pytest.param(
            bounce("Permanent", "NoEmail"), "bounce permanent mailbox-unknown now", id="no such address, by the subtype alone"
        ),
        pytest.param(
            bounce("Permanent", "OnAccountSuppressionList", "Amazon SES did not send the message to this address"),
            "bounce permanent suppressed-by-source if-repeated",
            id="an address on the suppression list",
        ),
        pytest.param(
            bounce("Permanent", "UnsubscribedRecipient"), "bounce None unsubscribed now", id="a recipient who unsubscribed before"
        ),
        pytest.param(bounce("Transient", "MailboxFull"), "bounce storage mailbox-full if-repeated", id="a full mailbox"),
        pytest.param(
            bounce("Transient", "MessageTooLarge"), "bounce storage message-too-large never", id="a message that is too large"
        ),
        pytest.param(bounce("Transient", "ContentRejected"), "bounce policy spam-content never", id="content refused"),
        pytest.param(bounce("Transient", "General"), "bounce None undetermined never", id="a transient bounce without a text"),
        pytest.param(
            bounce("Transient", "General", "smtp; Out of Office: back on Monday"),
            "auto-reply None auto-reply never",
            id="an out-of-office reply",
        ),
        pytest.param(
            bounce("Transient", "General", f"smtp; {UNKNOWN}"),
            "bounce permanent mailbox-unknown if-repeated",
            id="a transient bounce whose text calls the recipient dead",
        ),
        pytest.param(
            bounce("Transient", "General", f"smtp; {SPAM}"), "bounce policy spam-content never", id="blocked as spam, by its text"
        ),
        pytest.param(bounce("Undetermined", "Undetermined"), "bounce None undetermined never", id="nothing known"),
        pytest.param(complaint(complaintFeedbackType="abuse"), "complaint None complaint now", id="a complaint"),
        pytest.param(complaint(), "complaint None complaint now", id="a complaint without a type"),
        pytest.param(
            complaint(complaintFeedbackType="not-spam"),
            "complaint None complaint never",
            id="a message taken out of the spam folder",
        ),
        pytest.param(
            event("DeliveryDelay", {"delayType": "MailboxFull", "delayedRecipients": [{"emailAddress": ANA}]}),
            "delay storage mailbox-full never",
            id="a delay by a full mailbox",
        ),
        pytest.param(
            event(
                "DeliveryDelay", {"delayType": "General", "delayedRecipients": [{"emailAddress": ANA, "diagnosticCode": UNKNOWN}]}
            ),
            "delay permanent mailbox-unknown if-repeated",
            id="a delay whose text says that the address is dead",
        ),
        pytest.param(
            event("Delivery", {"recipients": [ANA], "smtpResponse": "250 ok"}), "success None delivered never", id="a delivery"
        ),
        pytest.param(event("Open", {"ipAddress": "192.0.2.7"}), "engagement None delivered never", id="an open"),
        pytest.param(
            event("Subscription", {"newTopicPreferences": {"unsubscribeAll": True}}),
            "engagement None unsubscribed now",
            id="a subscription ended",
        ),
        pytest.param(event("Reject", {"reason": "Bad content"}), "bounce policy virus never", id="a virus in our message"),
        pytest.param(
            event("Rendering Failure", {"errorMessage": "Attribute name is missing"}),
            "bounce policy malformed-content never",
            id="a template that cannot be rendered",
        ),
        pytest.param(event("Send"), "other None undetermined never", id="not yet delivered"),
        pytest.param(event("Teleported"), "other None undetermined never", id="an event of a later year"),
    ],
)
def test_ses(classifier: Pipeline, payload: object, answer: str) -> None:
    assert judged(classifier, "ses", payload) == [answer]


def test_an_envelope_raw_delivery_and_eventbridge_are_answered_alike(classifier: Pipeline) -> None:
    inner = bounce("Permanent", "General", UNKNOWN, "5.1.1")
    envelope = {"Type": "Notification", "MessageId": "sns-1", "Timestamp": "2026-11-29T09:00:02Z", "Message": json.dumps(inner)}
    bridge = {"detail-type": "Email Bounced", "source": "aws.ses", "id": "eb-1", "time": "2026-11-29T09:00:02Z", "detail": inner}
    assert ask(classifier, "ses", envelope) == ask(classifier, "ses", inner) == ask(classifier, "ses", bridge)


def test_ids_time_tags_and_category_are_the_sources_own(classifier: Pipeline) -> None:
    (event,) = ask(classifier, "ses", bounce("Permanent", "General"))
    assert (event.event_id, event.message_id, event.occurred_at) == ("f-1", "m-1", "2026-11-29T09:00:01.500000Z")
    assert (event.event_type, event.source_category, event.metadata) == ("Bounce", "Permanent/General", {"campaign": ["spring"]})
    assert event.recipients[0].decided_by == "source-category"


def test_a_subscription_and_the_first_words_of_a_topic_are_control(classifier: Pipeline) -> None:
    confirmation = {"Type": "SubscriptionConfirmation", "MessageId": "sns-2", "Timestamp": "2026-11-29T09:00:00Z", "Token": "t"}
    words = "Successfully validated SNS topic for Amazon SES event publishing."
    validation = {"Type": "Notification", "MessageId": "sns-3", "Message": words}
    assert judged(classifier, "ses", confirmation) == ["control"]
    assert judged(classifier, "ses", validation) == ["control"]
    assert judged(classifier, "ses", words) == ["control"]


def test_every_recipient_of_a_bounce_is_answered(classifier: Pipeline) -> None:
    two = bounce("Permanent", "General")
    two["bounce"]["bouncedRecipients"] = [{"emailAddress": ANA, "diagnosticCode": UNKNOWN}, {"emailAddress": "bo@example.org"}]
    (event,) = ask(classifier, "ses", two)
    assert [one.reason for one in event.recipients] == ["mailbox-unknown", "unspecified"]
