"""MailerSend: one JSON object."""

from typing import Any

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.webhooks.asking import ANA, GREYLISTED, SPAM, ask, judged


def event(name: str, reason: str | None = None) -> dict[str, Any]:
    mail = {"id": "x", "tags": ["news"], "message": {"id": "m-1"}, "recipient": {"email": ANA}}
    morph = {"morph": {"object": "recipient_bounce", "reason": reason}} if reason else {}
    data = {"id": "e-1", "type": name.partition(".")[2], "email": mail, **morph}
    return {"type": name, "created_at": "2026-11-29T09:00:00.000000Z", "data": data}


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(
            event("activity.hard_bounced", "Host or domain name not found"),
            "bounce permanent domain-unknown if-repeated",
            id="a domain that does not exist",
        ),
        pytest.param(
            event("activity.hard_bounced", "Unknown reason"),
            "bounce permanent unspecified if-repeated",
            id="a hard bounce for an unknown reason",
        ),
        pytest.param(
            event("activity.soft_bounced", "Mailbox full"), "bounce storage mailbox-full if-repeated", id="a full mailbox"
        ),
        pytest.param(
            event("activity.soft_bounced", "Unknown reason"),
            "bounce retry unspecified if-repeated",
            id="a soft bounce for an unknown reason",
        ),
        pytest.param(event("activity.soft_bounced", SPAM), "bounce policy spam-content never", id="blocked as spam"),
        pytest.param(event("activity.deferred", GREYLISTED), "delay retry greylisted never", id="deferred"),
        pytest.param(event("activity.spam_complaint"), "complaint None complaint now", id="a complaint"),
        pytest.param(event("activity.unsubscribed"), "engagement None unsubscribed now", id="an unsubscribe"),
        pytest.param(event("activity.opened_unique"), "engagement None delivered never", id="an open"),
        pytest.param(event("activity.delivered"), "success None delivered never", id="delivered"),
        pytest.param(event("activity.sent"), "other None undetermined never", id="sent"),
        pytest.param({"type": "maintenance.start", "data": {}}, "control", id="its own maintenance"),
    ],
)
def test_mailersend(classifier: Pipeline, payload: object, answer: str) -> None:
    assert judged(classifier, "mailersend", payload) == [answer]


def test_ids_and_tags_are_the_sources_own(classifier: Pipeline) -> None:
    (found,) = ask(classifier, "mailersend", event("activity.delivered"))
    assert (found.event_id, found.message_id, found.tags) == ("e-1", "m-1", ["news"])
