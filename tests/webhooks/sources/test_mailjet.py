"""Mailjet: an array, or a single event."""

from typing import Any

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.webhooks.asking import ANA, ask, judged


def event(name: str, **fields: object) -> dict[str, Any]:
    return {"event": name, "time": 1796000000, "email": ANA, "MessageID": 19421777396190490, "CustomID": "order-7", **fields}


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(
            event("bounce", error="user unknown", hard_bounce=True),
            "bounce permanent mailbox-unknown now",
            id="a mailbox that does not exist",
        ),
        pytest.param(
            event("bounce", error="invalid domain", comment="Host or domain name not found", hard_bounce=True),
            "bounce permanent domain-unknown if-repeated",
            id="no such domain, by its comment",
        ),
        pytest.param(
            event("bounce", error="quota exceeded", hard_bounce=False),
            "bounce storage mailbox-full if-repeated",
            id="a full mailbox",
        ),
        pytest.param(
            event("bounce", hard_bounce=False), "bounce retry unspecified if-repeated", id="a soft bounce that says nothing"
        ),
        pytest.param(
            event("bounce", hard_bounce=True), "bounce permanent unspecified if-repeated", id="a hard bounce that says nothing"
        ),
        pytest.param(event("bounce", error="content blocked"), "bounce policy spam-content never", id="content blocked"),
        pytest.param(
            event("blocked", error_related_to="mailjet", error="preblocked"),
            "bounce permanent suppressed-by-source if-repeated",
            id="not tried after bounces",
        ),
        pytest.param(event("blocked", error="spam reporter"), "bounce None complaint now", id="not tried after a complaint"),
        pytest.param(event("blocked"), "bounce None undetermined never", id="not tried for a cause that it does not say"),
        pytest.param(event("spam", source="JMRPP"), "complaint None complaint now", id="a complaint"),
        pytest.param(event("unsub", mj_list_id=1), "engagement None unsubscribed now", id="an unsubscribe"),
        pytest.param(event("open"), "engagement None delivered never", id="an open"),
        pytest.param(event("sent", smtp_reply="250 2.0.0 OK"), "success None delivered never", id="taken by the server"),
    ],
)
def test_mailjet(classifier: Pipeline, payload: object, answer: str) -> None:
    assert judged(classifier, "mailjet", payload) == [answer]


def test_events_are_answered_in_order_and_large_ids_are_whole(classifier: Pipeline) -> None:
    found = ask(classifier, "mailjet", [event("open"), event("click")])
    assert [one.event_type for one in found] == ["open", "click"]
    assert (found[0].message_id, found[0].metadata) == ("19421777396190490", {"CustomID": "order-7"})
