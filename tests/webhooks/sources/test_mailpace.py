"""MailPace: one JSON object."""

from typing import Any

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.webhooks.asking import ANA, ask, judged


def event(name: str, **payload: object) -> dict[str, Any]:
    known = {"id": 1, "message_id": "<m-1@mailer.mailpace.com>", "updated_at": "2026-11-29T09:00:00.445Z", "to": ANA}
    return {"event": name, "payload": {"status": name.partition(".")[2], **known, **payload}}


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(
            event("email.bounced"), "bounce permanent unspecified if-repeated", id="a hard bounce, of which it says no more"
        ),
        pytest.param(event("email.deferred"), "delay retry unspecified never", id="deferred"),
        pytest.param(event("email.spam"), "bounce policy spam-content never", id="held back by its own filter"),
        pytest.param(event("email.delivered"), "success None delivered never", id="delivered"),
        pytest.param(event("email.queued"), "other None undetermined never", id="queued"),
        pytest.param(event("email.opened"), "other None undetermined never", id="an event of a later year"),
    ],
)
def test_mailpace(classifier: Pipeline, payload: object, answer: str) -> None:
    assert judged(classifier, "mailpace", payload) == [answer]


def test_every_address_of_a_mail_to_several_is_answered(classifier: Pipeline) -> None:
    (found,) = ask(
        classifier, "mailpace", event("email.bounced", to=f"Ana <{ANA}>, bo@example.org", cc="cy@example.org", bcc=None)
    )
    assert [one.recipient for one in found.recipients] == [ANA, "bo@example.org", "cy@example.org"]
    assert (found.message_id, found.occurred_at) == ("m-1@mailer.mailpace.com", "2026-11-29T09:00:00.445000Z")
