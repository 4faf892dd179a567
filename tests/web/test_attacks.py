"""Whoever attacks the service over its socket: a real process, as it is started by default."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import pytest

from tests.running import Running, children, make_few_rules, until

FAR = {"x-forwarded-for": "192.0.2.9"}  # not this machine itself
MAIL = {"content-type": "message/rfc822"}
MAX_WAIT = 0.5  # seconds for others, on a machine that runs other tests as well


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(make_few_rules(tmp_path_factory.mktemp("rules")), max_lag="5") as running:
        yield running


class Others:
    """Somebody else, who asks for a reply every 20 ms while the block runs. worst: their longest wait in seconds."""

    def __init__(self, service: Running) -> None:
        self.worst, self.refused = 0.0, 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask, args=(service.url,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    def _ask(self, url: str) -> None:
        with httpx.Client(base_url=url, timeout=30) as http:
            while not self._ended.wait(0.02):
                began = time.perf_counter()
                self.refused += http.post("/v1/classify/reply", json={"reply": "550 user unknown"}).status_code != 200
                self.worst = max(self.worst, time.perf_counter() - began)


@pytest.mark.parametrize("path", ["/metrics", "/v1/rules/check", "/v1/admin/reload"])
def test_a_control_character_behind_a_path_does_not_step_round_its_scope(service: Running, path: str) -> None:
    for tail, status in (("", 401), ("%0A", 400), ("%0a/", 400), ("%0d", 400), ("%00", 400), ("%7f", 400), ("/", 404)):
        answer = service.http.request("GET" if path == "/metrics" else "POST", path + tail, headers=FAR)
        assert answer.status_code == status, path + tail
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "evil.example:8000", "origin": "http://evil.example:8000"},
        {"host": "127.0.0.1.evil.example"},
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"forwarded": "for=192.0.2.9"},
        {"via": "1.1 proxy"},
        *[{f"x-forwarded-{name}": "x"} for name in ("for", "host", "proto", "port", "server", "prefix", "anything")],
    ],
    ids=str,
)
def test_who_speaks_for_another_site_or_through_a_proxy_is_not_this_machine(service: Running, headers: dict[str, str]) -> None:
    assert service.http.get("/metrics", headers=headers).status_code == 401
    assert service.http.post("/v1/admin/reload", headers=headers).status_code == 401


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "127.8.8.8"])
def test_this_machine_itself_needs_no_key_by_whatever_name_it_goes(service: Running, name: str) -> None:
    host = f"{name}:{service.address[1]}"
    assert service.http.get("/metrics", headers={"host": host}).status_code == 200
    assert service.http.get("/metrics", headers={"host": host, "origin": f"http://{host}"}).status_code == 200


def test_forty_first_visitors_of_the_pages_are_all_answered_and_keep_nobody_waiting(service: Running) -> None:
    with Others(service) as others, ThreadPoolExecutor(40) as visitors:
        asked = [visitors.submit(httpx.get, service.url + path, timeout=30) for path in ["/docs", "/openapi.json"] * 20]
        assert {answer.result().status_code for answer in asked} == {200}
    assert others.worst <= 4 * MAX_WAIT


def test_a_costly_message_is_read_by_a_child_whatever_its_size(service: Running) -> None:
    recipients = 4_000
    blocks = "\r\n".join(f"Final-Recipient: rfc822; r{i}@e.example\r\nAction: failed\r\n" for i in range(recipients))
    raw = (
        "From: MAILER-DAEMON@mx.example\r\nSubject: Delivery failure\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n"
        f"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n{blocks}\r\n--b--\r\n"
    ).encode()
    assert len(raw) < 262_144
    (worker,) = service.workers()
    with Others(service) as others:
        report = service.http.post("/v1/classify/message", content=raw, headers=MAIL).json()
        batch = service.http.post(
            "/v1/classify/batch",
            content=json.dumps([{"id": "a", "message": raw.decode()}]),
            headers={"content-type": "application/json"},
        )
    assert len(report["recipients"]) == recipients
    (line,) = map(json.loads, batch.text.splitlines())
    assert (line["index"], line["id"], line["type"]) == (0, "a", "report")
    assert line["result"]["recipients"] == report["recipients"]
    assert children(worker, "anyio.to_process")
    assert others.worst <= MAX_WAIT
    assert others.refused == 0


def test_a_mail_that_nearly_names_a_failure_everywhere_holds_up_nobody_even_on_a_new_worker(tmp_path: Path) -> None:
    addresses = [f"r{i}@e.example" for i in range(10)]
    paragraph = "\r\n".join([("user mailbox address account recipient " * 60)[:1_900]] * 11 + [" ".join(addresses)])
    text = ((paragraph + "\r\n\r\n") * 20)[:255_000]
    blocks = "\r\n\r\n".join(f"Final-Recipient: rfc822; {one}\r\nAction: failed\r\nStatus: 5.0.0" for one in addresses)
    raw = (
        "From: MAILER-DAEMON@mx.example\r\nSubject: Delivery failure\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        f"--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n--b\r\n"
        f"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n{blocks}\r\n\r\n--b--\r\n"
    ).encode()[:262_000]
    with Running(make_few_rules(tmp_path / "rules"), max_lag="5") as service, Others(service) as others:
        answers = [service.http.post("/v1/classify/message", content=raw, headers=MAIL) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {200}
    assert [len(answer.json()["recipients"]) for answer in answers] == [10, 10, 10]
    assert (others.worst <= MAX_WAIT, others.refused) == (True, 0)


def rss(process: int) -> int:
    """MB in memory."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) // 1024


