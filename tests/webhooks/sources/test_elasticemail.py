"""Elastic Email: parameters, and a category in place of a reply."""

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.webhooks.asking import ANA, ask, judged


def event(status: str, category: str = "") -> dict[str, str]:
    known = {"to": ANA, "messageid": "m-1", "transaction": "t-1", "date": "11/29/2026 9:00:05 PM", "channel": "news"}
    return {"status": status, "category": category, **known}


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(event("Error", "NoMailbox"), "bounce permanent mailbox-unknown now", id="a mailbox that does not exist"),
        pytest.param(event("Error", "AccountProblem"), "bounce storage mailbox-full if-repeated", id="over quota or disabled"),
        pytest.param(event("Error", "Spam"), "bounce policy spam-content never", id="blocked as spam"),
        pytest.param(event("Error", "BlackListed"), "bounce policy blocklisted never", id="on a blocklist"),
        pytest.param(event("Error", "GreyListed"), "bounce retry greylisted never", id="greylisted"),
        pytest.param(
            event("Error", "NotDelivered"), "bounce permanent suppressed-by-source if-repeated", id="not tried after bounces"
        ),
        pytest.param(event("Error", "Teleported"), "bounce None undetermined never", id="a category of a later year"),
        pytest.param(event("AbuseReport"), "complaint None complaint now", id="a complaint"),
        pytest.param(event("Unsubscribed"), "engagement None unsubscribed now", id="an unsubscribe"),
        pytest.param(event("Clicked"), "engagement None delivered never", id="a click"),
        pytest.param(event("Sent"), "other None undetermined never", id="sent"),
    ],
)
def test_elasticemail(classifier: Pipeline, payload: object, answer: str) -> None:
    assert judged(classifier, "elasticemail", payload) == [answer]


def test_its_date_is_utc(classifier: Pipeline) -> None:
    (found,) = ask(classifier, "elasticemail", event("Sent"))
    assert (found.occurred_at, found.message_id, found.tags) == ("2026-11-29T21:00:05Z", "m-1", ["news"])
