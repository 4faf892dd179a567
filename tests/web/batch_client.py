"""Batches as a client sends and reads them."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx

from bounce_verdict.settings import Settings

PATH = "/v1/classify/batch"
NDJSON = {"content-type": "application/x-ndjson"}
MAIL = "From: MAILER-DAEMON@mx.example.net\nSubject: Undelivered\n\n<ana@example.org>: 550 5.1.1 user unknown\n"
Answers = list[dict[str, Any]]
Serve = Callable[[Settings], AbstractContextManager[str]]


def lines(*items: Any) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in items)


def read(response: httpx.Response) -> Answers:
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/x-ndjson"
    answers = [json.loads(line) for line in response.text.splitlines()]
    assert [answer["index"] for answer in answers] == list(range(len(answers)))
    return answers


def post(client: httpx.Client, body: bytes | Iterator[bytes], **headers: str) -> Answers:
    return read(client.post(PATH, content=body, headers={**NDJSON, **headers}))


def only(answers: Answers) -> dict[str, Any]:
    assert len(answers) == 1
    return answers[0]


def field_at_fault(answer: dict[str, Any]) -> str:
    assert (answer["type"], answer["result"]["status"]) == ("problem", 422)
    return str(answer["result"]["errors"][0]["field"])
