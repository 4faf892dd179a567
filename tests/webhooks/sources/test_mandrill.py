"""Mandrill: a form with a JSON array in it."""

import json

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.webhooks.asking import ANA, GREYLISTED, SPAM, UNKNOWN, ask, judged


def event(name: str, **message: object) -> dict[str, str]:
    known = {"email": ANA, "_id": "m-1", "tags": ["news"], "metadata": {"n": 1}}
    return {"mandrill_events": json.dumps([{"event": name, "ts": 1796000000, "_id": "m-1", "msg": {**known, **message}}])}


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(
            event("hard_bounce", diag=f"smtp;{UNKNOWN}", bounce_description="bad_mailbox"),
            "bounce permanent mailbox-unknown now",
            id="a mailbox that does not exist",
        ),
        pytest.param(
            event("hard_bounce", bounce_description="bad_mailbox"),
            "bounce permanent mailbox-unknown now",
            id="a bad mailbox by its description",
        ),
        pytest.param(
            event("hard_bounce", bounce_description="general"),
            "bounce permanent unspecified if-repeated",
            id="a hard bounce that says nothing",
        ),
        pytest.param(
            event("soft_bounce", bounce_description="mailbox_full"),
            "bounce storage mailbox-full if-repeated",
            id="a full mailbox",
        ),
        pytest.param(event("soft_bounce"), "bounce retry unspecified if-repeated", id="a soft bounce that says nothing"),
        pytest.param(event("soft_bounce", diag=SPAM), "bounce policy spam-content never", id="blocked as spam"),
        pytest.param(
            event("deferral", smtp_events=[{"diag": "250 OK"}, {"diag": GREYLISTED}]),
            "delay retry greylisted never",
            id="deferred, with the reply in its list",
        ),
        pytest.param(
            event("reject", reject={"reason": "unsub"}), "bounce None unsubscribed now", id="refused after an unsubscribe"
        ),
        pytest.param(
            event("reject", reject={"reason": "hard-bounce"}),
            "bounce permanent suppressed-by-source if-repeated",
            id="refused after a bounce",
        ),
        pytest.param(event("reject"), "bounce None undetermined never", id="refused for a cause that it does not say"),
        pytest.param(event("spam"), "complaint None complaint now", id="a complaint"),
        pytest.param(event("unsub"), "engagement None unsubscribed now", id="an unsubscribe"),
        pytest.param(event("click"), "engagement None delivered never", id="a click"),
        pytest.param(event("send"), "other None undetermined never", id="sent"),
        pytest.param(event("delivered", diag="250 OK"), "success None delivered never", id="delivered"),
    ],
)
def test_mandrill(classifier: Pipeline, payload: object, answer: str) -> None:
    assert judged(classifier, "mandrill", payload) == [answer]


def test_a_probe_has_no_events(classifier: Pipeline) -> None:
    assert ask(classifier, "mandrill", {"mandrill_events": "[]"}) == []
    assert ask(classifier, "mandrill", {}) == []


def test_an_entry_of_the_suppression_list_is_control(classifier: Pipeline) -> None:
    synced = {"type": "blacklist", "action": "add", "reject": {"reason": "hard-bounce", "email": ANA}, "ts": 1796000000}
    assert judged(classifier, "mandrill", {"mandrill_events": json.dumps([synced])}) == ["control"]


def test_an_event_without_an_id_gets_one_that_stays_when_it_is_delivered_again(classifier: Pipeline) -> None:
    first, again, other = (ask(classifier, "mandrill", event(name))[0].event_id for name in ("send", "send", "click"))
    assert first == again != other
