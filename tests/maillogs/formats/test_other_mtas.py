"""Haraka, KumoMTA, Momentum, qmail and ZoneMTA."""

import json

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.maillogs.asking import events, one, told

UUID = "3F1B9A54-1F2B-4D3A-9C3A-123456789ABC.1.1"
MOMENTUM = "1064868656@91/6D-07914-E67BC044@00/00-03736-F4101B54@00/00-04532-A3456B54"


def kumomta(kind: str, **fields: object) -> str:
    return json.dumps(
        {"type": kind, "id": "m1", "sender": "n@example.com", "recipient": "ana@example.org", "timestamp": 1764407701, **fields}
    )


@pytest.mark.parametrize(
    ("format", "text", "answer"),
    [
        ("haraka", f"[NOTICE] [{UUID}] [outbound] recipient <ana@example.org> rejected: 550 5.1.1 user unknown", "bounce ana@example.org permanent mailbox-unknown now"),
        ("haraka", f"[NOTICE] [{UUID}] [outbound] recipient <ana@example.org> deferred: 450 4.7.1 greylisted", "delay ana@example.org retry greylisted never"),
        ("haraka", f'level=NOTICE uuid={UUID} origin=outbound message="recipient <ana@example.org> rejected: 550 5.1.1 user unknown"', "bounce ana@example.org permanent mailbox-unknown now"),
        ("haraka", json.dumps({"level": "NOTICE", "uuid": UUID, "origin": "outbound", "message": "recipient <ana@example.org> rejected: 550 5.7.1 spam"}), "bounce ana@example.org policy spam-content never"),
        ("haraka", f"[INFO] [{UUID}] [outbound] bouncing mail: 554 5.7.1 message looks like spam", "bounce None policy spam-content never"),
        ("haraka", f"[INFO] [{UUID}] [outbound] Temp failing 1764_x for 64 seconds: Upstream error: 450 4.7.1 greylisted", "delay None retry greylisted never"),
        ("haraka", f"[INFO] [{UUID}] [outbound] bouncing mail: Some recipients failed: <ana@example.org>", "skipped told-elsewhere"),
        ("haraka", f"[INFO] [{UUID}] [outbound] Temp failing 1764_x for 64 seconds: Some recipients temp failed: <ana@example.org>", "skipped told-elsewhere"),
        ("haraka", f'[NOTICE] [{UUID}] [outbound] delivered file=1764_x domain=example.org host="mx.example.org" response="ok" rcpts=1/0/0', "success None None delivered never"),
        ("haraka", f"[INFO] [{UUID}] [core] connect ip=192.0.2.9 port=25", "skipped no-delivery"),
        ("kumomta", kumomta("Bounce", response={"code": 550, "content": "5.1.1 user unknown", "command": "RCPT TO"}), "bounce ana@example.org permanent mailbox-unknown now"),
        ("kumomta", kumomta("TransientFailure", response={"code": 451, "content": "4.7.1 greylisted"}), "delay ana@example.org retry greylisted never"),
        ("kumomta", kumomta("Delivery", response={"code": 250, "content": "OK"}), "success ana@example.org None delivered never"),
        ("kumomta", kumomta("Reception", response={"code": 250, "content": ""}), "skipped incoming"),
        ("momentum", f"{MOMENTUM}@B@ana@example.org@n@example.com@g@b@5@10@1223@192.0.2.1@550 5.1.1 <ana@example.org> unknown user", "bounce ana@example.org permanent mailbox-unknown now"),
        ("momentum", f"{MOMENTUM}@B@ana@example.org@n@example.com@g@b@21@24@1223@192.0.2.1@554 5.4.7 [internal] exceeded max time without delivery", "bounce ana@example.org retry expired if-repeated"),
        ("momentum", f"{MOMENTUM}@T@ana@example.org@n@example.com@g@b@4@22@1223@192.0.2.1@452 4.2.2 mailbox full", "delay ana@example.org storage mailbox-full never"),
        ("momentum", f"{MOMENTUM}@P@example.org@31@g@b@5@1@3.89@192.0.2.1@552 No such account", "bounce None permanent mailbox-unknown if-repeated"),
        ("momentum", f"{MOMENTUM}@D@example.org@266@g@b@0@0.393@192.0.2.1", "success None None delivered never"),
        ("momentum", "1251222268@@@@M1", "skipped no-delivery"),
        ("zonemta", "info Sender/default/42 id=x1 16a1b2c3d4e5f60718.001 REJECTED[recipient] from=n@example.com to=ana@example.org src=192.0.2.2 mx=mx.example.org id=<m@example.com> (550 5.1.1 user unknown)", "bounce ana@example.org permanent mailbox-unknown now"),
        ("zonemta", "16a1b2c3d4e5f60718.001 DEFERRED[greylist] from=n@example.com[n@example.com] to=ana@example.org mx=mx.example.org (450 come back)", "delay ana@example.org retry greylisted never"),
        ("zonemta", "16a1b2c3d4e5f60718.001 ACCEPTED from=n@example.com to=ana@example.org mx=mx.example.org body=12 md5=1[MD5_OK] (250 ok)", "success ana@example.org None delivered never"),
        ("zonemta", "info Queue/42 16a1b2c3d4e5f60718 NEWMESSAGE", "skipped no-delivery"),
    ],
)  # fmt: skip
def test_a_line(classifier: Pipeline, format: str, text: str, answer: str) -> None:  # noqa: A002
    assert told(classifier, text) == told(classifier, text, format) == [answer]


def test_qmail_tells_who_it_was_in_the_line_before(classifier: Pipeline) -> None:
    text = (
        "@400000003f75a6ad0435c3ac starting delivery 3: msg 42 to remote ana_b@example.org\n"
        "@400000003f75a6ad0435c3ac delivery 3: failure: 192.0.2.1_does_not_like_recipient./Remote_host_said:_550_5.1.1_<ana_b@example.org>_user_unknown/"
        "Giving_up_on_192.0.2.1./"
    )
    (event,) = events(classifier, text)
    (answer,) = event.recipients
    assert told(classifier, text, "qmail") == ["bounce ana_b@example.org permanent mailbox-unknown now"]
    assert (event.queue_id, event.occurred_at) == ("42", "2003-09-27T15:02:59Z")
    assert (answer.remote_mta, answer.reply is not None and answer.reply.command) == ("192.0.2.1", "RCPT")


def test_qmail_without_that_line_names_only_whom_the_server_refused_and_stops_nobody(classifier: Pipeline) -> None:
    refused = (
        "delivery 3: failure: 192.0.2.1_does_not_like_recipient./Remote_host_said:_550_5.1.1_<ana@example.org>_user_unknown/"
    )
    assert told(classifier, refused) == ["bounce ana@example.org permanent mailbox-unknown if-repeated"]
    greeting = "delivery 3: deferral: Connected_to_192.0.2.1_but_greeting_failed./Remote_host_said:_421_<n@example.com>_too_busy/"
    assert told(classifier, greeting) == ["delay None retry service-unavailable never"]


def test_a_stage_of_momentum_names_the_command(classifier: Pipeline) -> None:
    answer = one(classifier, f"{MOMENTUM}@T@ana@example.org@n@example.com@g@b@9@22@1223@192.0.2.1@451 4.7.1 later")
    assert answer.reply is not None
    assert answer.reply.command == "EOD"
