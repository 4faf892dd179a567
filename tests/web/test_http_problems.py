"""What is no request of ours: unknown paths and methods, faults; and the pages that tell what there is."""

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from bounce_verdict.contract.service_answers import RuleFolder
from bounce_verdict.metrics import Metrics
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.settings import Settings
from bounce_verdict.snapshot.status import Fault
from bounce_verdict.web.access_log import AccessLog, AccessLogMiddleware
from bounce_verdict.web.application import create_app
from bounce_verdict.web.service import Service

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", ["/nothing", "/v1", "/v1/", "/v1/classify", "/livez/", "/v1/rules/no/such", "/%ff", "/v1/..%2f"])
def test_an_unknown_path_is_a_404(client: httpx.Client, path: str) -> None:
    for method in ("GET", "POST"):
        response = client.request(method, path)
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["title"] == "Not Found"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/v1/classify/reply", "POST"),
        ("PUT", "/v1/classify/message", "POST"),
        ("GET", "/v1/classify/batch", "POST"),
        ("POST", "/v1/reply-codes", "GET, HEAD"),
        ("DELETE", "/v1/rules/google.no-such-user", "GET, HEAD"),
        ("POST", "/livez", "GET, HEAD"),
        ("OPTIONS", "/v1/classify/reply", "POST"),
        ("POST", "/docs", "GET, HEAD"),
    ],
)
def test_an_unknown_method_is_a_405_that_allows_the_others(client: httpx.Client, method: str, path: str, allow: str) -> None:
    response = client.request(method, path)
    assert response.status_code == 405
    assert response.headers["allow"] == allow
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["title"] == "Method Not Allowed"


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/v1/rules", "/openapi.json", "/docs"])
def test_head_is_get_without_the_body(client: httpx.Client, path: str) -> None:
    as_it_is = {"accept-encoding": "identity"}
    response = client.head(path, headers=as_it_is)
    assert response.status_code == 200
    assert response.content == b""
    assert response.headers["content-length"] == str(len(client.get(path, headers=as_it_is).content))


async def run(app: Any) -> list[Message]:
    """The messages that `app` sends back for a GET, behind AccessLogMiddleware."""
    answered: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        answered.append(message)

    framed = AccessLogMiddleware(app, AccessLog(Metrics(), logged=False))
    await framed({"type": "http", "method": "GET", "path": "/", "headers": []}, receive, send)
    return answered


@pytest.mark.anyio
async def test_a_fault_is_a_500_without_a_trace_in_answer_or_log(caplog: pytest.LogCaptureFixture) -> None:
    async def faulty(*_: object) -> None:
        raise ValueError("cannot read ana.secret@example.org")

    with caplog.at_level(logging.DEBUG):
        head, body = await run(faulty)
    assert head["status"] == 500
    assert b'"status":500' in body["body"]
    assert b"secret" not in body["body"]
    assert b"Traceback" not in body["body"]
    assert "secret" not in caplog.text
    assert "ValueError at" in caplog.text


@pytest.mark.anyio
async def test_a_fault_within_an_answer_ends_it() -> None:
    async def faulty(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError

    assert [message["type"] for message in await run(faulty)] == ["http.response.start"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_the_process_says_that_it_lives(client: httpx.Client) -> None:
    assert client.get("/livez").json() == {"status": "alive"}


def test_readiness_tells_the_rules_in_use(client: httpx.Client) -> None:
    answer = client.get("/readyz").json()
    assert (answer["status"], answer["rules"]) == ("ready", "current")
    assert answer["rules_digest"] == client.get("/v1/rules").json()["rules_digest"]


def test_readiness_tells_the_folders_of_the_rules_and_what_is_wrong(classifier: Pipeline) -> None:
    service = Service(Settings(), classifier, Metrics())
    service.rule_folders = [RuleFolder("/etc/bounces/rules", 2)]
    service.rules_fault = Fault("rules/local/ours.toml", 12, "there is no such reason")
    service.storage_fault = "the disk is full"

    async def asked() -> dict[str, Any]:
        transport = httpx.ASGITransport(create_app(service))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            return dict((await http.get("/readyz")).json())

    answer = asyncio.run(asked())
    assert answer["rule_folders"] == [{"path": "/etc/bounces/rules", "rules": 2}]
    assert (answer["rules"], answer["rules_fault"]) == ("stale", "rules/local/ours.toml:12")
    assert answer["rules_fault_detail"] == "there is no such reason"
    assert answer["storage_fault"] == "the disk is full"


def test_the_page_of_the_api_lists_every_endpoint_the_classifying_ones_first(client: httpx.Client) -> None:
    page = client.get("/docs").text
    for path in client.get("/openapi.json").json()["paths"]:
        assert f" {path}</code>" in page
    assert (
        page.index("</span> /v1/classify/reply<") < page.index("</span> /v1/webhooks/{source}<") < page.index("</span> /livez<")
    )


def test_the_page_of_the_api_tells_each_field_of_a_body(client: httpx.Client) -> None:
    page = client.get("/docs").text
    assert "<td><code>remote_mta</code></td>" in page
    assert 'id="Classification"' in page


def test_the_contract_is_served_as_it_is_kept(client: httpx.Client) -> None:
    kept = json.loads((ROOT / "openapi" / "openapi.json").read_text(encoding="utf-8"))
    assert client.get("/openapi.json").json() == kept
