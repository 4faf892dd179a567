"""Bodies: media types, content codings and the limit, while reading and after decompression."""

import gzip
import socket
import struct
import urllib.parse
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

import httpx
import pytest
import zstandard

from bounce_verdict.response import PROBLEM_TYPE, PROBLEMS
from bounce_verdict.settings import Settings

REPLY = "/v1/classify/reply"
MESSAGE = "/v1/classify/message"
BATCH = "/v1/classify/batch"
TEXT = {"content-type": "text/plain"}
BODY = b"550 5.1.1 user unknown"
MB_10 = 10_485_760

Serve = Callable[[Settings], AbstractContextManager[str]]


def is_problem(response: httpx.Response, status: int) -> bool:
    document = response.json()
    return (
        response.status_code == status == document["status"]
        and response.headers["content-type"] == "application/problem+json"
        and document["type"] == PROBLEM_TYPE + PROBLEMS[status]
    )


def zstd(data: bytes, window_log: int = 20) -> bytes:
    parameters = zstandard.ZstdCompressionParameters(window_log=window_log)
    return zstandard.ZstdCompressor(compression_params=parameters).compress(data)


@pytest.mark.parametrize("path", [REPLY, MESSAGE, BATCH])
@pytest.mark.parametrize(
    "media", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/html", "junk", ""]
)
def test_another_media_type_is_a_415_that_names_those_taken(client: httpx.Client, path: str, media: str) -> None:
    response = client.post(path, content=b"x", headers={"content-type": media})
    assert is_problem(response, 415)
    assert response.json()["accepted"] == response.headers["accept"].split(", ")


def test_no_media_type_is_a_415(client: httpx.Client) -> None:
    assert is_problem(client.post(REPLY, content=b"550 no"), 415)


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP"])
def test_gzip_is_taken(client: httpx.Client, coding: str) -> None:
    response = client.post(REPLY, content=gzip.compress(BODY), headers={**TEXT, "content-encoding": coding})
    assert response.json()["verdict"] == "permanent"


def test_gzip_of_several_members_is_taken(client: httpx.Client) -> None:
    body = gzip.compress(BODY[:5]) + gzip.compress(BODY[5:])
    assert client.post(REPLY, content=body, headers={**TEXT, "content-encoding": "gzip"}).json()["verdict"] == "permanent"


def test_zstd_is_taken(client: httpx.Client) -> None:
    headers = {**TEXT, "content-encoding": "zstd"}
    assert client.post(REPLY, content=zstd(BODY), headers=headers).json()["verdict"] == "permanent"
    assert client.post(REPLY, content=zstd(BODY[:5]) + zstd(BODY[5:]), headers=headers).json()["verdict"] == "permanent"


def test_identity_is_no_coding(client: httpx.Client) -> None:
    assert client.post(REPLY, content=BODY, headers={**TEXT, "content-encoding": "identity"}).status_code == 200


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip", "gzip,zstd", "identity, gzip", "junk"])
def test_another_coding_or_two_of_them_are_a_415(client: httpx.Client, coding: str) -> None:
    response = client.post(REPLY, content=gzip.compress(BODY), headers={**TEXT, "content-encoding": coding})
    assert is_problem(response, 415)
    assert response.json()["accepted"] == ["gzip", "zstd"]
    assert response.headers["accept-encoding"] == "gzip, zstd"


def test_two_content_encoding_headers_are_a_415(client: httpx.Client) -> None:
    headers = [("content-type", "text/plain"), ("content-encoding", "gzip"), ("content-encoding", "gzip")]
    assert is_problem(client.post(REPLY, content=gzip.compress(gzip.compress(BODY)), headers=headers), 415)


