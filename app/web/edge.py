"""The outermost layer: who calls, what came of it, how long it took. Every request passes here, every answer leaves here.

Plain ASGI, one object for each request, and the busiest endpoints are asked from here: each layer costs as much as a key and a
count together.
"""

import asyncio
from collections.abc import Mapping
from time import perf_counter

from starlette.types import ASGIApp, Receive, Scope, Send

from app.keys import FIXED_PATHS, Denied, Keyring
from app.logs import RequestLog, now
from app.metrics import Metrics
from app.web.direct import Direct
from app.web.exchange import Exchange
from app.web.problems import problem_response
from app.web.tally import VERDICTS

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_EVERY = 0.25  # seconds between two flushes of the metrics and the log
_FAULT = 500


class Edge:
    """Checks keys, and puts metrics, a log line and headers around `app`. HEAD is answered as GET (RFC 9110 §9.3.2).

    direct: what answers a POST to a path instead of `app`.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        keyring: Keyring,
        metrics: Metrics,
        log: RequestLog | None,
        direct: Mapping[str, Direct],
        tracing: bool,
    ) -> None:
        self.app = app
        self.keyring = keyring
        self.metrics = metrics
        self.log = log
        self.direct = direct
        self.tracing = tracing
        self.under_way = 0
        self.flushing = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = perf_counter()
        self.under_way += 1
        if not self.flushing:
            self._flush_later()
        exchange = Exchange(scope, receive, send, tracing=self.tracing)
        method, path = scope["method"], scope["path"]
        caller = None
        try:
            client = scope.get("client")
            admitted = self.keyring.admit(method, path, exchange.headers, client[0] if client else None)
            if isinstance(admitted, Denied):
                await self._deny(admitted, exchange)
            else:
                caller = admitted
                if method == "POST" and path in self.direct:
                    await self.direct[path].serve(exchange)
                else:
                    await self._route(exchange)
        finally:
            self.under_way -= 1
            self._note(exchange, method if method in _METHODS else "other", perf_counter() - began, caller)

    async def _route(self, exchange: Exchange) -> None:
        """Hand a request on to the application."""
        if exchange.scope["method"] == "HEAD":  # the server reads its own scope to leave the body out
            exchange.scope = {**exchange.scope, "method": "GET"}
        await self.app(exchange.scope, exchange.receive, exchange.send)

    def _note(self, exchange: Exchange, method: str, seconds: float, caller: str | None) -> None:
        """Count and log one request."""
        scope, status = exchange.scope, exchange.status
        # The template of the route that took the request, or would have: a path itself may hold a secret or an address.
        path = scope["path"]
        route = path if path in FIXED_PATHS else getattr(scope.get("route"), "path", "none")
        self.metrics.request(method, route, status, seconds)
        if status == _FAULT:
            self.metrics.count("bounces_faults_total")
        if self.log is None:
            return
        fields: dict[str, object] = {
            "time": now(),
            "level": "info",
            "event": "request",
            "request_id": exchange.trace.request_id,
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 3),
            "bytes_in": exchange.declared(),
            "bytes_out": exchange.sent,
        }
        if caller is not None:
            fields["caller"] = caller
        if exchange.trace.trace_id is not None:
            fields["trace_id"] = exchange.trace.trace_id
        if verdicts := scope.get(VERDICTS):
            fields["verdicts"] = verdicts
        self.log.add(fields)

    async def _deny(self, denied: Denied, exchange: Exchange) -> None:
        self.metrics.count("bounces_refused_total", denied.why)
        refusal = problem_response(denied.document, {"WWW-Authenticate": denied.challenge})
        await refusal(exchange.scope, exchange.receive, exchange.send)

    def _flush_later(self) -> None:
        self.flushing = True
        asyncio.get_running_loop().call_later(_EVERY, self._flush)

    def _flush(self) -> None:
        """Flush, and again as long as requests are under way: a batch may take hours."""
        self.metrics.set("bounces_http_requests_in_progress", self.under_way)
        self.metrics.flush()
        if self.log is not None:
            self.log.flush()
        self.flushing = False
        if self.under_way:
            self._flush_later()
