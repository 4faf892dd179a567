"""Resend: one JSON object."""

from typing import Any

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.webhooks.asking import ANA, FULL, SPAM, UNKNOWN, ask, judged


def event(name: str, **data: object) -> dict[str, Any]:
    return {"type": name, "created_at": "2026-11-29T09:00:00.126Z", "data": {"email_id": "m-1", "to": [ANA], **data}}


def bounce(kind: str, subtype: str, *codes: str) -> dict[str, Any]:
    said = {"type": kind, "subType": subtype, "message": "The recipient's server bounced it.", "diagnosticCode": list(codes)}
    return event("email.bounced", bounce=said)


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(
            bounce("Permanent", "General", f"smtp; {UNKNOWN}"),
            "bounce permanent mailbox-unknown now",
            id="a mailbox that does not exist",
        ),
        pytest.param(
            bounce("Permanent", "General"), "bounce permanent unspecified if-repeated", id="a permanent bounce without a text"
        ),
        pytest.param(bounce("Transient", "MailboxFull"), "bounce storage mailbox-full if-repeated", id="a full mailbox"),
        pytest.param(bounce("Transient", "General", SPAM), "bounce policy spam-content never", id="blocked as spam"),
        pytest.param(bounce("Transient", "General"), "bounce None undetermined never", id="a transient bounce without a text"),
        pytest.param(
            event(
                "email.suppressed",
                suppressed={"message": "on the account-level suppression list", "type": "OnAccountSuppressionList"},
            ),
            "bounce permanent suppressed-by-source if-repeated",
            id="an address on the suppression list",
        ),
        pytest.param(
            event("email.failed", failed={"reason": "reached_daily_quota"}),
            "bounce policy sender-quota never",
            id="our daily quota",
        ),
        pytest.param(event("email.delivery_delayed"), "delay retry unspecified never", id="delayed"),
        pytest.param(event("email.complained"), "complaint None complaint now", id="a complaint"),
        pytest.param(event("email.opened"), "engagement None delivered never", id="an open"),
        pytest.param(event("email.delivered"), "success None delivered never", id="delivered"),
        pytest.param(event("email.sent"), "other None undetermined never", id="sent"),
        pytest.param(event("domain.updated", status="verified"), "control", id="a domain of ours"),
    ],
)
def test_resend(classifier: Pipeline, payload: object, answer: str) -> None:
    assert judged(classifier, "resend", payload) == [answer]


def test_each_recipient_has_its_own_reply(classifier: Pipeline) -> None:
    two = bounce("Permanent", "General", UNKNOWN, FULL)
    two["data"]["to"] = [ANA, "bo@example.org"]
    (found,) = ask(classifier, "resend", two)
    assert [one.reason for one in found.recipients] == ["mailbox-unknown", "mailbox-full"]