BROKEN: dict[str, tuple[str, bytes]] = {
    "no gzip": ("gzip", b"not gzip"),
    "gzip cut off": ("gzip", gzip.compress(BODY)[:-4]),
    "junk after gzip": ("gzip", gzip.compress(BODY) + b"junk"),
    "zlib for gzip": ("gzip", zlib.compress(BODY)),
    "no zstd": ("zstd", b"not zstd"),
    "zstd cut off": ("zstd", zstd(BODY)[:-4]),
    "junk after zstd": ("zstd", zstd(BODY) + b"junk"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_compression_is_a_400(client: httpx.Client, name: str) -> None:
    coding, body = BROKEN[name]
    assert is_problem(client.post(REPLY, content=body, headers={**TEXT, "content-encoding": coding}), 400)


def test_zstd_with_a_window_over_8_mb_is_a_400(client: httpx.Client) -> None:
    body = zstandard.ZstdCompressor(compression_params=zstandard.ZstdCompressionParameters(window_log=24)).compressobj()
    sent = body.compress(b"x" * 100_000) + body.flush()
    assert is_problem(client.post(REPLY, content=sent, headers={**TEXT, "content-encoding": "zstd"}), 400)


def test_10_mb_are_taken(client: httpx.Client) -> None:
    body = b"Subject: x\r\n\r\n".ljust(MB_10, b"x")
    assert client.post(MESSAGE, content=body, headers={"content-type": "message/rfc822"}).status_code == 200


@pytest.mark.parametrize("path", [REPLY, MESSAGE])
def test_10_mb_and_one_byte_are_a_413_that_names_the_limit(client: httpx.Client, path: str) -> None:
    response = client.post(path, content=b"x" * (MB_10 + 1), headers=TEXT)
    assert is_problem(response, 413)
    assert response.json()["limit"] == "max_body 10485760"


def test_the_limit_holds_without_a_content_length(client: httpx.Client) -> None:
    response = client.post(MESSAGE, content=(b"x" * 1_048_576 for _ in range(11)), headers=TEXT)
    assert is_problem(response, 413)


def test_a_content_length_over_the_limit_is_refused_before_reading(server: str) -> None:
    with connect(server) as connection:
        head = f"POST {MESSAGE} HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: {MB_10 + 1}\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(65_536).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_compression_bomb_is_a_413(client: httpx.Client, coding: str) -> None:
    bomb = gzip.compress(bytes(200_000_000), 1) if coding == "gzip" else zstd(bytes(200_000_000))
    response = client.post(MESSAGE, content=bomb, headers={**TEXT, "content-encoding": coding})
    assert is_problem(response, 413)


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_the_limit_is_exact_after_decompression(client: httpx.Client, coding: str) -> None:
    for size, status in ((MB_10, 200), (MB_10 + 1, 413)):
        body = gzip.compress(b"x" * size) if coding == "gzip" else zstd(b"x" * size)
        assert client.post(MESSAGE, content=body, headers={**TEXT, "content-encoding": coding}).status_code == status


def test_many_empty_members_are_answered(client: httpx.Client) -> None:
    body = gzip.compress(b"") * 20_000 + gzip.compress(BODY)
    assert client.post(REPLY, content=body, headers={**TEXT, "content-encoding": "gzip"}).status_code == 200


def test_the_limit_is_a_setting(serve: Serve) -> None:
    with serve(Settings(max_body=100)) as base:
        assert httpx.post(base + REPLY, content=b"x" * 100, headers=TEXT).status_code == 200
        response = httpx.post(base + REPLY, content=b"x" * 101, headers=TEXT)
        assert response.status_code == 413
        assert response.json()["limit"] == "max_body 100"


def test_a_client_that_leaves_while_sending_harms_nobody(server: str, client: httpx.Client) -> None:
    with connect(server) as connection:
        connection.sendall(
            f"POST {MESSAGE} HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 50\r\n\r\nx".encode()
        )
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert client.get("/livez").status_code == 200


NO_HTTP = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00",
    "words": b"GARBAGE\r\n\r\n",
    "a bad header": b"GET /livez HTTP/1.1\r\nbad header\r\n\r\n",
    "a bad path": b"GET /\xff HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("name", NO_HTTP)
def test_what_is_no_http_gets_a_problem_document_and_is_hung_up_on(server: str, name: str) -> None:
    with connect(server) as connection:
        connection.sendall(NO_HTTP[name])
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"content-type: application/problem+json" in head
    assert httpx.Response(400, content=body).json()["status"] == 400


def send_head_without_end(base: str) -> bytes:
    """What is answered to headers that never end, or to their 300,000th."""
    with connect(base) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\n")
        with suppress(ConnectionError):
            for i in range(300_000):
                connection.sendall(b"x-%d: y\r\n" % i)
        with suppress(ConnectionError):
            return connection.recv(65_536)
    return b""


def test_a_head_without_end_is_hung_up_on(server: str, client: httpx.Client) -> None:
    assert send_head_without_end(server)[:12] in {b"HTTP/1.1 431", b""}
    assert client.get("/livez").status_code == 200


def test_trailers_are_not_kept(server: str) -> None:
    with connect(server) as connection:
        head = f"POST {REPLY} HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n"
        connection.sendall(head.encode() + b"3\r\n250\r\n0\r\ncontent-type: text/html\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")


def connect(base: str) -> socket.socket:
    parts = urllib.parse.urlsplit(base)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30)
