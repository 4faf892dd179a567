"""The endpoints as an ASGI application: what each question is answered with, and requests that follow each other on a connection."""

import asyncio
import gzip
import json
import socket
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from fastapi import Request, Response
from starlette.types import Message, Receive, Scope, Send

from bounce_verdict.contract.inputs import command_named
from bounce_verdict.metrics import Metrics
from bounce_verdict.model import COMMANDS, Rulebook
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.parse.smtp_commands import resolve_command
from bounce_verdict.settings import Settings
from bounce_verdict.web.application import create_app
from bounce_verdict.web.routing import KeyedRoute
from bounce_verdict.web.service import Service

JSON = (b"content-type", b"application/json")
TEXT = (b"content-type", b"text/plain")
NDJSON = (b"content-type", b"application/x-ndjson")
MAIL = (b"content-type", b"message/rfc822")
REPLY, MESSAGE, BATCH = "/v1/classify/reply", "/v1/classify/message", "/v1/classify/batch"
Fields = Sequence[tuple[bytes, bytes]]


class Question(NamedTuple):
    """A POST. left: the client leaves before the end of the body."""

    path: str
    fields: Fields
    pieces: Sequence[bytes] = ()
    query: bytes = b""
    left: bool = False


def scope_of(question: Question) -> Scope:
    return {
        "type": "http", "method": "POST", "path": question.path, "raw_path": question.path.encode(), "root_path": "",
        "query_string": question.query, "headers": list(question.fields), "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2), "scheme": "http", "http_version": "1.1", "state": {},
    }  # fmt: skip


async def ask(app: object, question: Question) -> list[Message]:
    """What is sent back."""
    sent: list[Message] = []
    pieces = [{"type": "http.request", "body": piece, "more_body": True} for piece in question.pieces]
    pieces.append({"type": "http.disconnect"} if question.left else {"type": "http.request", "body": b"", "more_body": False})
    coming = iter(pieces)

    async def receive() -> Message:
        return next(coming)

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope_of(question), receive, send)  # type: ignore[operator]  # an ASGI application
    return sent


def declared(*fields: tuple[bytes, bytes], length: int) -> Fields:
    return [*fields, (b"content-length", str(length).encode())]


