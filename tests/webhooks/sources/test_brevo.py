"""Brevo: one JSON object."""

from typing import Any

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.webhooks.asking import ANA, FULL, GREYLISTED, SPAM, UNKNOWN, ask, judged


def event(name: str, **fields: object) -> dict[str, Any]:
    known = {
        "email": ANA,
        "message-id": "<m-1@example.org>",
        "date": "2026-11-30 01:53:20",
        "ts_epoch": 1796000000500,
        "id": 814119,
    }
    return {"event": name, **known, "tags": ["news"], "X-Mailin-custom": "order:7", **fields}


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(
            event("hard_bounce", reason=UNKNOWN), "bounce permanent mailbox-unknown now", id="a mailbox that does not exist"
        ),
        pytest.param(
            event("hard_bounce", reason=" RecipientError: 550 5.5.0 Requested action not taken: mailbox unavailable"),
            "bounce permanent mailbox-unknown if-repeated",
            id="a reply behind the word for its command",
        ),
        pytest.param(event("hardBounce"), "bounce permanent unspecified if-repeated", id="a hard bounce that says nothing"),
        pytest.param(event("soft_bounce", reason=FULL), "bounce storage mailbox-full if-repeated", id="a full mailbox"),
        pytest.param(event("softBounce"), "bounce retry unspecified if-repeated", id="a soft bounce that says nothing"),
        pytest.param(event("soft_bounce", reason=SPAM), "bounce policy spam-content never", id="blocked as spam"),
        pytest.param(event("deferred", reason=GREYLISTED), "delay retry greylisted never", id="deferred"),
        pytest.param(
            event("blocked", reason="blocked : due to unsubscribed user"),
            "bounce None unsubscribed now",
            id="not sent after an unsubscribe",
        ),
        pytest.param(
            event("blocked", reason="blocked : due to blacklist user"),
            "bounce None undetermined never",
            id="not sent for a cause that it does not say",
        ),
        pytest.param(event("invalid_email"), "bounce permanent address-syntax now", id="a malformed address"),
        pytest.param(event("spam"), "complaint None complaint now", id="a complaint"),
        pytest.param(event("unsubscribed"), "engagement None unsubscribed now", id="an unsubscribe"),
        pytest.param(event("unique_proxy_open"), "engagement None delivered never", id="an open by a proxy"),
        pytest.param(event("delivered", reason="sent"), "success None delivered never", id="delivered"),
        pytest.param(event("request", reason="sent"), "other None undetermined never", id="requested"),
    ],
)
def test_brevo(classifier: Pipeline, payload: object, answer: str) -> None:
    assert judged(classifier, "brevo", payload) == [answer]


def test_the_time_is_utc_and_the_id_of_the_hook_is_not_the_events(classifier: Pipeline) -> None:
    (found,) = ask(classifier, "brevo", event("delivered"))
    assert (found.occurred_at, found.message_id) == ("2026-11-30T00:53:20.500000Z", "m-1@example.org")
    assert found.event_id is not None
    assert found.event_id.startswith("sha256:")
    assert (found.tags, found.metadata) == (["news"], {"X-Mailin-custom": "order:7"})
