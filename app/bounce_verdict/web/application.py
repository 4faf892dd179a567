"""The HTTP edge: the application, with its routes in one list and what stands around them."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from bounce_verdict.web.access_log import AccessLogMiddleware
from bounce_verdict.web.routes import classify, docs, operation, rules_check, tables, webhooks
from bounce_verdict.web.routing import KeyedRoute, not_found
from bounce_verdict.web.service import Service

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[Any]]

# Every route of the contract, the busiest first: they are tried in order.
ROUTES = [
    route
    for room in (classify, webhooks, tables, rules_check, operation)
    for route in room.routes.routes
    if isinstance(route, KeyedRoute)
]


class Application(FastAPI):
    """FastAPI with one middleware, in place of its own seven.

    They answer errors, bound bodies, record errors in spans and close forms' files: the first two are done by ours and by
    request/body.py, and there is nothing to do for the others. Together they take as long as the judging of a reply.
    """

    def __init__(self, service: Service, lifespan: Lifespan) -> None:
        super().__init__(
            routes=list(ROUTES), openapi_url=None, redirect_slashes=False, telemetry=service.telemetry, lifespan=lifespan
        )
        self.service = service

    def build_middleware_stack(self) -> ASGIApp:
        """What stands around the router."""
        return AccessLogMiddleware(self.router, self.service.access_log, tracing=self.service.telemetry["tracing"])


def create_app(service: Service, lifespan: Lifespan | None = None) -> FastAPI:
    """The application that answers by what `service` holds. lifespan: what runs around its life, the service's own by default."""
    app = Application(service, lifespan or service.lifespan)
    app.router.default = not_found
    app.router.route_class = KeyedRoute
    docs.add_routes(app, pages=service.settings.docs)
    return app
