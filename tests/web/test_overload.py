"""What a worker refuses when there is too much, and that large messages keep nobody waiting."""

import base64
import gzip
import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.running import Running, children, lines, make_few_rules, until

REPLY = "/v1/classify/reply"
MESSAGE = "/v1/classify/message"
BATCH = "/v1/classify/batch"
TEXT = {"content-type": "text/plain"}
MAIL = {"content-type": "message/rfc822"}
BOUNCE = b"""From: MAILER-DAEMON@mx.example.net
Subject: Undelivered
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; ana@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 user unknown
--b--
"""
LARGE = BOUNCE + b"x" * 2_000


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_few_rules(tmp_path_factory.mktemp("rules"))


@pytest.fixture(scope="module")
def small(rules: Path) -> Iterator[Running]:
    """A service to which little is large, few clients are many and a second is long."""
    settings = {"max_inline": "1000", "max_large": "1", "drain_timeout": "0.5", "receive_timeout": "1", "max_connections": "4"}
    with Running(rules, **settings) as service:
        yield service


def is_busy(answer: httpx.Response) -> bool:
    document: dict[str, Any] = answer.json()
    typed = answer.headers["content-type"] == "application/problem+json"
    return typed and answer.status_code == document["status"] == 503 and int(answer.headers["retry-after"]) > 0


def test_a_large_message_is_read_by_a_child_with_the_same_answer(small: Running) -> None:
    fits, large = small.http.post(MESSAGE, content=BOUNCE, headers=MAIL), small.http.post(MESSAGE, content=LARGE, headers=MAIL)
    assert fits.status_code == large.status_code == 200
    assert fits.json() == large.json()
    assert fits.json()["recipients"][0]["verdict"] == "permanent"
    assert until(lambda: 'bounces_messages_total{kind="bounce"} 2.0' in httpx.get(f"{small.url}/metrics").text)


def test_a_large_item_of_a_batch_is_answered_in_its_place(small: Running) -> None:
    items = [
        {"reply": "550 user unknown", "id": "a"},
        {"message_base64": base64.b64encode(LARGE).decode(), "id": "b"},
        {"message_base64": "!" * 2_000, "id": "c"},
        {"reply": "550 user unknown", "id": "d"},
    ]
    body = b"".join(json.dumps(item).encode() + b"\n" for item in items)
    answers = lines(small.http.post(BATCH, content=body, headers={"content-type": "application/x-ndjson"}).content)
    assert [(answer["index"], answer["id"], answer["type"]) for answer in answers] == [
        (0, "a", "classification"),
        (1, "b", "report"),
        (2, "c", "problem"),
        (3, "d", "classification"),
    ]


def test_a_large_reply_is_judged_by_a_child_with_the_same_answer(small: Running) -> None:
    padded = "550 user unknown" + " " * 2_000
    answers = [
        small.http.post(REPLY, content="550 user unknown", headers=TEXT).json(),
        small.http.post(REPLY, content=padded, headers=TEXT).json(),
        small.http.post(REPLY, json={"reply": padded}).json(),
    ]
    assert {(answer["verdict"], answer["rule"]["id"]) for answer in answers} == {("permanent", "generic.user-unknown")}
    wrong = small.http.post(REPLY, json={"reply": padded, "x": 1})
    assert (wrong.status_code, wrong.headers["content-type"]) == (422, "application/problem+json")


def test_a_message_that_kills_its_child_is_a_500_and_the_next_one_is_read(small: Running) -> None:
    small.http.post(MESSAGE, content=LARGE, headers=MAIL)
    (worker,) = small.workers()
    (child,) = children(worker, "anyio.to_process")
    os.kill(child, signal.SIGSTOP)  # so that it has the message when it dies
    with ThreadPoolExecutor(1) as others:
        asked = others.submit(small.http.post, MESSAGE, content=LARGE, headers=MAIL)
        time.sleep(0.3)
        os.kill(child, signal.SIGKILL)
        assert asked.result(20).status_code == 500
    assert until(lambda: small.http.post(MESSAGE, content=LARGE, headers=MAIL).status_code == 200)


def test_large_bodies_beyond_the_places_for_them_are_a_503_and_small_ones_go_on(small: Running) -> None:
    with small.connection() as slow:
        slow.sendall(
            b"POST /v1/classify/message HTTP/1.1\r\nhost: x\r\ncontent-type: message/rfc822\r\ncontent-length: 9999\r\n\r\n"
        )
        slow.sendall(LARGE)
        time.sleep(0.3)
        assert is_busy(small.http.post(MESSAGE, content=LARGE, headers=MAIL))
        packed = gzip.compress(LARGE)
        assert is_busy(small.http.post(MESSAGE, content=packed, headers={**MAIL, "content-encoding": "gzip"}))
        assert small.http.post(MESSAGE, content=BOUNCE, headers=MAIL).status_code == 200
    assert until(lambda: small.http.post(MESSAGE, content=LARGE, headers=MAIL).status_code == 200)


