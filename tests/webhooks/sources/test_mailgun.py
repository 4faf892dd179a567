"""Mailgun: one JSON object, and the form fields of before 2018."""

from typing import Any

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.webhooks.asking import ANA, ask, judged


def event(name: str, status: dict[str, Any] | None = None, **fields: object) -> dict[str, Any]:
    data = {"event": name, "recipient": ANA, "id": "e-1", "timestamp": 1796000000.5, "tags": ["news"], "user-variables": {"n": 1}}
    headers = {"message": {"headers": {"message-id": "m-1@example.org"}}}
    return {"signature": {}, "event-data": data | headers | ({"delivery-status": status} if status else {}) | fields}


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(
            event("failed", {"code": 550, "message": "5.1.1 No such user here", "enhanced-code": "5.1.1"}, severity="permanent"),
            "bounce permanent mailbox-unknown now",
            id="a mailbox that does not exist",
        ),
        pytest.param(
            event("failed", {"code": 552, "message": "5.2.2 Mailbox full"}, severity="permanent"),
            "bounce storage mailbox-full if-repeated",
            id="a full mailbox",
        ),
        pytest.param(
            event("failed", {"code": 554, "message": "5.7.1 Message rejected as spam"}, severity="permanent", reason="espblock"),
            "bounce policy spam-content never",
            id="blocked as spam",
        ),
        pytest.param(
            event("failed", {"code": 421, "message": "4.7.0 Try again later"}, severity="temporary"),
            "delay retry service-unavailable never",
            id="a temporary failure",
        ),
        pytest.param(
            event("failed", {"code": 498, "message": "No MX for example.org"}, severity="temporary"),
            "delay retry dns-failure never",
            id="no MX said as temporary",
        ),
        pytest.param(
            event("failed", {"code": 605, "description": "Not delivering to previously bounced address"}, severity="permanent"),
            "bounce permanent suppressed-by-source if-repeated",
            id="not tried after a bounce",
        ),
        pytest.param(
            event("failed", {"code": 606, "message": ""}, severity="permanent", reason="suppress-unsubscribe"),
            "bounce None unsubscribed now",
            id="not tried after an unsubscribe",
        ),
        pytest.param(
            event("failed", {"code": 607}, severity="permanent", reason="suppress-complaint"),
            "bounce None complaint now",
            id="not tried after a complaint",
        ),
        pytest.param(
            event("failed", {"code": 602, "message": "Too old"}, severity="permanent", reason="old"),
            "bounce retry expired if-repeated",
            id="too old",
        ),
        pytest.param(
            event("rejected", reject={"reason": "Sandbox subdomains are for test purposes only"}),
            "bounce policy sender-quota never",
            id="refused by Mailgun itself",
        ),
        pytest.param(event("complained"), "complaint None complaint now", id="a complaint"),
        pytest.param(event("unsubscribed"), "engagement None unsubscribed now", id="an unsubscribe"),
        pytest.param(event("opened"), "engagement None delivered never", id="an open"),
        pytest.param(event("accepted"), "other None undetermined never", id="accepted"),
        pytest.param(event("delivered", {"code": 250, "message": "OK"}), "success None delivered never", id="delivered"),
        pytest.param(
            {"event": "bounced", "recipient": ANA, "code": "550", "error": "5.1.1 No such user here", "timestamp": "1796000000"},
            "bounce permanent mailbox-unknown now",
            id="a bounce in form fields",
        ),
    ],
)
def test_mailgun(classifier: Pipeline, payload: object, answer: str) -> None:
    assert judged(classifier, "mailgun", payload) == [answer]


@pytest.mark.parametrize("number", [498, 499, 602, 605, 606, 607])
def test_mailguns_own_numbers_are_no_reply_codes(classifier: Pipeline, number: int) -> None:
    (found,) = ask(
        classifier, "mailgun", event("failed", {"code": number, "message": "No MX for example.org"}, severity="permanent")
    )
    reply = found.recipients[0].reply
    assert reply is None or reply.code is None


def test_ids_time_and_variables_are_the_sources_own(classifier: Pipeline) -> None:
    (found,) = ask(classifier, "mailgun", event("delivered"))
    assert (found.event_id, found.message_id, found.occurred_at) == ("e-1", "m-1@example.org", "2026-11-30T00:53:20.500000Z")
    assert (found.tags, found.metadata) == (["news"], {"n": 1})
