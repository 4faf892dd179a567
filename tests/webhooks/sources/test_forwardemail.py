"""Forward Email: one bounce."""

from typing import Any

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.webhooks.asking import ANA, GREYLISTED, SPAM, UNKNOWN, ask, judged


def event(category: str, response: str = "", code: int | None = None, **bounce: object) -> dict[str, Any]:
    said = {"action": "reject", "category": category, **bounce}
    known = {
        "email_id": "x",
        "recipient": ANA,
        "bounced_at": "2026-11-29T09:00:00.000Z",
        "headers": {"Message-ID": "<m-1@example.org>"},
    }
    return {"response": response, "response_code": code, "truth_source": "mx.example.org", "bounce": said, **known}


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(
            event("recipient", UNKNOWN, 550), "bounce permanent mailbox-unknown now", id="a mailbox that does not exist"
        ),
        pytest.param(
            event("recipient"), "bounce permanent mailbox-unknown now", id="a mailbox that does not exist, by the category alone"
        ),
        pytest.param(
            event("capacity", "4.2.2 mailbox full", 452), "bounce storage mailbox-full if-repeated", id="a full mailbox"
        ),
        pytest.param(event("spam", SPAM, 554), "bounce policy spam-content never", id="blocked as spam"),
        pytest.param(event("blocklist"), "bounce policy blocklisted never", id="on a blocklist"),
        pytest.param(event("greylist", GREYLISTED, 450, action="defer"), "bounce retry greylisted if-repeated", id="greylisted"),
        pytest.param(event("other"), "bounce None undetermined never", id="nothing known"),
        pytest.param({"email_id": "x", "recipient": ANA}, "other None undetermined never", id="no bounce at all"),
    ],
)
def test_forwardemail(classifier: Pipeline, payload: object, answer: str) -> None:
    assert judged(classifier, "forwardemail", payload) == [answer]


def test_id_time_and_server_are_the_sources_own(classifier: Pipeline) -> None:
    (found,) = ask(classifier, "forwardemail", event("spam"))
    assert (found.message_id, found.occurred_at) == ("m-1@example.org", "2026-11-29T09:00:00Z")
    assert found.recipients[0].remote_mta == "mx.example.org"
