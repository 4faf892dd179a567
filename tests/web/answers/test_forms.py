"""The form of an answer: its media type by Accept, its content coding by Accept-Encoding."""

import gzip
import json
import zlib
from typing import Any

import httpx
import pytest
import zstandard

from tests.duplex import Duplex
from tests.web.batch_client import PATH, lines

ITEMS = [{"reply": f"550 5.1.1 user unknown {number}", "id": number} for number in range(100)]
ONE = {"reply": "550 5.1.1 user unknown", "command": "RCPT"}


def ask(client: httpx.Client, accept_encoding: str, path: str = "/v1/classify/reply", given: Any = ONE) -> httpx.Response:
    """The answer as it came, its coding not undone."""
    request = client.build_request("POST", path, json=given, headers={"accept-encoding": accept_encoding})
    response = client.send(request, stream=True)
    response._content = b"".join(response.iter_raw())  # noqa: SLF001  # httpx has no other way
    response.close()
    return response


def decoded(response: httpx.Response) -> bytes:
    coding = response.headers.get("content-encoding")
    if coding == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(response.content)
    return gzip.decompress(response.content) if coding == "gzip" else response.content


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"),
        ("zstd", "zstd"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1.0, zstd;q=0.5", "gzip"),
        ("GZIP ; Q=0.3", "gzip"),
        ("*", "zstd"),
        ("*, zstd;q=0", "gzip"),
        ("", None),
        ("br", None),
        ("identity", None),
        ("gzip;q=0", None),
        ("gzip;q=0.5, identity", None),
        ("gzip;q=nan", None),
        ("gzip;q=5", None),
        ("gzip, " + "x" * 1_000, None),
    ],
)
@pytest.mark.parametrize("path", ["/v1/classify/reply", PATH])
def test_an_answer_has_the_coding_that_is_preferred(client: httpx.Client, accepted: str, coding: str | None, path: str) -> None:
    given = ONE if path != PATH else ITEMS
    response = ask(client, accepted, path, given)
    assert response.headers.get("content-encoding") == coding
    assert response.headers["vary"] == "accept-encoding"
    assert decoded(response) == ask(client, "identity", path, given).content


def test_a_small_answer_is_sent_as_it_is(client: httpx.Client) -> None:
    response = ask(client, "gzip", "/v1/classify/reply?detail=short")
    assert "content-encoding" not in response.headers
    assert response.headers["vary"] == "accept-encoding"


def test_a_large_answer_is_coded_whole(client: httpx.Client) -> None:
    plain, coded = (client.get("/v1/rules", headers={"accept-encoding": coding}) for coding in ("identity", "gzip"))
    assert coded.headers["content-encoding"] == "gzip"
    assert int(coded.headers["content-length"]) < len(plain.content) / 3
    assert coded.json() == plain.json()


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_coded_line_can_be_read_at_once(server: str, coding: str) -> None:
    connection = Duplex(server, **{"accept-encoding": coding})
    decoder: Any = zlib.decompressobj(31) if coding == "gzip" else zstandard.ZstdDecompressor().decompressobj()
    for number in range(3):
        connection.send(b'{"id": %d, "reply": "250 ok"}\n' % number)
        if number == 0:
            assert f"content-encoding: {coding}\r\n".encode() in connection.head()
        assert json.loads(decoder.decompress(connection.chunk()))["id"] == number
    connection.end()
    rest = b"".join(iter(connection.chunk, b""))
    connection.close()
    assert decoder.decompress(rest) == b""
    assert decoder.eof


@pytest.mark.parametrize("media", ["application/x-ndjson", "application/ndjson", "application/jsonl"])
def test_lines_go_by_all_their_names(client: httpx.Client, media: str) -> None:
    response = client.post(PATH, content=lines(*ITEMS[:2]), headers={"content-type": media, "accept": media})
    assert response.headers["content-type"] == media
    assert [json.loads(line)["id"] for line in response.text.splitlines()] == [0, 1]


@pytest.mark.parametrize("detail", ["full", "short"])
def test_an_array_is_answered_by_an_array_where_that_is_asked_for(client: httpx.Client, detail: str) -> None:
    items = [*ITEMS, {"what": 1}]
    url = f"{PATH}?detail={detail}"
    array = client.post(url, json=items, headers={"accept": "application/json, text/plain, */*"})
    assert array.headers["content-type"] == "application/json"
    as_lines = client.post(url, json=items)
    assert as_lines.headers["content-type"] == "application/x-ndjson"
    assert array.json() == [json.loads(line) for line in as_lines.text.splitlines()]


def test_an_empty_array_is_answered_by_one(client: httpx.Client) -> None:
    assert client.post(PATH, json=[], headers={"accept": "application/json"}).json() == []


def test_lines_are_answered_by_lines_whatever_is_asked_for(client: httpx.Client) -> None:
    headers = {"content-type": "application/x-ndjson", "accept": "application/json"}
    assert client.post(PATH, content=lines(*ITEMS), headers=headers).headers["content-type"] == "application/x-ndjson"
