"""Haraka: what a plugin posts from its outbound hooks."""

from typing import Any

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.webhooks.asking import ANA, FULL, GREYLISTED, SPAM, UNKNOWN, ask, judged


def event(hook: str, response: str = "", code: int | None = None, **rcpt: object) -> dict[str, Any]:
    row = {"address": ANA, "dsn_smtp_response": response, "dsn_smtp_code": code, **rcpt}
    return {"hook": hook, "uuid": "m-1", "timestamp": 1796000000, "host": "mx.example.org", "rcpt": row}


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(event("bounce", UNKNOWN, 550), "bounce permanent mailbox-unknown now", id="a mailbox that does not exist"),
        pytest.param(
            event("bounce", "User unknown", 550, dsn_smtp_extc="5.1.1"),
            "bounce permanent mailbox-unknown now",
            id="a mailbox that does not exist, its codes apart",
        ),
        pytest.param(event("bounce", FULL, 452), "bounce storage mailbox-full if-repeated", id="a full mailbox"),
        pytest.param(event("bounce", SPAM, 554), "bounce policy spam-content never", id="blocked as spam"),
        pytest.param(event("deferred", GREYLISTED, 450), "delay retry greylisted never", id="deferred"),
        pytest.param(event("bounce"), "bounce None undetermined never", id="a bounce that says nothing"),
        pytest.param(event("delivered", "250 OK", 250), "success None delivered never", id="delivered"),
        pytest.param(event("get_mx"), "other None undetermined never", id="another hook"),
    ],
)
def test_haraka(classifier: Pipeline, payload: object, answer: str) -> None:
    assert judged(classifier, "haraka", payload) == [answer]


def test_several_recipients_are_answered_one_by_one(classifier: Pipeline) -> None:
    rows = [{"address": f"<{ANA}>", "reason": UNKNOWN}, {"user": "bo", "host": "example.org"}]
    (found,) = ask(classifier, "haraka", {"event": "bounce", "rcpts": rows})
    assert [one.recipient for one in found.recipients] == [ANA, "bo@example.org"]
    assert [one.verdict for one in found.recipients] == ["permanent", None]
