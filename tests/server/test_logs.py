"""Logs and the headers around every answer: one JSON line a request, and nothing in it that a caller wrote."""

import base64
import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from bounce_verdict.keys import new_key
from bounce_verdict.logs import JsonFormatter, RequestLine, finish_logging, log_requests
from bounce_verdict.settings import Settings
from bounce_verdict.web.request_ids import identify
from tests.conftest import Serve
from tests.running import until

ROOT = Path(__file__).parents[2]
MARK = "zqmarked"
ADDRESS = f"ana.{MARK}@example.org"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
MESSAGE = f"""From: MAILER-DAEMON@{MARK}.example
To: bounces+{MARK}@news.example
Subject: {MARK} undelivered
Message-ID: <{MARK}@example.org>
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

{MARK} could not be reached.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; {MARK}.example

Final-Recipient: rfc822; {ADDRESS}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <{ADDRESS}>: user unknown
--b--
"""


class Running(NamedTuple):
    """A service of its own and the file that its stderr goes to."""

    url: str
    log: Path
    secret: str

    def lines(self) -> list[dict[str, Any]]:
        """The log so far, each line read as JSON."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


@contextmanager
def running(folder: Path, level: str) -> Iterator[Running]:
    """`bounces serve` with a key, as an operator would run it."""
    log = folder / f"{level}.log"
    secret, line = new_key("crm", ["classify"])
    environment = {**os.environ, "BOUNCES_KEYS": line, "BOUNCES_LOG_LEVEL": level, "BOUNCES_MAX_LAG": "60"}
    command = [sys.executable, "-m", "bounce_verdict", "serve", "--port", "0"]
    with (
        log.open("wb") as written,
        subprocess.Popen(command, stderr=written, env=environment, cwd=ROOT) as process,  # noqa: S603
    ):
        try:
            for _ in range(1200):
                found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text(encoding="utf-8"))
                if found or process.poll() is not None:
                    break
                time.sleep(0.05)
            assert found, log.read_text(encoding="utf-8")
            yield Running(found[0], log, secret)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Running:
    """A service that logs all it can, after every kind of marked request."""
    with (
        running(tmp_path_factory.mktemp("logs"), "debug") as service,
        httpx.Client(base_url=service.url, timeout=90, headers={"authorization": f"Bearer {service.secret}"}) as http,
    ):
        ask_everything(http)
    return service


def ask_everything(http: httpx.Client) -> None:
    """Good and bad input of every kind, the mark in each place that a caller can write to."""
    reply = {
        "reply": f"550 5.1.1 <{ADDRESS}>: user unknown",
        "recipient": ADDRESS,
        "id": MARK,
        "remote_mta": f"mx.{MARK}.example",
    }
    text = {"content-type": "text/plain"}
    http.post(
        "/v1/classify/reply", json=reply, headers={"x-request-id": "good-one_1", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    )
    http.post(f"/v1/classify/reply?id={MARK}&remote_mta=mx.{MARK}.example", content=f"550 {ADDRESS} unknown", headers=text)
    http.post("/v1/classify/reply", json={**reply, MARK: 1})
    http.post("/v1/classify/reply", json={**reply, "command": MARK})
    http.post("/v1/classify/reply", content=f'{{"reply": "{MARK}', headers={"content-type": "application/json"})
    http.post(f"/v1/classify/reply?{MARK}={ADDRESS}", json=reply)
    http.post(
        "/v1/classify/reply",
        json=reply,
        headers={"x-request-id": ADDRESS, "user-agent": MARK, "referer": f"http://{MARK}.example/"},
    )
    http.post("/v1/classify/reply", content=MARK, headers={"content-type": f"text/{MARK}"})
    http.post("/v1/classify/reply", content=MARK, headers={"content-type": "application/json", "content-encoding": MARK})
    for raw in (MESSAGE, MARK, f"From: {ADDRESS}\nContent-Type: multipart/mixed; boundary={MARK}\n\n--{MARK}\n"):
        http.post("/v1/classify/message", content=raw, headers={"content-type": "message/rfc822", "x-envelope-to": ADDRESS})
    http.post("/v1/classify/message", content=MESSAGE + MARK * 60_000, headers={"content-type": "message/rfc822"})
    encoded = base64.b64encode(MESSAGE.encode()).decode()
    lines = [json.dumps(item) for item in (reply, {"message": MESSAGE}, {"message_base64": encoded, "id": MARK}, {MARK: MARK})]
    http.post("/v1/classify/batch", content="\n".join([*lines, MARK]), headers={"content-type": "application/x-ndjson"})
    http.get(f"/v1/rules/{MARK}")
    http.get(f"/{MARK}/{ADDRESS}")
    http.post(f"/v1/webhooks/ses/{MARK}", json={"mail": ADDRESS})
    http.post("/v1/rules/check", json={"file": f"{MARK} = '{ADDRESS}'", "path": f"rules/local/{MARK}.toml"})
    http.request("GET", "/livez", headers={"authorization": f"Bearer {MARK}"})
    http.post("/v1/classify/reply", json=reply, headers={"authorization": f"Bearer bounces_{MARK}"})


def test_nothing_that_a_caller_wrote_is_logged_at_any_level(told: Running) -> None:
    log = told.log.read_text(encoding="utf-8")
    assert log.count('"event":"request"') > 15
    assert MARK not in log
    assert "example.org" not in log
    assert "user unknown" not in log


def test_no_key_is_logged_neither_secret_nor_hash(told: Running) -> None:
    log = told.log.read_text(encoding="utf-8")
    assert told.secret not in log
    assert told.secret.removeprefix("bounces_") not in log
    assert not re.search(r"\b[0-9a-f]{64}\b", re.sub(r"sha256:[0-9a-f]{64}", "", log))  # the rules' digest is no secret


def test_every_line_is_json_and_every_request_has_one(told: Running) -> None:
    requests = [line for line in told.lines() if line.get("event") == "request"]
    for line in requests:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
        assert line["ms"] >= 0
        assert line["route"] == "none" or line["route"].startswith("/")
    assert len({line["request_id"] for line in requests}) == len(requests)


def test_a_line_tells_id_trace_caller_route_status_and_verdicts(told: Running) -> None:
    (line,) = [line for line in told.lines() if line.get("request_id") == "good-one_1"]
    assert line["trace_id"] == TRACE
    assert line["caller"] == "crm"
    assert (line["method"], line["route"], line["status"]) == ("POST", "/v1/classify/reply", 200)
    assert line["verdicts"] == {"permanent": 1}
    assert line["bytes_in"] > 0
    assert line["bytes_out"] > 0


def test_an_answer_carries_the_callers_id_and_trace(serve: Serve) -> None:
    with serve(Settings()) as base:
        answer = httpx.get(f"{base}/livez", headers={"x-request-id": "abc-1", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
    assert answer.headers["x-request-id"] == "abc-1"
    assert re.fullmatch(rf"00-{TRACE}-[0-9a-f]{{16}}-01", answer.headers["traceparent"])
    assert "00f067aa0ba902b7" not in answer.headers["traceparent"]


@pytest.mark.parametrize("identity", [b"", b"a" * 65, b"ana@example.org", b"a b", b"a\nb", b"\xff"])
def test_an_id_that_could_hide_something_is_replaced(identity: bytes) -> None:
    trace = identify({"headers": [(b"x-request-id", identity)]})
    assert re.fullmatch(r"[0-9a-f]{12}-[0-9a-f]{8,}", trace.request_id)


@pytest.mark.parametrize(
    "given",
    [b"", b"00-" + b"0" * 32 + b"-00f067aa0ba902b7-01", TRACE.encode(), b"ff-" + TRACE.encode() + b"-00f067aa0ba902b7-01"],
)
def test_a_wrong_trace_is_not_passed_on(given: bytes) -> None:
    trace = identify({"headers": [(b"traceparent", given)]})
    assert trace.trace_id is None
    assert [name for name, _ in trace.headers] == [b"x-request-id"]


@pytest.mark.parametrize("path", ["/livez", "/v1/rules", "/nothing", "/docs", "/openapi.json", "/metrics"])
def test_every_answer_is_not_to_be_guessed_at_nor_kept(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["x-request-id"]
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers


def test_another_sites_page_is_not_let_in(client: httpx.Client) -> None:
    asked = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    answer = client.options("/v1/classify/reply", headers=asked)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_the_pages_can_be_switched_off_and_the_contract_stays(serve: Serve) -> None:
    with serve(Settings(docs=False)) as base:
        assert [httpx.get(base + path).status_code for path in ("/", "/docs", "/openapi.json", "/livez")] == [404, 404, 200, 200]


def test_an_exception_is_logged_by_kind_and_place_without_its_message() -> None:
    with pytest.raises(ValueError, match=MARK) as raised:
        int(ADDRESS)
    fault = raised.value
    record = logging.LogRecord("lib", logging.ERROR, "f", 1, "failed", None, (type(fault), fault, fault.__traceback__))
    line = JsonFormatter().format(record)
    assert MARK not in line
    assert json.loads(line)["fault"].startswith("ValueError at ")


def test_lines_of_requests_are_written_whole_in_blocks_that_a_pipe_does_not_mix() -> None:
    reading, writing = os.pipe2(os.O_DIRECT | os.O_NONBLOCK)  # each read gives what one write wrote
    stderr = os.dup(2)
    os.dup2(writing, 2)
    try:
        log_requests(
            [
                RequestLine("1970-01-01T00:00:00.000Z", "info", "request", "x" * 100, "GET", "/livez", 200, 0.1, None, number)
                for number in range(100)
            ]
        )
        finish_logging()
    finally:
        os.dup2(stderr, 2)
        for descriptor in (stderr, writing):
            os.close(descriptor)
    blocks = list(iter(lambda: os.read(reading, 65_536), b""))
    os.close(reading)
    assert 1 < len(blocks) < 20
    assert all(len(block) <= 4_096 and block.endswith(b"\n") for block in blocks)
    assert [json.loads(line)["bytes_out"] for block in blocks for line in block.splitlines()] == list(range(100))


def test_a_request_is_logged_while_the_service_runs(tmp_path: Path) -> None:
    with running(tmp_path, "info") as service:
        httpx.get(f"{service.url}/livez", headers={"x-request-id": "seen"})
        assert until(lambda: '"request_id":"seen"' in service.log.read_text(encoding="utf-8"))
