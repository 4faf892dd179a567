"""POST /v1/classify/reply: JSON or the text itself in, one classification out."""

from dataclasses import fields
from typing import Any

import httpx
import pytest

from bounce_verdict.model import Classification

PATH = "/v1/classify/reply"
TEXT = {"content-type": "text/plain"}


def post(client: httpx.Client, **given: Any) -> httpx.Response:
    return client.post(PATH, json=given)


def field_at_fault(response: httpx.Response) -> str:
    """The field that a 422 names, in a problem document that is whole."""
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (problem["status"], problem["title"]) == (422, "Unprocessable Content")
    return str(problem["errors"][0]["field"])


def test_a_reply_is_answered_with_every_field(client: httpx.Client) -> None:
    response = post(client, reply="550 5.1.1 <ana@example.org>: user unknown", command="RCPT")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    answer = response.json()
    assert list(answer) == [field.name for field in fields(Classification)]
    assert (answer["verdict"], answer["reason"], answer["suppress"]) == ("permanent", "mailbox-unknown", "now")
    assert answer["reply"]["code"] == 550
    assert answer["reply"]["enhanced_status"] == "5.1.1"
    assert answer["evidence"]


def test_the_digest_and_the_version_are_in_the_answer(client: httpx.Client) -> None:
    answer = post(client, reply="250 ok").json()
    assert answer["rules_digest"].startswith("sha256:")
    assert answer["version"] == client.get("/readyz").json()["version"]


def test_what_the_caller_knows_is_in_the_answer(client: httpx.Client) -> None:
    answer = post(
        client, reply="452 4.2.2 full", id="x-1", recipient="ana@example.org", remote_mta="mx.example.org", action="delayed"
    ).json()
    assert (answer["id"], answer["recipient"], answer["remote_mta"]) == ("x-1", "ana@example.org", "mx.example.org")
    assert answer["recipient_source"] == "request"
    assert answer["action"] == "delayed"
    assert answer["suppress"] == "never"


@pytest.mark.parametrize("name", ["end of DATA", "received data", ".", "dot", "eod"])
def test_a_command_goes_by_the_names_in_use(client: httpx.Client, name: str) -> None:
    assert post(client, reply="554 no", command=name).json()["reply"]["command"] == "EOD"


def test_a_reply_may_be_the_text_itself(client: httpx.Client) -> None:
    response = client.post(
        f"{PATH}?command=rcpt%20to&remote_mta=mx.example.org&action=failed&id=7",
        content="550 5.1.1 user unknown\r\n",
        headers=TEXT,
    )
    answer = response.json()
    assert (answer["verdict"], answer["reply"]["command"], answer["remote_mta"]) == ("permanent", "RCPT", "mx.example.org")
    assert (answer["action"], answer["id"]) == ("failed", "7")


def test_the_charset_of_a_plain_text_is_honoured(client: httpx.Client) -> None:
    headers = {"content-type": "text/plain; charset=koi8-r"}
    answer = client.post(PATH, content="550 почтовый ящик".encode("koi8-r"), headers=headers).json()
    assert answer["reply"]["text"] == "почтовый ящик"


@pytest.mark.parametrize("charset", ["utf-8", "utf-7", "utf-16", "idna", "no-such-charset", "base64", "x" * 500])
def test_binary_junk_is_answered_whatever_charset_it_claims(client: httpx.Client, charset: str) -> None:
    junk = bytes(range(256)) * 20
    response = client.post(PATH, content=junk, headers={"content-type": f"text/plain; charset={charset}"})
    assert response.status_code == 200


def test_a_text_without_code_or_known_phrase_is_no_error(client: httpx.Client) -> None:
    response = post(client, reply="lorem ipsum dolor sit amet")
    assert response.status_code == 200
    answer = response.json()
    assert (answer["verdict"], answer["decided_by"], answer["reason"]) == (None, "nothing", "undetermined")


def test_a_request_without_any_text_is_answered_undetermined(client: httpx.Client) -> None:
    for response in (post(client), post(client, reply=" \r\n "), client.post(PATH, content=b"", headers=TEXT)):
        assert response.status_code == 200
        answer = response.json()
        assert (answer["verdict"], answer["reason"], answer["reply"]) == (None, "undetermined", None)


def test_without_a_text_the_status_decides_and_else_the_category_of_the_source(client: httpx.Client) -> None:
    by_status = post(client, status="5.1.1", recipient="ana@example.org").json()
    assert (by_status["verdict"], by_status["decided_by"], by_status["status"]) == ("permanent", "enhanced-status", "5.1.1")
    by_category = post(client, category="Soft bounce", source="mailtrap", action="failed").json()
    assert (by_category["verdict"], by_category["suppress"]) == ("retry", "if-repeated")
    assert by_category["decided_by"] == "source-category"


def test_the_text_outranks_status_and_category(client: httpx.Client) -> None:
    answer = post(client, reply="452 4.2.2 mailbox full", status="5.1.1", category="hard_bounce", source="mandrill").json()
    assert (answer["verdict"], answer["decided_by"]) == ("storage", "rule")


def test_a_word_that_the_source_has_not_decides_nothing(client: httpx.Client) -> None:
    assert post(client, category="teleported", source="mandrill").json()["verdict"] is None


def test_an_id_may_be_an_integer_and_a_time_is_answered_in_utc(client: httpx.Client) -> None:
    answer = post(client, reply="550 5.1.1 no such user", id=7, occurred_at="2026-11-29T10:00:00+01:00").json()
    assert (answer["id"], answer["last_attempt_date"]) == (7, "2026-11-29T09:00:00Z")
    assert post(client, reply="550 5.1.1 no such user", id=8).json()["id"] == 8


