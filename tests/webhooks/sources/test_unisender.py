"""Unisender Go: events by user."""

from typing import Any

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.webhooks.asking import ANA, GREYLISTED, SPAM, UNKNOWN, ask, judged


def event(status: str, delivery: str = "", response: str = "") -> dict[str, Any]:
    info = {"delivery_status": delivery, "destination_response": response}
    data = {
        "job_id": "m-1",
        "email": ANA,
        "status": status,
        "event_time": "2026-11-29 09:00:00",
        "metadata": {"n": "1"},
        "delivery_info": info,
    }
    return {
        "auth": "x",
        "events_by_user": [{"user_id": 1, "events": [{"event_name": "transactional_email_status", "event_data": data}]}],
    }


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(
            event("hard_bounced", "err_user_unknown", UNKNOWN),
            "bounce permanent mailbox-unknown now",
            id="a mailbox that does not exist",
        ),
        pytest.param(
            event("hard_bounced", "err_user_unknown"),
            "bounce permanent mailbox-unknown now",
            id="a mailbox that does not exist, by the status alone",
        ),
        pytest.param(event("soft_bounced", "err_mailbox_full"), "bounce storage mailbox-full if-repeated", id="a full mailbox"),
        pytest.param(event("hard_bounced", "err_spam_rejected", SPAM), "bounce policy spam-content never", id="blocked as spam"),
        pytest.param(event("soft_bounced", "err_will_retry", GREYLISTED), "delay retry greylisted never", id="tried again later"),
        pytest.param(
            event("hard_bounced", "err_unsubscribed"), "bounce None unsubscribed now", id="not sent after an unsubscribe"
        ),
        pytest.param(
            event("hard_bounced", "err_delivery_failed"),
            "bounce permanent unspecified if-repeated",
            id="a hard bounce that says nothing",
        ),
        pytest.param(event("spam"), "complaint None complaint now", id="a complaint"),
        pytest.param(event("unsubscribed"), "engagement None unsubscribed now", id="an unsubscribe"),
        pytest.param(event("opened"), "engagement None delivered never", id="an open"),
        pytest.param(event("delivered", "ok"), "success None delivered never", id="delivered"),
        pytest.param(event("sent"), "other None undetermined never", id="sent"),
        pytest.param(
            {
                "events_by_user": [
                    {"events": [{"event_name": "transactional_spam_block", "event_data": {"domain": "example.org"}}]}
                ]
            },
            "control",
            id="a block of our server",
        ),
    ],
)
def test_unisender(classifier: Pipeline, payload: object, answer: str) -> None:
    assert judged(classifier, "unisender", payload) == [answer]


def test_its_time_is_utc(classifier: Pipeline) -> None:
    (found,) = ask(classifier, "unisender", event("sent"))
    assert (found.occurred_at, found.message_id, found.metadata) == ("2026-11-29T09:00:00Z", "m-1", {"n": "1"})
