"""Postal: one JSON object."""

from typing import Any

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.webhooks.asking import ANA, FULL, GREYLISTED, SPAM, UNKNOWN, ask, judged


def event(name: str, status: str = "", output: str = "", details: str = "") -> dict[str, Any]:
    message = {"id": 12345, "message_id": "m-1@example.org", "to": ANA, "tag": "news"}
    payload = {"message": message, "status": status, "output": output, "details": details}
    return {"event": name, "timestamp": 1796000000.12994, "uuid": "e-1", "payload": payload}


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(
            event("MessageDeliveryFailed", "HardFail", UNKNOWN),
            "bounce permanent mailbox-unknown now",
            id="a mailbox that does not exist",
        ),
        pytest.param(
            event("MessageDeliveryFailed", "HardFail"),
            "bounce permanent unspecified if-repeated",
            id="a hard failure that says nothing",
        ),
        pytest.param(event("MessageDelayed", "SoftFail", FULL), "delay storage mailbox-full never", id="a full mailbox"),
        pytest.param(event("MessageDeliveryFailed", "HardFail", SPAM), "bounce policy spam-content never", id="blocked as spam"),
        pytest.param(event("MessageDelayed", "SoftFail", GREYLISTED), "delay retry greylisted never", id="greylisted"),
        pytest.param(
            event("MessageHeld", "Held", details="Recipient is on the suppression list"),
            "bounce None undetermined never",
            id="held",
        ),
        pytest.param(event("MessageSent", "Sent", "250 2.0.0 OK"), "success None delivered never", id="sent"),
        pytest.param(event("MessageLinkClicked"), "engagement None delivered never", id="a click"),
        pytest.param(
            {"event": "MessageBounced", "payload": {"original_message": {"to": ANA}, "bounce": {"to": "psrp@example.org"}}},
            "bounce None undetermined never",
            id="bounced by mail",
        ),
        pytest.param(
            {"event": "DomainDNSError", "payload": {"domain": "example.org"}}, "control", id="the DNS of a domain of ours"
        ),
    ],
)
def test_postal(classifier: Pipeline, payload: object, answer: str) -> None:
    assert judged(classifier, "postal", payload) == [answer]


def test_ids_time_and_server_are_the_sources_own(classifier: Pipeline) -> None:
    details = "Message sent by SMTP to mx.example.org (192.0.2.1) (from 192.0.2.2)"
    (found,) = ask(classifier, "postal", event("MessageSent", "Sent", "250 OK", details))
    assert (found.event_id, found.message_id, found.occurred_at) == ("e-1", "m-1@example.org", "2026-11-30T00:53:20.129940Z")
    assert (found.recipients[0].remote_mta, found.tags) == ("mx.example.org", ["news"])
