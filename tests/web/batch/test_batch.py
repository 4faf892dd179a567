"""POST /v1/classify/batch: each item in its place, whatever is on a line."""

import base64
import gzip
import json
import time
from collections.abc import Iterator

import httpx
import pytest
import zstandard

from bounce_verdict.settings import Settings
from tests.duplex import Duplex
from tests.web.batch_client import MAIL, NDJSON, PATH, Serve, field_at_fault, lines, only, post, read


def test_each_item_is_answered_in_its_place(client: httpx.Client) -> None:
    encoded = base64.b64encode(MAIL.encode()).decode()
    answers = post(client, lines({"id": "a", "reply": "550 5.1.1 no"}, {"id": "b", "message": MAIL}, {"message_base64": encoded}))
    assert [(answer["id"], answer["type"]) for answer in answers] == [("a", "classification"), ("b", "report"), (None, "report")]
    assert answers[0]["result"]["verdict"] == "permanent"
    assert answers[1]["result"]["id"] == "b"
    assert answers[1]["result"]["recipients"] == answers[2]["result"]["recipients"]


def test_a_reply_is_answered_as_it_is_alone(client: httpx.Client) -> None:
    item = {
        "id": "a",
        "reply": "452 4.2.2 full",
        "command": "rcpt to",
        "remote_mta": "mx.example.org",
        "recipient": "ana@example.org",
    }
    assert only(post(client, lines(item)))["result"] == client.post("/v1/classify/reply", json=item).json()


def test_a_message_takes_its_envelope(client: httpx.Client) -> None:
    item = {"message": MAIL, "envelope_to": "bounces@news.example.com", "envelope_from": ""}
    assert only(post(client, lines(item)))["result"]["message"]["envelope_to"] == "bounces@news.example.com"


def test_a_message_takes_who_we_are(client: httpx.Client) -> None:
    known = {"sender": "news@news.example.com", "sending_ip": "192.0.2.1", "sending_host": "out.news.example.com"}
    assert only(post(client, lines({"message": MAIL, **known})))["type"] == "report"


def test_an_array_is_answered_likewise(client: httpx.Client) -> None:
    items = [{"reply": "550 5.1.1 no", "id": "a"}, {"message": ""}, {"reply": "250 ok", "id": "c"}]
    answers = read(client.post(PATH, json=items))
    assert [answer["type"] for answer in answers] == ["classification", "problem", "classification"]
    assert [answer["id"] for answer in answers] == ["a", None, "c"]


@pytest.mark.parametrize("body", [b"", b"\n", b"\r\n \n", b"\xef\xbb\xbf"])
def test_an_empty_batch_has_an_empty_answer(client: httpx.Client, body: bytes) -> None:
    assert post(client, body) == []


def test_an_empty_array_has_an_empty_answer(client: httpx.Client) -> None:
    assert read(client.post(PATH, json=[])) == []


def test_empty_lines_and_a_missing_last_line_end_do_not_matter(client: httpx.Client) -> None:
    body = b'\xef\xbb\xbf{"reply": "250 a"}\r\n\r\n\n{"reply": "250 b"}'
    assert [answer["result"]["reply"]["text"] for answer in post(client, body)] == ["a", "b"]


