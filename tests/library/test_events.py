"""A webhook's body is judged without a server."""

import json

import pytest

from bounce_verdict import Classifier, InputError

SENDGRID = [
    {
        "event": "bounce",
        "type": "bounce",
        "email": "ana@example.org",
        "reason": "550 5.1.1 The email account that you tried to reach does not exist",
        "status": "5.1.1",
        "sg_event_id": "one",
        "timestamp": 1_795_000_000,
    }
]


@pytest.fixture(scope="module")
def shipped() -> Classifier:
    return Classifier()


@pytest.mark.parametrize(
    "payload", [SENDGRID, json.dumps(SENDGRID), json.dumps(SENDGRID).encode()], ids=["decoded", "str", "bytes"]
)
def test_an_event_is_answered_for_each_recipient(shipped: Classifier, payload: object) -> None:
    (event,) = shipped.event("sendgrid", payload)
    assert (event.kind, event.event_id) == ("bounce", "one")
    assert [(one.recipient, one.verdict, one.suppress) for one in event.recipients] == [("ana@example.org", "permanent", "now")]


def test_a_form_is_read_as_well(shipped: Classifier) -> None:
    (event,) = shipped.event(
        "mandrill", "mandrill_events=%5B%7B%22event%22%3A%22spam%22%2C%22msg%22%3A%7B%22email%22%3A%22a%40b.example%22%7D%7D%5D"
    )
    assert (event.kind, event.recipients[0].reason) == ("complaint", "complaint")


def test_an_unknown_source_is_refused_with_those_that_are_known(shipped: Classifier) -> None:
    with pytest.raises(InputError, match="source: must be one of azure, brevo"):
        shipped.event("pigeon", {})


def test_a_body_that_is_no_json_is_refused(shipped: Classifier) -> None:
    with pytest.raises(InputError, match="is no JSON"):
        shipped.event("sendgrid", b"{")
