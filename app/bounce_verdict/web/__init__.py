"""The HTTP edge: the application, its routes in one list."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import cache
from typing import Any, TypeVar

from anyio import to_thread
from fastapi import FastAPI, Request, Response
from fastapi.telemetry import TelemetryConfig
from starlette.types import Receive, Scope, Send

from bounce_verdict.response import JSON, encode
from bounce_verdict.tracing import OFF, start_tracing
from bounce_verdict.web import batch, classify, codes, health, metrics_page, reload, rules, rules_check
from bounce_verdict.web.contract import Document
from bounce_verdict.web.direct import Direct
from bounce_verdict.web.docs import PAGE_HEADERS, docs_page
from bounce_verdict.web.edge import Edge
from bounce_verdict.web.inputs import query
from bounce_verdict.web.openapi import contract
from bounce_verdict.web.problems import install_problems
from bounce_verdict.web.service import Service

App = TypeVar("App", bound=FastAPI)
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(service: Service, lifespan: Lifespan | None = None) -> FastAPI:
    """The application that answers by what `service` holds. lifespan: what runs around its life, as FastAPI takes it."""
    telemetry = start_tracing()
    app = _routed(_Serving, telemetry, lifespan)
    app.state.service = service
    _add_contract(app, pages=service.settings.docs)
    install_problems(app)
    if telemetry["tracing"]:  # FastAPI opens its span around all middleware, and names it by the route that it finds itself
        app.add_middleware(Edge, service=service, direct={}, tracing=True)
    else:
        direct = {path: Direct(endpoint, service) for path, endpoint in (classify.ENDPOINTS | batch.ENDPOINTS).items()}
        app.edge = Edge(app.routed, service=service, direct=direct, tracing=False)
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


def _routed(kind: type[App], telemetry: TelemetryConfig = OFF, lifespan: Lifespan | None = None) -> App:
    """Every route, the busiest first: they are tried in order."""
    app = kind(
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        telemetry=telemetry,
        lifespan=lifespan,
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
