"""The outermost layer: who calls, what came of it, how long it took. Every request passes here, every answer leaves here.

Plain ASGI, one object for each request, and the busiest endpoints are asked from here: each layer costs as much as a key and a
count together.
"""

from collections.abc import Mapping
from time import perf_counter

from starlette.types import ASGIApp, Receive, Scope, Send

from bounce_verdict.keys import Denied
from bounce_verdict.web.direct import Direct
from bounce_verdict.web.exchange import Exchange
from bounce_verdict.web.problems import problem_response
from bounce_verdict.web.service import Service


class Edge:
    """Checks keys, and puts metrics, a log line and headers around `app`. HEAD is answered as GET (RFC 9110 §9.3.2).

    direct: what answers a POST to a path instead of `app`.
    """

    def __init__(self, app: ASGIApp, *, service: Service, direct: Mapping[str, Direct], tracing: bool) -> None:
        self.app = app
        self.service = service
        self.ledger = service.ledger
        self.direct = direct
        self.tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = perf_counter()
        self.ledger.begin()
        exchange = Exchange(scope, receive, send, tracing=self.tracing)
        method, path = scope["method"], scope["path"]
        caller = None
        try:
            client = scope.get("client")
            admitted = self.service.keyring.admit(method, path, exchange.headers, client[0] if client else None)
            if isinstance(admitted, Denied):
                await self._deny(admitted, exchange)
            else:
                caller = admitted
                if method == "POST" and path in self.direct:
                    await self.direct[path].serve(exchange)
                else:
                    await self._route(exchange)
        finally:
            self.ledger.end(exchange, method, perf_counter() - began, caller)

    async def _route(self, exchange: Exchange) -> None:
        """Hand a request on to the application."""
        if exchange.scope["method"] == "HEAD":  # the server reads its own scope to leave the body out
            exchange.scope = {**exchange.scope, "method": "GET"}
        await self.app(exchange.scope, exchange.receive, exchange.send)

    async def _deny(self, denied: Denied, exchange: Exchange) -> None:
        self.ledger.metrics.count("bounces_refused_total", denied.why)
        refusal = problem_response(denied.document, {"WWW-Authenticate": denied.challenge})
        await refusal(exchange.scope, exchange.receive, exchange.send)
