"""SIGTERM: whoever has sent a request by then is answered, nobody new is let in, and the end comes in time."""

import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from tests.running import Running, chunk, make_few_rules, received, until

BATCH_HEAD = (
    b"POST /v1/classify/batch HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n"
)
ITEM = b'{"reply": "550 user unknown"}\n'
LIVEZ = b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n"
READYZ = b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_few_rules(tmp_path_factory.mktemp("rules"))


def test_sigterm_lets_what_is_under_way_end_and_says_so_at_readyz(rules: Path) -> None:
    with Running(rules) as service, service.connection() as batch, service.connection() as health:
        batch.sendall(BATCH_HEAD + chunk(ITEM))
        assert b'"verdict":"permanent"' in received(batch, b"permanent")
        health.sendall(READYZ)
        assert received(health, b"}").startswith(b"HTTP/1.1 200")
        service.signal(signal.SIGTERM)
        assert until(lambda: service.logged("stopping"))
        time.sleep(0.3)
        health.sendall(READYZ)
        answer = received(health, b"}")
        assert answer.startswith(b"HTTP/1.1 503")
        assert b"connection: close" in answer.lower()
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(service.address)
        batch.sendall(chunk(ITEM) + b"0\r\n\r\n")
        assert received(batch, b"0\r\n\r\n").count(b'"type":"classification"') == 1
        assert service.wait() == 0


def test_a_request_whose_head_is_still_arriving_is_answered(rules: Path) -> None:
    with Running(rules) as service, service.connection() as slow:
        slow.sendall(LIVEZ[:10])
        time.sleep(0.2)
        service.signal(signal.SIGTERM)
        time.sleep(1.5)
        slow.sendall(LIVEZ[10:])
        assert received(slow, b"}").startswith(b"HTTP/1.1 200")
        assert service.wait() == 0


def test_keep_alive_clients_see_no_reset(rules: Path) -> None:
    resets: list[str] = []
    answered: list[int] = []
    with Running(rules) as service:

        def ask() -> None:
            with service.connection() as own:
                while True:
                    try:
                        own.sendall(LIVEZ)
                        answer = received(own, b"}")
                    except OSError as error:
                        resets.append(str(error))
                        return
                    if not answer:
                        resets.append("closed without an answer")
                        return
                    answered.append(len(answer))
                    if b"connection: close" in answer:
                        return
                    time.sleep(0.005)

        clients = [threading.Thread(target=ask) for _ in range(16)]
        for client in clients:
            client.start()
        assert until(lambda: len(answered) > 200)
        service.signal(signal.SIGTERM)
        for client in clients:
            client.join()
        assert service.wait() == 0
    assert resets == []


def test_an_idle_connection_is_closed_and_does_not_hold_up_the_end(rules: Path) -> None:
    with Running(rules) as service, service.connection() as idle:
        idle.sendall(LIVEZ)
        received(idle, b"}")
        began = time.monotonic()
        service.signal(signal.SIGTERM)
        assert idle.recv(1) == b""
        assert service.wait() == 0
        assert time.monotonic() - began < 5


def test_what_has_not_ended_within_drain_seconds_is_cut_off(rules: Path) -> None:
    with Running(rules, drain_seconds="0.5") as service, service.connection() as batch:
        batch.sendall(BATCH_HEAD + chunk(ITEM))
        received(batch, b"permanent")
        service.signal(signal.SIGTERM)
        assert service.wait(8) == 0


def test_a_second_sigterm_stops_at_once(rules: Path) -> None:
    with Running(rules) as service, service.connection() as batch:
        batch.sendall(BATCH_HEAD + chunk(ITEM))
        received(batch, b"permanent")
        service.signal(signal.SIGTERM)
        assert until(lambda: service.logged("stopping"))
        service.signal(signal.SIGTERM)
        assert service.wait(5) == 1


def test_what_was_counted_and_logged_last_is_not_lost(rules: Path) -> None:
    with Running(rules) as service:
        service.http.get("/livez", headers={"x-request-id": "the-last-one"})
        service.signal(signal.SIGTERM)
        assert service.wait() == 0
        assert until(lambda: service.logged("the-last-one"), 2)
