"""KumoMTA: a log record, or an array of them."""

from typing import Any

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.webhooks.asking import ANA, ask, judged


def event(
    name: str, code: int = 550, status: str = "", content: str = "", command: str = ".", **fields: object
) -> dict[str, Any]:
    numbers = dict(zip(("class", "subject", "detail"), map(int, status.split(".")), strict=True)) if status else None
    response = {"code": code, "enhanced_code": numbers, "content": content, "command": command}
    known = {
        "id": "m-1",
        "recipient": ANA,
        "timestamp": 1796000000,
        "meta": {"n": 1},
        "peer_address": {"name": "mx.example.org."},
    }
    return {"type": name, "response": response, "bounce_classification": "Uncategorized", **known, **fields}


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(
            event("Bounce", 550, "5.1.1", "User unknown", command="RCPT TO"),
            "bounce permanent mailbox-unknown now",
            id="a mailbox that does not exist",
        ),
        pytest.param(
            event("Bounce", 550, "", "Rejected", bounce_classification="InvalidRecipient", response={"code": 550}),
            "bounce permanent mailbox-unknown now",
            id="an invalid recipient by its class",
        ),
        pytest.param(
            event("Bounce", 552, "5.2.2", "Mailbox full"), "bounce storage mailbox-full if-repeated", id="a full mailbox"
        ),
        pytest.param(
            event("Bounce", 554, "5.7.1", "Message rejected as spam"), "bounce policy spam-content never", id="blocked as spam"
        ),
        pytest.param(event("TransientFailure", 451, "4.7.1", "Greylisted"), "delay retry greylisted never", id="tried again"),
        pytest.param(
            event("Expiration", 551, "5.4.7", "Next delivery time would be at 2026-12-01 which exceeds the expiry time"),
            "bounce retry expired if-repeated",
            id="given up",
        ),
        pytest.param(
            event("Feedback", recipient="fbl@example.com", feedback_report={"feedback_type": "abuse", "original_rcpt_to": [ANA]}),
            "complaint None complaint now",
            id="a complaint",
        ),
        pytest.param(
            event("Feedback", feedback_report={"feedback_type": "not-spam"}),
            "complaint None complaint never",
            id="a message taken out of the spam folder",
        ),
        pytest.param(event("Delivery", 250, "2.0.0", "OK"), "success None delivered never", id="delivered"),
        pytest.param(event("Reception", 250), "other None undetermined never", id="received"),
    ],
)
def test_kumomta(classifier: Pipeline, payload: object, answer: str) -> None:
    assert judged(classifier, "kumomta", payload) == [answer]


def test_an_array_and_several_recipients_are_answered_one_by_one(classifier: Pipeline) -> None:
    found = ask(
        classifier,
        "kumomta",
        [event("Bounce", 550, "5.1.1", "User unknown", recipient=[ANA, "bo@example.org"]), event("Delivery", 250)],
    )
    assert [[one.verdict for one in each.recipients] for each in found] == [["permanent", "permanent"], [None]]


def test_the_end_of_the_data_is_the_command(classifier: Pipeline) -> None:
    (found,) = ask(classifier, "kumomta", event("Bounce", 554, "5.7.1", "Message rejected as spam"))
    reply = found.recipients[0].reply
    assert reply is not None
    assert (reply.code, reply.enhanced_status, reply.command) == (554, "5.7.1", "EOD")
    assert (found.recipients[0].remote_mta, found.metadata) == ("mx.example.org", {"n": 1})
