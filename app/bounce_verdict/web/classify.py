"""POST /v1/classify/reply and /v1/classify/message: one question, one answer.

`ENDPOINTS` are what answers (app/bounce_verdict/web/direct.py). FastAPI's handlers around them are for the contract, and for where it traces.
"""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from starlette.types import Scope

from bounce_verdict.model import ACTIONS, Classification, MessageInput, Report, value
from bounce_verdict.pipeline.intake.charsets import decode
from bounce_verdict.response import JSON, PROBLEM_JSON, encode
from bounce_verdict.web.bodies import media_type, read_body
from bounce_verdict.web.contract import Document, answers, parameter, reference, takes
from bounce_verdict.web.decoding import decode_json, decode_parameters
from bounce_verdict.web.direct import Endpoint
from bounce_verdict.web.examples import CLASSIFICATION, MESSAGE, REPLY, REPORT
from bounce_verdict.web.exchange import Asked
from bounce_verdict.web.inputs import ReplyRequest, header, message_input, query, reply_input
from bounce_verdict.web.service import Service, service
from bounce_verdict.web.tally import tally

REPLY_PATH, MESSAGE_PATH = "/v1/classify/reply", "/v1/classify/message"
REPLY_TYPES = (JSON, "text/plain")
MESSAGE_TYPES = ("message/rfc822", "application/octet-stream", "text/plain")
OK = 200
REPLY_PARAMETERS = ("command", "remote_mta", "action", "id")

_TEXT = {"type": "string"}
_PARAMETERS = (
    parameter("command", "query", "With text/plain: the command that was answered.", _TEXT, "RCPT"),
    parameter("remote_mta", "query", "With text/plain: the server that answered.", _TEXT, "mx.example.org"),
    parameter("action", "query", "With text/plain: the action of the report.", {"type": "string", "enum": list(ACTIONS)}),
    parameter("id", "query", "With text/plain: your own id, echoed.", _TEXT),
)
_ENVELOPE = (
    parameter("X-Envelope-To", "header", "The address that the message arrived at.", _TEXT, "bounces+42@news.example.com"),
    parameter("X-Envelope-From", "header", "The message's envelope sender; empty for the null sender.", _TEXT),
)


def add_routes(app: FastAPI) -> None:
    """Add the two endpoints, their contract beside them."""
    example = {"reply": REPLY, "command": "RCPT", "remote_mta": "gmail-smtp-in.l.google.com", "recipient": "ana@example.org"}
    taken: dict[str, Document] = {
        JSON: {"schema": reference("ReplyRequest"), "example": example},
        "text/plain": {"schema": _TEXT, "example": REPLY},
    }
    app.add_api_route(
        REPLY_PATH,
        classify_reply,
        methods=["POST"],
        tags=["classify"],
        summary="Judge one reply",
        response_model=Classification,
        responses=answers("The verdict, with its evidence.", CLASSIFICATION, [400, 413, 415, 422]),
        openapi_extra=takes(taken, "The reply.", _PARAMETERS),
    )
    app.add_api_route(
        MESSAGE_PATH,
        classify_message,
        methods=["POST"],
        tags=["classify"],
        summary="Read one message",
        response_model=Report,
        responses=answers("What the message is, and a verdict for each recipient it reports.", REPORT, [400, 413, 415, 422]),
        openapi_extra=takes(
            {media: {"schema": _TEXT, "example": MESSAGE} for media in MESSAGE_TYPES}, "The raw message.", _ENVELOPE
        ),
    )


@value
class GivenReply:
    """A request for one reply: its body, that body's media type and charset, and the query's parameters (of text/plain alone)."""

    body: bytes
    media: str
    charset: str | None
    parameters: dict[str, str]


async def classify_reply(request: Request) -> Response:
    """One Classification for one reply, given as JSON or as the plain text itself."""
    return await _as_fastapi_asks(request, reply)


async def reply(asked: Asked, known: Service) -> tuple[int, bytes]:
    """The status and the encoded Classification, or a reader's problem document. Raises InputError, Refusal and ReaderLost."""
    media, charset = media_type(asked, REPLY_TYPES)
    parameters = query(asked.scope) if media == JSON else query(asked.scope, *REPLY_PARAMETERS)
    body = await read_body(asked, known, known.settings.max_body)
    if known.readers is not None and len(body) > known.settings.max_inline:
        return await known.readers.reply(asked.scope, media, charset, parameters, body)
    return OK, answer_reply(asked.scope, GivenReply(body, media, charset, parameters), known)


def answer_reply(scope: Scope, told: GivenReply, known: Service) -> bytes:
    """The encoded Classification. Raises InputError and Refusal for what is no request for one."""
    if told.media == JSON:
        given = decode_json(told.body, ReplyRequest)
    else:
        given = decode_parameters({**told.parameters, "reply": decode(told.body, told.charset)}, ReplyRequest)
    answer = known.pipeline.reply(reply_input(given, known.pipeline.book.commands))
    tally(scope, known.metrics, answer)
    return encode(answer)


async def classify_message(request: Request) -> Response:
    """One Report for one raw message; the envelope comes in headers, since URLs get logged."""
    return await _as_fastapi_asks(request, message)


async def message(asked: Asked, known: Service) -> tuple[int, bytes]:
    """The status and the encoded Report. Raises InputError, Refusal and ReaderLost."""
    media_type(asked, MESSAGE_TYPES)
    query(asked.scope)
    envelope_to, envelope_from = header(asked, "X-Envelope-To"), header(asked, "X-Envelope-From")
    raw = await read_body(asked, known, known.settings.max_body)
    given = message_input(raw, envelope_to, envelope_from)
    if known.readers is not None and len(raw) > known.settings.max_inline:
        return OK, await known.readers.message(asked.scope, given)
    return OK, answer_message(asked.scope, given, known)


def answer_message(scope: Scope, given: MessageInput, known: Service) -> bytes:
    """The encoded Report."""
    answer = known.pipeline.message(given)
    tally(scope, known.metrics, answer)
    return encode(answer)


async def _as_fastapi_asks(request: Request, endpoint: Callable[[Asked, Service], Awaitable[tuple[int, bytes]]]) -> Response:
    status, body = await endpoint(Asked(request.scope, request.receive), service(request))
    return Response(body, status, media_type=JSON if status == OK else PROBLEM_JSON)


ENDPOINTS: dict[str, Endpoint] = {REPLY_PATH: reply, MESSAGE_PATH: message}
