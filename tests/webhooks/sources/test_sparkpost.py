"""SparkPost: an array of entries, each with its own kind of event."""

from typing import Any

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.webhooks.asking import ANA, GREYLISTED, SPAM, UNKNOWN, ask, judged


def event(name: str, holder: str = "message_event", **fields: object) -> list[dict[str, Any]]:
    known = {
        "rcpt_to": ANA,
        "event_id": "e-1",
        "message_id": "m-1",
        "timestamp": "1796000000",
        "rcpt_tags": ["news"],
        "rcpt_meta": {"n": 1},
    }
    return [{"msys": {holder: {"type": name, **known, **fields}}}]


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(
            event("bounce", raw_reason=UNKNOWN, error_code="550", bounce_class="10"),
            "bounce permanent mailbox-unknown now",
            id="a mailbox that does not exist",
        ),
        pytest.param(
            event("bounce", bounce_class="10"), "bounce permanent mailbox-unknown now", id="an invalid recipient by class alone"
        ),
        pytest.param(
            event("bounce", bounce_class="22"), "bounce storage mailbox-full if-repeated", id="a full mailbox by class alone"
        ),
        pytest.param(
            event("bounce", raw_reason=SPAM, error_code="554", bounce_class="51"),
            "bounce policy spam-content never",
            id="a block",
        ),
        pytest.param(
            event(
                "bounce",
                raw_reason="554 5.4.7 [internal] message timeout (last transfail: 452 4.2.2 Mailbox full)",
                error_code="554",
                bounce_class="22",
            ),
            "bounce storage mailbox-full if-repeated",
            id="given up, with the last reply of the receiver",
        ),
        pytest.param(
            event("delay", raw_reason=GREYLISTED, error_code="450", bounce_class="20"),
            "delay retry greylisted never",
            id="a delay",
        ),
        pytest.param(
            event("out_of_band", raw_reason=UNKNOWN, bounce_class="10"),
            "bounce permanent mailbox-unknown now",
            id="a bounce that came by mail later",
        ),
        pytest.param(
            event("out_of_band", raw_reason="Out of office", bounce_class="60"),
            "auto-reply None auto-reply never",
            id="an automatic reply",
        ),
        pytest.param(event("bounce", bounce_class="100"), "auto-reply None auto-reply never", id="a challenge"),
        pytest.param(event("out_of_band", bounce_class="90"), "engagement None unsubscribed now", id="an unsubscribe by mail"),
        pytest.param(
            event(
                "policy_rejection",
                raw_reason="550 5.7.1 recipient address suppressed due to customer policy",
                error_code="550",
                bounce_class="25",
            ),
            "bounce None undetermined never",
            id="on our own suppression list",
        ),
        pytest.param(
            event("policy_rejection", bounce_class="25"),
            "bounce policy policy-other never",
            id="refused by a policy of SparkPost",
        ),
        pytest.param(
            event("generation_failure", "gen_event", raw_reason="substitution value missing"),
            "bounce policy malformed-content never",
            id="not generated",
        ),
        pytest.param(event("spam_complaint", fbtype="abuse"), "complaint None complaint now", id="a complaint"),
        pytest.param(event("list_unsubscribe", "unsubscribe_event"), "engagement None unsubscribed now", id="an unsubscribe"),
        pytest.param(event("initial_open", "track_event"), "engagement None delivered never", id="an open"),
        pytest.param(event("delivery"), "success None delivered never", id="delivered"),
        pytest.param(event("injection"), "other None undetermined never", id="injected"),
        pytest.param([{"msys": {}}], "control", id="a ping"),
    ],
)
def test_sparkpost(classifier: Pipeline, payload: object, answer: str) -> None:
    assert judged(classifier, "sparkpost", payload) == [answer]


def test_ids_time_and_metadata_are_the_sources_own(classifier: Pipeline) -> None:
    (found,) = ask(classifier, "sparkpost", event("delivery"))
    assert (found.event_id, found.message_id, found.occurred_at) == ("e-1", "m-1", "2026-11-30T00:53:20Z")
    assert (found.tags, found.metadata) == (["news"], {"n": 1})
