"""For whoever runs the service: GET /livez, /readyz and /metrics, POST /v1/admin/reload."""

from anyio import to_thread
from fastapi import Request
from fastapi.responses import PlainTextResponse

from bounce_verdict import __version__
from bounce_verdict.contract.refusals import Refusal
from bounce_verdict.contract.service_answers import Alive, Ready, Reloaded
from bounce_verdict.metrics.exposition import CONTENT_TYPE, exposition
from bounce_verdict.response import problem
from bounce_verdict.web.request.head import query
from bounce_verdict.web.routing import router
from bounce_verdict.web.service import service_of

routes = router()


@routes.get("/livez", tags=["health"], summary="Whether the process answers")
async def livez(request: Request) -> Alive:
    """Answers as long as the process does; asks nothing of the rules."""
    query(request.scope)
    return Alive("alive")


@routes.get("/readyz", tags=["health"], summary="Whether the service can classify, and by which rules")
async def readyz(request: Request) -> Ready:
    """Says which rules are in use."""
    query(request.scope)
    service = service_of(request.scope)
    if service.draining:
        raise Refusal(problem(503, "The service is ending."), {"Retry-After": "1"})
    fault = service.rules_fault
    return Ready(
        "ready",
        "stale" if fault else "current",
        fault.place if fault else None,
        fault.message if fault else None,
        service.rule_folders,
        service.pipeline.book.digest,
        service.storage_fault,
        __version__,
    )


@routes.get("/metrics", tags=["health"], summary="Counts for Prometheus", response_class=PlainTextResponse)
async def show_metrics(request: Request) -> PlainTextResponse:
    """The counts of all processes of this service. From this machine itself no key is needed."""
    query(request.scope)
    service = service_of(request.scope)
    service.access_log.flush()
    return PlainTextResponse(await to_thread.run_sync(exposition, service.metrics), media_type=CONTENT_TYPE)


@routes.post("/v1/admin/reload", tags=["rules"], summary="Take the rules on disk into use")
async def reload_rules(request: Request) -> Reloaded:
    """Answers when every worker has the new rules, some seconds after. Bad rules change nothing: a 422 with file:line of each fault."""
    query(request.scope)
    service = service_of(request.scope)
    if service.reload is None:
        raise Refusal(problem(409, "This process serves without a parent, which could reload; restart it."))
    result = await service.reload()
    book = service.pipeline.book
    return Reloaded(result, len(book.rules), book.digest, __version__)