BAD_LINES: dict[str, tuple[bytes, int]] = {
    "words": (b"not json", 400),
    "cut off": (b'{"reply": "550 no"', 400),
    "NaN": (b'{"reply": NaN}', 400),
    "lone surrogate": (b'{"reply": "\\ud800"}', 400),
    "not UTF-8": (b'{"reply": "\xff"}', 400),
    "deep array": (b"[" * 100_000, 422),
    "deep value": (b'{"reply": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 422),
    "deep object": (b'{"x": ' * 100_000, 422),
    "a number": (b"5", 422),
    "nothing in it": (b"{}", 422),
    "empty message": (b'{"message": ""}', 422),
    "unknown command": (b'{"reply": "550 no", "command": "FROB"}', 422),
    "unknown key": (b'{"reply": "550 no", "log": "x"}', 422),
    "not base64": (b'{"message_base64": "*"}', 422),
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_bad_line_is_a_problem_in_its_place(client: httpx.Client, name: str) -> None:
    line, status = BAD_LINES[name]
    good = b'{"reply": "250 ok"}\n'
    answers = post(client, good + line + b"\n" + good)
    assert [answer["type"] for answer in answers] == ["classification", "problem", "classification"]
    assert answers[1]["result"]["status"] == status


def test_a_bad_item_of_an_array_is_a_problem_in_its_place(client: httpx.Client) -> None:
    body = b'[{"reply": "250 ok"}, {"message": ""}, {"reply": 5}, {"replay": "x"}, {"reply": "250 ok"}]'
    answers = read(client.post(PATH, content=body, headers={"content-type": "application/json"}))
    assert [answer["type"] for answer in answers] == ["classification", "problem", "problem", "problem", "classification"]


def test_an_array_of_other_things_is_refused_whole(client: httpx.Client) -> None:
    for body in (b"[1, 2]", b'{"reply": "250 ok"}', b"[[]]"):
        assert client.post(PATH, content=body, headers={"content-type": "application/json"}).status_code == 422


def test_an_array_that_is_no_json_is_refused_whole(client: httpx.Client) -> None:
    for body in (b"[{]", b'[{"reply": NaN}]', b'[{"reply": "\\ud800"}]', b'[{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}]"):
        assert client.post(PATH, content=body, headers={"content-type": "application/json"}).status_code == 400


def test_an_array_of_more_than_10_000_items_is_a_413(client: httpx.Client) -> None:
    response = client.post(PATH, content=b"[" + b"{}," * 10_000 + b"{}]", headers={"content-type": "application/json"})
    assert response.status_code == 413
    assert response.json()["limit"] == "max_batch_items 10000"


def test_an_array_beyond_the_body_limit_is_a_413(client: httpx.Client) -> None:
    response = client.post(PATH, content=b"[" + b" " * 10_485_760 + b"]", headers={"content-type": "application/json"})
    assert response.status_code == 413


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"reply": "550 no", "message": "x"}, "item"),
        ({"id": "a"}, "item"),
        ({"reply": "550 no", "envelope_to": "a@example.org"}, "envelope_to"),
        ({"message": "x", "command": "RCPT"}, "command"),
        ({"message": ""}, "message"),
        ({"message_base64": ""}, "message_base64"),
        ({"reply": "550 no", "action": "x"}, "action"),
        ({"reply": "550 no", "comand": "x"}, "comand"),
        ({"message": "x", "status": "5.1.1"}, "status"),
        ({"status": "5.1"}, "status"),
        ({"category": "hard_bounce"}, "source"),
        ({"category": "hard_bounce", "source": "carrierpigeon"}, "source"),
        ({"reply": "550 no", "occurred_at": "yesterday"}, "occurred_at"),
    ],
)
def test_the_field_at_fault_is_named(client: httpx.Client, item: dict[str, str], field: str) -> None:
    assert field_at_fault(only(post(client, lines(item)))) == field


def test_the_id_of_a_bad_item_is_told(client: httpx.Client) -> None:
    assert only(post(client, lines({"id": "a", "comand": "RCPT"})))["id"] == "a"
    assert only(post(client, lines({"id": 5, "comand": "RCPT"})))["id"] == 5
    assert only(post(client, lines({"id": [], "reply": "550 no"})))["id"] is None


def test_a_status_or_a_category_is_judged_without_a_reply(client: httpx.Client) -> None:
    items = [{"id": 1, "status": "5.1.1"}, {"id": 2, "category": "spam", "source": "mandrill"}]
    answers = post(client, lines(*items))
    assert [(answer["id"], answer["result"]["verdict"], answer["result"]["decided_by"]) for answer in answers] == [
        (1, "permanent", "enhanced-status"),
        (2, "policy", "source-category"),
    ]


def test_base64_may_be_folded(client: httpx.Client) -> None:
    folded = base64.encodebytes(MAIL.encode() * 3).decode()
    assert only(post(client, lines({"message_base64": folded})))["type"] == "report"


def test_any_bytes_may_come_in_base64(client: httpx.Client) -> None:
    encoded = base64.b64encode(bytes(range(256))).decode()
    assert only(post(client, lines({"message_base64": encoded})))["result"]["kind"] == "not-a-report"


