"""POST /v1/classify/batch: answers flow while the body arrives, and a line is cut nowhere else than at its end."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounce_verdict.contract.items import Line
from bounce_verdict.errors import InputError
from bounce_verdict.settings import Settings
from bounce_verdict.web.batch.lines import LineSplitter
from tests.duplex import Duplex
from tests.web.batch_client import MAIL, Serve, lines, post


@pytest.fixture
def duplex(server: str) -> Iterator[Duplex]:
    connection = Duplex(server)
    yield connection
    connection.close()


def test_answers_flow_while_the_body_is_still_arriving(duplex: Duplex) -> None:
    assert duplex.is_answered_line_by_line(5)


def test_a_line_may_come_in_pieces(duplex: Duplex) -> None:
    for piece in (b'{"reply"', b': "250', b" ok", b'"}\n{"reply": "250', b' b"}'):
        duplex.send(piece)
        time.sleep(0.02)
    duplex.end()
    duplex.head()
    answers = b"".join(iter(duplex.chunk, b"")).splitlines()
    assert [json.loads(answer)["index"] for answer in answers] == [0, 1]


def test_a_client_that_does_not_read_is_not_read_from(server: str) -> None:
    connection = Duplex(server)
    connection.socket.settimeout(2)
    with pytest.raises(TimeoutError):
        connection.send_without_reading(10_000)
    connection.close()


def test_a_client_that_never_reads_is_cut_off(serve: Serve) -> None:
    with serve(Settings(drain_timeout=0.5)) as base:
        connection = Duplex(base)
        with pytest.raises(ConnectionError):
            connection.send_without_reading()
        connection.close()
        assert httpx.get(f"{base}/livez").status_code == 200


def test_a_client_that_reads_slowly_is_served_to_the_end(serve: Serve) -> None:
    with serve(Settings(drain_timeout=0.5)) as base:
        connection = Duplex(base)
        connection.send_without_reading(5)
        connection.end()
        time.sleep(2)
        connection.head()
        count = b"".join(iter(connection.chunk, b"")).count(b"\n")
        connection.close()
    assert count == 500


def test_short_long_large_and_bad_lines_mixed_are_answered_in_order(serve: Serve) -> None:
    kinds: list[dict[str, Any]] = [
        {"reply": "550 5.1.1 no"},
        {"reply": "550 5.1.1 no " + "x" * 5_000},
        {"message": MAIL},
        {"reply": "550 5.1.1 no " + "x" * 60_000},
        {"what": 1},
    ]
    items = [{"id": str(number), **kinds[number * number % 41 % 5]} for number in range(300)]
    with serve(Settings(max_inline=50_000)) as base, httpx.Client(base_url=base, timeout=60) as http:
        answers = post(http, lines(*items))
    assert [answer["id"] for answer in answers] == [item["id"] for item in items]
    types = {"reply": "classification", "message": "report", "what": "problem"}
    assert [answer["type"] for answer in answers] == [types[list(item)[1]] for item in items]


def test_a_client_that_leaves_harms_nobody(server: str, client: httpx.Client) -> None:
    connection = Duplex(server)
    connection.send(b'{"reply": "250 ok"}\n')
    connection.close()
    assert client.get("/livez").status_code == 200


def test_a_long_stream_is_answered_whole_and_in_order(client: httpx.Client) -> None:
    one = [b'{"id": "%d", "reply": "250 ok"}\n' % i for i in range(5_000)]
    answers = post(client, (b"".join(one[at : at + 500]) for at in range(0, len(one), 500)))
    assert [answer["id"] for answer in answers] == [str(i) for i in range(5_000)]


def split(chunks: list[bytes], limit: int) -> list[Line]:
    splitter = LineSplitter(limit)
    return [line for chunk in chunks for line in splitter.feed(chunk)] + list(splitter.finish())


@given(st.lists(st.text(alphabet="ab\n\r ", max_size=12).map(str.encode), max_size=8))
def test_lines_do_not_depend_on_the_pieces_they_come_in(chunks: list[bytes]) -> None:
    whole = [line.strip() for line in b"".join(chunks).split(b"\n") if line.strip()]
    assert split(chunks, 1_000) == whole
    assert [isinstance(line, InputError) for line in split(chunks, 5)] == [
        isinstance(line, InputError) for line in split([b"".join(chunks)], 5)
    ]
