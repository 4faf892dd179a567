"""Traces: off unless OpenTelemetry's variables say otherwise, and never with what a caller wrote."""

import logging
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
import pytest

from bounce_verdict.settings import Settings
from bounce_verdict.tracing import OFF, start_tracing
from tests.conftest import Serve

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (ENDPOINT, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER"):
        monkeypatch.delenv(name, raising=False)


def test_without_an_endpoint_nothing_is_traced() -> None:
    assert start_tracing() == OFF


@pytest.mark.parametrize(("name", "text"), [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")])
def test_the_standard_switches_turn_it_off(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:9")
    monkeypatch.setenv(name, text)
    assert start_tracing() == OFF


def test_another_protocol_is_a_warning_and_no_failure(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    with caplog.at_level(logging.WARNING):
        assert start_tracing() == OFF
    assert "http/protobuf" in caplog.text


class Collector(BaseHTTPRequestHandler):
    """Takes what is exported."""

    received: list[bytes]

    def do_POST(self) -> None:
        """Keep the body."""
        self.received.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[HTTPServer]:
    Collector.received = []
    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_span_has_the_callers_trace_and_route_but_nothing_that_was_sent(
    serve: Serve, collector: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sdk = pytest.importorskip("opentelemetry.sdk.trace", reason="needs the extra otel")
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="needs the extra otel")
    monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{collector.server_port}")
    made: list[object] = []
    create = sdk.TracerProvider.__init__

    def kept(self: object, *rest: object, **more: object) -> None:
        made.append(self)
        create(self, *rest, **more)

    monkeypatch.setattr(sdk.TracerProvider, "__init__", kept)
    headers = {"content-type": "text/plain", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    with serve(Settings()) as base:
        answer = httpx.post(f"{base}/v1/classify/reply?id=zqmarked", content="550 zqmarked@example.org unknown", headers=headers)
        httpx.get(f"{base}/v1/webhooks/zqmarked")
    for provider in made:
        assert isinstance(provider, sdk.TracerProvider)
        provider.shutdown()
    exported = b"".join(Collector.received)
    assert bytes.fromhex(TRACE) in exported
    assert answer.headers["traceparent"].startswith(f"00-{TRACE}-")
    assert bytes.fromhex(answer.headers["traceparent"].split("-")[2]) in exported
    assert b"/v1/classify/reply" in exported
    assert b"zqmarked" not in exported


def test_an_answer_is_the_same_whether_it_is_traced_or_not(
    serve: Serve, collector: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="needs the extra otel")

    def answers() -> list[tuple[int, bytes]]:
        with serve(Settings(max_body=100)) as base, httpx.Client(base_url=base) as http:
            asked = [
                http.post("/v1/classify/reply", json={"reply": "550 5.1.1 no"}),
                http.post("/v1/classify/reply", json={"replay": ""}),
                http.post("/v1/classify/batch", json=[{"reply": "550 5.1.1 no"}, {}]),
                http.post("/v1/classify/message", content=b"x" * 101, headers={"content-type": "message/rfc822"}),
                http.get("/v1/classify/reply"),
                http.get("/nothing"),
            ]
        return [(answer.status_code, answer.content) for answer in asked]

    untraced = answers()
    monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{collector.server_port}")
    assert answers() == untraced
