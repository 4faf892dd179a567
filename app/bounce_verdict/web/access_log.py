"""What stands around every request: its id, the headers that every answer has, what is counted, and a line of the log.

Pure ASGI. The log never shows a path, a query or an address: only the template of the route that took the request.
"""

import asyncio
import re
from collections.abc import Mapping
from time import perf_counter, time
from typing import NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bounce_verdict.keys import FIXED_PATHS
from bounce_verdict.logs import RequestLine, RequestLog, timestamp
from bounce_verdict.metrics import Metrics
from bounce_verdict.response import problem
from bounce_verdict.web.counting import VERDICTS
from bounce_verdict.web.refusals import fault_problem
from bounce_verdict.web.request.headers import declared_length
from bounce_verdict.web.request_ids import RequestId, identify
from bounce_verdict.web.responses import problem_response

# Answers are JSON about addresses: not to be guessed at, not to be kept. The pages say for themselves what they may load.
ALWAYS = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))
CALLER = "bounces.caller"  # in a request's scope: the name of the key that it was admitted by

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_DOZEN = 12  # requests; their lines make about a block of the log
_LOG_EVERY = 0.25  # seconds between two flushes of the log
_METRICS_EVERY = 1.0  # of the metrics, which costs some milliseconds where many rules were hit
_FAULT = 500
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Ended(NamedTuple):
    """A request that was answered, with `sent` bytes of body. status: None where it never will be. time: seconds since 1970."""

    time: float
    method: str
    route: str
    status: int | None
    seconds: float
    received: int | None
    sent: int
    identity: RequestId
    caller: str | None
    verdicts: Mapping[str, int] | None


class AccessLog:
    """Counts requests and writes a line for each. log: None where they are not logged.

    Both are done for a dozen requests at a time: what runs again and again stays in the processor's caches, alone it takes twice
    as long.
    """

    def __init__(self, metrics: Metrics, log: RequestLog | None) -> None:
        self.metrics = metrics
        self._log = log
        self._under_way = 0
        self._ended: list[Ended] = []
        self._log_waits = self._metrics_wait = False

    def begin(self) -> None:
        """A request has come."""
        self._under_way += 1
        if not self._metrics_wait:
            self._metrics_wait = True
            asyncio.get_running_loop().call_later(_METRICS_EVERY, self._flush_metrics)

    def end(self, request: Ended) -> None:
        """It has ended."""
        self._under_way -= 1
        self._ended.append(request)
        if len(self._ended) >= _DOZEN:
            self._note()
        if not self._log_waits:
            self._log_waits = True
            asyncio.get_running_loop().call_later(_LOG_EVERY, self._flush_log)

    def flush(self) -> None:
        """Write what was counted and logged since the last time."""
        self._flush_log()
        self.metrics.flush()

    def _note(self) -> None:
        """Count and log the requests that have ended."""
        ended, self._ended = self._ended, []
        for one in ended:
            method = one.method if one.method in _METHODS else "other"
            self.metrics.request(method, one.route, one.status, one.seconds)
            if one.status == _FAULT:
                self.metrics.count("bounces_faults_total")
            if self._log is not None:
                line = RequestLine(
                    timestamp(one.time),
                    "info",
                    "request",
                    one.identity.request_id,
                    method,
                    one.route,
                    one.status,
                    round(one.seconds * 1000, 3),
                    one.received,
                    one.sent,
                    one.caller,
                    one.identity.trace_id,
                    one.verdicts,
                )
                self._log.add(line)

    def _flush_log(self) -> None:
        self._log_waits = False
        self._note()
        if self._log is not None:
            self._log.flush()

    def _flush_metrics(self) -> None:
        """Flush, and again as long as requests are under way: a batch may take hours."""
        self._note()
        self.metrics.set("bounces_http_requests_in_progress", self._under_way)
        self.metrics.flush()
        self._metrics_wait = self._under_way > 0
        if self._metrics_wait:
            asyncio.get_running_loop().call_later(_METRICS_EVERY, self._flush_metrics)


class AccessLogMiddleware:
    """Puts the log, the counts and the headers around `app`. HEAD is answered as GET (RFC 9110 §9.3.2).

    A path that no route can mean, and a fault, are answered here: the server would log a fault's message, and what that quotes.
    """

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
            if _CONTROL.search(scope["path"]):
                await problem_response(problem(400, "The path holds a control character."))(scope, receive, add_headers)
            else:
                await self.app(scope, receive, add_headers)
        except Exception as error:  # noqa: BLE001  # the last resort: whatever it is, the caller gets a problem document
            document = fault_problem(error)
            if status is None:
                await problem_response(document)(scope, receive, add_headers)
        finally:
            path: str = scope["path"]  # of a request that was refused before it was routed
            route: str = getattr(scope.get("route"), "path", path if path in FIXED_PATHS else "none")
            took, received = perf_counter() - began, declared_length(scope)
            self._log.end(
                Ended(time(), method, route, status, took, received, sent, identity, scope.get(CALLER), scope.get(VERDICTS))
            )
