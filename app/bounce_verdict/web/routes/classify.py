"""POST /v1/classify/reply and /v1/classify/message: one question, one answer. POST /v1/classify/batch: one line out for each item."""

from fastapi import Request, Response

from bounce_verdict.contract.inputs import message_input
from bounce_verdict.contract.items import TooCostly
from bounce_verdict.contract.reply_request import GivenReply
from bounce_verdict.contract.short_answers import ShortClassification, ShortReport, short_report
from bounce_verdict.errors import InputError
from bounce_verdict.model import Classification, Report
from bounce_verdict.response import JSON, NDJSON_TYPES
from bounce_verdict.web.batch.form import Form
from bounce_verdict.web.batch.response import BatchResponse
from bounce_verdict.web.counting import count_answer
from bounce_verdict.web.judging import read_inline
from bounce_verdict.web.request.body import Place, media_type, read_body
from bounce_verdict.web.request.head import address, query
from bounce_verdict.web.request.preferences import preferred_coding, preferred_type, wants_short
from bounce_verdict.web.responses import EncodedResponse
from bounce_verdict.web.routing import router
from bounce_verdict.web.service import service_of

BATCH = "/v1/classify/batch"

_REPLY_TYPES = (JSON, "text/plain")
_MESSAGE_TYPES = ("message/rfc822", "application/octet-stream", "text/plain")
_REPLY_PARAMETERS = ("command", "remote_mta", "action", "id", "status", "category", "source", "occurred_at")

routes = router()


@routes.post(
    "/v1/classify/reply", tags=["classify"], summary="Judge one reply", response_model=Classification | ShortClassification
)
async def classify_reply(request: Request) -> Response:
    """One Classification for one reply, given as JSON or as the plain text itself."""
    scope, service = request.scope, service_of(request.scope)
    media, charset = media_type(scope, _REPLY_TYPES)
    parameters = query(scope, "detail") if media == JSON else query(scope, *_REPLY_PARAMETERS, "detail")
    short = wants_short(parameters)
    parameters.pop("detail", None)
    recipient = address(scope, "X-Recipient")
    if recipient is not None:
        if media == JSON:
            raise InputError("X-Recipient", "goes with text/plain; in JSON it is the key recipient")
        parameters["recipient"] = recipient
    with Place(service.places) as place:
        body = await read_body(request, service.settings, place)
        given, pipeline = GivenReply(body, media, charset, parameters), service.pipeline
        if service.pool is not None and len(body) > service.settings.max_inline:
            return EncodedResponse(*await service.pool.answer(scope, service.wanted(pipeline), given, short=short))
        return EncodedResponse(await service.replies.answer(scope, pipeline, given, short=short))


@routes.post("/v1/classify/message", tags=["classify"], summary="Read one message", response_model=Report | ShortReport)
async def classify_message(request: Request) -> Response | Report | ShortReport:
    """One Report for one raw message; the envelope comes in headers, since URLs get logged."""
    scope, service = request.scope, service_of(request.scope)
    media_type(scope, _MESSAGE_TYPES)
    short = wants_short(query(scope, "detail"))
    envelope_to, envelope_from = address(scope, "X-Envelope-To"), address(scope, "X-Envelope-From")
    with Place(service.places) as place:
        raw = await read_body(request, service.settings, place)
        given, pipeline = message_input(raw, envelope_to, envelope_from), service.pipeline
        if service.pool is None:
            answer = pipeline.message(given)
        else:
            try:
                answer = read_inline(pipeline, given, service.settings.max_inline)
            except TooCostly:
                return EncodedResponse(*await service.pool.answer(scope, service.wanted(pipeline), given, short=short))
    count_answer(scope, service.metrics, answer)
    return short_report(answer) if short else answer


@routes.post(BATCH, tags=["classify"], summary="Judge many replies and messages", response_class=BatchResponse, status_code=200)
async def classify_batch(request: Request) -> Response:
    """Answers flow, in order, while the body is still arriving; an item that cannot be used is a problem in its place."""
    scope = request.scope
    media, _ = media_type(scope, (*NDJSON_TYPES, JSON))
    short = wants_short(query(scope, "detail"))
    answered = preferred_type(scope, (*NDJSON_TYPES, JSON) if media == JSON else NDJSON_TYPES)
    return BatchResponse(request, media, Form(answered, short, preferred_coding(scope)))
