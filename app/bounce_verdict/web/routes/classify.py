"""POST /v1/classify/reply and /v1/classify/message: one question, one answer."""

from fastapi import FastAPI, Request, Response

from bounce_verdict.model import ACTIONS, Classification, Report
from bounce_verdict.response import JSON
from bounce_verdict.web.counting import count_answer
from bounce_verdict.web.judging import GivenReply, TooCostly, read_inline
from bounce_verdict.web.openapi.describe import Document, answers, parameter, reference, takes
from bounce_verdict.web.openapi.examples import CLASSIFICATION, MESSAGE, REPLY, REPORT
from bounce_verdict.web.request.body import media_type, read_body
from bounce_verdict.web.request.headers import address
from bounce_verdict.web.request.inputs import message_input
from bounce_verdict.web.request.query import query
from bounce_verdict.web.request.schemas import STATUS_PATTERN
from bounce_verdict.web.responses import EncodedResponse, json_response
from bounce_verdict.web.routing import LeanRoute
from bounce_verdict.web.service import service_of

_REPLY_TYPES = (JSON, "text/plain")
_MESSAGE_TYPES = ("message/rfc822", "application/octet-stream", "text/plain")
_REPLY_PARAMETERS = ("command", "remote_mta", "action", "id", "status", "category", "source", "occurred_at")

_STATUS = {"type": "string", "pattern": STATUS_PATTERN}
_TEXT = {"type": "string"}
_PARAMETERS = (
    parameter("command", "query", "With text/plain: the command that was answered.", _TEXT, "RCPT"),
    parameter("remote_mta", "query", "With text/plain: the server that answered.", _TEXT, "mx.example.org"),
    parameter("action", "query", "With text/plain: the action of the report.", {"type": "string", "enum": list(ACTIONS)}),
    parameter("id", "query", "With text/plain: your own id, echoed.", _TEXT),
    parameter("status", "query", "With text/plain: the enhanced status code, where it is given apart.", _STATUS, "5.1.1"),
    parameter("category", "query", "With text/plain: the source's own word for what happened.", _TEXT, "soft_bounce"),
    parameter("source", "query", "With text/plain: whose word that is.", _TEXT, "mandrill"),
    parameter("occurred_at", "query", "With text/plain: when it happened (RFC 3339).", _TEXT),
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
    app.router.add_api_route(
        "/v1/classify/reply",
        classify_reply,
        methods=["POST"],
        route_class_override=LeanRoute,
        tags=["classify"],
        summary="Judge one reply",
        response_model=Classification,
        responses=answers("The verdict, with its evidence.", CLASSIFICATION, [400, 413, 415, 422]),
        openapi_extra=takes(taken, "The reply.", _PARAMETERS),
    )
    app.router.add_api_route(
        "/v1/classify/message",
        classify_message,
        methods=["POST"],
        route_class_override=LeanRoute,
        tags=["classify"],
        summary="Read one message",
        response_model=Report,
        responses=answers("What the message is, and a verdict for each recipient it reports.", REPORT, [400, 413, 415, 422]),
        openapi_extra=takes(
            {media: {"schema": _TEXT, "example": MESSAGE} for media in _MESSAGE_TYPES}, "The raw message.", _ENVELOPE
        ),
    )


async def classify_reply(request: Request) -> Response:
    """One Classification for one reply, given as JSON or as the plain text itself."""
    scope, service = request.scope, service_of(request.scope)
    media, charset = media_type(scope, _REPLY_TYPES)
    parameters = query(scope) if media == JSON else query(scope, *_REPLY_PARAMETERS)
    async with service.places.one() as place:
        body = await read_body(request, service.settings, place)
        given, pipeline = GivenReply(body, media, charset, parameters), service.pipeline
        if service.pool is not None and len(body) > service.settings.max_inline:
            return EncodedResponse(*await service.pool.answer(scope, service.wanted(pipeline), given))
        return EncodedResponse(await service.replies.answer(scope, pipeline, given))


async def classify_message(request: Request) -> Response:
    """One Report for one raw message; the envelope comes in headers, since URLs get logged."""
    scope, service = request.scope, service_of(request.scope)
    media_type(scope, _MESSAGE_TYPES)
    query(scope)
    envelope_to, envelope_from = address(scope, "X-Envelope-To"), address(scope, "X-Envelope-From")
    async with service.places.one() as place:
        raw = await read_body(request, service.settings, place)
        given, pipeline = message_input(raw, envelope_to, envelope_from), service.pipeline
        if service.pool is None:
            answer = pipeline.message(given)
        else:
            try:
                answer = read_inline(pipeline, given, service.settings.max_inline)
            except TooCostly:
                return EncodedResponse(*await service.pool.answer(scope, service.wanted(pipeline), given))
    count_answer(scope, service.metrics, answer)
    return json_response(answer)
