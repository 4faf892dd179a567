"""What stands around every request: its id, the headers that every answer has, what is counted, and a line of the log.

Pure ASGI, and the one place where errors are answered. The log never shows a path, a query or an address: only the template of the
route that took the request.
"""

import asyncio
import re
from time import perf_counter, time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bounce_verdict.contract.refusals import Refusal, fault_problem
from bounce_verdict.keys import FIXED_PATHS
from bounce_verdict.logs import RequestLine, log_requests, timestamp
from bounce_verdict.metrics import Metrics
from bounce_verdict.response import problem
from bounce_verdict.web.counting import VERDICTS
from bounce_verdict.web.request.head import declared_length
from bounce_verdict.web.request_ids import identify
from bounce_verdict.web.responses import error_response

# Answers are JSON about addresses: not to be guessed at, not to be kept. The pages say for themselves what they may load.
ALWAYS = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))
CALLER = "bounces.caller"  # in a request's scope: the name of the key that it was admitted by

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_TOGETHER = 64  # requests that are noted at once
_LOG_EVERY = 0.25  # seconds between two flushes of the log
_METRICS_EVERY = 1.0  # of the metrics, which costs some milliseconds where many rules were hit
_FAULT = 500
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class AccessLog:
    """Counts requests and writes a line for each, where they are logged.

    Both are done for many requests at a time: what runs again and again stays in the processor's caches, alone it takes three
    times as long; and each block that is handed to the log's thread makes that wake up.
    """

    def __init__(self, metrics: Metrics, *, logged: bool) -> None:
        self.metrics = metrics
        self._logged = logged
        self._under_way = 0
        self._ended: list[RequestLine] = []
        self._log_waits = self._metrics_wait = False

    def begin(self) -> None:
        """A request has come."""
        self._under_way += 1
        if not self._metrics_wait:
            self._metrics_wait = True
            asyncio.get_running_loop().call_later(_METRICS_EVERY, self._flush_metrics)

    def end(self, request: RequestLine) -> None:
        """It has ended."""
        self._under_way -= 1
        self._ended.append(request)
        if len(self._ended) >= _TOGETHER:
            self._note()
        elif not self._log_waits:
            self._log_waits = True
            asyncio.get_running_loop().call_later(_LOG_EVERY, self._flush_log)

    def flush(self) -> None:
        """Write what was counted and logged since the last time."""
        self._note()
        self.metrics.flush()

    def _note(self) -> None:
        """Count and log the requests that have ended."""
        ended, self._ended = self._ended, []
        for one in ended:
            self.metrics.request(one.method, one.route, one.status, one.ms / 1_000)
            if one.status == _FAULT:
                self.metrics.count("bounces_faults_total")
        if self._logged and ended:
            log_requests(ended)

    def _flush_log(self) -> None:
        self._log_waits = False
        self._note()

    def _flush_metrics(self) -> None:
        """Flush, and again as long as requests are under way: a batch may take hours."""
        self._note()
        self.metrics.set("bounces_http_requests_in_progress", self._under_way)
        self.metrics.flush()
        self._metrics_wait = self._under_way > 0
        if self._metrics_wait:
            asyncio.get_running_loop().call_later(_METRICS_EVERY, self._flush_metrics)


class AccessLogMiddleware:
    """Puts the log, the counts and the headers around `app`, and answers what it raises. HEAD is answered as GET (RFC 9110 §9.3.2)."""

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
        path, method, identity = scope["path"], scope["method"], identify(scope, tracing=self._tracing)
        if method == "HEAD":  # the server reads its own scope to leave the body out
            scope = {**scope, "method": "GET"}
        status: int | None = None
        sent = 0

        async def add_headers(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *ALWAYS, *identity.headers]
            else:
                sent += len(message.get("body", b""))
            await send(message)

        try:
            if _CONTROL.search(path):
                raise Refusal(problem(400, "The path holds a control character."))  # noqa: TRY301  # answered as any other
            await self.app(scope, receive, add_headers)
        except Exception as error:  # noqa: BLE001  # the last resort: the server would log a fault's message, and what that quotes
            if status is None:
                await error_response(error, self._log.metrics)(scope, receive, add_headers)
            else:
                fault_problem(error)
        finally:
            # Of a request that was refused before it was routed there is only a path, whose words may be the caller's own.
            route: str = scope["route"].path if "route" in scope else path if path in FIXED_PATHS else "none"
            self._log.end(
                RequestLine(
                    timestamp(time()),
                    "info",
                    "request",
                    identity.request_id,
                    method if method in _METHODS else "other",
                    route,
                    status,
                    int((perf_counter() - began) * 1_000_000) / 1_000,
                    declared_length(scope),
                    sent,
                    scope.get(CALLER),
                    identity.trace_id,
                    scope.get(VERDICTS),
                )
            )
