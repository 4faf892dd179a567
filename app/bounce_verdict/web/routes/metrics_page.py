"""GET /metrics: every process's counts in Prometheus' text format."""

from anyio import to_thread
from fastapi import Request
from fastapi.responses import PlainTextResponse

from bounce_verdict.exposition import CONTENT_TYPE, exposition
from bounce_verdict.web.request.query import query
from bounce_verdict.web.routing import router
from bounce_verdict.web.service import service_of

routes = router()


@routes.get("/metrics", tags=["health"], summary="Counts for Prometheus", response_class=PlainTextResponse)
async def show_metrics(request: Request) -> PlainTextResponse:
    """The counts of all processes of this service. From this machine itself no key is needed."""
    query(request.scope)
    service = service_of(request.scope)
    service.access_log.flush()
    return PlainTextResponse(await to_thread.run_sync(exposition, service.metrics), media_type=CONTENT_TYPE)
