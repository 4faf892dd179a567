"""Azure Communication Services: Event Grid and CloudEvents."""

from typing import Any

import pytest

from bounce_verdict.pipeline import Pipeline
from bounce_verdict.webhooks.sources import azure
from tests.webhooks.asking import ANA, FULL, UNKNOWN, ask, judged

DELIVERY = "Microsoft.Communication.EmailDeliveryReportReceived"


def event(status: str, message: str = "") -> list[dict[str, Any]]:
    details = {"deliveryStatusDetails": {"statusMessage": message, "recipientMailServerHostName": "mx.example.org"}}
    data = {"sender": "bo@example.com", "recipient": ANA, "messageId": "m-1", "status": status, **details}
    times = {"deliveryAttemptTimeStamp": "2026-11-29T09:00:00.2855749Z"}
    return [{"id": "e-1", "eventType": DELIVERY, "eventTime": "2026-11-29T09:00:01Z", "data": data | times}]


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(event("Bounced", UNKNOWN), "bounce permanent mailbox-unknown now", id="a mailbox that does not exist"),
        pytest.param(event("Bounced"), "bounce permanent unspecified if-repeated", id="bounced without a text"),
        pytest.param(event("Failed", FULL), "bounce storage mailbox-full if-repeated", id="a full mailbox"),
        pytest.param(event("Failed"), "bounce None undetermined never", id="failed without a text"),
        pytest.param(event("FilteredSpam"), "bounce policy spam-content never", id="taken for spam"),
        pytest.param(event("Quarantined"), "bounce policy spam-content never", id="quarantined"),
        pytest.param(event("Suppressed"), "bounce permanent suppressed-by-source if-repeated", id="not tried after bounces"),
        pytest.param(event("Expanded"), "success None delivered never", id="expanded to the members of a list"),
        pytest.param(event("Delivered"), "success None delivered never", id="delivered"),
        pytest.param(
            [{"eventType": "Microsoft.Communication.EmailEngagementTrackingReportReceived", "data": {"recipient": ANA}}],
            "engagement None delivered never",
            id="an open",
        ),
        pytest.param([{"eventType": "Microsoft.Storage.BlobCreated", "data": {}}], "other", id="an event of another service"),
    ],
)
def test_azure(classifier: Pipeline, payload: object, answer: str) -> None:
    assert judged(classifier, "azure", payload) == [answer]


def test_a_cloud_event_is_answered_as_one_of_event_grid(classifier: Pipeline) -> None:
    (row,) = event("Bounced", UNKNOWN)
    cloud = {"specversion": "1.0", "id": row["id"], "type": DELIVERY, "time": row["eventTime"], "data": row["data"]}
    assert ask(classifier, "azure", cloud) == ask(classifier, "azure", [cloud]) == ask(classifier, "azure", [row])


def test_the_validation_of_a_subscription_is_control_and_its_code_is_found(classifier: Pipeline) -> None:
    data = {"validationCode": "512d38b6", "validationUrl": "https://example.org/"}
    payload = [{"id": "v", "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": data}]
    assert judged(classifier, "azure", payload) == ["control"]
    assert azure.validation_code(payload) == "512d38b6"
    assert azure.validation_code(event("Bounced")) is None


def test_time_and_server_are_the_sources_own(classifier: Pipeline) -> None:
    (found,) = ask(classifier, "azure", event("Expanded"))
    assert (found.event_id, found.message_id, found.occurred_at) == ("e-1", "m-1", "2026-11-29T09:00:00.285574Z")
    assert (found.recipients[0].action, found.recipients[0].remote_mta) == ("expanded", "mx.example.org")
