"""Postmark: one JSON object."""

from typing import Any

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.webhooks.asking import ANA, FULL, UNKNOWN, ask, judged


def bounce(kind: str, details: str = "", record: str = "Bounce") -> dict[str, Any]:
    known = {
        "ID": 42,
        "MessageID": "m-1",
        "Email": ANA,
        "BouncedAt": "2026-11-29T09:00:00.1234567Z",
        "Tag": "news",
        "Metadata": {"n": "1"},
    }
    return {"RecordType": record, "Type": kind, "Details": details, "Description": "The server was unable to deliver.", **known}


def change(reason: str | None, *, suppress: bool) -> dict[str, Any]:
    return {"RecordType": "SubscriptionChange", "Recipient": ANA, "SuppressSending": suppress, "SuppressionReason": reason}


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(
            bounce("HardBounce", f"smtp;{UNKNOWN}"), "bounce permanent mailbox-unknown now", id="a mailbox that does not exist"
        ),
        pytest.param(
            bounce("HardBounce", "smtp;550 Lorem ipsum"),
            "bounce permanent unspecified if-repeated",
            id="a hard bounce by 550, whose text says nothing",
        ),
        pytest.param(
            bounce("HardBounce", "smtp;554 Lorem ipsum"),
            "bounce policy unspecified never",
            id="one by 554, whose text says nothing",
        ),
        pytest.param(bounce("HardBounce"), "bounce permanent unspecified if-repeated", id="a hard bounce without a text"),
        pytest.param(bounce("SoftBounce"), "bounce retry unspecified if-repeated", id="a soft bounce without a text"),
        pytest.param(bounce("SoftBounce", f"smtp;{FULL}"), "bounce storage mailbox-full if-repeated", id="a full mailbox"),
        pytest.param(
            bounce("Transient", f"smtp;{UNKNOWN}"),
            "bounce permanent mailbox-unknown if-repeated",
            id="a text that calls the recipient dead, and a source that says it will pass",
        ),
        pytest.param(
            bounce("DnsError", f"smtp;{UNKNOWN}"),
            "bounce permanent mailbox-unknown if-repeated",
            id="the same, and a source that names another cause",
        ),
        pytest.param(bounce("Blocked"), "bounce policy policy-other never", id="blocked"),
        pytest.param(bounce("SpamNotification"), "bounce policy spam-content never", id="taken for spam"),
        pytest.param(bounce("SMTPApiError"), "bounce policy policy-other never", id="an error of our own request"),
        pytest.param(
            bounce("SMTPApiError", "550 unknown user"),
            "bounce policy policy-other never",
            id="an error of our own request, in a server's words",
        ),
        pytest.param(bounce("AutoResponder", "I am on holiday"), "auto-reply None auto-reply never", id="an automatic reply"),
        pytest.param(bounce("ChallengeVerification"), "auto-reply None auto-reply never", id="a challenge"),
        pytest.param(bounce("Unsubscribe"), "engagement None unsubscribed now", id="an unsubscribe by mail"),
        pytest.param(bounce("SpamComplaint", record="SpamComplaint"), "complaint None complaint now", id="a complaint"),
        pytest.param(
            change("HardBounce", suppress=True),
            "bounce permanent suppressed-by-source if-repeated",
            id="suppressed after a hard bounce",
        ),
        pytest.param(change("SpamComplaint", suppress=True), "complaint None complaint now", id="suppressed after a complaint"),
        pytest.param(change("ManualSuppression", suppress=True), "engagement None unsubscribed now", id="unsubscribed"),
        pytest.param(change(None, suppress=False), "engagement None delivered never", id="subscribed anew"),
        pytest.param(
            {"RecordType": "Delivery", "Recipient": ANA, "DeliveredAt": "2026-11-29T09:00:00Z"},
            "success None delivered never",
            id="delivered",
        ),
        pytest.param({"RecordType": "Click", "Recipient": ANA}, "engagement None delivered never", id="a click"),
    ],
)
def test_postmark(classifier: Pipeline, payload: object, answer: str) -> None:
    assert judged(classifier, "postmark", payload) == [answer]


def test_ids_and_time_are_the_sources_own(classifier: Pipeline) -> None:
    (found,) = ask(classifier, "postmark", bounce("HardBounce"))
    assert (found.event_id, found.message_id, found.occurred_at) == ("42", "m-1", "2026-11-29T09:00:00.123456Z")
    assert (found.source_category, found.tags, found.metadata) == ("HardBounce", ["news"], {"n": "1"})
