"""The direct way to the busiest endpoints: it answers as FastAPI's way does, byte by byte, on any connection."""

import asyncio
import gzip
import json
import socket
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from starlette.types import Message, Scope

from bounce_verdict.errors import InputError
from bounce_verdict.metrics import Metrics
from bounce_verdict.model import COMMANDS, Rulebook
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.context import resolve_command
from bounce_verdict.settings import Settings
from bounce_verdict.web import create_app
from bounce_verdict.web.direct import Direct
from bounce_verdict.web.exchange import Exchange
from bounce_verdict.web.inputs import command_named
from bounce_verdict.web.problems import LARGE
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


OURS = {b"x-content-type-options", b"cache-control", b"x-request-id", b"traceparent"}  # what the edge adds to every answer


def answer(messages: list[Message]) -> tuple[int, dict[bytes, bytes], bytes]:
    fields = {name: text for name, text in messages[0]["headers"] if name not in OURS}
    return messages[0]["status"], fields, b"".join(message["body"] for message in messages[1:])


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
def test_the_direct_answer_is_fastapis(classifier: Pipeline, name: str) -> None:
    status, question = QUESTIONS[name]
    app = create_app(Service(Settings(log_level="warning", max_body=1_000, max_batch_items=5), classifier, Metrics()))

    async def both() -> tuple[list[Message], list[Message]]:
        return await ask(app, question), await ask(lambda *rest: FastAPI.__call__(app, *rest), question)

    direct, framed = asyncio.run(both())
    assert answer(direct) == answer(framed)
    assert answer(direct)[0] == status


def test_every_answer_on_the_direct_way_has_what_the_edge_adds(classifier: Pipeline) -> None:
    app = create_app(Service(Settings(log_level="warning"), classifier, Metrics()))
    for _, question in QUESTIONS.values():
        fields = dict(asyncio.run(ask(app, question))[0]["headers"])
        assert {b"x-content-type-options", b"cache-control", b"x-request-id"} <= set(fields)


async def faulty(exchange: Exchange, _: Service) -> None:
    exchange.scope[LARGE] = place = asyncio.Semaphore(1)
    await place.acquire()
    exchange.scope["place"] = place
    raise ValueError("ana.secret@example.org")


async def faulty_within(exchange: Exchange, _: Service) -> None:
    await exchange.send({"type": "http.response.start", "status": 200, "headers": []})
    raise InputError("reply", "is late")


@pytest.mark.parametrize(("endpoint", "statuses"), [(faulty, [500]), (faulty_within, [200])])
def test_a_fault_on_the_direct_way_is_a_500_where_nothing_was_sent(
    classifier: Pipeline, caplog: pytest.LogCaptureFixture, endpoint: object, statuses: list[int]
) -> None:
    known = Service(Settings(), classifier, Metrics())
    scope = scope_of(Question(REPLY, []))

    async def serve(_: Scope, receive: object, send: object) -> None:
        await Direct(endpoint, known).serve(Exchange(scope, receive, send, tracing=False))  # type: ignore[arg-type]

    sent = asyncio.run(ask(serve, Question(REPLY, [])))
    assert [message["status"] for message in sent if "status" in message] == statuses
    assert "fault:" in caplog.text
    assert "secret" not in caplog.text
    assert "place" not in scope or not scope["place"].locked()


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
