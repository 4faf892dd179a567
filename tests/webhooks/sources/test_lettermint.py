"""Lettermint: one JSON object."""

from typing import Any

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.webhooks.asking import ANA, ask, judged


def event(name: str, code: int | None = None, status: str | None = None, content: str = "") -> dict[str, Any]:
    response = {"status_code": code, "enhanced_status_code": status, "content": content}
    data = {"message_id": "m-1", "recipient": ANA, "response": response, "metadata": {"n": "1"}, "tag": "news"}
    return {"id": "e-1", "event": name, "timestamp": "2026-11-29T09:00:00Z", "data": data}


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(
            event("message.hard_bounced", 550, "5.1.1", "User unknown"),
            "bounce permanent mailbox-unknown now",
            id="a mailbox that does not exist",
        ),
        pytest.param(
            event("message.hard_bounced", 550, None, "Rejected"),
            "bounce permanent unspecified if-repeated",
            id="a hard bounce whose text says nothing",
        ),
        pytest.param(
            event("message.soft_bounced", 452, "4.2.2", "Mailbox full"),
            "bounce storage mailbox-full if-repeated",
            id="a full mailbox",
        ),
        pytest.param(
            event("message.soft_bounced", 554, "5.7.1", "Message rejected as spam"),
            "bounce policy spam-content never",
            id="blocked as spam",
        ),
        pytest.param(event("message.soft_bounced"), "bounce retry unspecified if-repeated", id="a soft bounce that says nothing"),
        pytest.param(event("message.suppressed"), "bounce None undetermined never", id="not sent"),
        pytest.param(event("message.spam_complaint"), "complaint None complaint now", id="a complaint"),
        pytest.param(event("message.unsubscribed"), "engagement None unsubscribed now", id="an unsubscribe"),
        pytest.param(event("message.opened"), "engagement None delivered never", id="an open"),
        pytest.param(event("message.delivered", 250, "2.0.0", "OK"), "success None delivered never", id="delivered"),
        pytest.param(event("message.created"), "other None undetermined never", id="created"),
        pytest.param({"id": "e", "event": "webhook.test", "data": {}}, "control", id="a test"),
    ],
)
def test_lettermint(classifier: Pipeline, payload: object, answer: str) -> None:
    assert judged(classifier, "lettermint", payload) == [answer]


def test_codes_given_apart_are_the_replys(classifier: Pipeline) -> None:
    (found,) = ask(classifier, "lettermint", event("message.hard_bounced", 550, "5.1.1", "User unknown"))
    reply = found.recipients[0].reply
    assert reply is not None
    assert (reply.code, reply.enhanced_status, reply.text) == (550, "5.1.1", "User unknown")
    assert (found.event_id, found.message_id, found.tags, found.metadata) == ("e-1", "m-1", ["news"], {"n": "1"})
