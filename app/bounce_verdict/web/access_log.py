"""What stands around every request: its id, the headers that every answer has, what is counted, and a line of the log.

Pure ASGI. The log never shows a path, a query or an address: only the template of the route that took the request.
"""

import asyncio
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bounce_verdict.keys import FIXED_PATHS
from bounce_verdict.logs import RequestLine, RequestLog, now
from bounce_verdict.metrics import Metrics
from bounce_verdict.web.counting import VERDICTS
from bounce_verdict.web.request.headers import declared_length
from bounce_verdict.web.request_ids import RequestId, identify

# Answers are JSON about addresses: not to be guessed at, not to be kept. The pages say for themselves what they may load.
ALWAYS = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))
CALLER = "bounces.caller"  # in a request's scope: the name of the key that it was admitted by
STATUS = "bounces.status"  # there too, once the answer has begun: its status

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_LOG_EVERY = 0.25  # seconds between two flushes of the log
_METRICS_EVERY = 1.0  # of the metrics, which costs some milliseconds where many rules were hit
_FAULT = 500


class AccessLog:
    """Counts requests and writes a line for each. log: None where they are not logged."""

    def __init__(self, metrics: Metrics, log: RequestLog | None) -> None:
        self.metrics = metrics
        self._log = log
        self._under_way = 0
        self._log_waits = self._metrics_wait = False

    def begin(self) -> None:
        """A request has come."""
        self._under_way += 1
        if not self._metrics_wait:
            self._metrics_wait = True
            asyncio.get_running_loop().call_later(_METRICS_EVERY, self._flush_metrics)

    def end(self, scope: Scope, method: str, identity: RequestId, sent: int, seconds: float) -> None:
        """It was answered, with a body of `sent` bytes, or never will be."""
        self._under_way -= 1
        status: int | None = scope.get(STATUS)
        if method not in _METHODS:
            method = "other"
        path: str = scope["path"]  # of a request that was refused before it was routed
        route: str = getattr(scope.get("route"), "path", path if path in FIXED_PATHS else "none")
        self.metrics.request(method, route, status, seconds)
        if status == _FAULT:
            self.metrics.count("bounces_faults_total")
        if self._log is None:
            return
        self._log.add(
            RequestLine(
                now(),
                "info",
                "request",
                identity.request_id,
                method,
                route,
                status,
                round(seconds * 1000, 3),
                declared_length(scope),
                sent,
                scope.get(CALLER),
                identity.trace_id,
                scope.get(VERDICTS) or None,
            )
        )
        if not self._log_waits:
            self._log_waits = True
            asyncio.get_running_loop().call_later(_LOG_EVERY, self._flush_log)

    def flush(self) -> None:
        """Write what was counted and logged since the last time."""
        self.metrics.flush()
        if self._log is not None:
            self._log.flush()

    def _flush_log(self) -> None:
        self._log_waits = False
        if self._log is not None:
            self._log.flush()

    def _flush_metrics(self) -> None:
        """Flush, and again as long as requests are under way: a batch may take hours."""
        self.metrics.set("bounces_http_requests_in_progress", self._under_way)
        self.metrics.flush()
        self._metrics_wait = self._under_way > 0
        if self._metrics_wait:
            asyncio.get_running_loop().call_later(_METRICS_EVERY, self._flush_metrics)


class AccessLogMiddleware:
    """Puts the log, the counts and the headers around `app`. HEAD is answered as GET (RFC 9110 §9.3.2)."""

    def __init__(self, app: ASGIApp, access_log: AccessLog, *, tracing: bool = False) -> None:
        self.app = app
        self._log = access_log
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = perf_counter()
        self._log.begin()
        method, identity = scope["method"], identify(scope, tracing=self._tracing)
        if method == "HEAD":  # the server reads its own scope to leave the body out
            scope = {**scope, "method": "GET"}
        sent = 0

        async def add_headers(message: Message) -> None:
            nonlocal sent
            if message["type"] == "http.response.start":
                scope[STATUS] = message["status"]
                message["headers"] = [*message.get("headers", ()), *ALWAYS, *identity.headers]
            else:
                sent += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, add_headers)
        finally:
            self._log.end(scope, method, identity, sent, perf_counter() - began)
