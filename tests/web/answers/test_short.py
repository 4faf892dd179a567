"""`detail=short`: what a program acts on, in under half of the bytes, at every endpoint that classifies."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from bounce_verdict.settings import Settings
from tests.running import Running, make_few_rules
from tests.web.batch_client import MAIL, NDJSON, PATH, Serve, lines, read

KEYS = ["verdict", "reason", "suppress", "transient", "scope", "recipient", "decided_by", "rule_id", "explanation"]
REPLY = {"reply": "550 5.1.1 user unknown", "command": "RCPT", "recipient": "ana@example.org", "id": 7}
LOG = "postfix/smtp[7]: 4X1: to=<ana@example.org>, relay=mx.example.org[192.0.2.1]:25, dsn=5.1.1, status=bounced (550 5.1.1 user unknown)"
EVENT = [{"email": "ana@example.org", "event": "bounce", "reason": "550 5.1.1 user unknown", "sg_event_id": "a", "timestamp": 1}]
MESSAGE = {"content-type": "message/rfc822"}


def shortened(full: dict[str, Any]) -> dict[str, Any]:
    """What is left of a full classification."""
    rule = full["rule"]
    return {key: (rule and rule["id"]) if key == "rule_id" else full[key] for key in KEYS}


def sizes(*answers: httpx.Response) -> list[int]:
    return [len(answer.content) for answer in answers]


def test_a_reply_is_answered_in_short(client: httpx.Client) -> None:
    full, short = (client.post("/v1/classify/reply", params={"detail": detail}, json=REPLY) for detail in ("full", "short"))
    assert list(short.json()) == KEYS
    assert short.json() == shortened(full.json())
    assert sizes(short)[0] < sizes(full)[0] / 2


def test_a_plain_reply_is_answered_in_short(client: httpx.Client) -> None:
    query, media = {"detail": "short", "command": "RCPT"}, {"content-type": "text/plain"}
    answer = client.post("/v1/classify/reply", params=query, content="550 5.1.1 user unknown", headers=media)
    assert list(answer.json()) == KEYS


def test_a_reply_that_no_rule_decides_names_none(client: httpx.Client) -> None:
    answer = client.post("/v1/classify/reply?detail=short", json={"reply": "571"}).json()
    assert answer["rule_id"] is None


def test_a_report_keeps_its_kind_and_its_origin(client: httpx.Client) -> None:
    full, short = (
        client.post("/v1/classify/message", params=query, content=MAIL, headers=MESSAGE) for query in ({}, {"detail": "short"})
    )
    assert list(short.json()) == ["kind", "origin", "recipients"]
    assert short.json()["origin"] == full.json()["origin"]
    assert short.json()["recipients"] == [shortened(one) for one in full.json()["recipients"]]
    assert sizes(short)[0] < sizes(full)[0] / 2


def test_the_lines_of_a_batch_are_short(client: httpx.Client) -> None:
    body = lines(REPLY, {"message": MAIL}, {"log": LOG, "format": "postfix"}, {"log": "postfix/smtp[7]: connect"}, {"what": 1})
    full, short = (client.post(PATH, params=query, content=body, headers=NDJSON) for query in ({}, {"detail": "short"}))
    reply, report, events, *others = read(short)
    assert list(reply["result"]) == KEYS
    assert reply["id"] == 7
    assert list(report["result"]) == ["kind", "origin", "recipients"]
    assert list(events["result"]["events"][0]) == ["event_id", "kind", "message_id", "queue_id", "recipients"]
    assert list(events["result"]["events"][0]["recipients"][0]) == KEYS
    assert others == read(full)[3:]
    assert sizes(short)[0] < sizes(full)[0] / 2


def test_a_webhook_is_answered_in_short(serve: Serve) -> None:
    with serve(Settings(webhooks_unsigned=True)) as base:
        url = f"{base}/v1/webhooks/sendgrid"
        full, short = (httpx.post(url, params=query, json=EVENT) for query in ({}, {"detail": "short"}))
    event = full.json()["events"][0]
    kept = {name: event[name] for name in ("event_id", "kind", "message_id", "queue_id")}
    assert short.json() == {"events": [{**kept, "recipients": [shortened(one) for one in event["recipients"]]}]}
    assert sizes(short)[0] < sizes(full)[0] / 2


@pytest.mark.parametrize("path", ["/v1/classify/reply", "/v1/classify/message", PATH])
def test_another_detail_is_refused(client: httpx.Client, path: str) -> None:
    media = {PATH: "application/x-ndjson", "/v1/classify/message": "message/rfc822"}.get(path, "application/json")
    answer = client.post(path, params={"detail": "long"}, content="{}", headers={"content-type": media})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "detail")


def test_a_probe_of_a_webhook_refuses_another_detail_as_well(serve: Serve) -> None:
    with serve(Settings(webhooks_unsigned=True)) as base:
        answer = httpx.get(f"{base}/v1/webhooks/azure?detail=long")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "detail")


def test_what_a_child_answers_is_short_too(tmp_path: Path) -> None:
    rules = make_few_rules(tmp_path / "rules")
    with Running(rules, max_inline="10") as service:
        reply = service.http.post("/v1/classify/reply?detail=short", json=REPLY).json()
        report = service.http.post("/v1/classify/message?detail=short", content=MAIL, headers=MESSAGE).json()
        batch = read(service.http.post(f"{PATH}?detail=short", content=lines(REPLY, {"message": MAIL}), headers=NDJSON))
    assert list(reply) == list(batch[0]["result"]) == KEYS
    assert list(report) == list(batch[1]["result"]) == ["kind", "origin", "recipients"]


def test_a_plain_reply_takes_its_recipient_from_a_header(client: httpx.Client) -> None:
    headers = {"content-type": "text/plain", "x-recipient": "ana@example.org"}
    answer = client.post("/v1/classify/reply", content="550 5.1.1 user unknown", headers=headers).json()
    assert (answer["recipient"], answer["recipient_source"]) == ("ana@example.org", "request")


def test_a_recipient_beside_json_or_too_long_is_refused(client: httpx.Client) -> None:
    beside = client.post("/v1/classify/reply", json=REPLY, headers={"x-recipient": "ana@example.org"})
    long = {"content-type": "text/plain", "x-recipient": "a" * 1_001}
    for answer in (beside, client.post("/v1/classify/reply", content="550 no", headers=long)):
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "X-Recipient")
        assert "ana@" not in answer.text
