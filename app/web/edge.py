"""The outermost layer: who calls, what came of it, how long it took. Every request passes here, every answer leaves here.

Plain ASGI, and one wrapper around `send` for everything: each costs as much as a key and a count together.
"""

import asyncio
from collections import Counter
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.keys import FIXED_PATHS, Denied, Keyring
from app.logs import write_line
from app.metrics import Metrics
from app.web.problems import problem_response
from app.web.tally import VERDICTS
from app.web.traces import trace_of

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_EVERY = 0.25  # seconds between two flushes of the metrics

# Answers are JSON about addresses: not to be guessed at, not to be kept. The pages say for themselves what they may load.
_ALWAYS = [(b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]


class Edge:
    """Checks keys, and puts metrics, a log line and headers around `app`. HEAD is answered as GET (RFC 9110 §9.3.2)."""

    def __init__(self, app: ASGIApp, keyring: Keyring, metrics: Metrics, *, log: bool, tracing: bool) -> None:
        self.app = app
        self.keyring = keyring
        self.metrics = metrics
        self.log = log
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
        exchange = Exchange(scope, send, tracing=self.tracing)
        if scope["method"] == "HEAD":  # the server reads its own scope to leave the body out
            scope = {**scope, "method": "GET"}
        try:
            caller = await self._answer(scope, receive, exchange)
        finally:
            self.under_way -= 1
            seconds = perf_counter() - began
            route = _route(scope)
            self.metrics.request(exchange.method, route, exchange.status, seconds)
            if exchange.status == "500":
                self.metrics.count("bounces_faults_total")
        if self.log:
            _log(exchange, scope, route, seconds, caller)

    async def _answer(self, scope: Scope, receive: Receive, exchange: "Exchange") -> str | None:
        """Serve an admitted request, refuse any other; the name of the caller's key."""
        peer = scope["client"][0] if scope.get("client") else None
        caller = self.keyring.admit(scope["method"], scope["path"], exchange.headers, peer)
        if isinstance(caller, Denied):
            self.metrics.count("bounces_refused_total", caller.why)
            refusal = problem_response(caller.document, {"WWW-Authenticate": caller.challenge})
            await refusal(scope, receive, exchange.send)
            return None
        await self.app(scope, receive, exchange.send)
        return caller

    def _flush_later(self) -> None:
        self.flushing = True
        asyncio.get_running_loop().call_later(_EVERY, self._flush)

    def _flush(self) -> None:
        """Flush, and again as long as requests are under way: a batch may take hours."""
        self.metrics.set("bounces_http_requests_in_progress", self.under_way)
        self.metrics.flush()
        self.flushing = False
        if self.under_way:
            self._flush_later()


class Exchange:
    """One request and what was answered to it."""

    __slots__ = ("_send", "headers", "method", "sent", "status", "trace")

    def __init__(self, scope: Scope, send: Send, *, tracing: bool) -> None:
        self._send = send
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.trace = trace_of(self.headers, tracing=tracing)
        self.method: str = scope["method"] if scope["method"] in _METHODS else "other"
        self.status = "none"
        self.sent = 0

    async def send(self, message: Message) -> None:
        """Hand a message on, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.status = str(message["status"])
            message["headers"] = [*message.get("headers", ()), *_ALWAYS, *self.trace.back]
        else:
            self.sent += len(message.get("body", b""))
        await self._send(message)


def _route(scope: Scope) -> str:
    """The template of the route that took the request, or would have: a path itself may hold a secret or an address."""
    path: str = scope["path"]
    return path if path in FIXED_PATHS else getattr(scope.get("route"), "path", "none")


def _log(exchange: Exchange, scope: Scope, route: str, seconds: float, caller: str | None) -> None:
    fields: dict[str, object] = {
        "event": "request",
        "request_id": exchange.trace.request_id,
        "method": exchange.method,
        "route": route,
        "status": int(exchange.status) if exchange.status != "none" else None,
        "ms": round(seconds * 1000, 3),
        "bytes_in": _declared(exchange),
        "bytes_out": exchange.sent,
    }
    if caller is not None:
        fields["caller"] = caller
    if exchange.trace.trace_id is not None:
        fields["trace_id"] = exchange.trace.trace_id
    verdicts: Counter[str] | None = scope.get(VERDICTS)
    if verdicts:
        fields["verdicts"] = verdicts
    write_line(fields)


def _declared(exchange: Exchange) -> int | None:
    """The body's size as declared; None for a chunked one."""
    text = exchange.headers.get(b"content-length", b"")
    return int(text[:20]) if text.isdigit() else None
