"""Mailtrap: a table of events, or JSON lines."""

from typing import Any

import pytest

from bounce_verdict.pipeline import Pipeline
from bounce_verdict.webhooks.payload import decode
from tests.webhooks.asking import ANA, ask, judged


def event(name: str, **fields: object) -> dict[str, Any]:
    known = {"email": ANA, "event_id": "e-1", "message_id": "m-1", "timestamp": 1796000000, "category": "news"}
    return {"events": [{"event": name, **known, "custom_variables": {"n": 1}, **fields}]}


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(
            event("bounce", response="5.1.1 User unknown", response_code=550, bounce_category="badmailbox"),
            "bounce permanent mailbox-unknown now",
            id="a mailbox that does not exist",
        ),
        pytest.param(
            event("bounce", bounce_category="bad-mailbox"),
            "bounce permanent mailbox-unknown now",
            id="a bad mailbox by its category",
        ),
        pytest.param(
            event("soft bounce", bounce_category="quota-issues"), "bounce storage mailbox-full if-repeated", id="a full mailbox"
        ),
        pytest.param(
            event("bounce", response="[CS01] Message rejected", response_code=555, bounce_category="spam"),
            "bounce policy policy-other never",
            id="blocked as spam",
        ),
        pytest.param(
            event("soft bounce", response="4.7.1 Greylisted", response_code=451, bounce_category="greylisting"),
            "bounce retry greylisted if-repeated",
            id="greylisted",
        ),
        pytest.param(
            event("reject", reason="Recipient in suppression list. Reason: unsubscription"),
            "bounce None unsubscribed now",
            id="refused after an unsubscribe",
        ),
        pytest.param(
            event("reject", reason="Recipient in suppression list. Reason: hard bounce"),
            "bounce permanent suppressed-by-source if-repeated",
            id="refused after a hard bounce",
        ),
        pytest.param(
            event("reject", reason="Recipient in suppression list."),
            "bounce None undetermined never",
            id="refused for a cause that it does not say",
        ),
        pytest.param(
            event("suspension", reason="Your account has reached its daily sending limit."),
            "bounce policy sender-quota never",
            id="our account has reached its limit",
        ),
        pytest.param(event("spam"), "complaint None complaint now", id="a complaint"),
        pytest.param(event("unsubscribe"), "engagement None unsubscribed now", id="an unsubscribe"),
        pytest.param(event("open"), "engagement None delivered never", id="an open"),
        pytest.param(event("delivery"), "success None delivered never", id="delivered"),
    ],
)
def test_mailtrap(classifier: Pipeline, payload: object, answer: str) -> None:
    assert judged(classifier, "mailtrap", payload) == [answer]


def test_json_lines_are_answered_one_by_one_and_a_broken_one_costs_no_other(classifier: Pipeline) -> None:
    lines = b'{"event": "delivery", "email": "ana@example.org"}\n{"event": \n{"event": "spam", "email": "ana@example.org"}\n'
    found = ask(classifier, "mailtrap", decode(lines, "application/jsonl"))
    assert [one.kind for one in found] == ["success", "other", "complaint"]