def test_sixteen_large_bodies_cost_what_they_are_and_not_twice_that(service: Running) -> None:
    (worker,) = service.workers()
    body = b"Subject: x\r\n\r\n".ljust(10_485_760, b"x")
    service.http.post("/v1/classify/message", content=body, headers=MAIL)
    before, peak = rss(worker), 0
    with ThreadPoolExecutor(16) as clients:
        asked = [
            clients.submit(httpx.post, f"{service.url}/v1/classify/message", content=body, headers=MAIL, timeout=60)
            for _ in range(16)
        ]
        while not all(answer.done() for answer in asked):
            peak = max(peak, rss(worker))
            time.sleep(0.005)
    assert {answer.result().status_code for answer in asked} <= {200, 503}
    assert peak - before <= 200


def test_a_large_body_gives_its_place_back_when_its_client_leaves(service: Running) -> None:
    for _ in range(20):
        with service.connection() as leaving:
            leaving.sendall(
                b"POST /v1/classify/message HTTP/1.1\r\nhost: x\r\ncontent-type: message/rfc822\r\ncontent-length: 999999\r\n\r\n"
            )
            leaving.sendall(b"x" * 400_000)
    large = b"Subject: x\r\n\r\n".ljust(300_000, b"x")
    assert until(lambda: service.http.post("/v1/classify/message", content=large, headers=MAIL).status_code == 200)


def test_a_huge_diagnostic_code_is_cut_with_a_note(service: Running) -> None:
    raw = (
        b"From: MAILER-DAEMON@mx.example\r\nSubject: Delivery failure\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n"
        b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        b"Final-Recipient: rfc822; ana@e.example\r\nAction: failed\r\nDiagnostic-Code: smtp; 550 user unknown "
        + (b"word " * 15 + b"\r\n  ") * 50_000
        + b"\r\n\r\n--b--\r\n"
    )
    answer = service.http.post("/v1/classify/message", content=raw, headers=MAIL)
    (recipient,) = answer.json()["recipients"]
    assert recipient["diagnostic_code"].startswith("550 user unknown word")
    assert recipient["verdict"] == "permanent"
    assert len(answer.content) < 20_000
    assert any("Diagnostic-Code" in warning for warning in answer.json()["warnings"])