def test_compressed_lines_are_read(client: httpx.Client) -> None:
    body = lines(*[{"reply": f"250 {i}"} for i in range(1_000)])
    assert len(post(client, gzip.compress(body), **{"content-encoding": "gzip"})) == 1_000
    assert len(post(client, zstandard.compress(body), **{"content-encoding": "zstd"})) == 1_000


def test_compression_that_breaks_off_is_the_last_line(client: httpx.Client) -> None:
    body = gzip.compress(lines(*[{"reply": f"250 {i}"} for i in range(10)]))

    def pieces() -> Iterator[bytes]:
        yield body[:-8]
        time.sleep(0.1)
        yield b"junk"

    answers = post(client, pieces(), **{"content-encoding": "gzip"})
    assert answers[-1]["type"] == "problem"
    assert answers[-1]["result"]["status"] == 400


@pytest.mark.parametrize("junk", [b"\n", b"x"])
def test_a_compression_bomb_ends_with_a_problem(client: httpx.Client, junk: bytes) -> None:
    response = client.post(PATH, content=zstandard.compress(junk * 100_000_000), headers={**NDJSON, "content-encoding": "zstd"})
    last = json.loads(response.text.splitlines()[-1])
    assert "max_expansion 250" in {last.get("limit"), last.get("result", {}).get("limit")}


def test_a_line_over_the_limit_is_a_problem_in_its_place(serve: Serve) -> None:
    good = b'{"reply": "250 ok"}\n'
    with serve(Settings(max_batch_line=100)) as base, httpx.Client(base_url=base) as client:
        answers = post(client, good + b"x" * 1_000_000 + b"\n" + good + b"y" * 101)
        exact = post(client, b'{"reply": "250 ok"}'.ljust(100) + b"\n")
    assert [answer["type"] for answer in answers] == ["classification", "problem", "classification", "problem"]
    assert answers[1]["result"]["limit"] == "max_batch_line 100"
    assert only(exact)["type"] == "classification"


def test_a_message_over_the_body_limit_is_a_problem_in_its_place(serve: Serve) -> None:
    with serve(Settings(max_body=100)) as base, httpx.Client(base_url=base) as client:
        answers = post(client, lines({"message": "x" * 101}, {"message": "x" * 100}))
    assert answers[0]["result"]["limit"] == "max_body 100"
    assert answers[1]["type"] == "report"


def test_an_unknown_query_parameter_is_refused(client: httpx.Client) -> None:
    assert client.post(f"{PATH}?format=x", content=b"", headers=NDJSON).status_code == 422


def test_a_stream_over_its_limit_ends_with_a_problem(serve: Serve) -> None:
    good = b'{"reply": "250 ok"}\n'
    with serve(Settings(max_batch_body=200)) as base:
        connection = Duplex(base)
        connection.send(good)
        connection.head()
        assert json.loads(connection.chunk())["type"] == "classification"
        connection.send(good * 10)
        last = json.loads(b"".join(iter(connection.chunk, b"")).splitlines()[-1])
        connection.close()
    assert (last["type"], last["result"]["limit"]) == ("problem", "max_batch_body 200")


def test_a_declared_length_over_the_limit_is_refused_before_reading(serve: Serve) -> None:
    with serve(Settings(max_batch_body=200)) as base:
        assert httpx.post(base + PATH, content=b" " * 201, headers=NDJSON).status_code == 413


def test_every_line_of_a_long_batch_is_counted(serve: Serve) -> None:
    items = [{"reply": f"550 5.1.1 user unknown {number}"} for number in range(100)] + [{"message": MAIL}, {"what": 1}]
    with serve(Settings()) as base, httpx.Client(base_url=base) as http:
        post(http, lines(*items))
        page = http.get("/metrics").text
    for kind, times in (("classification", 100), ("report", 1), ("problem", 1)):
        assert f'bounces_batch_items_total{{type="{kind}"}} {times}.0\n' in page
    assert sum(float(line.split()[-1]) for line in page.splitlines() if line.startswith("bounces_rule_hits_total{")) == 101
