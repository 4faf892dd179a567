"""/v1/webhooks/{source}: an ESP's or MTA's events, each judged. What is probed is answered too, as each source needs it."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request, Response
from starlette.types import Scope

from bounce_verdict.contract.refusals import Refusal
from bounce_verdict.contract.short_answers import ShortEvents, short_events
from bounce_verdict.errors import InputError
from bounce_verdict.model import Event
from bounce_verdict.response import JSON, encode, problem
from bounce_verdict.web.counting import count_events
from bounce_verdict.web.request.body import Place, read_body
from bounce_verdict.web.request.head import fields_of
from bounce_verdict.web.request.preferences import wants_short
from bounce_verdict.web.responses import EncodedResponse
from bounce_verdict.web.routing import router
from bounce_verdict.web.service import Service, service_of
from bounce_verdict.webhooks import SOURCES
from bounce_verdict.webhooks.answer import Events, answer_event
from bounce_verdict.webhooks.event import ReportedEvent
from bounce_verdict.webhooks.payload import decode
from bounce_verdict.webhooks.sources.azure import validation_code

Answer = Events | ShortEvents

_BY_QUERY = frozenset({"elasticemail"})  # sources that put their event into a GET's query
_EVENTS_AT_ONCE = 50  # judged before others get the event loop

_PATH, _PATH_WITH_TOKEN = "/v1/webhooks/{source}", "/v1/webhooks/{source}/{token}"
_TOLD: dict[str, Any] = {"tags": ["webhooks"], "response_model": Answer}

routes = router()


@routes.post(_PATH, name="receive_webhook", summary="Read a webhook", **_TOLD)
@routes.post(_PATH_WITH_TOKEN, name="receive_webhook_with_token", summary="Read a webhook", **_TOLD)
async def receive(request: Request) -> Response | Answer:
    """The events of a request, once it is proven who sent it."""
    service = service_of(request.scope)
    source, token = _who(request.scope)
    prove = service.senders.expect(request.scope, source)
    short = _wants_short(request.scope)
    with Place(service.places) as place:
        body = await read_body(request, service.settings, place)
        if prove:
            await service.senders.admit(request.scope, source, token, body)
        return await _answered(request.scope, service, source, body, short=short)


@routes.get(_PATH, name="probe_webhook", summary="Answer a probe, or read an event in a query", **_TOLD)
@routes.get(_PATH_WITH_TOKEN, name="probe_webhook_with_token", summary="Answer a probe, or read an event in a query", **_TOLD)
async def probe(request: Request) -> Response | Answer:
    """No events, which tells a source that probes its URL that there is something; or the one in the query."""
    service = service_of(request.scope)
    source, token = _who(request.scope)
    prove = service.senders.expect(request.scope, source)
    short = _wants_short(request.scope)
    if source not in _BY_QUERY or not request.scope["query_string"]:
        return Events([])
    if prove:
        await service.senders.admit(request.scope, source, token)
    return await _answered(request.scope, service, source, b"", short=short)


@routes.options(_PATH, name="handshake_webhook", summary="Answer CloudEvents' handshake", **_TOLD)
@routes.options(_PATH_WITH_TOKEN, name="handshake_webhook_with_token", summary="Answer CloudEvents' handshake", **_TOLD)
async def handshake(request: Request) -> Response:
    """The handshake of CloudEvents (HTTP 1.1 Web Hooks for Event Delivery, §4), which Azure asks for."""
    service = service_of(request.scope)
    source, token = _who(request.scope)
    if service.senders.expect(request.scope, source):
        await service.senders.admit(request.scope, source, token)
    origin = fields_of(request.scope).get(b"webhook-request-origin")
    allowed = {"WebHook-Allowed-Origin": origin.decode("latin-1"), "WebHook-Allowed-Rate": "*"} if origin else {}
    return Response(encode(Events([])), 200, {"Allow": "GET, HEAD, OPTIONS, POST", **allowed}, JSON)


def _who(scope: Scope) -> tuple[str, str | None]:
    return scope["path_params"]["source"], scope["path_params"].get("token") or None


def _wants_short(scope: Scope) -> bool:
    """What the URL says that the sender was given; whatever else its query holds is the source's own."""
    query = scope["query_string"]
    return b"detail" in query and wants_short(dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)))


async def _answered(scope: Scope, service: Service, source: str, body: bytes, *, short: bool) -> Response | Answer:
    kind = (fields_of(scope).get(b"content-type") or b"").decode("latin-1")
    query = scope["query_string"].decode("latin-1") if source in _BY_QUERY else ""
    try:
        payload = decode(body, kind, query)
    except InputError as error:
        raise Refusal(problem(400, f"The body {error.message}.")) from None
    reported: Iterable[ReportedEvent] = SOURCES[source].read(payload)
    if service.webhook_stream is not None:
        reported = list(reported)
        if any(event.kind != "control" for event in reported):  # a control event is about the webhook itself
            await service.webhook_stream.store(source, kind, query, body)
            await service.senders.after(source, body)
            return Events([])
    pipeline, events = service.pipeline, list[Event]()
    for number, event in enumerate(reported):
        if number % _EVENTS_AT_ONCE == 0 and number:
            await asyncio.sleep(0)
        events.append(answer_event(pipeline, source, event))
        if not event.is_known:
            service.metrics.count("bounces_webhook_unknown_events_total", source)
    for what, times in Counter([event.kind for event in events]).items():
        service.metrics.count("bounces_webhook_events_total", source, what, times=times)
    count_events(scope, service.metrics, events, source)
    await service.senders.after(source, body)
    answer = short_events(Events(events)) if short else Events(events)
    if source == "azure" and (code := validation_code(payload)) is not None:
        return EncodedResponse(encode({"validationResponse": code, "events": answer.events}))
    return answer