def test_a_large_line_without_a_place_is_a_503_in_its_place_and_the_others_are_answered(small: Running) -> None:
    with small.connection() as slow:
        slow.sendall(
            b"POST /v1/classify/batch HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ncontent-length: 9999\r\n\r\n"
        )
        slow.sendall(b'{"message": "' + b"x" * 2_000)
        time.sleep(0.3)
        assert is_busy(small.http.post(MESSAGE, content=LARGE, headers=MAIL))

        def pieces() -> Iterator[bytes]:
            yield b'{"message": "' + b"x" * 2_000
            time.sleep(0.3)
            yield b'"}\n{"reply": "550 user unknown"}\n'

        answers = lines(small.http.post(BATCH, content=pieces(), headers={"content-type": "application/x-ndjson"}).content)
    assert [(answer["type"], answer["result"].get("status")) for answer in answers] == [
        ("problem", 503),
        ("classification", None),
    ]


def test_connections_beyond_the_limit_are_told_so_but_health_is_answered(small: Running) -> None:
    with ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(small.connection())
        time.sleep(0.1)
        answer = httpx.post(f"{small.url}{REPLY}", content="550 user unknown", headers=TEXT)
        assert is_busy(answer)
        assert answer.headers["connection"] == "close"
        assert httpx.get(f"{small.url}/livez").status_code == 200
        assert httpx.get(f"{small.url}/readyz").status_code == 200
        metrics = httpx.get(f"{small.url}/metrics").text
    assert 'bounces_refused_total{why="overload"}' in metrics


def test_a_refusal_has_the_headers_the_count_and_the_log_line_of_every_answer(rules: Path) -> None:
    with Running(rules, max_lag="0.0000001") as service:
        trace = f"00-{'a' * 32}-{'b' * 16}-01"
        own = TEXT | {"x-request-id": "mine-1", "traceparent": trace}
        answered: list[httpx.Response] = []

        def refused() -> bool:
            answered.append(service.http.post(REPLY, content="550 user unknown", headers=own))
            return answered[-1].status_code == 503

        assert until(refused)
        usual, busy = service.http.get("/livez").headers, answered[-1].headers
        assert {name: busy[name] for name in ("x-content-type-options", "cache-control")} == {
            name: usual[name] for name in ("x-content-type-options", "cache-control")
        }
        assert busy["x-request-id"] == "mine-1"
        assert busy["traceparent"].startswith(f"00-{'a' * 32}-")
        assert "x-request-id" in service.http.get("/v1/rules/ana@example.org").headers
        assert until(lambda: service.logged('"status":503'))
        (line,) = [entry for text in service.log if (entry := json.loads(text)).get("status") == 503 and entry["route"] == REPLY]
        assert (line["request_id"], line["method"], line["trace_id"]) == ("mine-1", "POST", "a" * 32)
        assert not service.logged("ana@example.org")
        counted = f'bounces_http_requests_total{{method="POST",route="{REPLY}",status="503"}}'
        assert until(lambda: counted in service.http.get("/metrics").text)


def test_a_head_or_a_body_that_does_not_come_is_a_408(small: Running) -> None:
    head = b"POST /v1/classify/reply HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n"
    for begun in (head, head + b"\r\n550"):
        with small.connection() as slow:
            slow.sendall(begun)
            answer = slow.recv(65_536)
            assert answer.startswith(b"HTTP/1.1 408 ")
            assert b"application/problem+json" in answer
            assert b"cache-control: no-store" in answer


def test_a_batch_may_send_its_lines_whenever_there_are_some(small: Running) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"reply": "550 user unknown"}\n'
        time.sleep(2.5)
        yield b'{"reply": "550 user unknown"}\n'

    answers = lines(small.http.post(BATCH, content=pieces(), headers={"content-type": "application/x-ndjson"}).content)
    assert [answer["type"] for answer in answers] == ["classification", "classification"]


def test_an_event_loop_that_runs_late_refuses_requests_but_answers_livez(rules: Path) -> None:
    with Running(rules, max_lag="0.0000001") as service:
        assert until(lambda: is_busy(service.http.post(REPLY, content="550 user unknown", headers=TEXT)))
        assert service.http.get("/livez").status_code == 200
        assert service.http.get("/readyz").status_code == 200
        assert 'bounces_refused_total{why="lag"}' in service.http.get("/metrics").text
