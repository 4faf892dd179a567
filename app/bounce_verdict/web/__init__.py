"""The HTTP edge: the application, its routes in one list."""

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from anyio import to_thread
from fastapi import FastAPI, Request, Response
from fastapi.telemetry import TelemetryConfig
from starlette.types import Receive, Scope, Send

from bounce_verdict import __version__
from bounce_verdict.keys import open_keyring
from bounce_verdict.logs import RequestLog
from bounce_verdict.metrics import Metrics
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.response import JSON, encode
from bounce_verdict.settings import Settings
from bounce_verdict.tracing import OFF, start_tracing
from bounce_verdict.web import batch, classify, codes, health, metrics_page, reload, rules, rules_check
from bounce_verdict.web.contract import Document
from bounce_verdict.web.direct import Direct
from bounce_verdict.web.docs import PAGE_HEADERS, docs_page
from bounce_verdict.web.edge import Edge
from bounce_verdict.web.inputs import query
from bounce_verdict.web.ledger import Ledger
from bounce_verdict.web.openapi import contract
from bounce_verdict.web.problems import install_problems
from bounce_verdict.web.readers import Readers
from bounce_verdict.web.service import Service

App = TypeVar("App", bound=FastAPI)


def create_app(settings: Settings, classifier: Pipeline, readers: Readers | None = None) -> FastAPI:
    """The application that answers by `classifier`, within the limits of `settings`. Raises SettingsError for a wrong key."""
    keyring = open_keyring(settings)
    telemetry = start_tracing()
    app = _routed(_Serving, telemetry)
    metrics = Metrics()
    metrics.set("bounces_rules_info", 1, classifier.book.digest, __version__)
    metrics.set("bounces_rules", len(classifier.book.rules))
    ledger = Ledger(metrics, RequestLog() if settings.log_level in {"debug", "info"} else None)
    known = Service(classifier, settings, metrics, ledger, readers, large=asyncio.Semaphore(settings.max_large))
    app.state.service = known
    _add_contract(app, pages=settings.docs)
    install_problems(app)
    if telemetry["tracing"]:  # FastAPI opens its span around all middleware, and names it by the route that it finds itself
        app.add_middleware(Edge, keyring=keyring, ledger=ledger, direct={}, tracing=True)
    else:
        direct = {path: Direct(endpoint, known) for path, endpoint in (classify.ENDPOINTS | batch.ENDPOINTS).items()}
        app.edge = Edge(app.routed, keyring=keyring, ledger=ledger, direct=direct, tracing=False)
    return app


def describe_app() -> Document:
    """The OpenAPI document; it depends on no rule and no setting."""
    return contract(_routed(FastAPI))


class _Serving(FastAPI):
    """Knows of each route only what serving needs: what describes it takes a third of a second to prepare.

    edge: what stands around all that FastAPI does.
    """

    edge: Edge | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await (self.edge or self.routed)(scope, receive, send)

    async def routed(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request as FastAPI does."""
        await super().__call__(scope, receive, send)

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **told: Any) -> None:  # noqa: ANN401
        kept = {name: told[name] for name in ("methods", "include_in_schema", "response_class") if name in told}
        super().add_api_route(path, endpoint, response_model=None, **kept)


def _routed(kind: type[App], telemetry: TelemetryConfig = OFF) -> App:
    """Every route, the busiest first: they are tried in order."""
    app = kind(
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        telemetry=telemetry,
    )
    for part in (classify, batch, codes, rules, rules_check, reload, health, metrics_page):
        part.add_routes(app)
    return app


@cache
def _described() -> tuple[bytes, bytes]:
    """The contract and the page that shows it."""
    document = describe_app()
    return encode(document), docs_page(document).encode()


def _add_contract(app: FastAPI, *, pages: bool) -> None:
    """/openapi.json and /docs, made when first asked for; without `pages` no page for people, not even /."""

    async def openapi(request: Request) -> Response:
        query(request.scope)
        return Response((await to_thread.run_sync(_described))[0], media_type=JSON)

    async def docs(_: Request) -> Response:
        return Response((await to_thread.run_sync(_described))[1], headers=PAGE_HEADERS, media_type="text/html")

    app.add_api_route("/openapi.json", openapi, methods=["GET"], include_in_schema=False)
    if pages:
        app.add_api_route("/docs", docs, methods=["GET"], include_in_schema=False)
    else:
        app.router.routes[:] = [route for route in app.router.routes if getattr(route, "path", None) != "/"]
