"""GET /metrics: every process's counts in Prometheus' text format."""

from anyio import to_thread
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse

from bounce_verdict.exposition import CONTENT_TYPE, exposition
from bounce_verdict.web.openapi.describe import answers
from bounce_verdict.web.request.query import query
from bounce_verdict.web.service import service_of

_EXAMPLE = """# HELP bounces_rule_hits_total Recipients that a rule decided.
# TYPE bounces_rule_hits_total counter
bounces_rule_hits_total{rule="google.no-such-user"} 42.0
"""


def add_routes(app: FastAPI) -> None:
    """Add the endpoint."""
    app.add_api_route(
        "/metrics",
        show_metrics,
        methods=["GET"],
        tags=["health"],
        summary="Counts for Prometheus",
        response_class=PlainTextResponse,
        responses=answers("Prometheus' text format, version 0.0.4.", _EXAMPLE, [422], media="text/plain"),
    )


async def show_metrics(request: Request) -> PlainTextResponse:
    """The counts of all processes of this service. From this machine itself no key is needed."""
    query(request.scope)
    service = service_of(request.scope)
    service.access_log.flush()
    return PlainTextResponse(await to_thread.run_sync(exposition, service.metrics), media_type=CONTENT_TYPE)
