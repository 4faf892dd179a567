"""Scaleway Transactional Email: an envelope, or the event alone."""

import json
from typing import Any

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.webhooks.asking import ANA, ask, judged


def event(name: str, text: str = "", code: int | None = None) -> dict[str, Any]:
    known = {"id": "e-1", "email_id": "m-1", "created_at": "2026-11-29T09:00:00Z", "email_to": ANA}
    return {"type": name, "email_response_code": code, "email_response_message": text, **known}


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(
            event("email_dropped", "5.1.1 User unknown", 550),
            "bounce permanent mailbox-unknown now",
            id="a mailbox that does not exist",
        ),
        pytest.param(
            event("email_mailbox_not_found"),
            "bounce permanent mailbox-unknown now",
            id="a mailbox that does not exist, by the event alone",
        ),
        pytest.param(event("email_dropped"), "bounce permanent unspecified if-repeated", id="a hard bounce that says nothing"),
        pytest.param(event("email_deferred", "4.2.2 mailbox full", 452), "delay storage mailbox-full never", id="a full mailbox"),
        pytest.param(event("email_spam"), "bounce policy spam-content never", id="taken for spam"),
        pytest.param(
            event("email_deferred", "Greylisted, try again later", 450), "delay retry greylisted never", id="greylisted"
        ),
        pytest.param(
            event("email_blocklisted"),
            "bounce permanent suppressed-by-source if-repeated",
            id="on a blocklist of ours after bounces",
        ),
        pytest.param(
            event("email_delivered", "5.1.1 User unknown", 550),
            "success None delivered never",
            id="delivered, whatever the reply of an earlier try",
        ),
        pytest.param(event("email_queued"), "other None undetermined never", id="queued"),
        pytest.param({"type": "blocklist_created", "id": "e"}, "control", id="a new entry of the blocklist"),
    ],
)
def test_scaleway(classifier: Pipeline, payload: object, answer: str) -> None:
    assert judged(classifier, "scaleway", payload) == [answer]


def test_the_envelope_is_opened(classifier: Pipeline) -> None:
    inner = event("email_dropped", "5.1.1 User unknown", 550)
    envelope = {
        "Type": "Notification",
        "MessageId": "sns-1",
        "Timestamp": "2026-11-29T09:00:01.000Z",
        "Message": json.dumps(inner),
    }
    assert ask(classifier, "scaleway", envelope) == ask(classifier, "scaleway", inner)


def test_the_confirmation_of_a_subscription_is_control(classifier: Pipeline) -> None:
    assert judged(classifier, "scaleway", {"Type": "SubscriptionConfirmation", "MessageId": "1", "Message": "confirm"}) == [
        "control"
    ]
