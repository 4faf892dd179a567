"""ZoneMTA: a form, one bounce."""

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.webhooks.asking import ANA, FULL, GREYLISTED, SPAM, UNKNOWN, ask, judged


def event(category: str, response: str = "") -> dict[str, str]:
    return {
        "id": "14ca2a4b1ee0000eb5",
        "seq": "001",
        "to": ANA,
        "time": "1796000000500",
        "category": category,
        "response": response,
        "fbl": "x",
    }


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(event("recipient", UNKNOWN), "bounce permanent mailbox-unknown now", id="a mailbox that does not exist"),
        pytest.param(
            event("recipient"), "bounce permanent mailbox-unknown now", id="a mailbox that does not exist, by the category alone"
        ),
        pytest.param(event("capacity", FULL), "bounce storage mailbox-full if-repeated", id="a full mailbox"),
        pytest.param(event("spam", SPAM), "bounce policy spam-content never", id="blocked as spam"),
        pytest.param(event("greylist", GREYLISTED), "bounce retry greylisted if-repeated", id="greylisted"),
        pytest.param(event("other"), "bounce None undetermined never", id="nothing known"),
        pytest.param({}, "other", id="an empty probe"),
    ],
)
def test_zonemta(classifier: Pipeline, payload: object, answer: str) -> None:
    assert judged(classifier, "zonemta", payload) == [answer]


def test_ids_and_time_are_the_sources_own(classifier: Pipeline) -> None:
    (found,) = ask(classifier, "zonemta", event("spam"))
    assert (found.event_id, found.message_id) == ("14ca2a4b1ee0000eb5/001", "14ca2a4b1ee0000eb5")
    assert (found.occurred_at, found.metadata) == ("2026-11-30T00:53:20.500000Z", {"fbl": "x"})
