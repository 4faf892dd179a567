"""SendGrid: an array of events."""

from typing import Any

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.webhooks.asking import ANA, FULL, GREYLISTED, SPAM, UNKNOWN, ask, judged


def event(name: str, **fields: object) -> list[dict[str, Any]]:
    return [{"email": ANA, "event": name, "timestamp": 1796000000, "sg_event_id": "e-1", "sg_message_id": "m-1", **fields}]


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(
            event("bounce", reason=UNKNOWN, status="5.1.1", type="bounce"),
            "bounce permanent mailbox-unknown now",
            id="a mailbox that does not exist",
        ),
        pytest.param(event("bounce", type="bounce"), "bounce permanent unspecified if-repeated", id="a bounce without a text"),
        pytest.param(
            event("bounce", type="bounce", bounce_classification="Invalid Address"),
            "bounce permanent mailbox-unknown now",
            id="a bounce that SendGrid classified",
        ),
        pytest.param(
            event("bounce", reason=FULL, status="4.2.2", type="blocked"),
            "bounce storage mailbox-full if-repeated",
            id="a full mailbox",
        ),
        pytest.param(event("bounce", reason=SPAM, type="blocked"), "bounce policy spam-content never", id="blocked as spam"),
        pytest.param(event("bounce", type="expired"), "bounce retry expired if-repeated", id="expired without a text"),
        pytest.param(event("deferred", response=GREYLISTED, attempt="2"), "delay retry greylisted never", id="deferred"),
        pytest.param(
            event("dropped", reason="Bounced Address"),
            "bounce permanent suppressed-by-source if-repeated",
            id="dropped after a bounce",
        ),
        pytest.param(
            event("dropped", reason="Unsubscribed Address"), "bounce None unsubscribed now", id="dropped after an unsubscribe"
        ),
        pytest.param(
            event("dropped", reason="Spam Reporting Address"), "bounce None complaint now", id="dropped after a complaint"
        ),
        pytest.param(
            event("dropped", reason="Recipient List over Package Quota"),
            "bounce policy sender-quota never",
            id="dropped for our package",
        ),
        pytest.param(
            event("dropped", reason="Reason 42"), "bounce None undetermined never", id="dropped for a cause that nobody knows"
        ),
        pytest.param(event("spamreport"), "complaint None complaint now", id="a complaint"),
        pytest.param(event("group_unsubscribe", asm_group_id=3), "engagement None unsubscribed now", id="an unsubscribe"),
        pytest.param(event("click", url="https://example.org/"), "engagement None delivered never", id="a click"),
        pytest.param(event("delivered", response="250 OK"), "success None delivered never", id="delivered"),
        pytest.param(event("processed"), "other None undetermined never", id="processed"),
    ],
)
def test_sendgrid(classifier: Pipeline, payload: object, answer: str) -> None:
    assert judged(classifier, "sendgrid", payload) == [answer]


def test_one_event_that_is_no_object_costs_no_other(classifier: Pipeline) -> None:
    events = ask(classifier, "sendgrid", [*event("delivered"), 7, *event("bounce", reason=UNKNOWN)])
    assert [one.kind for one in events] == ["success", "other", "bounce"]
    assert events[1].warnings == ["body[1]: expected an object"]


def test_ids_time_tags_and_unique_arguments_are_the_sources_own(classifier: Pipeline) -> None:
    (found,) = ask(classifier, "sendgrid", event("bounce", category=["news", "spring"], user_id=7))
    assert (found.event_id, found.message_id, found.occurred_at) == ("e-1", "m-1", "2026-11-30T00:53:20Z")
    assert (found.tags, found.metadata) == (["news", "spring"], {"user_id": 7})
    assert found.recipients[0].last_attempt_date == "2026-11-30T00:53:20Z"


def test_the_text_outranks_the_category(classifier: Pipeline) -> None:
    (found,) = ask(classifier, "sendgrid", event("bounce", reason=FULL, bounce_classification="Invalid Address", type="bounce"))
    assert (found.recipients[0].verdict, found.recipients[0].decided_by) == ("storage", "rule")


def test_the_code_of_a_status_given_apart_is_the_reports_and_not_the_replys(classifier: Pipeline) -> None:
    (found,) = ask(classifier, "sendgrid", event("bounce", reason="500 unknown recipient", status="5.0.0", type="bounce"))
    one = found.recipients[0]
    assert one.reply is not None
    assert (one.reply.code, one.reply.enhanced_status, one.status) == (500, None, "5.0.0")
