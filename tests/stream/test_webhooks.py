"""BOUNCES_WEBHOOKS_TO: webhooks are on the stream once they are proven, and their sender is told so once the broker has them."""

import hashlib
import hmac
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest

from bounce_verdict.errors import SettingsError
from bounce_verdict.settings import Settings, chosen_settings
from bounce_verdict.stream.connection import broker_of, stream_target
from tests.stream.running import Nats, all_answered, answers, count, create, worker

Serve = Callable[[Settings], AbstractContextManager[str]]
EVENT = b'[{"event": "bounce", "email": "bo@example.org", "reason": "550 5.1.1 user unknown", "sg_event_id": "e1"}]'
JSON = {"content-type": "application/json"}


def told(broker: Nats, **more: object) -> Settings:
    return Settings(webhooks_to=f"{broker.url}/bounces.items", webhooks_unsigned=True, **more)  # type: ignore[arg-type]


def test_a_webhook_is_stored_and_a_worker_answers_it(broker: Nats, serve: Serve, rules: Path) -> None:
    with serve(told(broker)) as base:
        for _ in range(2):  # the sender did not hear of the first answer
            answer = httpx.post(f"{base}/v1/webhooks/sendgrid", content=EVENT, headers=JSON, timeout=30)
            assert (answer.status_code, answer.json()) == (200, {"events": []})
        assert "bounces_webhooks_stored_total" in httpx.get(f"{base}/metrics").text
    assert count(broker, "bounces-items") == 1
    with worker(broker, rules):
        assert all_answered(broker)
    (line,) = answers(broker)[0].lines()
    assert (line["id"], line["type"], line["result"]["format"]) == ("e1", "events", "sendgrid")
    assert line["result"]["events"][0]["recipients"][0]["verdict"] == "permanent"


def test_an_event_in_a_query_and_one_in_a_form_are_answered_from_the_stream(broker: Nats, serve: Serve, rules: Path) -> None:
    with serve(told(broker)) as base:
        query = {"to": "ana@example.org", "status": "Error", "category": "NoMailbox", "messageid": "m1"}
        assert httpx.get(f"{base}/v1/webhooks/elasticemail", params=query).status_code == 200
        form = {"mandrill_events": json.dumps([{"event": "spam", "msg": {"email": "bo@example.org"}, "_id": "m2"}])}
        assert httpx.post(f"{base}/v1/webhooks/mandrill", data=form).status_code == 200
    assert count(broker, "bounces-items") == 2
    with worker(broker, rules):
        assert all_answered(broker)
    found = [line["result"] for message in answers(broker) for line in message.lines()]
    assert {(one["format"], one["events"][0]["recipients"][0]["recipient"]) for one in found} == {
        ("elasticemail", "ana@example.org"),
        ("mandrill", "bo@example.org"),
    }


def test_nothing_is_stored_before_the_signature_verified(broker: Nats, serve: Serve) -> None:
    settings = Settings(webhooks_to=f"{broker.url}/bounces.items", webhook_keys="lettermint:whsec_c2VjcmV0")
    with serve(settings) as base:
        answer = httpx.post(f"{base}/v1/webhooks/lettermint", content=b'{"event": "message.hard_bounced"}', headers=JSON)
        assert answer.status_code == 401
    assert count(broker, "bounces-items") == 0


def test_a_handshake_and_a_control_event_are_answered_at_once(broker: Nats, serve: Serve) -> None:
    begin = [{"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": "c0de"}}]
    confirm = {"Type": "SubscriptionConfirmation", "TopicArn": "arn:aws:sns:eu-west-1:1:t", "Token": "t"}
    with serve(told(broker)) as base:
        broker.stop()
        assert httpx.post(f"{base}/v1/webhooks/azure", json=begin).json()["validationResponse"] == "c0de"
        assert httpx.post(f"{base}/v1/webhooks/ses", json=confirm).status_code == 200
        assert httpx.get(f"{base}/v1/webhooks/sendgrid").status_code == 200


def test_without_the_broker_the_sender_is_to_come_back(broker: Nats, serve: Serve) -> None:
    with serve(told(broker)) as base:
        broker.stop()
        answer = httpx.post(f"{base}/v1/webhooks/sendgrid", content=EVENT, headers=JSON, timeout=30)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
        broker.start()
        answers = (httpx.post(f"{base}/v1/webhooks/sendgrid", content=EVENT, headers=JSON, timeout=30) for _ in range(5))
        assert any(one.status_code == 200 for one in answers)
    assert count(broker, "bounces-items") == 1


def test_an_event_larger_than_the_broker_takes_is_refused(tmp_path: Path, serve: Serve) -> None:
    config = tmp_path / "nats.conf"
    config.write_text("max_payload: 32KB\n", encoding="utf-8")
    with Nats(tmp_path / "small", "-c", str(config)) as small, serve(told(small)) as base:
        body = json.dumps([{"event": "bounce", "email": "bo@example.org", "reason": "x" * 40_000}])
        assert httpx.post(f"{base}/v1/webhooks/sendgrid", content=body, headers=JSON).status_code in {413, 503}
        assert httpx.post(f"{base}/v1/webhooks/sendgrid", content=body, headers=JSON).status_code == 413


@pytest.mark.parametrize(
    "url",
    [
        "nats://user:secret@127.0.0.1:4222",
        "http://127.0.0.1:4222",
        "nats://",
        "nats://h:4222/a b",
        "nats://h/*",
        "nats://h:99999",
    ],
)
def test_an_address_that_is_none_or_holds_a_password_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(Exception, match="must") as refused:
        stream_target(Settings(), "BOUNCES_WEBHOOKS_TO", url)
    assert "secret" not in str(refused.value)


def test_credentials_come_from_files_and_are_shown_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "password"
    file.write_text("worker:s3cret\n", encoding="utf-8")
    monkeypatch.setenv("BOUNCES_NATS_PASSWORD_FILE", str(file))
    assert broker_of(Settings()).options()["password"] == "s3cret"  # noqa: S105
    assert not any("s3cret" in one.text for one in chosen_settings())
    file.write_text("s3cret\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="must hold user:password") as refused:
        broker_of(Settings())
    assert "s3cret" not in str(refused.value)


def test_a_broker_that_asks_for_a_password_is_given_it(tmp_path: Path, serve: Serve) -> None:
    config, file = tmp_path / "nats.conf", tmp_path / "password"
    secret = hmac.digest(b"k", b"p", hashlib.sha256).hex()
    file.write_text(f"hooks:{secret}", encoding="utf-8")
    config.write_text(
        f"accounts {{ A {{ jetstream: enabled, users: [{{user: hooks, password: {secret}}}, {{user: test, password: test}}] }} }}\nno_auth_user: test\n",
        encoding="utf-8",
    )
    with Nats(tmp_path / "guarded", "-c", str(config)) as guarded:
        create(guarded)
        with serve(told(guarded, nats_password_file=file)) as base:
            assert httpx.post(f"{base}/v1/webhooks/sendgrid", content=EVENT, headers=JSON, timeout=30).status_code == 200
        assert count(guarded, "bounces-items") == 1