def test_a_category_names_its_source_and_a_time_its_zone(client: httpx.Client) -> None:
    assert field_at_fault(post(client, category="spam")) == "source"
    assert field_at_fault(post(client, category="spam", source="carrierpigeon")) == "source"
    assert field_at_fault(post(client, reply="550 no", occurred_at="2026-11-29 10:00")) == "occurred_at"
    assert field_at_fault(post(client, status="5.1")) == "status"
    assert field_at_fault(client.post(f"{PATH}?category=spam", content=b"550 no", headers=TEXT)) == "source"


def test_an_unknown_command_is_refused(client: httpx.Client) -> None:
    assert field_at_fault(post(client, reply="550 no", command="FROBNICATE")) == "command"
    assert field_at_fault(client.post(f"{PATH}?command=frob", content=b"550 no", headers=TEXT)) == "command"


def test_an_unknown_action_is_refused_and_the_known_ones_are_told(client: httpx.Client) -> None:
    response = post(client, reply="550 no", action="exploded")
    assert field_at_fault(response) == "action"
    assert "failed, delayed, delivered, relayed, expanded" in response.json()["detail"]
    assert field_at_fault(client.post(f"{PATH}?action=exploded", content=b"550 no", headers=TEXT)) == "action"


def test_an_unknown_key_is_refused_by_name(client: httpx.Client) -> None:
    response = post(client, reply="550 no", comand="RCPT")
    assert field_at_fault(response) == "comand"
    assert "known are reply, command, remote_mta, recipient, action, id" in response.json()["detail"]


def test_a_key_that_is_no_word_is_not_quoted(client: httpx.Client) -> None:
    response = client.post(PATH, content='{"reply": "x", "ana@example.org": 1}', headers={"content-type": "application/json"})
    assert field_at_fault(response) == "body"
    assert "ana" not in response.text


@pytest.mark.parametrize("given", [{"reply": 550}, {"reply": ["550"]}, {"reply": {"a": 1}}])
def test_a_reply_must_be_a_string(client: httpx.Client, given: dict[str, Any]) -> None:
    assert field_at_fault(post(client, **given)) == "reply"


@pytest.mark.parametrize("body", ["[]", '"550 no"', "550", "null"])
def test_a_body_must_be_an_object(client: httpx.Client, body: str) -> None:
    assert field_at_fault(client.post(PATH, content=body, headers={"content-type": "application/json"})) == "body"


def test_an_overlong_id_is_refused(client: httpx.Client) -> None:
    assert field_at_fault(post(client, reply="550 no", id="x" * 1_001)) == "id"


def test_an_unknown_query_parameter_is_refused(client: httpx.Client) -> None:
    assert field_at_fault(client.post(f"{PATH}?comand=RCPT", content=b"550 no", headers=TEXT)) == "comand"
    assert field_at_fault(client.post(f"{PATH}?ana%40example.org=1", content=b"550 no", headers=TEXT)) == "query"
    assert field_at_fault(client.post(f"{PATH}?id=1&id=2", content=b"550 no", headers=TEXT)) == "id"


def test_json_takes_no_query_parameter(client: httpx.Client) -> None:
    response = client.post(f"{PATH}?command=RCPT", json={"reply": "550 no"})
    assert field_at_fault(response) == "command"


NO_JSON = {
    "nothing": b"",
    "a brace": b"{",
    "cut off": b'{"reply": "550 no"',
    "NaN": b'{"reply": NaN}',
    "Infinity": b'{"reply": -Infinity}',
    "a lone high surrogate": b'{"reply": "\\ud800"}',
    "a lone low surrogate": b'{"reply": "\\udc00 x"}',
    "a surrogate as bytes": b'{"reply": "\xed\xa0\x80"}',
    "not UTF-8": b'{"reply": "\xff"}',
    "a bare line end": b'{"reply": "a\nb"}',
    "single quotes": b"{'reply': '550'}",
    "words behind": b'{"reply": "550"} x',
    "UTF-16": '{"reply": "550"}'.encode("utf-16"),
    "junk": b"\x00\x01\x02",
}


@pytest.mark.parametrize("name", NO_JSON)
def test_what_is_not_json_is_a_400(client: httpx.Client, name: str) -> None:
    response = client.post(PATH, content=NO_JSON[name], headers={"content-type": "application/json"})
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == 400


def test_deep_json_is_refused(client: httpx.Client) -> None:
    body = b'{"reply": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert field_at_fault(client.post(PATH, content=body, headers={"content-type": "application/json"})) == "reply"


def test_a_byte_order_mark_is_left_out(client: httpx.Client) -> None:
    response = client.post(PATH, content=b'\xef\xbb\xbf{"reply": "550 no"}', headers={"content-type": "application/json"})
    assert response.status_code == 200


def test_the_last_of_two_equal_keys_counts(client: httpx.Client) -> None:
    body = b'{"reply": "250 ok", "reply": "452 4.2.2 mailbox full"}'
    answer = client.post(PATH, content=body, headers={"content-type": "application/json; charset=utf-8"}).json()
    assert answer["verdict"] == "storage"


def test_no_problem_quotes_what_was_sent(client: httpx.Client) -> None:
    secret = "ana.secret@example.org"  # noqa: S105  # an address
    for given in (
        {"reply": "x", "command": secret},
        {"reply": "x", "action": secret},
        {"reply": "x", secret: 1},
        {"reply": {secret: secret}},
        {"reply": "x", "id": {secret: 1}},
    ):
        response = post(client, **given)
        assert response.status_code == 422
        assert "secret" not in response.text