GOOD = b'{"reply": "550 5.1.1 user unknown", "command": "RCPT", "id": "a"}'
MAIL_TEXT = b"From: MAILER-DAEMON@mx.example.net\nSubject: Undelivered\n\n<ana@example.org>: 550 5.1.1 user unknown\n"
QUESTIONS = {
    "a reply": (200, Question(REPLY, declared(JSON, length=len(GOOD)), [GOOD])),
    "a reply in pieces": (200, Question(REPLY, declared(JSON, length=len(GOOD)), [GOOD[:20], b"", GOOD[20:]])),
    "a chunked reply": (200, Question(REPLY, [JSON, (b"transfer-encoding", b"chunked")], [GOOD])),
    "a byte order mark": (200, Question(REPLY, declared(JSON, length=len(GOOD) + 3), [b"\xef\xbb", b"\xbf" + GOOD])),
    "a compressed reply": (200, Question(REPLY, [JSON, (b"content-encoding", b"gzip")], [gzip.compress(GOOD)])),
    "a charset": (200, Question(REPLY, [(b"content-type", b"Text/Plain; charset=latin1")], [b"550 inconnu \xe9"])),
    "text and a query": (200, Question(REPLY, [TEXT], [b"452 full"], b"command=RCPT&id=7")),
    "a message": (200, Question(MESSAGE, [MAIL, (b"x-envelope-to", b"b+1@news.example")], [MAIL_TEXT])),
    "lines": (200, Question(BATCH, [NDJSON], [GOOD + b"\n{}\n", b"x\n", GOOD])),
    "an array": (200, Question(BATCH, [JSON], [b"[" + GOOD + b"," + GOOD + b"]"])),
    "no JSON": (400, Question(REPLY, [JSON], [b"{"])),
    "a client that leaves": (400, Question(REPLY, [JSON], [GOOD[:9]], left=True)),
    "a client that leaves what it declared": (400, Question(REPLY, declared(JSON, length=90), [GOOD[:9]], left=True)),
    "broken gzip": (400, Question(REPLY, [JSON, (b"content-encoding", b"gzip")], [b"x"])),
    "an empty body": (400, Question(REPLY, declared(JSON, length=0))),
    "a body declared too large": (413, Question(REPLY, declared(JSON, length=10_000_000), [GOOD])),
    "a body that is too large": (413, Question(REPLY, [JSON], [b" " * 600, b" " * 600])),
    "a small body beyond the limit": (413, Question(REPLY, declared(JSON, length=1_100), [b" " * 1_100])),
    "too many items": (413, Question(BATCH, [JSON], [b"[" + b",".join([b"{}"] * 6) + b"]"])),
    "no type": (415, Question(REPLY, [], [GOOD])),
    "two types": (415, Question(REPLY, [(b"content-type", b"text/html"), JSON], [GOOD])),
    "another coding": (415, Question(REPLY, [JSON, (b"content-encoding", b"br")], [GOOD])),
    "two codings": (415, Question(REPLY, [JSON, (b"content-encoding", b"gzip"), (b"content-encoding", b"gzip")], [GOOD])),
    "a parameter": (422, Question(REPLY, [JSON], [GOOD], b"command=RCPT")),
    "an unknown key": (422, Question(REPLY, [JSON], [b'{"replay": ""}'])),
    "an unknown command": (422, Question(REPLY, [JSON], [b'{"reply": "550 no", "command": "FROB"}'])),
    "an empty message": (422, Question(MESSAGE, [MAIL])),
    "an envelope given twice": (422, Question(MESSAGE, [MAIL, *[(b"x-envelope-to", b"a@b.example")] * 2], [MAIL_TEXT])),
    "an array of numbers": (422, Question(BATCH, [JSON], [b"[1]"])),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_has_its_status_and_the_headers_of_every_answer(classifier: Pipeline, name: str) -> None:
    status, question = QUESTIONS[name]
    app = create_app(Service(Settings(log_level="warning", max_body=1_000, max_batch_items=5), classifier, Metrics()))
    head = asyncio.run(ask(app, question))[0]
    assert head["status"] == status
    assert {b"x-content-type-options", b"cache-control", b"x-request-id"} <= set(dict(head["headers"]))


def test_every_route_asks_for_its_key(classifier: Pipeline) -> None:
    app = create_app(Service(Settings(), classifier, Metrics()))
    assert [route for route in app.routes if not isinstance(route, KeyedRoute)] == []


@pytest.mark.parametrize(("written", "statuses"), [(False, [500]), (True, [200])])
def test_a_fault_of_an_endpoint_is_a_500_where_nothing_was_sent(
    classifier: Pipeline, caplog: pytest.LogCaptureFixture, *, written: bool, statuses: list[int]
) -> None:
    class Faulty(Response):
        async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
            if written:
                await send({"type": "http.response.start", "status": 200, "headers": []})
            raise ValueError("ana.secret@example.org")

    async def faulty(_: Request) -> Response:
        return Faulty()

    app = create_app(Service(Settings(), classifier, Metrics()))
    app.router.add_api_route("/faulty", faulty, methods=["POST"], route_class_override=KeyedRoute)
    sent = asyncio.run(ask(app, Question("/faulty", [])))
    assert [message["status"] for message in sent if "status" in message] == statuses
    assert "fault: ValueError at" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_goes_by_its_own_name(book: Rulebook, command: str) -> None:
    assert command_named(command, {}) == command == resolve_command(command, book.commands)


def exchange_raw(base: str, *pieces: bytes) -> bytes:
    """All that the server sends until it closes the connection."""
    parts = urlsplit(base)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20) as connection:
        for piece in pieces:
            connection.sendall(piece)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def post(identity: str, *fields: str, version: str = "1.1") -> bytes:
    body = json.dumps({"reply": "550 5.1.1 no", "id": identity}).encode()
    head = [f"POST {REPLY} HTTP/{version}", "host: x", "content-type: application/json", f"content-length: {len(body)}", *fields]
    return "\r\n".join([*head, "\r\n"]).encode() + body


def test_requests_sent_at_once_are_answered_in_order(server: str) -> None:
    many = b"".join(post(f"n{number}") for number in range(20)) + post("last", "connection: close")
    heads = exchange_raw(server, many).split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert [json.loads(head.partition(b"\r\n\r\n")[2])["id"] for head in heads] == [
        *[f"n{number}" for number in range(20)],
        "last",
    ]
    assert [b"connection: close" in head for head in heads] == [False] * 20 + [True]


def test_an_old_client_is_answered_and_left(server: str) -> None:
    head, _, body = exchange_raw(server, post("a", version="1.0")).partition(b"\r\n\r\n")
    assert b"connection: close" in head
    assert f"content-length: {len(body)}".encode() in head
    assert b"\ndate: " in head


def test_who_asks_whether_to_go_on_is_told_to(server: str) -> None:
    whole = post("a", "expect: 100-continue", "connection: close")
    head, _, body = whole.partition(b"\r\n\r\n")
    told = exchange_raw(server, head + b"\r\n\r\n", body)
    assert told.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
