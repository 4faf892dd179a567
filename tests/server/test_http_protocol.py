"""What one connection may do: pipelining, heads and trailers without end, slow ones, upgrades, half-closed ones."""

import json
import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.running import Running, chunk, lines, make_few_rules, memory_mb, received, until

LIVEZ = b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n"
REPLY = b'{"reply": "550 user unknown"}'
POST = b"POST /v1/classify/reply HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
CHUNKED = POST + b"transfer-encoding: chunked\r\n\r\n"
WHOLE = POST + b"content-length: %d\r\n\r\n%s" % (len(REPLY), REPLY)
BATCH = b"POST /v1/classify/batch HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service to which a second is long."""
    rules = make_few_rules(tmp_path_factory.mktemp("rules"))
    with Running(rules, receive_timeout="1.5", max_lag="60") as running:
        yield running


def everything(connection: socket.socket) -> bytes:
    """All that arrives until the other side closes or resets the connection."""
    data = b""
    try:
        while piece := connection.recv(65_536):
            data += piece
    except ConnectionError:
        pass
    return data


def ask(service: Running, request: bytes) -> bytes:
    """The answer to a request that closes its connection."""
    with service.connection() as own:
        own.sendall(request)
        return everything(own)


def flood(service: Running, request: bytes) -> float:
    """Pipeline 12 MB of a request and read no answer; by how many megabytes the worker grew. Others must be answered meanwhile."""
    (worker,) = service.workers()
    before, times, grown = memory_mb(worker), [], 0.0
    block = request * (400_000 // len(request))
    with service.connection() as own:
        own.settimeout(1)
        for _ in range(30):
            try:
                own.sendall(block)
            except TimeoutError:
                break  # it takes no more
            began = time.monotonic()
            assert httpx.get(f"{service.url}/livez").status_code == 200
            times.append(time.monotonic() - began)
            grown = max(grown, memory_mb(worker) - before)
        grown = max(grown, memory_mb(worker) - before)
    assert sorted(times or [0.0])[len(times) // 2] < 0.5
    return grown


def test_pipelined_requests_without_end_are_held_back(service: Running) -> None:
    assert flood(service, LIVEZ) < 40


def test_pipelined_requests_with_bodies_are_held_back_too(service: Running) -> None:
    assert flood(service, WHOLE) < 40


def test_every_pipelined_request_is_answered_in_order(service: Running) -> None:
    requests = b"".join(
        POST + b"x-request-id: r%d\r\ncontent-length: %d\r\n\r\n%s" % (number, len(REPLY), REPLY) for number in range(2_000)
    )
    with service.connection() as own:
        own.sendall(requests + LIVEZ.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
        answers = everything(own)
    identities = [part.partition(b"\r\n")[0] for part in answers.split(b"x-request-id: ")[1:]]
    assert identities[:2_000] == [b"r%d" % number for number in range(2_000)]
    assert answers.count(b"HTTP/1.1 200 ") == 2_001


def test_a_large_body_is_read_whole_however_it_is_sent(service: Running) -> None:
    body = (REPLY + b"\n") * 5_000
    pieces = [body[at : at + 7_777] for at in range(0, len(body), 7_777)]
    for content in (body, iter(pieces)):
        answer = service.http.post("/v1/classify/batch", content=content, headers={"content-type": "application/x-ndjson"})
        assert len(lines(answer.content)) == 5_000


@pytest.mark.parametrize(
    "start", [b"GET /livez HTTP/1.1\r\nhost: x\r\nx: ", b"GET /", b"GET /livez HTTP/1.1\r\n" + b"x: 1\r\n" * 4_000]
)
def test_a_head_without_end_is_a_431(service: Running, start: bytes) -> None:
    with service.connection() as own:
        own.sendall(start + b"a" * 90_000)
        assert everything(own).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("path", [b"/v1/classify/reply", b"/v1/classify/nothing", b"/livez"])
def test_trailers_without_end_end_the_connection(service: Running, path: bytes) -> None:
    (worker,) = service.workers()
    before = memory_mb(worker)
    with service.connection() as own:
        own.sendall(CHUNKED.replace(b"/v1/classify/reply", path) + b"2\r\n{}\r\n0\r\nx-t: ")
        with pytest.raises(ConnectionError):  # noqa: PT012
            for _ in range(40):
                own.sendall(b"a" * 1_000_000)
    assert memory_mb(worker) - before < 20


def test_trailers_are_read_and_ignored(service: Running) -> None:
    answer = ask(service, CHUNKED.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n") + chunk(REPLY) + b"0\r\nx-t: 1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("hosts", [b"", b"host: a\r\nhost: b\r\n", b"host: a\r\nhost: a\r\n"])
def test_a_request_needs_exactly_one_host(service: Running, hosts: bytes) -> None:
    answer = ask(service, b"GET /livez HTTP/1.1\r\n" + hosts + b"connection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in answer


@pytest.mark.parametrize(
    "framing",
    [
        b"content-length: 3\r\ncontent-length: 4",
        b"content-length: 3\r\ntransfer-encoding: chunked",
        b"transfer-encoding: chunked\r\ncontent-length: 3",
        b"transfer-encoding: identity\r\ntransfer-encoding: chunked\r\ncontent-length: 3",
        b"content-length: +3",
        b"content-length: 3, 3",
        b"content-length : 3",
        b"transfer-encoding: xchunked",
    ],
)
def test_a_framing_that_two_readers_could_take_differently_is_refused(service: Running, framing: bytes) -> None:
    with service.connection() as own:
        own.sendall(POST + framing + b"\r\n\r\n0\r\n\r\n" + LIVEZ)
        answers = received(own, b"never")
    assert answers.startswith(b"HTTP/1.1 400 ")
    assert answers.count(b"HTTP/1.1 ") == 1


def test_http_1_0_needs_no_host(service: Running) -> None:
    assert ask(service, b"GET /livez HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "body",
    [b"content-length: %d\r\n\r\n%s" % (len(REPLY), REPLY), b"transfer-encoding: chunked\r\n\r\n" + chunk(REPLY) + chunk(b"")],
)
@pytest.mark.parametrize("upgrade", [b"h2c", b"websocket"])
def test_an_upgrade_is_ignored_and_the_body_read(service: Running, body: bytes, upgrade: bytes) -> None:
    offer = b"connection: upgrade, http2-settings\r\nupgrade: %s\r\nhttp2-settings: AAEAAEAAAAIAAAABAAMAAABk\r\n" % upgrade
    for head in (POST, BATCH):
        with service.connection() as own:
            own.sendall(head + offer + body + LIVEZ)  # the next request is read too
            answers = received(own, b'{"status":"alive"}')
        assert answers.count(b"HTTP/1.1 200 ") == 2
        assert b'"verdict":"permanent"' in answers


def test_an_upgrade_without_a_body_is_ignored(service: Running) -> None:
    assert ask(service, b"GET /livez HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: h2c\r\n\r\n").startswith(
        b"HTTP/1.1 200 "
    )


def test_a_batch_whose_client_has_closed_its_sending_side_is_answered_whole(service: Running) -> None:
    body = (REPLY + b"\n") * 5_000
    with service.connection() as own:
        own.sendall(BATCH + b"content-length: %d\r\n\r\n" % len(body) + body)
        own.shutdown(socket.SHUT_WR)
        answer = everything(own)
    assert answer.count(b'"type":"classification"') == 5_000
    assert answer.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize(
    ("first", "drip", "status"),
    [
        (b"", b"\r\n", b""),
        (LIVEZ, b"\r\n", b"200"),
        (b"GET /livez HTTP/1.1\r\n", b"x: 1\r\n", b"408"),
        (b"GET /livez HTTP/1.1\r\n", b"", b"408"),
        (CHUNKED + b"2\r\n{}\r\n0\r\n", b"x: 1\r\n", b"408"),
        (CHUNKED + b"2\r\n{}\r\n", b"0", b"408"),
        (CHUNKED + b"2\r\n{}\r\n", b"", b"408"),
        (CHUNKED.replace(b"/v1/classify/reply", b"/v1/classify/batch") + b"2\r\n{}\r\n0\r\n", b"x: 1\r\n", b""),
        (b"", b"", b""),
    ],
)
def test_what_does_not_arrive_in_time_ends_the_connection(service: Running, first: bytes, drip: bytes, status: bytes) -> None:
    with service.connection() as own:
        own.settimeout(0.4)
        own.sendall(first)
        began, data = time.monotonic(), b""
        while time.monotonic() - began < 6:
            try:
                if not (piece := own.recv(65_536)):
                    break
                data += piece
            except TimeoutError:
                if drip:
                    own.sendall(drip)
            except ConnectionError:
                break
        assert 1 < time.monotonic() - began < 5
    assert data.startswith(b"HTTP/1.1 " + status if status else b"")


def test_a_body_that_keeps_coming_and_a_batch_that_pauses_are_waited_for(service: Running) -> None:
    with service.connection() as slow:
        slow.sendall(CHUNKED)
        for at in range(0, len(REPLY), 6):
            time.sleep(0.6)
            slow.sendall(chunk(REPLY[at : at + 6]))
        slow.sendall(chunk(b""))
        assert received(slow, b"}").startswith(b"HTTP/1.1 200 ")
    with service.connection() as batch:
        batch.sendall(BATCH + b"transfer-encoding: chunked\r\n\r\n" + chunk(REPLY + b"\n"))
        assert received(batch, b"permanent")
        time.sleep(3.5)
        batch.sendall(chunk(REPLY + b"\n") + chunk(b""))
        assert b"permanent" in received(batch, b"0\r\n\r\n")


def test_what_is_no_http_is_a_problem_document(service: Running) -> None:
    for request in (b"\x16\x03\x01\x02\x00", b"hello\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"):
        answer = ask(service, request)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["status"] == 400


def test_afterwards_the_service_holds_no_connection_and_answers(service: Running) -> None:
    assert until(
        lambda: (
            service.http.post("/v1/classify/reply", content=REPLY, headers={"content-type": "application/json"}).status_code
            == 200
        )
    )
